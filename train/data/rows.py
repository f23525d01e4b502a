"""Rows as a trainer takes them: ids, positions that begin anew with every document, and labels.

Comes from shards of ids (`train/data/tokenized.py`), the order of the run (`train/data/mixture.py`) and its packing
(`train/data/packing.py`); goes to the trainer in `train/loop.py`. A row is a function of its number alone, so that a
resumed run reads on where it stopped. Documents in one row do not see each other: positions that begin anew are what
transformers builds its masks from, provided that no other mask is given and no cache is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from train.data.masking import Masking
from train.data.mixture import Plan
from train.data.packing import Packed
from train.data.special_ids import IGNORED, SpecialIds
from train.data.tokenized import Shard

if TYPE_CHECKING:
    Base = Dataset[dict[str, NDArray[np.int64]]]
else:
    Base = Dataset

Ids = NDArray[np.int64]


class Source(NamedTuple):
    """Where the documents of the run's list lie: of each reading the shard, the place of its first id there and its
    own tokens; and the ids that are put before and behind a document."""

    arrays: Sequence[NDArray[np.unsignedinteger[Any]]]
    shard: Ids
    start: Ids
    tokens: Ids
    before: tuple[int, ...] = ()
    behind: tuple[int, ...] = ()

    def piece(self, reading: int, start: int, length: int) -> Ids:
        """Ids of a piece of a document, what is put before and behind it counted in."""
        first, size, shift = int(self.start[reading]), int(self.tokens[reading]), len(self.before)
        low, high = max(start - shift, 0), min(start + length - shift, size)
        own = self.arrays[int(self.shard[reading])][first + low : first + high]
        behind = self.behind[: max(start + length - shift - size, 0)]
        ids: Ids = np.concatenate([self.before[start : start + length], own, behind]).astype(np.int64)
        return ids


def source_of(
    plan: Plan, shards: Sequence[Shard], before: tuple[int, ...] = (), behind: tuple[int, ...] = ()
) -> Source:
    """The run's list over these shards, whose tokens count what is put before and behind each document."""
    own = plan.of("tokens") - len(before) - len(behind)
    return Source([shard.ids for shard in shards], plan.of("shard"), plan.of("start"), own, before, behind)


class PackedRows(Base):
    """Rows of a causal model. Each: `input_ids`, `position_ids`, `labels`, int64 of the row's size. Not learned are
    the id that begins a document, the first token of a piece that goes on a cut one, and padding: nothing of their own
    document stands before them."""

    def __init__(self, source: Source, packed: Packed, special: SpecialIds) -> None:
        self.source, self.packed, self.special = source, packed, special

    def __len__(self) -> int:
        return self.packed.total

    def __getitem__(self, row: int) -> dict[str, Ids]:
        size = self.packed.size
        ids = np.full(size, self.special.filler, np.int64)
        labels = np.full(size, IGNORED, np.int64)
        positions = np.arange(size)
        at = 0
        for piece in range(int(self.packed.rows[row]), int(self.packed.rows[row + 1])):
            length = int(self.packed.length[piece])
            upto = at + length
            ids[at:upto] = self.source.piece(int(self.packed.reading[piece]), int(self.packed.start[piece]), length)
            labels[at + 1 : upto] = ids[at + 1 : upto]
            positions[at:upto] = np.arange(length)
            at = upto
        positions[at:] = np.arange(size - at)  # padding is a document of its own
        return {"input_ids": ids, "position_ids": positions, "labels": labels}


class MaskedRows(Base):
    """Rows of a masked model: one piece of one document in its frame. Each: `input_ids`, `attention_mask`, `labels`.
    What is masked in a row follows from the seed and the row's number."""

    def __init__(self, source: Source, packed: Packed, special: SpecialIds, masking: Masking) -> None:
        self.source, self.packed, self.special, self.masking = source, packed, special, masking

    def __len__(self) -> int:
        return self.packed.total

    def __getitem__(self, row: int) -> dict[str, Ids]:
        piece = int(self.packed.rows[row])
        length = int(self.packed.length[piece])
        inside = self.source.piece(int(self.packed.reading[piece]), int(self.packed.start[piece]), length)
        masked, told = self.masking(inside, row)
        cls, sep = self.special.cls, self.special.sep
        assert cls is not None
        assert sep is not None
        return {"input_ids": np.concatenate([[cls], masked, [sep]]),
                "attention_mask": np.ones(length + 2, np.int64),
                "labels": np.concatenate([[IGNORED], told, [IGNORED]])}  # fmt: skip


class Filled(Base):
    """Rows, and behind them `more` in which no label is learned."""

    def __init__(self, rows: PackedRows | MaskedRows, more: int) -> None:
        self.rows, self.more = rows, more

    def __len__(self) -> int:
        return len(self.rows) + self.more

    def __getitem__(self, row: int) -> dict[str, Ids]:
        if row < len(self.rows):
            return self.rows[row]
        last = self.rows[len(self.rows) - 1]
        return {**last, "labels": np.full_like(last["labels"], IGNORED)}


class Batch:
    """Rows into tensors: (rows, tokens), filled up to the longest, to a multiple of 8."""

    def __init__(self, special: SpecialIds) -> None:
        self.fill = {"input_ids": special.filler, "labels": IGNORED, "attention_mask": 0, "position_ids": 0}

    def __call__(self, rows: Sequence[dict[str, Ids]]) -> dict[str, torch.Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)
        size = longest if all(len(row["input_ids"]) == longest for row in rows) else -(-longest // 8) * 8
        batch = {}
        for name in rows[0]:
            table = np.full((len(rows), size), self.fill[name], np.int64)
            for place, row in enumerate(rows):
                table[place, : len(row[name])] = row[name]
            batch[name] = torch.from_numpy(table)
        return batch
