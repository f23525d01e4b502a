"""Texts as a base tokenizer writes them: one array of ids in which a break says what no new piece may reach across.

Lines come from `tokenizer/extend/texts.py`; the arrays go to `tokenizer/extend/learn.py` (domain text, from which
pieces are learned) and `tokenizer/extend/guard.py` (general text, which must keep its ids). What a break is depends on
the family: the base's own words where it cuts text into words, else what `Family.breaks` says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.family import Family

BREAK = -1
BATCH = 2000  # lines encoded at a time
Ids = NDArray[np.int32]


class Sequences(NamedTuple):
    """`ids`: of all lines, a `BREAK` after every word. `line`: for each id, the number of its line."""

    ids: Ids
    line: Ids


def sequences(lines: Iterable[str], family: Family, seen: Callable[[int], None] = lambda size: None) -> Sequences:
    """The lines in the base's ids; `seen` is told the bytes of each batch."""
    ids: list[Ids] = []
    number: list[Ids] = []
    first = 0
    for batch in _batches(lines):
        for offset, (row, words) in enumerate(family.encoded(batch)):
            cut = _broken(row, words)
            ids.append(cut)
            number.append(np.full(len(cut), first + offset, np.int32))
        first += len(batch)
        seen(sum(len(line.encode(errors="replace")) for line in batch))
    if not ids:
        return Sequences(np.empty(0, np.int32), np.empty(0, np.int32))
    return Sequences(np.concatenate(ids), np.concatenate(number))


def _broken(ids: Ids, words: Ids) -> Ids:
    """The ids with a break wherever the number of the word changes, and at the end."""
    if not len(ids):
        return np.full(1, BREAK, np.int32)
    ends = np.flatnonzero(np.diff(words, append=words[-1] + 1)) + 1
    return np.insert(ids, ends, BREAK).astype(np.int32, copy=False)


def _batches(lines: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for line in lines:
        batch.append(line)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
