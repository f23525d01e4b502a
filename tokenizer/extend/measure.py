"""What an extension does to text, counted by encoding: general lines that change, and tokens saved on held-out text.

Comes from the base and the extended tokenizer; goes to `tokenizer/extend/run.py`, and from there to the card and the
table. Intervals are of the bootstrap over documents (Efron 1979, doi:10.1214/aos/1176344552), and for shares of lines
Wilson's (doi:10.1080/01621459.1927.10502953).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from tokenizer.extend.texts import Lines

RESAMPLES = 1000
BATCH = 1000
Z = 1.959964


def general_changed(before: Tokenizer, after: Tokenizer, lines: Lines) -> dict[str, dict[str, Any]]:
    """By language: `lines`, `changed` of them, `share`, and its 95 % interval `low` to `high`."""
    changed = np.fromiter((old != new for old, new in _both(before, after, lines.lines)), bool, len(lines.lines))
    told = {}
    for number, name in enumerate(lines.names):
        mine = changed[lines.group == number]
        if len(mine):
            low, high = wilson(int(mine.sum()), len(mine))
            told[name] = {"lines": len(mine), "changed": int(mine.sum()), "share": float(mine.mean()), "low": low,
                          "high": high}  # fmt: skip
    return told


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


def wilson(count: int, number: int) -> tuple[float, float]:
    """The 95 % interval of a share."""
    share, weight = count / number, Z * Z / number
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
