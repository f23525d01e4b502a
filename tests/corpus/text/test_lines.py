"""Lines, paragraphs and phrases of a batch, against Python's own string methods."""

from __future__ import annotations

import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import codepoints, lines, phrases, words
from corpus.text.classes import SPACE, class_table
from corpus.text.codepoints import CodePoints, Spans
from tests.corpus.text.test_codepoints import pieces_of
from tests.corpus.text.texts import texts

batches = st.lists(texts, min_size=1, max_size=5)


def read(batch: list[str]) -> tuple[CodePoints, Spans]:
    text = codepoints.encode(batch)
    return text, words.chunks_of(text, class_table().take(text.codes) & SPACE != 0)


@given(batches)
def test_lines_are_those_of_splitlines(batch):
    assert pieces_of(batch, lines.lines(codepoints.encode(batch))) == [text.splitlines() for text in batch]


@given(batches)
def test_newline_lines_are_those_of_split(batch):
    assert pieces_of(batch, lines.newline_lines(codepoints.encode(batch))) == [text.split("\n") for text in batch]


@given(batches)
def test_full_lines_are_the_pieces_between_runs_of_newlines(batch):
    expected = [[line for line in re.split("\n+", text) if line] for text in batch]
    assert pieces_of(batch, lines.full_lines(codepoints.encode(batch))) == expected


@given(batches)
def test_paragraphs_are_the_pieces_between_blank_lines_of_the_stripped_text(batch):
    expected = [[piece for piece in re.split(r"\n{2,}", text.strip()) if text.strip()] for text in batch]
    assert pieces_of(batch, lines.paragraphs(*read(batch))) == expected


@given(batches)
def test_chunks_are_those_of_split_without_argument(batch):
    assert pieces_of(batch, read(batch)[1]) == [text.split() for text in batch]


@given(batches)
def test_words_of_a_line_are_counted_and_its_ends_stripped(batch):
    text, chunks = read(batch)
    number, stripped = lines.words_of(lines.lines(text), chunks)
    expected = [line for item in batch for line in item.splitlines()]
    assert number.tolist() == [len(line.split()) for line in expected]
    found = [piece for pieces in pieces_of(batch, stripped) for piece in pieces]
    assert found == [line.strip() for line in expected]


@given(batches)
def test_ellipses_are_counted_as_str_count_does(batch):
    expected = [text.count("...") + text.count("…") for text in batch]
    assert lines.ellipses(codepoints.encode(batch)).tolist() == expected


@given(batches, st.sampled_from(["javascript", "use cookies", "ab", "a", "the", "."]))
def test_a_phrase_is_found_wherever_it_stands_in_any_ascii_case(batch, phrase):
    text = codepoints.encode(batch)
    whole = re.sub("[A-Z]", lambda match: match[0].lower(), "\n".join(["", *batch, ""]))
    expected = [at for at in range(len(whole)) if whole.startswith(phrase, at)]
    assert phrases.places(phrases.lowered(text.codes), phrase).tolist() == expected


def test_the_largest_value_of_each_text_is_0_where_it_has_none():
    assert lines.largest(np.array([3, 9, 4]), np.array([0, 0, 2]), 4).tolist() == [9, 0, 4, 0]
