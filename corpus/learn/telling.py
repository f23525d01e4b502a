"""The most telling n-grams: by what a classifier knows one kind of document from the other, for the reader's eye.

Texts as the classifier reads them (`corpus/annotate/learned.py`) and the classifier come from `corpus/learn/fit.py`;
the lists go to the report. They show at a glance when a classifier has learned the furniture of a source and not its
worth.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from corpus.annotate.learned import log_odds

SHOWN = 16  # of each side
LONGEST = 3  # tokens of an n-gram
TEXTS = 1_500  # of each value that are counted
FEWEST = 0.02  # share of the documents of one value that have the n-gram


def telling(model: Any, positive: Sequence[str], negative: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """For `positive` and `negative` the n-grams that speak for it: `text`, the share of documents of either value that
    have it, and the classifier's log-odds for it alone; the most telling first."""
    shares = [_shares(texts[:TEXTS]) for texts in (positive, negative)]
    names = sorted(name for name in {*shares[0], *shares[1]} if max(s.get(name, 0.0) for s in shares) >= FEWEST)
    if not names:
        return {"positive": [], "negative": []}
    here, there = (np.array([share.get(name, 0.0) for name in names]) for share in shares)
    odds = log_odds(model, names)
    weight = np.abs(here - there) * np.abs(odds)  # how often it parts documents, times how far
    agrees = (here > there) == (odds > 0)
    order = [place for place in np.argsort(-weight, kind="stable").tolist() if agrees[place]]
    told: dict[str, list[dict[str, Any]]] = {"positive": [], "negative": []}
    for place in order:
        side = told["positive" if odds[place] > 0 else "negative"]
        if len(side) < SHOWN and not _part_of(names[place], side):
            found = {"positive": here[place], "negative": there[place], "log_odds": odds[place]}
            side.append({"text": names[place], **{name: round(float(value), 4) for name, value in found.items()}})
    return told


def _shares(texts: Sequence[str]) -> dict[str, float]:
    """The share of texts that have each n-gram."""
    counted: Counter[str] = Counter()
    for text in texts:
        tokens = text.split()
        counted.update({" ".join(tokens[at : at + size]) for size in range(1, LONGEST + 1)
                        for at in range(len(tokens) - size + 1)})  # fmt: skip
    return {name: number / max(1, len(texts)) for name, number in counted.items() if number > 1}


def _part_of(name: str, side: Sequence[dict[str, Any]]) -> bool:
    """Whether an n-gram says again what one in the list says, shorter or longer."""
    return any(f" {name} " in f" {one['text']} " or f" {one['text']} " in f" {name} " for one in side)
