"""Packing loses nothing: every token of every document stands in exactly one row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from train.data.packing import PACKERS, Packed

LENGTHS = st.lists(st.integers(1, 40), min_size=1, max_size=60)


def packed(name: str, lengths: list[int], size: int) -> Packed:
    return PACKERS[name](np.array(lengths, np.int64), size)


@pytest.mark.parametrize("name", PACKERS)
@given(lengths=LENGTHS, size=st.integers(2, 17))
def test_every_token_stands_in_exactly_one_row(name: str, lengths: list[int], size: int) -> None:
    found = packed(name, lengths, size)
    places = [
        (int(reading), int(start) + at)
        for reading, start, length in zip(found.reading, found.start, found.length, strict=True)
        for at in range(int(length))
    ]
    assert sorted(places) == [(number, at) for number, length in enumerate(lengths) for at in range(length)]
    assert found.tokens == sum(lengths)


@pytest.mark.parametrize("name", PACKERS)
@given(lengths=LENGTHS, size=st.integers(2, 17))
def test_no_row_is_longer_than_its_size_and_none_is_empty(name: str, lengths: list[int], size: int) -> None:
    found = packed(name, lengths, size)
    sums = [int(found.length[a:b].sum()) for a, b in zip(found.rows[:-1], found.rows[1:], strict=True)]
    assert all(0 < one <= size for one in sums)
    assert sum(sums) == sum(lengths)


@given(lengths=LENGTHS, size=st.integers(2, 17))
def test_wrapping_fills_every_row_but_the_last(lengths: list[int], size: int) -> None:
    found = packed("wrap", lengths, size)
    assert found.total == -(-sum(lengths) // size)
    assert (np.diff(found.reading) >= 0).all()


@given(lengths=LENGTHS, size=st.integers(2, 17))
def test_best_fit_cuts_only_documents_longer_than_a_row(lengths: list[int], size: int) -> None:
    found = packed("best-fit", lengths, size)
    assert found.cut == sum(length > size for length in lengths)
    assert found.total <= packed("single", lengths, size).total


def test_best_fit_needs_hardly_more_rows_than_there_must_be() -> None:
    lengths = np.random.default_rng(0).integers(20, 900, 5000)
    found = PACKERS["best-fit"](lengths, 512)
    assert found.efficiency > 0.98
    assert np.abs(np.diff(found.reading)).mean() < 2000  # the order of the run is kept, but for a window
