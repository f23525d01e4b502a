"""What an evaluation cost: time, tokens computed, and operations.

Counts come from the model's meter (`eval/likelihood/meter.py`) part by part, so that they outlive a run that is ended
and gone on with; sums go to `run.json` and to the line that `eval/run/printed.py` prints. Operations are forwards
alone, by the arithmetic of training (`train/plan/flops.py`, PaLM's formula): 2 for each weight of the layers a token, 2
for each of the output matrix a token that is predicted, 4 a layer, head and its width for each token that one sees. Of
a kind of model whose arithmetic is not known they are unknown: no number is better than a guess. Adapters beside the
weights are not counted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.errors import UserError
from eval.likelihood.backend import NoMeter
from eval.likelihood.meter import Meter, Work, inside
from eval.run.parts import Parts
from train.plan.parameters import anatomy

UNKNOWN = "unknown"


class Spent(NamedTuple):
    """`work`: what was computed. `seconds`: over all sessions of a run."""

    work: Work = Work()
    seconds: float = 0.0


def part_at_cost(
    parts: Parts, name: str, make: Callable[[], pl.DataFrame], meter: Meter | NoMeter
) -> tuple[pl.DataFrame, Spent]:  # fmt: skip
    """A part and what it cost, as they lie there or made now. The cost is written first: a run that is ended between
    the two makes the part again, and nothing is forgotten."""

    def measured() -> pl.DataFrame:
        started, before = time.monotonic(), meter.work
        table = make()
        work, seconds = meter.work.less(before), round(time.monotonic() - started, 3)
        parts.note(f"{name}-cost", lambda: {"work": work._asdict(), "seconds": seconds})
        return table

    table = parts.part(name, measured)
    told = parts.note(f"{name}-cost", lambda: {"work": Work()._asdict(), "seconds": 0.0})
    return table, Spent(Work(**told["work"]), told["seconds"])


def summed(some: Sequence[Spent]) -> Spent:
    """All together."""
    work = Work()
    for one in some:
        work = work.plus(one.work)
    return Spent(work, round(sum(one.seconds for one in some), 3))


def operations(model: Any, work: Work) -> int | None:
    """Floating-point operations of what a model computed; None for a kind that `train/plan/parameters.py` does not
    know, and where another library ran it."""
    if model is None:
        return None
    try:
        body = anatomy(inside(model).config)
    except UserError:
        return None
    blocks, head = (sum(one.parameters for one in some) for some in (body.blocks, body.head))
    # Each layer sees all that is there, or as much of it as its window, by the mean over tokens.
    seen = sum(min(work.seen, work.tokens * span) if span else work.seen for span in body.spans)
    return 2 * blocks * work.tokens + 2 * head * work.predicted + 4 * body.attention * seen


def told(model: Any, spent: dict[str, Spent]) -> dict[str, Any]:
    """What `run.json` says of the cost, of each kind of work and of all: seconds, tokens, operations or that they are
    unknown."""
    return {name: _told(model, one) for name, one in {**spent, "all": summed(list(spent.values()))}.items()}


def _told(model: Any, spent: Spent) -> dict[str, Any]:
    flops = operations(model, spent.work)
    return {"seconds": spent.seconds, "tokens": spent.work.tokens, "predicted": spent.work.predicted,
            "flops": UNKNOWN if flops is None else flops}  # fmt: skip


def line(cost: dict[str, Any]) -> str:
    """The cost in words."""
    flops = cost["flops"]
    if not cost["tokens"]:  # by a backend of others, which does not count
        return f"{cost['seconds']:,.1f} s; what was computed is not known"
    spelt = f"{flops:.3g} FLOPs forwards" if flops != UNKNOWN else "FLOPs unknown for this kind of model"
    return f"{cost['seconds']:,.1f} s, {cost['tokens']:,} tokens computed, {spelt}"
