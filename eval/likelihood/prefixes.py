"""Which contexts begin with the same tokens, so that these are computed once.

Takes the contexts of requests as token ids; gives groups to `eval/likelihood/prefix_model.py`. In order of their ids
contexts with the same examples stand together, and a group grows as long as more tokens are spared by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

LEAST = 16  # tokens: a shorter beginning is not worth a step of its own

Ids = tuple[int, ...]


class Group(NamedTuple):
    """`contexts` that begin with the same `shared` tokens; each goes on after them with one token or more."""

    shared: int
    contexts: tuple[Ids, ...]


def groups(contexts: Sequence[Ids], least: int = LEAST) -> list[Group]:
    """Every context in one group; those that share nothing are one together, the last."""
    ordered = sorted(set(contexts))
    found, alone = list[Group](), list[Ids]()
    start = 0
    while start < len(ordered):
        end, shared = start + 1, len(ordered[start]) - 1
        while end < len(ordered):
            narrower = min(shared, common(ordered[start], ordered[end]))
            if narrower < least or (end - start) * narrower < (end - start - 1) * shared:
                break
            end, shared = end + 1, narrower
        if end - start > 1:
            found.append(Group(shared, tuple(ordered[start:end])))
        else:
            alone.append(ordered[start])
        start = end
    return [*found, *([Group(0, tuple(alone))] if alone else [])]


def common(one: Ids, other: Ids) -> int:
    """Tokens with which both begin, at least one of each left over."""
    most = min(len(one), len(other)) - 1
    return next((place for place in range(most) if one[place] != other[place]), max(most, 0))
