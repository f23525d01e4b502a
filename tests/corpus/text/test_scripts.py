"""Counting letters by script, and the characters that only one form of Chinese or only Japanese has."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import scripts
from corpus.text.scripts import BLOCKS, Counter, han_only, sampled

COUNTER = Counter({"之": 3, "也": 1, "的": -3})


def count(*texts: str) -> list[dict[str, int]]:
    columns = COUNTER(texts)
    return [{name: int(column[row]) for name, column in columns.items() if column[row]} for row in range(len(texts))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Aspirin 81 mg", {"Latn": 9}),
        ("naïve µ", {"Latn": 5}),
        ("β-блокатор", {"Grek": 1, "Cyrl": 8}),
        ("קפה", {"Hebr": 3}),
        ("سكري", {"Arab": 4}),
        ("मधुमेह", {"Deva": 6}),
        ("เบาหวาน", {"Thai": 7}),
        ("당뇨병", {"Hang": 3}),
        ("アスピリンを", {"Kana": 6}),
        ("１２３ 10^9/L ≥ 5%", {"Latn": 1}),
        ("", {}),
        ("\x00\ufffe\U0010ffff", {}),
    ],
)
def test_letters_count_by_script_and_digits_signs_and_noise_do_not(text: str, found: dict[str, int]) -> None:
    assert count(text) == [found]


def test_han_characters_count_by_form() -> None:
    assert count("高血压")[0] == {"Han": 3, "Hani": 2, "Hans": 1}
    assert count("高血壓")[0] == {"Han": 3, "Hani": 2, "Hant": 1}
    assert count("高血圧")[0] == {"Han": 3, "Hani": 2, "Jpan": 1}


def test_weights_add_up_over_a_text() -> None:
    found = count("之之也的", "学而时习之", "no Han")
    assert [row.get("weight", 0) for row in found] == [4, 3, 0]


@pytest.mark.parametrize("char", "后里面干云谷斗乾著于系发"[:11])
def test_characters_of_both_forms_are_exclusive_to_neither(char: str) -> None:
    assert not any(char in chars for chars in han_only().values())


def test_the_exclusive_characters_are_disjoint_and_many() -> None:
    only = han_only()
    assert {kind: len(chars) for kind, chars in only.items()} == {"Hans": 2380, "Hant": 2073, "Jpan": 314}
    assert not only["Hans"] & only["Hant"]
    assert not only["Jpan"] & (only["Hans"] | only["Hant"])
    assert set("压药医术疗疮后"[:6]) <= only["Hans"]
    assert set("壓藥醫術療瘡") <= only["Hant"]
    assert set("圧薬気図経総") <= only["Jpan"]


def test_a_long_text_is_judged_by_windows_spread_over_all_of_it() -> None:
    size = scripts.WINDOW * scripts.WINDOWS
    assert sampled("x" * size) == "x" * size
    long = "a" * size + "я" * size + "中" * size
    assert len(sampled(long)) == size
    found = count(long)[0]
    assert set(found) == {"Latn", "Cyrl", "Han", "Hani"}
    assert sampled(long).startswith(long[:100])
    assert sampled(long).endswith(long[-100:])


def test_a_hundred_megabytes_on_one_line_are_counted_by_sample() -> None:
    assert count("abc " * (25 << 20)) == [{"Latn": scripts.WINDOW * scripts.WINDOWS * 3 // 4}]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=8))
def test_counts_do_not_depend_on_the_batch(texts: list[str]) -> None:
    assert count(*texts) == [count(text)[0] for text in texts]


@given(st.text(st.characters(exclude_categories=["Cs"], max_codepoint=0x3FF)))
def test_the_ascii_shortcut_counts_like_the_table(text: str) -> None:
    expected = sum(
        unicodedata.category(char)[0] in "LM" and any(low <= ord(char) <= high for low, high in BLOCKS["Latn"])
        for char in text
    )
    assert count(text)[0].get("Latn", 0) == expected


def test_many_texts_of_any_size_keep_their_rows() -> None:
    texts = ["é" * size for size in (0, 1, 70_000, 3, 1_000_000, 0, 2, 65_536)] * 3
    assert [row.get("Latn", 0) for row in count(*texts)] == [min(len(text), 65_536) for text in texts]
