"""Intervals cover what they say, on numbers whose truth is known; where resampling covers too little it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from eval.cmexam.strict import weighted_f1
from eval.statistics.bootstrap import Interval, f1_interval, mean_interval, ratio_interval, t_interval, wilson

RUNS = 400  # of each simulation: coverage of 95 % is then told within 2.1 points (two standard errors)
LOW, HIGH = 0.925, 0.975


def covers(truth: float, draw: Callable[[np.random.Generator], Interval], runs: int = RUNS) -> float:
    drawn = np.random.default_rng(7)
    found = [draw(drawn) for _ in range(runs)]
    return sum(one.low <= truth <= one.high for one in found) / runs


@pytest.mark.parametrize("n", [100, 500])
@pytest.mark.parametrize("share", [0.25, 0.5, 0.9])
def test_the_interval_of_an_accuracy_covers_it(n: int, share: float) -> None:
    assert (
        LOW
        <= covers(share, lambda rng: mean_interval(np.array(rng.random(n) < share, np.float64), 200, 0), 2000)
        <= HIGH
    )


def test_the_interval_of_a_mean_of_skewed_numbers_covers_it() -> None:
    assert LOW <= covers(0.25, lambda rng: mean_interval(rng.beta(0.5, 1.5, 100), 500, 0)) <= HIGH


def test_the_interval_of_bits_per_byte_covers_it_where_lengths_are_skewed() -> None:
    def draw(rng: np.random.Generator) -> Interval:
        sizes = rng.lognormal(6, 1, 200)
        return ratio_interval(sizes * rng.normal(1.2, 0.2, 200), sizes, 500, 0)

    assert LOW <= covers(1.2, draw) <= HIGH


@pytest.mark.parametrize("seeds", [3, 5])
def test_over_few_seeds_t_covers_and_the_quantiles_of_a_bootstrap_do_not(seeds: int) -> None:
    def by_quantiles(rng: np.random.Generator) -> Interval:
        values = rng.normal(0, 1, seeds)
        means = values[rng.integers(0, seeds, (500, seeds))].mean(1)
        low, high = np.quantile(means, [0.025, 0.975]).tolist()
        return Interval(0.0, low, high, seeds, "quantiles")

    assert LOW <= covers(0.0, lambda rng: t_interval(rng.normal(0, 1, seeds)), 2000) <= HIGH
    assert covers(0.0, by_quantiles) < 0.88


def test_by_hand() -> None:
    """8 of 10 by Wilson: (0.8 + z²/20) / (1 + z²/10) = 0.7167, half of it 0.2265."""
    assert wilson(8, 10) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert wilson(0, 10)[0] == 0.0 < wilson(0, 10)[1]
    one = t_interval(np.array([1.0, 2.0, 3.0]))
    assert (one.value, one.high - one.value) == pytest.approx((2.0, 4.3027 / math.sqrt(3)), abs=1e-3)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=30))
def test_the_interval_of_probabilities_stays_between_0_and_1(values: list[float]) -> None:
    found = mean_interval(np.array(values), 300, 0)
    assert 0 <= found.low <= found.value + 1e-9
    assert found.value - 1e-9 <= found.high <= 1


ALIKE = st.tuples(st.floats(0, 1), st.integers(2, 60)).map(lambda told: [told[0]] * told[1])


@settings(max_examples=60, deadline=None)
@given(ALIKE | st.lists(st.sampled_from([0.0, 0.1, 0.7, 1.0]), min_size=2, max_size=30), st.floats(0.01, 100))
def test_no_interval_of_two_rows_or_more_is_without_width(values: list[float], scale: float) -> None:
    """A sample of one value is no certainty: where there is an interval it is wider than what is printed of it."""
    some, sizes = np.array(values), np.array([number % 5 + 1.0 for number in range(len(values))])
    for found in (mean_interval(some, 200, 0), mean_interval(some * scale, 200, 0), t_interval(some * scale),
                  ratio_interval(some * sizes * scale, sizes, 200, 0)):  # fmt: skip
        assert found.low < found.high
        assert found.high - found.low > 1e-6 * abs(found.value)


CLASSES = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=30)


@settings(max_examples=60, deadline=None)
@given(CLASSES | CLASSES.map(lambda some: [(one, one) for one, _ in some])
       | CLASSES.map(lambda some: [(one, one + 1) for one, _ in some]))  # fmt: skip
def test_no_f1_of_two_items_or_more_is_certain(pairs: list[tuple[int, int]]) -> None:
    right, predicted = (np.array([pair[place] for pair in pairs]) for place in (0, 1))
    found = f1_interval(right, predicted, 200, 0)
    assert found.low <= found.value <= found.high
    assert found.high - found.low > 1e-6


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_f1_lies_no_farther_from_its_ends_than_twice_the_share_of_right_or_wrong_answers(
    pairs: list[tuple[int, int]],
) -> None:
    right, predicted = ([pair[place] for pair in pairs] for place in (0, 1))
    share = sum(one == other for one, other in pairs) / len(pairs)
    value = weighted_f1(right, predicted)
    assert 1 - 2 * (1 - share) - 1e-9 <= value <= 2 * share + 1e-9


@pytest.mark.parametrize("share", [0.01, 0.02, 0.05])
def test_of_answers_that_are_nearly_all_wrong_or_right_the_interval_of_f1_covers_it(share: float) -> None:
    """Where none of 60 is right, or none wrong, quantiles of resamples are a point that never covers."""
    weights = np.array([0.5, 0.3, 0.2])

    def drawn(rng: np.random.Generator, n: int, few_right: bool) -> tuple[np.ndarray, np.ndarray]:
        right = rng.choice(3, n, p=weights)
        hit = rng.random(n) < (share if few_right else 1 - share)
        return right, np.where(hit, right, (right + 1 + rng.integers(0, 2, n)) % 3)

    for few_right in (True, False):
        rng, alone, held = np.random.default_rng(4), 0, 0
        truth = weighted_f1(*(some.tolist() for some in drawn(rng, 200_000, few_right)))
        for _ in range(600):
            right, predicted = drawn(rng, 60, few_right)
            if (right == predicted).all() or (right != predicted).all():
                found = f1_interval(right, predicted, 200, 0)
                alone += 1
                held += found.low <= truth <= found.high
        assert alone > 15
        assert held == alone


def test_numbers_that_are_all_the_same_have_the_interval_of_those_that_are_not_seen() -> None:
    """None of 40 is another: of Wilson, up to z²/(40 + z²) = 8.76 % of all may be, and they anything from 0 to 1."""
    found = mean_interval(np.full(40, 0.3), 200, 0)
    assert (found.low, found.high) == pytest.approx((0.3 * 0.9124, 0.3 * 0.9124 + 0.0876), abs=1e-4)
    zeros, ones = np.zeros(40, np.int64), np.ones(40, np.int64)
    wrong, right = f1_interval(zeros, ones, 200, 0), f1_interval(ones, ones, 200, 0)
    assert (wrong.value, wrong.low, wrong.high) == pytest.approx((0, 0, 2 * 0.0876), abs=1e-4)
    assert (right.value, right.low, right.high) == pytest.approx((1, 1 - 2 * 0.0876, 1), abs=1e-4)
    bits = ratio_interval(np.full(40, 300.0), np.full(40, 100.0), 200, 0)
    assert (bits.value, bits.low, bits.high, bits.method) == (3.0, -math.inf, math.inf, "none")


def test_one_row_has_no_interval() -> None:
    for found in (mean_interval(np.array([0.5]), 200, 0), ratio_interval(np.array([3.0]), np.array([2.0]), 200, 0),
                  f1_interval(np.array([1]), np.array([1]), 200, 0), t_interval(np.array([1.0]))):  # fmt: skip
        assert (found.low, found.high) == (-math.inf, math.inf)


@given(arrays(np.float64, st.integers(2, 40), elements=st.floats(0, 100)), st.integers(0, 5))
def test_an_interval_holds_its_value_and_is_the_same_every_time(values: np.ndarray, seed: int) -> None:
    found = mean_interval(values, 200, seed)
    assert found.low - 1e-9 <= found.value <= found.high + 1e-9
    assert found == mean_interval(values, 200, seed)


def test_weighted_f1_is_that_of_the_strict_scorer_and_its_interval_holds_it() -> None:
    drawn = np.random.default_rng(2)
    right, predicted = drawn.integers(0, 6, 300), drawn.integers(0, 6, 300)
    predicted[:120] = right[:120]
    found = f1_interval(right, predicted, 300, 0)
    assert found.value == pytest.approx(weighted_f1(right.tolist(), predicted.tolist()))
    assert found.low < found.value < found.high


@pytest.mark.parametrize("n", [2, 3, 4])
def test_two_texts_that_differ_never_have_an_interval_without_width(n: int) -> None:
    """Of two rows every resample with an error of its own is the sample: the bootstrap would claim certainty."""
    told = ratio_interval(np.linspace(900.0, 1500.0, n), np.full(n, 1000.0), 500, 0)
    assert told.low < 0.9
    assert told.high > 1.5
    assert told.method == "t"
