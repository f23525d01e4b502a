"""What an extension does to text, counted by encoding: general lines that change, and tokens saved on held-out text.

Comes from the base and the extended tokenizer; goes to `tokenizer/extend/run.py`, and from there to the card and the
table. Intervals are of the bootstrap over documents (Efron 1979, doi:10.1214/aos/1176344552), and for shares of lines,
of which few change, Wilson's (doi:10.1080/01621459.1927.10502953) for as many lines as would tell as much if each were
of a document of its own (Kish 1965, Survey Sampling, sections 5.4 and 8.2).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from tokenizer.extend.rates import Numbers
from tokenizer.extend.texts import Lines

RESAMPLES = 1000
BATCH = 1000
BEGINS = 60  # characters of a line that are shown
Z = 1.959964


def general_changed(before: Tokenizer, after: Tokenizer, lines: Lines) -> dict[str, dict[str, Any]]:
    """By language: `lines`, `documents`, `changed` lines, their `share` and its 95 % interval `low` to `high`; where
    lines changed also how many did in the document in which `most` did, and how the first of those `begins`."""
    changed = changes(before, after, lines.lines)
    told = {}
    for number, name in enumerate(lines.names):
        mine = lines.group == number
        if mine.any():
            told[name] = share(changed[mine], lines.document[mine])
            told[name] |= _most(lines, np.flatnonzero(mine & changed))
    return told


def changes(before: Tokenizer, after: Tokenizer, lines: Sequence[str]) -> NDArray[np.bool_]:
    """Which lines get other ids."""
    return np.fromiter((old != new for old, new in _both(before, after, lines)), bool, len(lines))


def share(changed: NDArray[np.bool_], document: NDArray[np.int32]) -> dict[str, Any]:
    """What is told of lines that changed or did not, each of a document."""
    _, place = np.unique(document, return_inverse=True)
    sizes = np.bincount(place).astype(float)
    low, high = wilson(float(changed.mean()), effective(np.bincount(place, changed).astype(float), sizes))
    return {"lines": len(changed), "documents": len(sizes), "changed": int(changed.sum()),
            "share": float(changed.mean()), "low": low, "high": high}  # fmt: skip


def effective(changed: Numbers, sizes: Numbers) -> float:
    """How many lines of as many documents tell as much as these do: lines divided by Kish's design effect, from how
    far the documents' changed lines lie apart, or where none changed as many as there are documents."""
    number = float(sizes.sum())
    mean = changed.sum() / number
    if len(sizes) < 2 or not 0 < mean < 1:
        return float(len(sizes))
    variance = len(sizes) / (len(sizes) - 1) * ((changed - mean * sizes) ** 2).sum() / number**2
    return min(float(mean * (1 - mean) / max(variance, 1e-12)), number)


def _most(lines: Lines, changed: NDArray[np.int64]) -> dict[str, Any]:
    """Of the document in which most lines changed, how many did and the first of them."""
    if not len(changed):
        return {}
    numbers, counts = np.unique(lines.document[changed], return_counts=True)
    worst = numbers[counts.argmax()]
    first = changed[lines.document[changed] == worst][0]
    return {"most": int(counts.max()), "begins": lines.lines[first][:BEGINS]}


def gain(before: Tokenizer, after: Tokenizer, documents: Sequence[str], seed: int) -> dict[str, Any]:
    """`documents`, and of characters and bytes per token: `before`, `after`, `gain` (after / before - 1), each with its
    95 % interval as `[value, low, high]`."""
    rows = [(len(old), len(new)) for old, new in _both(before, after, documents)]
    tokens = np.array(rows, float).reshape(-1, 2)
    told: dict[str, Any] = {"documents": len(documents), "tokens_before": int(tokens[:, 0].sum()),
                            "tokens_after": int(tokens[:, 1].sum())}  # fmt: skip
    for unit, size in (("characters", len), ("bytes", _bytes)):
        sizes = np.array([size(text) for text in documents], float)
        told[unit] = _ratios(sizes, tokens, seed)
    return told


def _ratios(sizes: Any, tokens: Any, seed: int) -> dict[str, list[float]]:
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), RESAMPLES)
    weights = np.vstack([np.ones(len(sizes)), drawn])
    with np.errstate(divide="ignore", invalid="ignore"):
        old, new = ((weights @ sizes) / (weights @ tokens[:, side]) for side in (0, 1))
        values = {"before": old, "after": new, "gain": new / old - 1}
    return {name: [float(row[0]), *map(float, np.nanquantile(row[1:], [0.025, 0.975]))]
            for name, row in values.items()}  # fmt: skip


def wilson(share: float, number: float) -> tuple[float, float]:
    """The 95 % interval of a share of that many."""
    weight = Z * Z / number
    middle = (share + weight / 2) / (1 + weight)
    half = Z * math.sqrt(share * (1 - share) / number + weight / (4 * number)) / (1 + weight)
    return max(0.0, middle - half), min(1.0, middle + half)


def unknown_rate(backend: Tokenizer, unknown: str | None, documents: Iterable[str]) -> float | None:
    """The share of tokens that are unknown; None where the tokenizer knows none such."""
    number = backend.token_to_id(unknown) if unknown else None
    if number is None:
        return None
    tokens = unknowns = 0
    for one in backend.encode_batch_fast(list(documents), add_special_tokens=False):
        tokens += len(one.ids)
        unknowns += one.ids.count(number)
    return unknowns / max(tokens, 1)


def _both(before: Tokenizer, after: Tokenizer, texts: Sequence[str]) -> Iterable[tuple[list[int], list[int]]]:
    for start in range(0, len(texts), BATCH):
        batch = list(texts[start : start + BATCH])
        sides = [one.encode_batch_fast(batch, add_special_tokens=False) for one in (before, after)]
        for old, new in zip(*sides, strict=True):
            yield old.ids, new.ids


def _bytes(text: str) -> int:
    return len(text.encode(errors="replace"))
