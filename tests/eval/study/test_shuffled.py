"""The rate of false alarms of a whole verdict, by shuffling the names of arms."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest

from eval.study.shuffled import alarms, of_study


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
    assert alarms(np.zeros((2, 1, 3))) == 0
    assert math.isnan(alarms(np.zeros((2, 1, 2))))


def test_of_a_study_the_primary_scores_count_and_the_null_arm_does_not() -> None:
    key = {"size": "", "task": "t", "formulation": "", "metric": "m", "part": "all"}
    rows = [{**key, "task": task, "arm": arm, "pair": pair, "value": value + pair**2 * 1e-3}
            for task in ("t", "other") for arm, value in (("a", 0.0), ("b", 1.0), ("null", 9.0))
            for pair in range(3)]  # fmt: skip
    told = pl.DataFrame(rows)
    assert of_study(told, {("t", "", "m", "all")}) == alarms(np.array([[[0, 0.001, 0.004]], [[1, 1.001, 1.004]]]))
    lacking = told.filter(~((pl.col("arm") == "b") & (pl.col("pair") == 2)))
    assert math.isnan(of_study(lacking, {("t", "", "m", "all")}))
