"""The words that are counted are those that encoding will see, whatever the pattern and the text."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.pretokenize import MARK, Pattern, pattern
from tokenizer.recipe import PretokenizeSettings
from tokenizer.words import count_words

SETTINGS = [
    PretokenizeSettings(pattern="gpt2"), PretokenizeSettings(pattern="cl100k"), PretokenizeSettings(pattern="o200k"),
    PretokenizeSettings(pattern="qwen2"), PretokenizeSettings(), PretokenizeSettings(digits=1, han=3),
]  # fmt: skip
NAMES = ["gpt2", "cl100k", "o200k", "qwen2", "medical", "medical-1-3"]
# Letters with and without case, Han, marks, digits, punctuation, and many kinds of white space.
ALPHABET = "aZé'sS 5½٣  \t\n\r\u00a0\u3000\u2028中文药，。(/mg-µβ\u0301\U00020000😀L"
texts = st.text(st.sampled_from(ALPHABET) | st.characters(exclude_categories=["Cs", "Cn"]), max_size=60)


def cut(one: Pattern, text: str) -> list[str]:
    return [word for word, _ in one.pre_tokenizer().pre_tokenize_str(text)]


def counted(one: Pattern, text: str) -> Counter[str]:
    return Counter(dict(count_words([[text]], one).iter_rows()))


@pytest.mark.parametrize("settings", SETTINGS, ids=NAMES)
@given(text=texts)
def test_counting_and_encoding_cut_any_text_alike(settings: PretokenizeSettings, text: str) -> None:
    one = pattern(settings)
    text = text.replace(MARK, "")
    assert counted(one, text) == Counter(cut(one, text))


@pytest.mark.parametrize("settings", SETTINGS, ids=NAMES)
@given(text=texts)
def test_a_cut_loses_nothing(settings: PretokenizeSettings, text: str) -> None:
    assert "".join(cut(pattern(settings), text)) == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("give 81 mg/kg/day now", ["give", " ", "81", " mg/kg/day", " now"]),
        ("10mmol/L", ["10", "mmol/L"]),
        ("and/or", ["and", "/or"]),
        ("low IL-6, HbA1c and CYP3A4", ["low", " IL-6", ",", " HbA1c", " and", " CYP3A4"]),
        ("COVID-19", ["COVID-19"]),
        ("aging/young", ["aging", "/young"]),
        ("1234567", ["123", "456", "7"]),
        ("  x", [" ", " x"]),
    ],
)
def test_units_and_names_with_a_number_stay_whole(text: str, words: list[str]) -> None:
    assert cut(pattern(PretokenizeSettings()), text) == words


def test_digits_can_stand_alone() -> None:
    assert cut(pattern(PretokenizeSettings(digits=1)), "81 mg") == ["8", "1", " mg"]


def test_a_run_of_han_is_bounded_and_takes_one_mark_before_it() -> None:
    one = pattern(PretokenizeSettings(han=4))
    assert cut(one, "，" + "药" * 10) == ["，药药药药", "药药药药", "药药"]


def test_a_million_letters_without_a_space_are_counted_in_bounded_words() -> None:
    table = count_words([["a" * 1_000_000 + "药" * 100_000]], pattern(PretokenizeSettings()))
    assert table["word"].str.len_chars().max() == 256
    assert (table["word"].str.len_chars() * table["count"]).sum() == 1_100_000
