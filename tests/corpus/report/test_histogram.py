"""Histograms: every document is in one bar, thresholds are on the axis, and the axis suits the values."""

from __future__ import annotations

import re

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.report.histogram import Cells, Mark, axis, bins, cells, draw

NUMBERS = st.floats(min_value=-1e9, max_value=1e12, allow_nan=False)
CELLS = st.lists(st.tuples(NUMBERS, st.integers(1, 10**9)), min_size=1, max_size=60).map(
    lambda pairs: Cells(*map(list, zip(*sorted((v, n, n // 2) for v, n in dict(pairs).items()), strict=True)))
)


@given(CELLS, st.lists(NUMBERS, max_size=3))
def test_every_document_is_in_exactly_one_bar(found: Cells, thresholds: list[float]) -> None:
    ruler = axis(found, [Mark(value, ">=") for value in thresholds])
    counted = bins(found, ruler)
    assert sum(number for number, _ in counted) == sum(found.documents)
    assert sum(breaking for _, breaking in counted) == sum(found.breaking)
    assert all(ruler.low <= value <= ruler.high for value in thresholds)


@given(CELLS, st.lists(NUMBERS, max_size=3))
def test_a_drawing_is_small_and_holds_only_numbers(found: Cells, thresholds: list[float]) -> None:
    drawn = draw(found, [Mark(value, "<=") for value in thresholds], "a signal")
    assert "nan" not in drawn
    assert "inf" not in drawn
    assert len(drawn) < 20_000


def test_whole_numbers_get_whole_bins() -> None:
    ruler = axis(Cells([1.0, 2.0, 3.0, 9.0], [5, 5, 5, 5], [0] * 4), [])
    assert (ruler.low, ruler.high, ruler.bins, ruler.log) == (1, 10, 9, False)


def test_a_share_keeps_to_its_range_and_a_wide_count_is_logarithmic() -> None:
    share = axis(Cells([0.0, 0.4, 1.0], [9, 9, 9], [0] * 3), [])
    assert (share.low, share.high) == (0.0, 1.0)
    assert axis(Cells([2.0, 300.0, 90_000.0], [9, 9, 9], [0] * 3), []).log


def test_the_threshold_is_drawn_where_it_lies_with_what_it_demands() -> None:
    drawn = draw(Cells([0.0, 0.5, 1.0], [1, 1, 1], [1, 0, 0]), [Mark(0.25, ">=")], "a signal")
    assert "≥\N{NO-BREAK SPACE}0.25" in drawn
    x = re.search(r'<line x1="([\d.]+)"[^>]*class="threshold"', drawn)
    assert x is not None
    assert float(x[1]) == pytest.approx(6 + 0.25 * (330 - 12))


def test_unknown_values_and_values_that_are_no_numbers_are_left_out() -> None:
    counted = pl.DataFrame(
        {"value": [1.0, None, float("nan"), 1.0], "breaks": [True, True, True, False], "documents": [2, 3, 4, 5]}
    )
    assert cells(counted) == Cells([1.0], [7], [2])


def test_quantiles_are_of_documents_and_not_of_values() -> None:
    assert Cells([1.0, 2.0, 3.0], [1, 1, 98], [0] * 3).quantile(0.5) == 3.0
