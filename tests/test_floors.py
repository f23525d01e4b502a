"""The house stands: floors, circles, names, sizes, docstrings, and what an import may load."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.imports import FLOORS, ROOT, arrows, circle, imported, modules
from tests.readme import COMMANDS

MODULES = modules()
CODE = [*MODULES.values(), *sorted((ROOT / "tests").rglob("*.py")), *sorted((ROOT / "benchmarks").rglob("*.py"))]
HEAVY = {"torch", "transformers", "ray", "datatrove", "trl", "datasets", "deepspeed", "scipy", "pandas", "spacy"}
DRAWERS = {"utils", "util", "common", "helpers", "helper", "misc", "shared", "tools"}
LONGEST = {"corpus": 400, "tokenizer": 400, "train": 400, "eval": 400, "benchmarks": 400, "tests": 500}  # lines

# What the toolkit is built on by its owner's choice, though the floor that imports it is not built yet.
FRAME = {"datasketch", "tokenizers", "sentencepiece"}
# The extra whose libraries a floor may import beside the base ones.
EXTRAS = {"train": "train", "eval": "train"}

# Written in pieces, so that this file does not name what it forbids.
MACHINE = [
    r"/" + "work/",
    r"/" + r"home/\w",
    r"/" + "root/",
    r"/" + r"Users/\w",
    r"/" + "opt/",
    r"/" + r"tmp/\w",
    "farm" + "-",
]
REGISTRY = ["pypi" + r"\.org", "pythonhosted" + r"\.org", "anaconda" + r"\.org", "npmjs" + r"\.org"]


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_are_absolute_and_go_downward_only() -> None:
    wrong = []
    for name, path in MODULES.items():
        for line, target in imported(path):
            floor = target.split(".")[0]
            upward = floor in FLOORS and FLOORS.index(floor) > FLOORS.index(name.split(".")[0])
            if upward or target.startswith(".") or floor == "tests":
                wrong.append(f"{place(path)}:{line} imports {target}")
    assert not wrong


def test_no_circle_of_modules() -> None:
    assert circle(arrows(MODULES)) == []


def test_a_circle_would_be_seen() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]


@pytest.mark.parametrize("script", COMMANDS)
def test_the_help_of_a_command_loads_no_heavy_library(script: str) -> None:
    module = COMMANDS[script]
    code = (
        f"import json, sys\nfrom {module} import main\nsys.argv = [{script!r}, '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print(json.dumps(sorted({name.split('.')[0] for name in sys.modules})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert module.split(".")[0] in loaded
    assert loaded & HEAVY == set()


def test_no_file_is_a_drawer() -> None:
    assert [place(path) for path in CODE if path.stem in DRAWERS or path.parent.name in DRAWERS] == []


def test_every_module_says_what_it_is() -> None:
    assert [place(path) for path in CODE if not ast.get_docstring(ast.parse(path.read_text("utf-8")))] == []


def test_no_file_is_longer_than_a_room() -> None:
    lengths = {place(path): path.read_text("utf-8").count("\n") for path in CODE}
    assert {name: length for name, length in lengths.items() if length > LONGEST[name.split("/")[0]]} == {}


def written_files() -> Iterator[Path]:
    """Every text that is committed, data of the samples and this repository's own ignored outputs left out."""
    for folder in (*FLOORS, "tests", "benchmarks", "docs", ".ci"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".md", ".toml", ".html", ".css", ".js", ".txt", ""} and path.is_file():
                yield path
    yield from (ROOT / name for name in ("README.md", "pyproject.toml", "constraints.txt", ".gitignore"))


def test_nothing_names_a_machine_or_a_registry() -> None:
    forbidden = re.compile("|".join(MACHINE + REGISTRY))
    wrong = []
    for path in written_files():
        if "samples" in path.parts:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if forbidden.search(line):
                wrong.append(f"{place(path)}:{number} {line.strip()[:100]}")
    assert wrong == []


def required(extra: str = "") -> set[str]:
    """Canonical names of the distributions that this project, or one of its extras, asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needs = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return {canonicalize_name(Requirement(need).name) for need in needs}


def test_every_library_that_is_imported_is_declared() -> None:
    owners = metadata.packages_distributions()
    wrong = []
    for name, path in MODULES.items():
        floor = name.split(".")[0]
        allowed = required() | (required(EXTRAS[floor]) if floor in EXTRAS else set())
        for line, target in imported(path):
            top = target.split(".")[0]
            if top in FLOORS or top in sys.stdlib_module_names:
                continue
            if not {canonicalize_name(owner) for owner in owners.get(top, ())} & allowed:
                wrong.append(f"{place(path)}:{line} imports {top}")
    assert wrong == []


def test_every_library_that_is_declared_is_used() -> None:
    owners = metadata.packages_distributions()
    tops = {target.split(".")[0] for path in MODULES.values() for _, target in imported(path)}
    used = {canonicalize_name(owner) for top in tops for owner in owners.get(top, ())}
    assert required() - used - {canonicalize_name(one) for one in FRAME} == set()
