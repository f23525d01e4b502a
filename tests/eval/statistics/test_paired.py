"""Differences of two models on the same rows: by hand, and how often they raise a false alarm."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, ttest_rel

from eval.statistics.many import detectable_of_items, detectable_of_seeds, detectable_of_shares, holm, sign_flips
from eval.statistics.paired import of_documents, of_items, of_seeds


def test_shares_by_hand() -> None:
    """Of 10 items both are right on 4, the second alone on 3, the first alone on 1: 0.2 more, p of 1 in 4 is 0.625."""
    first, second = np.array([1, 1, 1, 1, 0, 0, 0, 1, 0, 0.0]), np.array([1, 1, 1, 1, 1, 1, 1, 0, 0, 0.0])
    found = of_items(first, second)
    assert found.value == pytest.approx(0.2)
    assert (found.wins, found.ties, found.losses) == (3, 6, 1)
    assert found.p == pytest.approx(binomtest(3, 4).pvalue) == pytest.approx(0.625)
    assert found.low < 0 < found.value < found.high


def test_newcombe_s_own_example() -> None:
    """Newcombe 1998, table II: 36 pairs both, 12 and 2 of one alone, 0 neither: difference 0.20, 0.0569 to 0.3404."""
    first = np.array([1.0] * 36 + [1.0] * 12 + [0.0] * 2)
    second = np.array([1.0] * 36 + [0.0] * 12 + [1.0] * 2)
    found = of_items(second, first)
    assert found.value == pytest.approx(0.2)
    assert (found.low, found.high) == pytest.approx((0.0569, 0.3404), abs=2e-4)


def test_pairing_takes_out_what_is_hard_about_an_item() -> None:
    drawn = np.random.default_rng(0)
    hard = drawn.normal(0, 1, 300)
    first, second = hard + drawn.normal(0, 0.1, 300), hard + 0.05 + drawn.normal(0, 0.1, 300)
    found = of_items(first, second)
    assert found.low > 0
    assert found.p < 0.001
    assert found.high - found.low < 0.05


def test_documents_count_by_their_bytes() -> None:
    first, sizes = np.array([10.0, 300.0, 20.0]), np.array([10.0, 200.0, 20.0])
    found = of_documents(first, first + np.array([1.0, -23.0, -1.0]), sizes)
    assert found.value == pytest.approx(-0.1)
    assert (found.wins, found.losses) == (1, 2)


def test_seeds_are_compared_as_student_did() -> None:
    first, second = np.array([1.10, 1.12, 1.09]), np.array([1.06, 1.09, 1.04])
    found = of_seeds(first, second)
    theirs = ttest_rel(second, first)
    assert found.p == pytest.approx(theirs.pvalue)
    interval = theirs.confidence_interval()
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))
    assert math.isnan(of_seeds(first[:1], second[:1]).p)


@pytest.mark.parametrize("kind", ["shares", "documents", "seeds"])
def test_where_there_is_no_difference_an_alarm_is_as_rare_as_it_says(kind: str) -> None:
    drawn, alarms, runs = np.random.default_rng(3), 0, 600
    for _ in range(runs):
        if kind == "shares":
            hard = drawn.random(200)
            first, second = (np.array(drawn.random(200) < hard, np.float64) for _ in range(2))
            found = of_items(first, second)
        elif kind == "documents":
            sizes = drawn.lognormal(6, 1, 100)
            first, second = (sizes * drawn.normal(1.2, 0.2, 100) for _ in range(2))
            found = of_documents(first, second, sizes, 300)
        else:
            found = of_seeds(drawn.normal(0, 1, 3), drawn.normal(0, 1, 3))
        alarms += not found.low <= 0 <= found.high
        assert not (found.p < 0.01 and found.low < 0 < found.high and kind == "seeds")
    assert alarms / runs < 0.075


def test_holm_by_hand() -> None:
    """0.01, 0.04, 0.03 of three: 0.03, then twice 0.03 = 0.06, and 0.04 is not below the one before it."""
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, math.nan, 0.9])[0] == 1.0
    assert math.isnan(holm([0.5, math.nan])[1])


def test_what_could_have_been_seen_is_seen_as_often_as_it_says() -> None:
    drawn = np.random.default_rng(5)
    effect = detectable_of_seeds(1.0, 5)
    seen = sum(of_seeds(np.zeros(5), drawn.normal(effect, 1, 5)).p < 0.05 for _ in range(1000)) / 1000
    assert 0.76 <= seen <= 0.84
    effect = detectable_of_items(1.0, 400)
    seen = sum(abs(drawn.normal(effect, 1 / 20)) * 20 > 1.96 for _ in range(4000)) / 4000
    assert 0.77 <= seen <= 0.83
    assert detectable_of_seeds(1.0, 3) == pytest.approx(3.26, abs=0.02)


@pytest.mark.parametrize(("n", "level"), [(40, 0.05), (40, 0.05 / 7), (500, 0.05)])
def test_of_models_that_part_on_no_item_what_would_have_been_seen_is_what_the_test_can_show(
    n: int, level: float
) -> None:
    """Items that turn, all one way, in a share of that size: the exact test shows it in 8 of 10 studies."""
    drawn, size = np.random.default_rng(6), detectable_of_shares(0.0, n, level)
    turned = (drawn.random((3000, n)) < size).sum(1)
    p = {int(k): of_items(np.zeros(n), np.repeat([1.0, 0.0], [k, n - k])).p for k in np.unique(turned)}
    assert 0.77 <= np.mean([p[int(k)] < level for k in turned]) <= 0.83
    fewer = (drawn.random((3000, n)) < 0.9 * size).sum(1)
    assert np.mean([p.get(int(k), 1.0) < level for k in fewer]) < 0.76


def test_what_shares_can_show_by_hand() -> None:
    """At 0.05 six of six are needed: 2 / 2^5 = 0.0625 is not below. Of six items all would have to turn, in a share of
    0.8^(1/6); of five nothing can be shown."""
    assert detectable_of_shares(0.0, 6) == pytest.approx(0.8 ** (1 / 6))
    assert detectable_of_shares(0.0, 5) == math.inf
    assert math.isnan(detectable_of_shares(0.0, 0))
    assert detectable_of_shares(0.5, 400) == detectable_of_items(0.5, 400)  # where many part the scatter tells it
    assert detectable_of_shares(0.16, 40) == detectable_of_shares(0.0, 40) > detectable_of_items(0.16, 40)


@given(st.integers(1, 400), st.integers(1, 100))
def test_the_more_items_the_less_and_the_more_comparisons_the_more_must_a_difference_be(n: int, many: int) -> None:
    one = detectable_of_shares(0.0, n)
    assert detectable_of_shares(0.0, n + 1) < one or math.isinf(one)
    assert detectable_of_shares(0.0, n, 0.05 / many) >= one


def test_a_difference_that_is_the_same_in_every_seed_is_no_certainty() -> None:
    for second in ([0.75, 0.75, 0.75], [0.5, 0.5, 0.5]):
        found = of_seeds(np.array([0.5, 0.5, 0.5]), np.array(second))
        assert math.isnan(found.p)
        assert (found.low, found.high) == (-math.inf, math.inf)
    shifted = np.array([0.1, 0.2, 0.3])
    assert math.isnan(of_seeds(shifted, shifted + 0.1).p)  # but for rounding


@pytest.mark.parametrize("moved", [0.0, -0.2])
def test_a_difference_that_is_the_same_in_every_text_is_no_certainty(moved: float) -> None:
    sizes = np.linspace(500, 3000, 30)
    for found in (of_documents(2 * sizes, (2 + moved) * sizes, sizes, 200),
                  of_items(np.full(30, 0.5), np.full(30, 0.5 + moved), 200)):  # fmt: skip
        assert math.isnan(found.p)
        assert (found.low, found.high) == (-math.inf, math.inf)


SHARES = st.lists(st.tuples(*[st.sampled_from([0.0, 1.0])] * 2), min_size=2, max_size=40)
NUMBERS = st.lists(st.tuples(*[st.sampled_from([0.1, 0.5, 0.7])] * 2), min_size=2, max_size=40)


@settings(max_examples=60, deadline=None)
@given(SHARES | NUMBERS | st.tuples(NUMBERS, st.integers(2, 40)).map(lambda told: told[0][:1] * told[1]))
def test_no_interval_of_a_difference_is_without_width(pairs: list[tuple[float, float]]) -> None:
    first, second = (np.array([pair[place] for pair in pairs]) for place in (0, 1))
    sizes = np.array([number % 5 + 1.0 for number in range(len(pairs))])
    for found in (of_items(first, second, 200), of_documents(first * sizes, second * sizes, sizes, 200),
                  of_seeds(first, second)):  # fmt: skip
        assert found.high - found.low > 1e-6
        assert math.isfinite(found.low) or math.isnan(found.p)


def test_what_two_seeds_see_after_a_correction_for_many_is_far_more_or_nothing() -> None:
    plain, many = (detectable_of_seeds(1.0, 2, 0.05 / number) for number in (1, 60))
    assert many > 10 * plain or math.isnan(many)
    assert detectable_of_seeds(1.0, 5, 0.05 / 10) > detectable_of_seeds(1.0, 5)


def test_flips_of_signs_by_hand() -> None:
    """1, 2, 4: all signs alike lie farthest, two of eight; with a minus on 1 five of eight lie as far or farther..."""
    assert sign_flips([1, 2, 4]) == 2 / 8
    assert sign_flips([-1, 2, 4]) == 4 / 8
    assert sign_flips([0.0] * 3) == 1.0
    assert sign_flips(list(np.ones(40)), most=1000) == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_of_few_texts_p_is_that_of_the_interval(n: int) -> None:
    """Two texts that differ by nearly as much are no proof: Student's t has one degree of freedom."""
    from scipy.stats import ttest_1samp

    moved = np.linspace(-0.21, -0.19, n)
    told = of_documents(np.zeros(n), moved * 1000, np.full(n, 1000.0))
    assert told.p == pytest.approx(ttest_1samp(moved, 0).pvalue, rel=1e-6)
    assert (told.p < 0.05) == (told.high < 0)
