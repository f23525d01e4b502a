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
from tokenizer.extend.rates import Numbers
from tokenizer.extend.texts import Lines

SPELT = 0.2  # of the lines that are aimed at, where bytes spell a character: a word saves more tokens for a line
UNKNOWN = 0.5  # of the lines that may change, where it is unknown: the text is lost to the model without


def budget_of(family: Family, limit: float, aim: Numbers) -> Numbers:
    """By language, the share of general lines that characters may change."""
    return SPELT * aim if family.spec["model"].get("byte_fallback") else np.full(len(aim), UNKNOWN * limit)


def new_characters(
    family: Family, lines: Sequence[str], general: Lines, budget: Numbers, minimum: int, room: int
) -> tuple[list[Piece], Numbers]:
    """Characters that occur at least `minimum` times, at most `room` of them, those first that occur most often for a
    general line that they change; and by language the share of lines that they are reckoned to change. `budget`: by
    language, the share that may change at most."""
    if family.kind == "byte-level BPE":
        return [], np.zeros(len(general.names))
    counts = _missing(family, lines)
    frequent = sorted(one for one, count in counts.items() if count >= minimum)
    costs = _costs({one: counts[one] for one in frequent}, general)
    spent = np.zeros(len(general.names))
    made: list[Piece] = []
    for one in sorted(frequent, key=lambda one: (-counts[one] / max(costs[one].max(), 1e-12), one)):
        names = family.spellings(one)
        if (spent + costs[one] > budget).any() or len(made) + len(names) > room:
            continue
        spent += costs[one]
        old = family.spelt(one)
        made += [Piece(family.size + len(made) + at, name, (), old, counts[one]) for at, name in enumerate(names)]
    return made, spent


def _costs(counts: dict[str, int], general: Lines) -> dict[str, NDArray[np.float64]]:
    """For each character and language the share of general lines that it changes. One that no line holds may still
    stand in the next: together such characters stand in as many lines as there are that stand in just one (Good 1953,
    doi:10.1093/biomet/40.3-4.237), and each in proportion to how often it occurs in the domain (`counts`)."""
    holding = np.zeros((len(counts), len(general.names)))
    place = {one: number for number, one in enumerate(counts)}
    for line, group in zip(general.lines, general.group.tolist(), strict=True):
        for one in place.keys() & set(line):
            holding[place[one], group] += 1
    weights = np.array(list(counts.values()), float)[:, None] * (holding == 0)
    beyond = np.maximum((holding == 1).sum(axis=0), 1) * weights / np.maximum(weights.sum(axis=0), 1)
    sizes = np.bincount(general.group, minlength=len(general.names))
    shares = np.where(holding > 0, holding, beyond) * (sizes > 0) / np.maximum(sizes, 1)
    return dict(zip(counts, shares, strict=True))


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
