"""Numbers and words are spelt one way, whatever the locale."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.report.wording import (
    FATES,
    NBSP,
    STANDING,
    count,
    cut,
    cut_middle,
    cut_width,
    demand,
    percent,
    plural,
    share,
    short,
    size,
)


@pytest.mark.parametrize(
    ("part", "whole", "spelt"),
    [
        (0, 10, "0 %"), (10, 10, "100 %"), (1, 3, "33.3 %"), (1, 10_000, "< 0.1 %"), (9_999, 10_000, "> 99.9 %"),
        (5, 10_000, "0.1 %"), (0, 0, "–"),
    ],
)  # fmt: skip
def test_a_share_never_rounds_some_to_none_nor_most_to_all(part: int, whole: int, spelt: str) -> None:
    assert share(part, whole).replace(NBSP, " ") == spelt


@pytest.mark.parametrize(("value", "spelt"), [(0.8, "80 %"), (0.975, "97.5 %"), (0.0, "0 %"), (1.0, "100 %")])
def test_a_threshold_is_spelt_as_it_was_set(value: float, spelt: str) -> None:
    assert percent(value).replace(NBSP, " ") == spelt


@pytest.mark.parametrize(
    ("number", "spelt"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (123_456, "123 kB"), (5_300_000, "5.3 MB")],
)
def test_sizes_are_decimal(number: int, spelt: str) -> None:
    assert size(number).replace(NBSP, " ") == spelt


def test_demands_read_as_a_reader_writes_them() -> None:
    assert demand(">=", 0.5) == f"≥{NBSP}0.5"
    assert demand("<=", 100_000) == f"≤{NBSP}100,000"
    assert demand("in", ["en", "zh"]) == f"in{NBSP}{{en, zh}}"
    assert demand("==", True) == f"={NBSP}true"
    assert demand("!=", "lzh") == f"≠{NBSP}lzh"


def test_numbers_and_plurals() -> None:
    assert (count(1234567), short(0.123456), short(1500.0)) == ("1,234,567", "0.1235", "1,500")
    assert (plural(1, "entry", "entries"), plural(2, "entry", "entries")) == ("1 entry", "2 entries")


@given(st.text(), st.integers(min_value=1, max_value=50))
def test_a_cut_text_is_never_longer_than_allowed(text: str, length: int) -> None:
    assert len(cut(text, length)) <= length
    assert len(cut_middle(text, length)) <= length
    assert cut(text, len(text) + 1) == text


def test_a_long_place_keeps_its_position() -> None:
    assert cut_middle("pages/" + "x" * 200 + ".jsonl#41", 24) == "pages/xx…xxxxxx.jsonl#41"


def test_wide_characters_count_for_two() -> None:
    assert cut_width("血压下降", 8) == "血压下降"
    assert cut_width("血压下降", 7) == "血压下…"
    assert cut_width("abcdefgh", 8) == "abcdefgh"


def test_standing_fates_are_fates() -> None:
    assert set(STANDING) <= set(FATES)
