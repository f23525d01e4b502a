"""The installation: four packages from one folder and one distribution, four commands, every file in the wheel."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.readme import COMMANDS, ROOMS, ROOT, files_of

DISTRIBUTION = "materia-medica-lm"


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    found = (line.partition("==") for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, _, version in found}


def requirements(distribution: str, extras: set[str]) -> list[Requirement]:
    """What a distribution with these extras asks for on this machine."""
    needs = [Requirement(text) for text in metadata.requires(distribution) or ()]
    return [
        need
        for need in needs
        if need.marker is None or any(need.marker.evaluate({"extra": extra}) for extra in extras | {""})
    ]


def test_the_four_packages_come_from_one_folder(tmp_path: Path) -> None:
    code = f"import importlib, json; print(json.dumps([importlib.import_module(n).__file__ for n in {ROOMS!r}]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    files = [Path(file) for file in json.loads(done.stdout)]
    assert [file.parent.name for file in files] == list(ROOMS)
    assert {file.parent.parent for file in files} == {ROOT}


def test_no_other_distribution_claims_one_of_the_names() -> None:
    owners = metadata.packages_distributions()
    assert {name: owners[name] for name in ROOMS if set(owners.get(name, ())) - {DISTRIBUTION}} == {}


def test_the_distribution_cannot_be_uploaded_by_mistake() -> None:
    assert "Private :: Do Not Upload" in (metadata.metadata(DISTRIBUTION).get_all("Classifier") or [])


def test_every_command_is_installed_and_starts_its_package() -> None:
    scripts = {entry.name: entry for entry in metadata.distribution(DISTRIBUTION).entry_points}
    assert {name: entry.module for name, entry in scripts.items()} == COMMANDS
    assert all(callable(entry.load()) for entry in scripts.values())


def test_the_wheel_holds_every_file_of_the_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.split("/")[0] in ROOMS}
    assert inside == {file.relative_to(ROOT).as_posix() for room in ROOMS for file in files_of(room)}


def test_the_tested_set_pins_what_any_machine_can_get() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert [line for line in lines if not re.fullmatch(r"[a-z0-9][a-z0-9.-]*==[0-9][0-9a-z.]*", line)] == []
    assert lines
    assert len(pins()) == len(lines)


def test_every_requirement_is_pinned_within_its_bounds() -> None:
    tested = pins()
    for need in (Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()):
        assert need.specifier.contains(Version(tested[canonicalize_name(need.name)])), need


def test_nothing_that_the_tests_install_is_left_unpinned() -> None:
    tested = pins()
    waiting = [(DISTRIBUTION, frozenset({"test"}))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        item = waiting.pop()
        if item in seen:
            continue
        seen.add(item)
        for need in requirements(item[0], set(item[1])):
            waiting.append((canonicalize_name(need.name), frozenset(need.extras)))
    loose = sorted({name for name, _ in seen} - set(tested) - {DISTRIBUTION})
    assert loose == []
