"""Characters that a base has no id for: which of them the domain's text is worth adding, before anything longer.

A base with byte fallback spells them in bytes, another one calls them unknown, so that nothing longer can be learned
from them. Domain lines come from `tokenizer/extend/texts.py`; the characters go to `tokenizer/extend/choose.py` as
pieces. A byte-level base lacks none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from tokenizer.extend.family import Family
from tokenizer.extend.learn import Piece
from tokenizer.extend.texts import Lines

BUDGET = 0.3  # of the general lines that may change
PART = 1 << 22  # characters counted at a time


def new_characters(
    family: Family, lines: Sequence[str], general: Lines, limit: float, minimum: int, room: int
) -> tuple[list[Piece], float]:
    """Characters in order of how often they occur, at least `minimum` times and at most `room` of them, as long as they
    change few general lines; and the largest share of a language's lines that they change."""
    if family.kind == "byte-level BPE":
        return [], 0.0
    counts = _missing(family, lines)
    frequent = sorted((one for one, count in counts.items() if count >= minimum), key=lambda one: (-counts[one], one))
    holding = _holding(set(frequent), general)
    sizes = np.maximum(np.bincount(general.group, minlength=len(general.names)), 1)
    changed = np.zeros(len(general.lines), bool)
    share = 0.0
    made: list[Piece] = []
    for one in frequent:
        after = changed.copy()
        after[holding.get(one, [])] = True
        asked = float((np.bincount(general.group[after], minlength=len(sizes)) / sizes).max())
        names = family.spellings(one)
        if asked > BUDGET * limit or len(made) + len(names) > room:
            continue
        changed, share = after, asked
        old = family.spelt(one)
        made += [Piece(family.size + len(made) + at, name, (), old, counts[one]) for at, name in enumerate(names)]
    return made, share


def _missing(family: Family, lines: Sequence[str]) -> Counter[str]:
    """Characters without an id, as the base's normalizer leaves them, and how often they occur."""
    raw: Counter[str] = Counter()
    for line in lines:
        if not line.isascii():
            raw.update(line)
    counts: Counter[str] = Counter()
    for one, count in raw.items():
        normal = family.normal(one)
        if len(normal) == 1 and normal.isprintable() and not normal.isspace() and family.lacks(normal):
            counts[normal] += count
    return counts


def _holding(characters: set[str], general: Lines) -> dict[str, list[int]]:
    """For each character the general lines that hold it."""
    found: dict[str, list[int]] = {}
    for number, line in enumerate(general.lines):
        for one in characters.intersection(line):
            found.setdefault(one, []).append(number)
    return found
