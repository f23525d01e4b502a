"""How often each arm of a comparison sees its examples, so that the two are equal in epochs or in supervised tokens.

Comes from `train/sft/examples.py`; the order of an arm goes to its batches. An explanation is many times longer than a
letter: with equal epochs the arm with reasoning learns from many times the tokens, and with equal supervised tokens the
arm without sees each question many times as often. Neither is fair in all respects; so both numbers are told of both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from train.sft.conversation import Rendered
from train.sft.examples import Examples

MOST_EPOCHS = 1000


class ArmPlan(NamedTuple):
    """One arm. `examples`, `tokens` and `supervised`: of one epoch. `epochs`: how often it sees each example, on
    average. `order`: int64, the index of the example at each place. `tokens_seen`, `supervised_seen`: of the order."""

    with_reasoning: bool
    examples: int
    tokens: int
    supervised: int
    epochs: float
    order: NDArray[np.int64]
    tokens_seen: int
    supervised_seen: int


def plans(
    examples: Examples, epochs: float, equal: Literal["epochs", "supervised-tokens"], seed: int
) -> tuple[ArmPlan, ArmPlan]:
    """The plan of the arm without and of the arm with reasoning.

    `epochs` are those of the arm with reasoning, and of the other too when `equal` is "epochs". With
    "supervised-tokens" the other repeats its examples until it has learned from as many tokens, to within its last
    example; each epoch is an order of its own. Raises `UserError` when that takes more than `MOST_EPOCHS`."""
    if not 0 < epochs <= MOST_EPOCHS:
        raise UserError(
            f"{epochs:g} epochs are asked for.", "epochs", f"set a number above 0 and up to {MOST_EPOCHS:,}"
        )
    reasoned = _plan(examples.reasoned, True, passes(len(examples.ids), epochs, seed))
    if equal == "epochs":
        return _plan(examples.plain, False, reasoned.order), reasoned
    order = _until(_counts(examples.plain), reasoned.supervised_seen, seed)
    return _plan(examples.plain, False, order), reasoned


def _counts(arm: Sequence[Rendered]) -> NDArray[np.int64]:
    return np.array([example.supervised for example in arm], np.int64)


def _shuffled(count: int, epoch: int, seed: int) -> NDArray[np.int64]:
    """The order of one epoch: the same in both arms, another in each epoch."""
    return np.random.default_rng((seed, epoch)).permutation(count)


def passes(count: int, epochs: float, seed: int) -> NDArray[np.int64]:
    """The order of so many examples: whole epochs and a part of one, int64."""
    wanted = max(round(epochs * count), 1)
    orders = [_shuffled(count, epoch, seed) for epoch in range(math.ceil(wanted / count))]
    return np.concatenate(orders)[:wanted]


def _until(counts: NDArray[np.int64], target: int, seed: int) -> NDArray[np.int64]:
    """Epoch after epoch until as many supervised tokens were seen as come nearest to the target."""
    each = int(counts.sum())
    if target > each * MOST_EPOCHS:
        raise UserError(
            f"Equal supervised tokens would take {target / each:,.0f} epochs of the arm without reasoning.",
            "equal", 'set equal = "epochs", or answer = "letters-and-texts"',
        )  # fmt: skip
    order = np.concatenate([_shuffled(len(counts), epoch, seed) for epoch in range(target // each + 1)])
    seen = np.cumsum(counts[order])
    return order[: int(np.abs(seen - target).argmin()) + 1]


def _plan(arm: Sequence[Rendered], with_reasoning: bool, order: NDArray[np.int64]) -> ArmPlan:
    supervised, tokens = _counts(arm), np.array([len(example.ids) for example in arm], np.int64)
    return ArmPlan(with_reasoning, len(arm), int(tokens.sum()), int(supervised.sum()), len(order) / len(arm), order,
                   int(tokens[order].sum()), int(supervised[order].sum()))  # fmt: skip


def table(plain: ArmPlan, reasoned: ArmPlan) -> list[tuple[str, ...]]:
    """Both arms as rows for print, the names first."""
    rows: list[tuple[str, ...]] = [("arm", "examples", "supervised tokens an epoch", "epochs", "supervised tokens",
                                    "tokens")]  # fmt: skip
    for plan in (plain, reasoned):
        name = "with reasoning" if plan.with_reasoning else "without reasoning"
        rows.append((name, f"{plan.examples:,}", f"{plan.supervised:,}", f"{plan.epochs:,.2f}",
                     f"{plan.supervised_seen:,}", f"{plan.tokens_seen:,}"))  # fmt: skip
    return rows
