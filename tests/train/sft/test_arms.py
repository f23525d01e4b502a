"""The arms are equal in what they are said to be equal in, and both counts are told."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from train.sft.arms import ArmPlan, plans, table
from train.sft.conversation import Rendered
from train.sft.examples import Examples


def examples(pairs: list[tuple[int, int]]) -> Examples:
    """Examples of three given tokens and so many supervised ones, without and with reasoning."""

    def made(supervised: int) -> Rendered:
        return Rendered([0] * (3 + supervised), [0] * 3 + [1] * supervised)

    names = [str(number) for number in range(len(pairs))]
    return Examples(names, [made(plain) for plain, _ in pairs], [made(more) for _, more in pairs], {}, 0)


PAIRS = st.lists(st.tuples(st.integers(1, 5), st.integers(5, 90)), min_size=1, max_size=30)


def counted(plan: ArmPlan, arm: list[Rendered]) -> tuple[int, int]:
    return (sum(len(arm[place].ids) for place in plan.order), sum(arm[place].supervised for place in plan.order))


@given(PAIRS, st.sampled_from([0.5, 1.0, 2.0, 3.3]), st.integers(0, 9))
def test_equal_epochs_are_the_same_questions_in_the_same_order(
    pairs: list[tuple[int, int]], epochs: float, seed: int
) -> None:
    made = examples(pairs)
    plain, reasoned = plans(made, epochs, "epochs", seed)
    assert np.array_equal(plain.order, reasoned.order)
    assert plain.epochs == reasoned.epochs
    for plan in (plain, reasoned):
        assert (plan.tokens_seen, plan.supervised_seen) == counted(plan, made.arm(plan.with_reasoning))
        seen = np.bincount(plan.order, minlength=len(pairs))
        assert seen.max() - seen.min() <= 1  # no example is seen twice more than another


@given(PAIRS, st.sampled_from([0.5, 1.0, 2.0]), st.integers(0, 9))
def test_equal_supervised_tokens_are_equal_to_within_one_example(
    pairs: list[tuple[int, int]], epochs: float, seed: int
) -> None:
    made = examples(pairs)
    plain, reasoned = plans(made, epochs, "supervised-tokens", seed)
    largest = max(supervised for supervised, _ in pairs)
    assert abs(plain.supervised_seen - reasoned.supervised_seen) <= largest
    assert plain.supervised_seen == counted(plain, made.plain)[1]
    seen = np.bincount(plain.order, minlength=len(pairs))
    assert seen.max() - seen.min() <= 1


def test_the_number_of_repetitions_is_the_ratio_of_the_supervised_tokens() -> None:
    plain, reasoned = plans(examples([(4, 100)] * 50), 2, "supervised-tokens", 0)
    assert (reasoned.epochs, plain.epochs) == (2.0, 50.0)
    assert plain.supervised_seen == reasoned.supervised_seen == 10_000


def test_the_order_follows_from_the_seed_and_differs_between_epochs() -> None:
    made = examples([(4, 9)] * 40)
    first, again, other = (plans(made, 2, "epochs", seed)[0].order for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert not np.array_equal(first[:40], first[40:])


@pytest.mark.parametrize("epochs", [0, -1, float("nan"), 1001])
def test_a_number_of_epochs_that_makes_no_sense_is_refused(epochs: float) -> None:
    with pytest.raises(UserError, match="epochs are asked for"):
        plans(examples([(4, 9)]), epochs, "epochs", 0)


def test_equality_that_would_take_a_thousand_epochs_is_refused_with_a_way_out() -> None:
    with pytest.raises(UserError, match="2,000 epochs") as raised:
        plans(examples([(1, 2000)]), 1, "supervised-tokens", 0)
    assert 'equal = "epochs"' in raised.value.mend


def test_both_arms_are_told_in_one_table() -> None:
    rows = table(*plans(examples([(4, 100)] * 50), 1, "epochs", 0))
    assert [row[0] for row in rows] == ["arm", "without reasoning", "with reasoning"]
    assert rows[1][2:5] == ("200", "1.00", "200")
    assert rows[2][2:5] == ("5,000", "1.00", "5,000")
