"""Nothing that a document holds can become markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.report.html import Html, escape, join, tag
from tests.corpus.report.made import HOSTILE


class Reader(HTMLParser):
    """What a browser would make of a fragment."""

    def __init__(self, fragment: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(fragment)
        self.close()

    def handle_starttag(self, name: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((name, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(), st.text())
def test_any_text_stays_text_in_content_and_in_attributes(inside: str, attribute: str) -> None:
    read = Reader(tag("p", inside, title=attribute))
    assert [name for name, _ in read.tags] == ["p"]
    assert list(read.tags[0][1]) == ["title"]
    assert "<" not in escape(inside)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc", "Cf", "Cn"])))
def test_text_without_controls_reads_back_as_it_was(inside: str) -> None:
    assert Reader(tag("p", inside)).text == inside


def test_a_hostile_title_makes_no_element_and_no_attribute() -> None:
    read = Reader(tag("p", HOSTILE, title=HOSTILE, class_=HOSTILE))
    assert [name for name, _ in read.tags] == ["p"]
    assert sorted(read.tags[0][1]) == ["class", "title"]


def test_control_characters_and_direction_overrides_are_shown_and_not_obeyed() -> None:
    assert escape("a\x00b\x1b\u202ec\x85") == "a\u2400b\u241b[U+202E]c\ufffd"
    assert escape("line\n\tline") == "line\n\tline"


def test_markup_stands_as_it_is_and_nothing_vanishes() -> None:
    assert join(Html("<b>1</b>"), "<", None, False, [0, ["&"]], 1.50) == "<b>1</b>&lt;0&amp;1.5"


def test_attributes_are_spelt_for_html_and_left_out_when_none() -> None:
    assert tag("rect", class_="bar", stroke_width=2.0, width=0, hidden=None) == (
        '<rect class="bar" stroke-width="2" width="0"></rect>'
    )
    assert tag("meta", name="a") == '<meta name="a">'


def test_a_name_that_is_no_name_is_refused() -> None:
    with pytest.raises(ValueError, match="not a name"):
        tag("p onclick=x")
    with pytest.raises(ValueError, match="not a name"):
        tag("p", **{"a b": 1})
