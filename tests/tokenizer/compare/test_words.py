"""Words and terms of running text, as spans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.codepoints import Spans, encode
from tokenizer.compare.words import Finder, letter_words, spaced, words


def spelt(texts: list[str], spans: Spans) -> list[str]:
    flat = "".join(map(chr, encode(texts).codes))
    return [flat[start:end] for start, end in zip(spans.starts, spans.ends, strict=True)]


def found(terms: list[str], *texts: str, language: str = "en") -> list[str]:
    given_ = list(texts)
    return spelt(given_, Finder(terms).find(given_, encode(given_), [spaced(language)] * len(given_)))


@pytest.mark.parametrize(
    ("language", "answer"),
    [("en", True), ("de", True), ("ko", True), ("zh-Hans", False), ("lzh", False), ("ja", False)],
)
def test_which_languages_part_their_words(language: str, answer: bool) -> None:
    assert spaced(language) is answer


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), max_size=5))
def test_words_between_white_space_are_those_of_python(texts: list[str]) -> None:
    assert spelt(texts, words(encode(texts))) == [word for text in texts for word in text.split()]


def test_letter_words_leave_out_numbers_punctuation_what_digits_touch_and_han() -> None:
    text = "Patients, (naïve) took 5mg of IL6 or beta-blockers: 糖尿病 e\u0301t."
    assert spelt([text], letter_words(encode([text]))) == [
        "Patients", "naïve", "took", "of", "or", "beta", "blockers", "e\u0301t"]  # fmt: skip


def test_terms_are_found_as_whole_words_whatever_their_case() -> None:
    assert found(["diabetes", "asthma"], "Diabetes, prediabetes and ASTHMA", "asthmatic") == ["Diabetes", "ASTHMA"]


def test_terms_in_han_are_found_anywhere_and_the_longest_first() -> None:
    assert found(["糖尿", "糖尿病", "病"], "𠀀的糖尿病人", language="zh-Hans") == ["糖尿病"]


def test_each_kind_of_term_is_looked_for_in_its_kind_of_language_alone() -> None:
    assert found(["糖尿病", "insulin"], "insulin 糖尿病") == ["insulin"]
    assert found(["糖尿病", "insulin"], "insulin 糖尿病", language="zh") == ["糖尿病"]


def test_phrases_and_very_short_terms_are_not_looked_for() -> None:
    assert found(["diabetes mellitus", "in", "病"], "diabetes mellitus in 病") == []


def test_no_terms_and_no_texts_are_no_error() -> None:
    assert found([], "text") == []
    assert found(["term"]) == []
