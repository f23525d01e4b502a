"""What of a study's budget a run may read, in tokens, and whether it did read that.

Takes what a run would read (`train/prepare.py`) for `eval/study/readings.py`, which asks for so many tokens; and the
runs of `eval/study/results.py`, for the page and the screen. A budget in bytes is met by the text that this very run
draws: its documents, in its order, encoded by its tokenizer. So arms of one budget read as many bytes each, whatever
comes first in their order, to a token of each slice. Bytes of the document that is cut are reckoned by its tokens, for
none is decoded for this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.report.wording import share
from eval.study.recipe import Study
from train.data.mixture import plan, targets
from train.prepare import Prepared
from train.recipe import TrainRecipe

MISSED = 0.01  # of a budget, from which a run that reads more or less is told. A choice of ours
AIR = 1.02  # more text than the rate of the last look says, so that the next is not just short of it


class _Read(NamedTuple):
    """The text of a slice: tokens and bytes read after each of its documents, in the order of the run, from nothing."""

    tokens: NDArray[np.int64]
    bytes: NDArray[np.int64]

    def upto(self, tokens: int) -> float:
        return float(np.interp(tokens, self.tokens, self.bytes))


def tokens_for_bytes(found: Prepared, size: float) -> int:
    """With how many tokens the run reads `size` bytes: the fewest that reach it, or one less where that is nearer.
    `found`: the run with any number of tokens, and no limit to epochs."""
    recipe, order = found.recipe, found.plan
    while (there := int(order.bytes.sum())) < size:
        more = AIR * int(order.tokens.sum()) * size / max(there, 1)
        recipe = _of(recipe, max(round(more), recipe.budget.tokens + 1))
        order = plan(recipe, found.plan.pools)
    slices = [_Read(*(np.append(0, np.cumsum(column[order.pool == number])) for column in (order.tokens, order.bytes)))
              for number in range(len(order.pools))]  # fmt: skip

    def read(tokens: int) -> float:
        wanted = targets(_of(recipe, tokens), order.pools)
        return sum(one.upto(part) for one, part in zip(slices, wanted, strict=True))

    least = _fewest(lambda tokens: read(tokens) >= size, recipe.budget.tokens)
    return least - 1 if least > 1 and size - read(least - 1) < read(least) - size else least


def _fewest(enough: Callable[[int], bool], most: int) -> int:
    """The smallest number that is enough, where every larger one is, and `most` is taken to be."""
    low = 0
    while most - low > 1:
        middle = (low + most) // 2
        low, most = (low, middle) if enough(middle) else (middle, most)
    return most


def _of(recipe: TrainRecipe, tokens: int) -> TrainRecipe:
    """The recipe with so many tokens."""
    return recipe.model_copy(update={"budget": recipe.budget.model_copy(update={"tokens": tokens})})


def tokens_for_flops(flops: float, each: int) -> int:
    """How many tokens so many operations are, of a model that takes `each` for one of them."""
    return max(round(flops / each), 1)


def refuse_less_than_a_row(tokens: int, row: int, told: str) -> None:
    """Raises `UserError` where a budget of bytes or FLOPs, `told` in words, leaves less than a row of `row` tokens."""
    if tokens < row:
        raise UserError(f"Its budget of {told} is worth {tokens:,} tokens, which do not fill one row of {row:,}.",
                        "budget.tokens", f"give a budget {_times(tokens, row)} times as large or more, or a smaller "
                        "model.sequence")  # fmt: skip


def _times(tokens: int, row: int) -> str:
    """How often, upwards to a tenth, so that it is never too little."""
    return f"{np.ceil(10 * row / tokens) / 10:,.1f}"


class Spent(NamedTuple):
    """What a run was to read and what it read, in the unit of the budget."""

    run: str
    asked: float
    read: float


def spent(study: Study, runs: pl.DataFrame) -> Iterator[Spent]:
    """Of each run. `runs`: as in `Results`; operations are those of training, without fine-tuning."""
    shares = {one.name: one.training_share for one in study.arm}
    budget = study.budget
    for row in runs.iter_rows(named=True):
        asked = (budget.tokens or budget.bytes or budget.flops) * shares.get(row["arm"], study.arm[0].training_share)
        yield Spent(row["folder"], asked, float(row[_column(study)]))


def _column(study: Study) -> str:
    return "tokens" if study.budget.tokens else "bytes" if study.budget.bytes else "trained_flops"


def missed(study: Study, runs: pl.DataFrame) -> str:
    """A sentence where runs read more or less than their budget by more than MISSED, else nothing."""
    far = [one for one in spent(study, runs) if abs(one.read / one.asked - 1) > MISSED]
    if not far:
        return ""
    told = ", ".join(f"{one.run} {share(one.read, one.asked)}" for one in far)
    return f"Not every run read its budget of {in_words(study)}, as a part of which was read: {told}. Part of a " \
           "difference between these arms may be that."  # fmt: skip


def in_words(study: Study) -> str:
    """The budget with its unit."""
    budget: Any = study.budget
    kind, told = next((kind, told) for kind, told in (("tokens", "tokens"), ("bytes", "bytes of text"),
                      ("flops", "FLOPs")) if getattr(budget, kind))  # fmt: skip
    value = getattr(budget, kind)
    return f"{value:.3g} {told}" if kind == "flops" else f"{value:,} {told}"
