"""Reads the import graph of the four packages from their syntax trees; nothing is executed.

Comes from the source files; goes to `tests/test_floors.py`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
FLOORS = ("corpus", "tokenizer", "train", "eval")  # from the ground up


def module_name(path: Path) -> str:
    """`corpus/text/fold.py` is `corpus.text.fold`; a package is its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules() -> dict[str, Path]:
    """Every module of the four packages and its file."""
    return {module_name(path): path for floor in FLOORS for path in sorted((ROOT / floor).rglob("*.py"))}


def imported(path: Path) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a file imports at run time, inside functions too. A relative import gives a
    name that starts with a dot. What stands under `if TYPE_CHECKING` is never run and left out."""
    yield from _imported(ast.parse(path.read_text("utf-8")))


def _imported(node: ast.AST) -> Iterator[tuple[int, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from ((child.lineno, alias.name) for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            base = "." * child.level + (child.module or "")
            yield from ((child.lineno, f"{base}.{alias.name}") for alias in child.names)
        else:
            yield from _imported(child)


def arrows(known: dict[str, Path]) -> dict[str, set[str]]:
    """Module to the modules of ours that it imports. `from corpus.text import fold` points at `corpus.text.fold`,
    `from corpus.text import something` at `corpus.text`."""
    graph: dict[str, set[str]] = {}
    for name, path in known.items():
        targets = (_module_of(target, known) for _, target in imported(path))
        graph[name] = {target for target in targets if target and target != name}
    return graph


def _module_of(target: str, known: dict[str, Path]) -> str:
    for candidate in (target, target.rpartition(".")[0]):
        if candidate in known:
            return candidate
    return ""


def circle(graph: dict[str, set[str]]) -> list[str]:
    """One circle of modules, as the path that closes it; empty when there is none."""
    done: set[str] = set()

    def walk(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph[name]):
            found = walk(target, [*path, name])
            if found:
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := walk(name, []))), [])
