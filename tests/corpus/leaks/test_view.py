"""Bare texts: what stays of a text, and where it stood."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.leaks.view import bare, strings

TEXTS = st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=40), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("A. 5 mg, daily!", "a5mgdaily"),
        ("1.5 mg and 15 mg.", "1.5mgand15mg"),
        ("３．５ｍｇ", "3.5mg"),
        ("高血壓患者，每日一次。", "高血压患者每日一次"),
        ("10⁹/L ½ ﬁsh", "109l12fish"),
        ("e\u0301t\u00e9", "ete"),
        ("line\r\nbreak\tand\u3000space", "linebreakandspace"),
        ("≥ 3 < 4 ± 1", "≥3<4±1"),
        ("", ""),
    ],
)
def test_case_width_script_marks_and_spaces_go_and_numbers_stay(text: str, left: str) -> None:
    assert strings([text]) == [left]


@given(TEXTS)
def test_every_character_knows_its_place_in_its_own_text(texts: list[str]) -> None:
    view = bare(texts)
    for number, text in enumerate(texts):
        own = view.origin[view.starts[number] : view.ends[number]].tolist()
        assert own == sorted(own)
        assert all(0 <= place < len(text) for place in own)
        for one, place in zip(view.string(number), own, strict=True):
            assert one in strings([text[place] if one != "." else f"1{text[place]}1"])[0]


@given(TEXTS)
def test_a_text_is_bare_whatever_stands_beside_it(texts: list[str]) -> None:
    assert strings(texts) == [strings([text])[0] for text in texts]


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_a_bare_text_is_bare(text: str) -> None:
    (once,) = strings([text])
    assert strings([once]) == [once]
