"""Passages brought together, and a text without them.

Passages come from `corpus/leaks/verdict.py`; `corpus/export.py` writes what `without` leaves. Nothing is put in the
place of a passage, so that characters balance: those of the text as read are those exported and those that were cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

Span = tuple[int, int]
JOINED = 20  # characters between two passages of one item that go with them: a number, a letter, "Options:"


def covered(spans: Iterable[Span], gap: int = 0) -> list[Span]:
    """The stretches that spans cover, in order, without overlap; those at most `gap` apart are one."""
    merged = list[Span]()
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1] + gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def without(text: str, spans: Sequence[Span]) -> str:
    """The text without stretches that are in order and do not overlap. Raises `ValueError` where they do, or do not lie
    in the text: a passage of another text was about to be cut."""
    edges = [0, *(edge for span in spans for edge in span), len(text)]
    if any(one > other for one, other in pairwise(edges)):
        raise ValueError(f"the passages {list(spans)} are none of a text of {len(text):,} characters")
    return "".join(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
