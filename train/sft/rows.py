"""Examples as a trainer takes them: one a row, in the order of the run, padded in the batch and never cut.

Comes from `train/sft/prepare.py`; goes to `train/sft/setup.py`. Rows of a language head are a table of `datasets`,
which TRL asks for, read through the indices of the order; rows of a choice head are questions.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from train.data.rows import Batch
from train.data.special_ids import IGNORED, SpecialIds
from train.sft.choice import ChoiceExample, collate
from train.sft.conversation import Rendered

if TYPE_CHECKING:
    Base = Dataset[ChoiceExample]
else:
    Base = Dataset


def language_rows(examples: Sequence[Rendered], order: NDArray[np.int64], more: int = 0) -> Any:
    """Rows with `input_ids` and `labels`, `IGNORED` where nothing is learned: a `datasets.Dataset` in memory.
    `more`: behind them so many rows that teach nothing, where several processes share out the last step."""
    import datasets

    told = [*examples, *([Rendered(examples[0].ids, [0] * len(examples[0].ids))] if more else [])]
    table: Any = datasets.Dataset.from_dict(
        {"input_ids": [one.ids for one in told], "labels": [one.labels for one in told]}
    )
    return table.select(np.concatenate([order, np.full(more, len(examples), np.int64)]))


class LanguageBatch:
    """Rows into `input_ids`, `labels` and `attention_mask`, int64 of (rows, tokens), filled up behind."""

    def __init__(self, special: SpecialIds) -> None:
        self.batch = Batch(special)

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        seen = [{**row, "attention_mask": np.ones(len(row["input_ids"]), np.int64)} for row in rows]
        return self.batch(seen)

    def of(self, examples: Sequence[Rendered]) -> dict[str, torch.Tensor]:
        """Examples into the same."""
        return self([{"input_ids": one.ids, "labels": one.labels} for one in examples])


class ChoiceRows(Base):
    """Questions in the order of the run, and behind them `more` that teach nothing."""

    def __init__(self, examples: Sequence[ChoiceExample], order: NDArray[np.int64], more: int = 0) -> None:
        self.examples, self.order, self.more = examples, order, more

    def __len__(self) -> int:
        return len(self.order) + self.more

    def __getitem__(self, row: int) -> ChoiceExample:
        if row < len(self.order):
            return self.examples[int(self.order[row])]
        return self.examples[0]._replace(label=IGNORED)


class ChoiceBatch:
    """Questions into tensors, as `train/sft/choice.py` says."""

    def __init__(self, pad: int) -> None:
        self.pad = pad

    def __call__(self, rows: Sequence[ChoiceExample]) -> dict[str, torch.Tensor]:
        return collate(rows, self.pad)
