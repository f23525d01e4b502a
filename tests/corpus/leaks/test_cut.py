"""Passages brought together and taken out; verdicts on made-up facts."""

from __future__ import annotations

import itertools
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.leaks.cut import covered, without
from corpus.leaks.verdict import cut_bytes, leak_verdicts
from corpus.recipe import DecideSettings

SPANS = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 20)).map(lambda one: (one[0], one[0] + one[1])), max_size=8
)


@given(SPANS, st.integers(0, 10))
def test_stretches_are_in_order_apart_and_cover_every_passage(spans: list[tuple[int, int]], gap: int) -> None:
    merged = covered(spans, gap)
    assert all(one[1] + gap < other[0] for one, other in itertools.pairwise(merged))
    assert all(any(first <= start and end <= last for first, last in merged) for start, end in spans)


@given(st.text(min_size=80, max_size=120), SPANS)
def test_characters_balance(text: str, spans: list[tuple[int, int]]) -> None:
    merged = covered(spans)
    left = without(text, merged)
    assert len(left) + sum(end - start for start, end in merged) == len(text)
    inside = {place for start, end in merged for place in range(start, end)}
    assert left == "".join(one for place, one in enumerate(text) if place not in inside)


@pytest.mark.parametrize("spans", [[(0, 9)], [(2, 4), (3, 5)], [(4, 2)], [(-1, 2)]])
def test_passages_that_are_none_of_the_text_are_refused(spans: list[tuple[int, int]]) -> None:
    with pytest.raises(ValueError, match="none of a text of 5 characters"):
        without("abcde", spans)


def facts(*leaks: tuple[str, str, int, int, float], characters: int = 1000) -> pl.DataFrame:
    columns: list[list[Any]] = [list(column) for column in zip(*leaks, strict=True)] or [[], [], [], [], []]
    score = max(columns[4], default=None)
    return pl.DataFrame(
        {"document.characters": [characters], "exam_overlap.score": [score], "exam_overlap.items": [columns[0]],
         "exam_overlap.parts": [columns[1]], "exam_overlap.starts": [columns[2]], "exam_overlap.ends": [columns[3]],
         "exam_overlap.scores": [columns[4]]},
        schema_overrides={"exam_overlap.score": pl.Float32, "exam_overlap.scores": pl.List(pl.Float32)},
    )  # fmt: skip


def verdict(frame: pl.DataFrame, **settings: Any) -> dict[str, Any]:
    return leak_verdicts(frame, DecideSettings.model_validate(settings)).row(0, named=True)


def test_question_and_options_close_together_are_one_passage() -> None:
    told = verdict(facts(("i", "question", 100, 150, 1.0), ("i", "options", 160, 200, 1.0)))
    assert told["spans"] == [100, 200]
    assert told["goes"] is False
    assert told["item"] == "i"


def test_a_share_above_the_limit_costs_the_document_and_one_at_it_does_not() -> None:
    assert verdict(facts(("i", "question", 0, 200, 1.0)))["spans"] == [0, 200]
    told = verdict(facts(("i", "question", 0, 201, 1.0)))
    assert (told["goes"], told["spans"], told["leaked_value"]) == (True, None, "0.201 of the text")


def test_what_is_less_like_an_item_than_asked_does_not_count() -> None:
    frame = facts(("i", "question", 0, 900, 0.85), ("j", "question", 950, 990, 0.9))
    told = verdict(frame, leak_score=0.9)
    assert told["item"] == "j"
    assert told["spans"] == [950, 990]
    assert verdict(frame, leak_score=0.95)["leaks"] is None


def test_without_exams_and_without_leaks_every_row_says_nothing() -> None:
    frame = facts()
    for settings in (None, DecideSettings()):
        assert leak_verdicts(frame, settings).row(0) == (False, None, None, None, None, None)


def test_bytes_are_counted_in_utf8() -> None:
    spans = pl.Series("spans", [None, [1, 3, 4, 5]], dtype=pl.List(pl.UInt32))
    assert cut_bytes(spans, pl.Series([1]).to_numpy(), ["a高血b压"]).to_list() == [None, 9]
