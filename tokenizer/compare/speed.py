"""How fast a tokenizer encodes, by one thread and by all: what a run says of itself, in nothing that is compared.

Texts are the first of the comparison; times are the best of a few rounds, because a shared machine only ever makes them
longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

from tokenizer.opened import Opened

BYTES = 1 << 20  # of text that are timed
ROUNDS = 2
PIECE = 4096  # characters of a text: many short texts share out among threads, as batches of a training run do
_SWITCH = "TOKENIZERS_PARALLELISM"


class Speed(NamedTuple):
    """Megabytes of UTF-8 a second, by one thread and by `threads`."""

    one: float
    all: float
    threads: int


def speed(opened: Opened, texts: Sequence[str]) -> Speed | None:
    """Time the encoding of texts; None where there are none."""
    pieces = [text[at : at + PIECE] for text in texts for at in range(0, len(text), PIECE)]
    size = sum(len(piece.encode()) for piece in pieces)
    if not size:
        return None
    threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return Speed(_rate(opened, pieces, size, "false"), _rate(opened, pieces, size, "true"), threads)


def _rate(opened: Opened, pieces: list[str], size: int, parallel: str) -> float:
    best = float("inf")
    with _parallelism(parallel):
        for _ in range(ROUNDS):
            start = time.perf_counter()
            opened.backend.encode_batch_fast(pieces, add_special_tokens=False)
            best = min(best, time.perf_counter() - start)
    return size / best / 1e6


@contextmanager
def _parallelism(value: str) -> Iterator[None]:
    """The library's own switch, which it reads at every call."""
    before = os.environ.get(_SWITCH)
    os.environ[_SWITCH] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SWITCH]
        else:
            os.environ[_SWITCH] = before
