"""What is said of a difference, and that it claims no more than its interval."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.statistics.many import detectable_of_seeds, holm, seeds_needed
from eval.statistics.paired import Difference, of_seeds
from eval.statistics.verdict import PLAIN, WHOLE, Claim, Scale, claim, relative, shows_nothing


def difference(value: float, low: float, high: float, n: int = 3) -> Difference:
    return Difference(value, low, high, 0.0, n, 0, 0, n, 0.01, "paired t")


def said(
    found: Difference, adjusted: float, lower: bool = True, detectable: float = 0.02, share: bool = False,
    needed: int | None = None,
) -> Claim:  # fmt: skip
    return claim("tier all", "tier high", found, adjusted, unit="bits per byte", lower_is_better=lower, over="seed",
                 detectable=detectable, share=share,
                 scale=Scale(0.25, WHOLE, needed) if share else Scale(2.0, PLAIN, needed))  # fmt: skip


def test_a_difference_that_is_shown_is_told_with_its_interval_and_who_is_better() -> None:
    told = said(difference(-0.031, -0.038, -0.024), 0.004)
    assert told.sentence == ("tier high beats tier all by 0.031 bits per byte (95 % 0.024 to 0.038, 3 seeds; p 0.004 "
                             "after Holm's correction), which is 1.6 % of the score of tier all.")  # fmt: skip
    assert (told.strength, told.second_better) == ("shown", True)
    assert said(difference(0.031, 0.024, 0.038), 0.0001).sentence.startswith("tier all beats tier high by 0.031")
    assert said(difference(0.031, 0.024, 0.038), 0.0001, lower=False).sentence.startswith("tier high beats tier all")


def test_a_difference_within_noise_is_no_difference_and_says_what_would_have_been_seen() -> None:
    told = said(difference(-0.002, -0.010, 0.006), 0.4, detectable=0.009)
    assert told.sentence == (
        "No difference is shown between tier all and tier high in bits per byte: -0.002 (95 % -0.010 to 0.006, 3 "
        "seeds); one of 0.009 would have been seen in 8 of 10 such comparisons."
    )
    assert told.second_better is None


def test_what_the_correction_takes_away_is_not_claimed() -> None:
    told = said(difference(-0.031, -0.060, -0.002), 0.2)
    assert told.strength == "within noise"
    assert "(95 % by itself -0.060 to -0.002, 3 seeds; p 0.200 after Holm's correction)" in told.sentence


def test_one_run_says_nothing_of_chance() -> None:
    told = said(difference(-0.03, -math.inf, math.inf, 1), math.nan)
    assert told.strength == "one run"
    assert "nothing can be said" in told.sentence


def test_what_is_the_same_in_every_seed_is_told_and_not_claimed() -> None:
    for value, words in ((0.1, "tier high differs from tier all by 0.100 bits per byte, the same in"),
                         (0.0, "tier all and tier high have the same bits per byte in")):  # fmt: skip
        same = Difference(value, -math.inf, math.inf, math.nan, 3, 3, 0, 0, 0.0, "paired t")
        told = said(same, math.nan)
        assert told.second_better is None
        assert words in told.sentence
        assert "in each of 3 seeds" in told.sentence
        assert "beats" not in told.sentence


def test_shares_are_told_in_points_of_a_hundred() -> None:
    assert "by 3.1 " in said(difference(0.031, 0.012, 0.050), 0.01, lower=False, share=True).sentence


def test_a_difference_that_is_certain_and_small_is_told_beside_the_score() -> None:
    told = said(difference(0.0003, 0.0002, 0.0004), 0.00001)
    assert told.strength == "clear"
    assert "p < 0.001 after Holm's correction), which is 0.015 % of the score of tier all." in told.sentence


@pytest.mark.parametrize(("value", "told"), [(0.0003, "0.015 %"), (-0.031, "1.6 %"), (2.4, "120 %"), (0.0, "0 %"),
                                             (1e-9, "0.000000050 %")])  # fmt: skip
def test_a_relative_size_has_two_digits_and_no_sign(value: float, told: str) -> None:
    assert relative(value, 2.0) == told


@pytest.mark.parametrize("adjusted", [0.4, 0.00001])
def test_a_difference_of_rounding_is_no_row_of_noughts(adjusted: float) -> None:
    told = said(difference(2e-16, 1e-16, 3e-16, 20), adjusted)
    assert told.sentence == ("No difference is shown between tier all and tier high in bits per byte: with all of its "
                             "interval it is smaller than 0.0000001 (20 seeds).")  # fmt: skip
    assert told.second_better is None


def test_nothing_is_a_part_of_no_score() -> None:
    assert relative(0.1, 0.0) == ""
    told = claim("a", "b", difference(0.1, 0.05, 0.15), 0.01, unit="points of accuracy", lower_is_better=False,
                 over="seed", detectable=0.1, scale=Scale(0.0, WHOLE), share=True)  # fmt: skip
    assert told.sentence.endswith("after Holm's correction).")


@pytest.mark.parametrize("detectable", [6.0, 167.0, math.inf])
def test_where_no_possible_difference_would_be_seen_that_is_said_and_no_number(detectable: float) -> None:
    """From 2 bits per byte a model falls by 2 at most, and rises by 6 where it writes bytes as they stand."""
    told = said(difference(-0.3, -1.9, 1.3, 2), 0.4, detectable=detectable).sentence
    assert "with 2 seeds this comparison can show nothing" in told
    assert "167" not in told
    assert "inf" not in told
    assert "would take" not in told
    more = said(difference(-0.3, -1.9, 1.3, 2), 0.4, detectable=detectable, needed=12).sentence
    assert more.endswith("One of the size seen would take about 12 seeds, if they scatter as these do.")


def test_of_shares_as_well() -> None:
    assert "can show nothing" in said(difference(0.1, -0.5, 0.7), 0.4, False, 0.75, share=True).sentence
    assert "one of 74 would have been seen" in said(difference(0.1, -0.5, 0.7), 0.4, False, 0.74, share=True).sentence


@given(st.floats(0, 12), st.floats(0, 300))
def test_what_is_said_to_be_seen_is_a_possible_difference(score: float, detectable: float) -> None:
    if not shows_nothing(detectable, Scale(score, PLAIN)):
        assert detectable < score or detectable < PLAIN - score


@given(st.floats(0.01, 10), st.floats(0.01, 1))
def test_as_many_seeds_as_are_said_to_be_needed_show_the_difference_and_one_fewer_do_not(
    spread: float, value: float
) -> None:
    needed = seeds_needed(value, spread)
    if needed is None:
        assert detectable_of_seeds(spread, 99) > value
    else:
        assert detectable_of_seeds(spread, needed) <= value
        assert needed == 2 or detectable_of_seeds(spread, needed - 1) > value


def test_no_number_of_seeds_is_told_of_no_difference_or_no_scatter() -> None:
    assert seeds_needed(0.0, 1.0) is None
    assert seeds_needed(1.0, 0.0) is None
    assert seeds_needed(1.0, math.nan) is None
    assert seeds_needed(0.001, 1.0) is None  # more than anybody will run


def test_two_seeds_after_a_correction_for_many_see_nothing() -> None:
    assert detectable_of_seeds(0.01, 2, 4e-7) == math.inf


@given(st.floats(-1, 1), st.floats(0.0001, 1), st.floats(0, 1))
def test_no_sentence_claims_more_than_its_interval(value: float, half: float, adjusted: float) -> None:
    told = said(difference(value, value - half, value + half), adjusted)
    if value - half <= 0 <= value + half or adjusted >= 0.05:
        assert "beats" not in told.sentence


def test_the_false_alarms_of_a_whole_verdict_are_as_rare_as_they_say() -> None:
    """Five arms that differ in nothing, four metrics, three seeds: in how many studies is anything claimed?"""
    drawn, alarms, runs = np.random.default_rng(11), 0, 400
    for _ in range(runs):
        scores = drawn.normal(0, 1, (5, 4, 3)) + drawn.normal(0, 3, (1, 4, 3))  # what a seed shares over arms
        found = [of_seeds(scores[0, metric], scores[arm, metric]) for arm in range(1, 5) for metric in range(4)]
        adjusted = holm([one.p for one in found])
        told = [said(one, p, detectable=detectable_of_seeds(one.spread, one.n))
                for one, p in zip(found, adjusted, strict=True)]  # fmt: skip
        alarms += any(one.second_better is not None for one in told)
    assert alarms / runs <= 0.07


def test_a_verdict_sees_what_is_there() -> None:
    drawn = np.random.default_rng(1)
    first = drawn.normal(1.2, 0.01, 5)
    found = of_seeds(first, first - 0.05 + drawn.normal(0, 0.005, 5))
    assert said(found, holm([found.p])[0]).second_better is True
    assert found.value == pytest.approx(-0.05, abs=0.01)
