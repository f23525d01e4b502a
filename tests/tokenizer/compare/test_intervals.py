"""Intervals: what must hold of any counts."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.compare.intervals import FEWEST, Estimate, Ints, estimates
from tokenizer.compare.measures import Measure

RATIO = Measure("ratio", "a ratio", "bytes", "tokens", False, 1, "")
SHARE = Measure("share", "a share", "exact", "bytes", True, 1, "")
NAMES = (("bytes",), ("tokens", "exact"))

rows = st.lists(st.tuples(*(st.integers(0, 1000) for _ in range(5))), min_size=1, max_size=30)


def of(table: list[tuple[int, ...]], seed: int = 0) -> dict[str, list[Estimate]]:
    """Two tokenizers: the first column is of the text, two of each tokenizer."""
    whole: Ints = np.array(table, np.int64)
    return estimates(whole[:, :1], [whole[:, 1:3], whole[:, 3:]], NAMES, (RATIO, SHARE), seed, "group")


def test_a_ratio_of_sums_by_hand() -> None:
    first, second = of([(10, 2, 5, 4, 1), (20, 4, 5, 2, 2)])["ratio"]
    assert first.value is not None
    assert first.value == (5.0, None, None), "too few documents for an interval"
    assert second.difference == (0.0, None, None)
    share = of([(10, 2, 5, 4, 1), (20, 4, 5, 2, 2)])["share"][1]
    assert share.value is not None
    assert share.difference is not None
    assert abs(share.value.value - 0.1) < 1e-12
    assert abs(share.difference.value - 100 * (3 / 30 - 10 / 30)) < 1e-9


@given(rows)
def test_an_interval_holds_its_value(table: list[tuple[int, ...]]) -> None:
    for each in of(table).values():
        for interval in (one for estimate in each for one in estimate if one is not None):
            assert (interval.low is None) == (interval.high is None)
            if interval.low is not None and interval.high is not None:
                assert interval.low <= interval.value <= interval.high


@given(rows)
def test_a_tokenizer_compared_with_itself_differs_by_exactly_nothing(table: list[tuple[int, ...]]) -> None:
    twice = [(text, tokens, exact, tokens, exact) for text, tokens, exact, *_ in table]
    for first, second in of(twice).values():
        assert second.value == first.value
        if second.difference is not None:
            assert set(second.difference) <= {0.0, None}


def test_the_interval_of_the_mean_is_about_as_wide_as_theory_says() -> None:
    source = np.random.default_rng(1)
    table = [(int(value), 1, 0, 1, 0) for value in source.normal(1000, 100, 400)]
    value = of(table)["ratio"][0].value
    assert value is not None
    assert value.low is not None
    assert value.high is not None
    assert 0.8 < (value.high - value.low) / (2 * 1.96 * 100 / 400**0.5) < 1.2


def test_paired_differences_are_far_narrower_than_the_intervals_they_come_from() -> None:
    source = np.random.default_rng(2)
    sizes = source.integers(100, 10_000, 200)
    table = [(int(size), int(size) // int(source.integers(3, 6)), 0, 0, 0) for size in sizes]
    table = [(size, tokens, 0, tokens + 1, 0) for size, tokens, *_ in table]
    first, second = of(table)["ratio"]
    assert first.value is not None
    assert second.difference is not None
    assert second.difference.clear()
    assert second.difference.high is not None
    assert first.value.low is not None
    assert second.difference.high < 0 < 100 * (first.value.value - first.value.low) / first.value.value


def test_draws_depend_on_the_seed_and_on_nothing_else() -> None:
    table = [(n, n % 3 + 1, 0, 1, 0) for n in range(1, 40)]
    assert of(table) == of(table)
    assert of(table) != of(table, seed=1)


def test_there_is_an_interval_from_five_documents_on() -> None:
    for size in (FEWEST - 1, FEWEST):
        value = of([(n + 1, 1, 0, 1, 0) for n in range(size)])["ratio"][0].value
        assert value is not None
        assert (value.low is not None) == (size >= FEWEST)
