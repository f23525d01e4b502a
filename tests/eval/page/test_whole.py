"""The frame of a page: what its style promises of tables wider than the screen, and that nothing stands empty."""

from __future__ import annotations

import re
from pathlib import Path

import eval.page
from corpus.report.html import tag
from eval.page.whole import facts, whole_page

CSS = (Path(next(iter(eval.page.__path__))) / "page.css").read_text(encoding="utf-8")


def rule(selector: str) -> str:
    """What the style says of a selector, wherever it stands."""
    blocks = re.findall(r"(?m)^ *([^{}@\n]+?) \{([^{}]*)\}", CSS)
    return "".join(inside for name, inside in blocks if name == selector)


def test_a_table_that_goes_on_beside_the_screen_shows_it_and_keeps_the_names_of_its_rows() -> None:
    """The shadow stands still, and the paper that covers it where the table ends moves with it."""
    assert (rule(".table").count(" local"), rule(".table").count("no-repeat scroll")) == (1, 1)
    assert "position: sticky; left: 0" in rule(".table > table > * > tr > th:first-child")
    assert "goes on to the right" in CSS.partition("@container scroll-state(scrollable: right)")[2]


def test_what_is_empty_is_left_out() -> None:
    text = whole_page("t", tag("p", "h"), [("a", "There", tag("p", "x")), ("b", "Not there", None)])
    assert text.count("There") == 2
    assert "Not there" not in text
    assert "dt" not in facts([("Nothing", "")])
