"""The learning rate over a run, as a pure function from step to factor.

Told by `[schedule]` of a recipe; goes to torch's `LambdaLR` in `train/loop.py` and to the figure of the final page. The
factor multiplies the recipe's learning rate; steps count updates from 0, and nothing but the step goes in, so that a
resumed run is where it was.

* `cosine` (Loshchilov and Hutter, arXiv 1608.03983): up in `warmup` steps, then half a cosine down to `floor`.
* `wsd`, warm-up-stable-decay (MiniCPM, arXiv 2404.06395): up, stay, and down over the last `decay` steps by 1 - sqrt,
  which was better than a line (Hägele et al., arXiv 2405.18392). A run can be gone on with from before its decay.
* `linear` down to `floor`, the way of fine-tuning; `constant` after the warm-up.

The last update of a run has the floor's rate; one with a floor of 0 therefore moves nothing.

Continued pretraining re-warms from `start`, the factor at which the base model's own run had ended, and decays again
(Ibrahim et al., arXiv 2403.08763; Gupta et al., arXiv 2308.04014: how long the warm-up is hardly matters).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Literal, NamedTuple

from corpus.errors import UserError

Kind = Literal["cosine", "wsd", "linear", "constant"]
KINDS: tuple[Kind, ...] = ("cosine", "wsd", "linear", "constant")


class Schedule(NamedTuple):
    """`steps`: updates of the whole run. `warmup`, `decay`: updates of these parts (`decay` of `wsd` alone). `floor`:
    the factor at the end. `start`: the factor that the warm-up comes from."""

    kind: Kind
    steps: int
    warmup: int = 0
    decay: int = 0
    floor: float = 0.0
    start: float = 0.0


def checked(schedule: Schedule) -> Schedule:
    """The schedule, if it can be followed. Raises `UserError` when its parts are longer than the run, or a factor is
    not from 0 to 1."""
    kind, steps, warmup, decay, floor, start = schedule
    if kind not in KINDS:
        raise UserError(f"There is no schedule {kind!r}.", mend=f"choose one of {', '.join(KINDS)}")
    if steps < 1 or warmup < 0 or decay < 0:
        raise UserError(
            f"A schedule of {steps} steps with {warmup} of warm-up and {decay} of decay cannot be followed."
        )
    if (decay > 0) != (kind == "wsd"):
        mend = "say how many steps of decay" if kind == "wsd" else "take `decay` out, or choose wsd"
        raise UserError(f"A {kind} schedule has {decay} steps of decay.", mend=mend)
    if warmup + decay > steps:
        raise UserError(f"Warm-up ({warmup:,}) and decay ({decay:,}) are longer than the run: {steps:,} steps.",
                        mend="make them shorter, or give the run more tokens")  # fmt: skip
    if not (0 <= floor <= 1 and 0 <= start <= 1):
        raise UserError(f"Factors go from 0 to 1, not to {max(floor, start)} or {min(floor, start)}.")
    return schedule


def factor(schedule: Schedule, step: int) -> float:
    """What the learning rate of update `step` (from 0) is multiplied by, from 0 to 1; the floor after the last.

    The first update of a warm-up already moves, and the first after it has the whole rate."""
    kind, steps, warmup, decay, floor, start = schedule
    if step < warmup:
        return start + (1 - start) * (step + 1) / (warmup + 1)
    begin = steps - decay if kind == "wsd" else warmup
    if step >= steps:
        done = 1.0
    elif kind == "wsd":
        done = max(0.0, (step - begin + 1) / decay)
    else:  # the first of these steps has the whole rate, and the last the floor's
        done = (step - begin) / max(steps - 1 - begin, 1)
    return floor + (1 - floor) * _left(kind, done)


def _left(kind: Kind, done: float) -> float:
    """How much of the way from 1 down to the floor is left, when this share of it is over."""
    if kind == "constant":
        return 1.0
    if kind == "linear":
        return 1.0 - done
    return (1.0 + math.cos(math.pi * done)) / 2 if kind == "cosine" else 1.0 - math.sqrt(done)


def multiplier(schedule: Schedule) -> Callable[[int], float]:
    """The factor as a function of the step alone, for `torch.optim.lr_scheduler.LambdaLR`; it can be pickled."""
    return functools.partial(factor, checked(schedule))
