"""The source code that a stage really runs, as a hash: so that a change elsewhere invalidates nothing, and a change
here never passes for done.

Follows the imports of a module inside our own packages by reading their syntax trees (nothing is executed) and
hashes every file reached. Goes into the keys of `corpus/store.py`
and the identities of `corpus/card.py`.
"""

from __future__ import annotations

import ast
import functools
import hashlib
import importlib.util
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

FLOORS = ("corpus", "tokenizer", "train", "eval")
_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")  # where statements have statements


@functools.cache
def code_identity(*modules: str) -> str:
    """Hex SHA-256 over the names and sources of the modules and of everything they import from our packages."""
    hasher = hashlib.sha256()
    for name, path in sorted(import_closure(*modules).items()):
        hasher.update(f"{name}\0".encode())
        hasher.update(path.read_bytes())
    return hasher.hexdigest()


def import_closure(*modules: str) -> dict[str, Path]:
    """Module name to source file, for the modules and all they import (also inside functions) from our packages."""
    found: dict[str, Path] = {}
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        path = _source(name)
        if path is None or name in found:
            continue
        found[name] = path
        waiting += _imports(path)
    return found


def library_versions(names: tuple[str, ...]) -> dict[str, str]:
    """Installed versions of the distributions, by name."""
    return {name: _version(name) for name in sorted(names)}


@functools.cache
def _version(name: str) -> str:
    return version(name)  # reads and parses a file each time, and every shard of every stage asks


def _source(module: str) -> Path | None:
    if module.split(".")[0] not in FLOORS:
        return None
    try:
        spec = importlib.util.find_spec(module)
    except ModuleNotFoundError:  # `from corpus.errors import UserError` also offers corpus.errors.UserError
        return None
    return Path(spec.origin) if spec and spec.origin else None


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    names: list[str] = []
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return tuple(name for name in names if name.split(".")[0] in FLOORS)


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """All statements, however deep; expressions, which are nine tenths of a tree, cannot import and are left aside."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        for block in _BLOCKS:
            waiting += getattr(node, block, ())
