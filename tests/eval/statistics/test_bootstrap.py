"""Intervals cover what they say, on numbers whose truth is known; where resampling covers too little it is shown."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
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


def test_one_row_has_no_interval() -> None:
    for found in (mean_interval(np.array([0.5]), 200, 0), ratio_interval(np.array([3.0]), np.array([2.0]), 200, 0),
                  t_interval(np.array([1.0]))):  # fmt: skip
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
