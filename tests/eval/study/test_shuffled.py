"""The rate of false alarms of a whole verdict, by shuffling the names of arms."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from eval.study.shuffled import alarms, of_study, told, too_few


@pytest.mark.parametrize("effect", [0.0, 5.0])
def test_a_verdict_raises_a_false_alarm_as_rarely_as_it_says_whether_arms_differ_or_not(effect: float) -> None:
    """Of many studies of five arms, four metrics and three seeds, over which a seed's luck is shared by all arms."""
    drawn = np.random.default_rng(5)
    arm, rates = effect * np.arange(5)[:, None, None], []
    for number in range(60):
        scores = drawn.normal(0, 1, (5, 4, 3)) + drawn.normal(0, 3, (1, 4, 3)) + arm
        rates.append(alarms(scores, draws=40, seed=number))
    assert 0.02 <= float(np.mean(rates)) <= 0.07


def test_arms_that_never_differ_raise_no_alarm_and_two_seeds_say_nothing() -> None:
    assert alarms(np.zeros((3, 1, 3))) == 0
    assert math.isnan(alarms(np.zeros((4, 1, 2))))


@pytest.mark.parametrize(
    ("arms", "metrics", "seeds", "is_told"),
    [(2, 1, 3, False), (2, 2, 3, False), (2, 1, 5, False), (2, 2, 5, False), (2, 1, 6, True), (2, 2, 6, True),
     (3, 1, 3, True), (4, 1, 3, True), (4, 2, 3, True)],
)  # fmt: skip
def test_of_pure_noise_the_rate_is_that_of_the_verdict_or_is_not_told(
    arms: int, metrics: int, seeds: int, is_told: bool
) -> None:
    """The verdict itself raises a false alarm in about one of twenty studies, of every shape."""
    drawn, rates = np.random.default_rng(1), []
    for number in range(100):
        rates.append(alarms(drawn.normal(0, 1, (arms, metrics, seeds)), draws=100, seed=number))
    if is_told:
        assert 0.025 <= float(np.mean(rates)) <= 0.08
    else:
        assert np.isnan(rates).all()
        assert "cannot be told by shuffling with so few" in told(rates[0], arms, seeds)


def test_so_many_seeds_as_are_said_to_do_make_a_rate_that_can_be_told() -> None:
    assert told(math.nan, 2, 3).endswith("2 arms and 3 seeds can be arranged in 4 ways. 6 seeds would do.")
    assert told(math.nan, 5, 2).endswith("3 seeds would do.")
    assert too_few(2, 5)
    assert not too_few(2, 6)
    assert told(0.0, 2, 6).endswith("in none of 500 shuffles: so often would this verdict raise a false alarm.")
    assert "25 of 500 shuffles (5" in told(0.05, 2, 6)


def test_a_rate_that_lacks_scores_is_not_put_down_to_too_few_seeds() -> None:
    said = told(math.nan, 2, 3, scored=False)
    assert said.startswith("Not tested by shuffling")
    assert "seeds" not in said


def test_of_a_study_the_primary_scores_count_and_the_null_arm_does_not() -> None:
    key = {"size": "", "task": "t", "formulation": "", "metric": "m", "part": "all"}
    rows = [{**key, "task": task, "arm": arm, "pair": pair, "value": value + pair**2 * 1e-3}
            for task in ("t", "other") for arm, value in (("a", 0.0), ("b", 1.0), ("null", 9.0))
            for pair in range(6)]  # fmt: skip
    table = pl.DataFrame(rows)
    lucky = np.arange(6) ** 2 * 1e-3
    assert of_study(table, {("t", "", "m", "all")}) == alarms(np.array([[lucky], [1 + lucky]]))
    lacking = table.filter(~((pl.col("arm") == "b") & (pl.col("pair") == 2)))
    assert math.isnan(of_study(lacking, {("t", "", "m", "all")}))
