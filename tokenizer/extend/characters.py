"""Characters that a base has no id for: which of them the domain's text is worth adding, before anything longer.

A base with byte fallback spells them in bytes, another one calls them unknown, so that nothing longer can be learned
from them. Domain lines come from `tokenizer/extend/texts.py`; the characters go to `tokenizer/extend/choose.py` as
pieces. A byte-level base lacks none.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.family import Family
from tokenizer.extend.learn import Piece
from tokenizer.extend.texts import Lines

BUDGET = 0.3  # of the general lines that may change


def new_characters(
    family: Family, lines: Sequence[str], general: Lines, limit: float, minimum: int, room: int
) -> tuple[list[Piece], float]:
    """Characters that occur at least `minimum` times, at most `room` of them, those first that occur most often for a
    general line that they change; and the largest share of a language's lines that they are reckoned to change."""
    if family.kind == "byte-level BPE":
        return [], 0.0
    counts = _missing(family, lines)
    frequent = sorted(one for one, count in counts.items() if count >= minimum)
    costs = _costs(frequent, general)
    spent = np.zeros(len(general.names))
    made: list[Piece] = []
    for one in sorted(frequent, key=lambda one: (-counts[one] / costs[one].max(), one)):
        names = family.spellings(one)
        if (spent + costs[one]).max() > BUDGET * limit or len(made) + len(names) > room:
            continue
        spent += costs[one]
        old = family.spelt(one)
        made += [Piece(family.size + len(made) + at, name, (), old, counts[one]) for at, name in enumerate(names)]
    return made, float(spent.max(initial=0.0))


def _costs(characters: Sequence[str], general: Lines) -> dict[str, NDArray[np.float64]]:
    """For each character and language the share of general lines that it changes. One that no line holds may still
    stand in the next: together such characters stand in as many lines as those together that stand in just one (Good
    1953, doi:10.1093/biomet/40.3-4.237)."""
    holding = np.zeros((len(characters), len(general.names)))
    place = {one: number for number, one in enumerate(characters)}
    for line, group in zip(general.lines, general.group.tolist(), strict=True):
        for one in place.keys() & set(line):
            holding[place[one], group] += 1
    unseen = np.maximum((holding == 1).sum(axis=0), 1) / np.maximum((holding == 0).sum(axis=0), 1)
    sizes = np.bincount(general.group, minlength=len(general.names))
    shares = np.where(holding > 0, holding, np.minimum(unseen, 1.0)) * (sizes > 0) / np.maximum(sizes, 1)
    return dict(zip(characters, shares, strict=True))


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
