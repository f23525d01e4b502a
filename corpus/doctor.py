"""What `corpus doctor` looks at: whether this installation and this machine can do the work, and what mends it.

Comes from the interpreter, the installed distributions, `constraints.txt` and the machine; goes to `corpus/cli.py`
as a list of `Check`. Nothing here changes anything, and no check can fail the others: an exception is a finding, which
is why libraries are imported inside the checks.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from corpus.annotate import ANNOTATORS
from corpus.sources import SOURCES

if TYPE_CHECKING:
    from packaging.requirements import Requirement

DISTRIBUTION = "materia-medica-lm"
ROOMS = ("corpus", "tokenizer", "train", "eval")
HERE = Path(__file__).parent
# Judged, not measured: a shard of text plus its facts stays well under 1 GiB per worker, and the store of a
# build grows to a few times its input.
MEMORY_PER_CORE = 1 << 30
DISK_LOW = 1 << 30
DISK_COMFORT = 20 << 30

Claims = dict[str, list[str]]


class Check(NamedTuple):
    """One finding. `ok` is True (fine), False (mend it, exit code 1) or None (worth knowing); `detail` says what
    was found in one line; `mend` is the command or edit that cures it, empty where nothing needs one."""

    name: str
    ok: bool | None
    detail: str
    mend: str = ""


def diagnose(store: Path = Path()) -> list[Check]:
    """Every check, in the order a reader needs them. `store` is where the build will keep its stage results."""
    claims: Claims = {name: list(owners) for name, owners in metadata.packages_distributions().items()}
    checks: list[tuple[str, Callable[[], Iterator[Check]]]] = [
        ("python", _python),
        ("packages", lambda: _packages(claims)),
        ("shadows", _shadows),
        ("libraries", _libraries),
        ("fasttext", lambda: _fasttext(claims)),
        ("language detection", _language_detection),
        ("tables", _tables),
        ("modules", _modules),
        ("extras", _extras),
        ("machine", _machine),
        ("disk", lambda: _disk(store)),
        ("temporary files", _temporary_files),
    ]
    return [check for name, look in checks for check in _guarded(name, look)]


def _guarded(name: str, look: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """The findings of one check; an exception becomes a finding, because a broken installation raises anything."""
    try:
        yield from look()
    except Exception as error:
        yield Check(name, False, f"{type(error).__name__}: {error}", _install())


def _install(extra: str = "") -> str:
    """The command that installs the tested set."""
    where = f"'.[{extra}]'" if extra else "."
    return f"pip install -c constraints.txt {where}"


def _python() -> Iterator[Check]:
    version = ".".join(map(str, sys.version_info[:3]))
    fits = (3, 11) <= sys.version_info[:2] < (3, 14)
    yield Check("python", fits, version, "" if fits else "use Python 3.11, 3.12 or 3.13")


def _packages(claims: Claims) -> Iterator[Check]:
    """The four import names come from one folder and no other distribution claims one of them."""
    folders = {name: _folder(name) for name in ROOMS}
    elsewhere = {name: folder for name, folder in folders.items() if folder != HERE.parent}
    foreign = {name: sorted(set(claims.get(name, ())) - {DISTRIBUTION}) for name in ROOMS}
    intruders = sorted({owner for owners in foreign.values() for owner in owners})
    if intruders:
        names = ", ".join(f"`{name}`" for name in ROOMS if foreign[name])
        cure = f"pip uninstall {' '.join(intruders)} && pip install --force-reinstall --no-deps {_project()}"
        yield Check("packages", False, f"{names} also installed by {', '.join(intruders)}", cure)
    elif elsewhere:
        found = ", ".join(f"`{name}` in {folder or 'no folder'}" for name, folder in elsewhere.items())
        yield Check(
            "packages", False, f"not beside {HERE}: {found}", "move that folder out of PYTHONPATH, or reinstall"
        )
    else:
        yield Check("packages", True, f"{', '.join(ROOMS)} from {HERE.parent}")


def _project() -> str:
    """What to hand to pip to install this project again: where it was installed from."""
    told = metadata.distribution(DISTRIBUTION).read_text("direct_url.json") if _installed(DISTRIBUTION) else None
    return str(json.loads(told)["url"]) if told else str(HERE.parent)


def _folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent.parent if spec and spec.origin else None


def _shadows() -> Iterator[Check]:
    """A file in the current folder hides a package from `python -m` and `torchrun -m`; scripts are immune."""
    here = Path.cwd()
    if here == HERE.parent:
        return
    hiding = [
        str(path) for name in ROOMS for path in (here / f"{name}.py", here / name / "__init__.py") if path.is_file()
    ]
    if hiding:
        cure = "rename it, or run the installed command instead of `python -m`"
        yield Check("shadows", None, f"{', '.join(hiding)} hides a package of the same name", cure)


def _libraries() -> Iterator[Check]:
    """Every base requirement is installed within its bounds; versions other than the tested ones are named."""
    if not _installed(DISTRIBUTION):
        yield Check(
            "libraries", None, "running from a checkout that is not installed", "pip install -c constraints.txt -e ."
        )
        return
    tested = tested_versions()
    needed = [need for need in _requirements() if need.marker is None]
    for need in needed:
        version = _installed(need.name)
        if not version or version not in need.specifier:
            yield Check(
                "libraries", False, f"{need.name} {version or 'is missing'}, needs {need.specifier}", _install()
            )
    names = {need.name.lower() for need in needed}
    other = {name: _installed(name) for name in sorted(names) if name in tested and _installed(name) != tested[name]}
    if other:
        detail = ", ".join(f"{name} {version} (tested {tested[name]})" for name, version in other.items())
        yield Check("libraries", None, f"other than the tested versions: {detail}", _install())
    else:
        yield Check(
            "libraries", True, f"{len(names)} required, the tested versions" if tested else f"{len(names)} required"
        )


def tested_versions() -> dict[str, str]:
    """The pins of `constraints.txt` by lower-case name; it lies beside the packages or among the installed files."""
    installed = metadata.files(DISTRIBUTION) or [] if _installed(DISTRIBUTION) else []
    places = [Path(str(file.locate())) for file in installed if file.name == "constraints.txt"]
    for file in (HERE.parent / "constraints.txt", *places):
        if file.is_file():
            pins = (line.split("#")[0].strip().partition("==") for line in file.read_text("utf-8").splitlines())
            return {name.lower(): version for name, _, version in pins if version}
    return {}


def _requirements() -> list[Requirement]:
    from packaging.requirements import Requirement

    return [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def _fasttext(claims: Claims) -> Iterator[Check]:
    """Two other distributions bring a module `fasttext`; on NumPy 2 they fail or return wrong probabilities."""
    owners = set(claims.get("fasttext", ()))
    if owners - {"fasttext-numpy2-wheel"}:
        others = " ".join(sorted(owners - {"fasttext-numpy2-wheel"}))
        cure = f"pip uninstall {others} && pip install --force-reinstall --no-deps fasttext-numpy2-wheel"
        yield Check("fasttext", False, f"installed by {others}, which is wrong on NumPy 2", cure)


def _language_detection() -> Iterator[Check]:
    import pycld2

    asked = {
        "en": "The patients were treated with aspirin for seven days.",
        "zh": "患者接受阿司匹林治疗七天,症状明显好转。",
    }
    told = {code: pycld2.detect(text)[2][0][1] for code, text in asked.items()}
    fine = all(code == answer for code, answer in told.items())
    yield Check("language detection", fine, f"CLD2 tells {told}", "" if fine else _install())


def _tables() -> Iterator[Check]:
    """NumPy, Polars and Arrow agree on a table that went through Parquet: a mismatched build shows here."""
    import io

    import numpy as np
    import polars as pl

    table = pl.DataFrame({"text": ["高血压", "P < 0.001", ""]}).with_columns(pl.col("text").str.len_chars().alias("n"))
    buffer = io.BytesIO()
    table.write_parquet(buffer, use_pyarrow=True)
    back = pl.read_parquet(io.BytesIO(buffer.getvalue()))
    counted = np.array([len(text) for text in back["text"]])
    fine = back.equals(table) and bool((counted == back["n"].to_numpy()).all())
    yield Check("tables", fine, f"Polars {pl.__version__}, NumPy {np.__version__}", "" if fine else _install())


def _modules() -> Iterator[Check]:
    """Every source and annotator can be imported: a library that is there but broken shows here."""
    broken = []
    for module in (*SOURCES.values(), *ANNOTATORS.values()):
        try:
            importlib.import_module(module)
        except Exception as error:  # an ImportError, or whatever a broken library raises while it loads
            broken.append(f"{module} ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})")
    if broken:
        yield Check("modules", False, f"cannot be imported: {', '.join(broken)}", _install())
    else:
        yield Check("modules", True, f"{len(SOURCES)} sources and {len(ANNOTATORS)} annotators can be imported")


def _extras() -> Iterator[Check]:
    """Which optional parts are installed: none is needed for `corpus build`."""
    extras = metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or [] if _installed(DISTRIBUTION) else []
    missing = {}
    for extra in extras:
        needs = [need for need in _requirements() if need.marker and need.marker.evaluate({"extra": extra})]
        missing[extra] = [need.name for need in needs if not _installed(need.name)]
    present = [extra for extra in extras if not missing[extra]]
    absent = [extra for extra in extras if missing[extra]]
    detail = f"installed: {', '.join(present) or 'none'}; not installed: {', '.join(absent) or 'none'}"
    yield Check("extras", None if absent else True, detail, _install("NAME") + " for one you need" if absent else "")


def _machine() -> Iterator[Check]:
    from corpus.engine import default_workers

    cores = default_workers()
    memory = available_memory()
    tight = memory is not None and memory < cores * MEMORY_PER_CORE
    said = f"{memory / (1 << 30):.1f} GiB of memory" if memory is not None else "memory unknown"
    cure = f"corpus build --workers {max(1, (memory or 0) // MEMORY_PER_CORE)}" if tight else ""
    yield Check("machine", None if tight else True, f"{cores} cores, {said}", cure)


def available_memory() -> int | None:
    """Bytes this process may use: the machine's available memory or the container's limit, whichever is less."""
    found = []
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        rows = dict(line.split(":", 1) for line in meminfo.read_text().splitlines() if ":" in line)
        found.append(int(rows["MemAvailable"].split()[0]) * 1024)
    limit = Path("/sys/fs/cgroup/memory.max")
    if limit.is_file() and limit.read_text().strip().isdigit():
        found.append(int(limit.read_text()))
    return min(found, default=None)


def _disk(store: Path) -> Iterator[Check]:
    folder = store.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / (1 << 30):.1f} GiB free at {folder}"
    writable = os.access(folder, os.W_OK)
    if not writable:
        yield Check(
            "disk", False, f"{folder} cannot be written", "corpus build --store DIR --out DIR, on a disk you may write"
        )
    elif free < DISK_COMFORT:
        yield Check(
            "disk", False if free < DISK_LOW else None, detail, "corpus build --store DIR, on a disk with more room"
        )
    else:
        yield Check("disk", True, detail)


def _temporary_files() -> Iterator[Check]:
    folder = tempfile.gettempdir()
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b"materia")
    yield Check("temporary files", True, f"{folder} can be written")
