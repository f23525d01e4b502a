"""The frame of a page of this floor: head, heading with its tiles, contents, sections, in the look of the house.

Used by `eval/run/page.py`, `eval/compare/page.py` and `eval/study/page.py`, which give the sections. The page loads
nothing and runs nothing (`corpus/report/head.py`), and whatever is no markup is escaped (`corpus/report/html.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from corpus.report.head import head
from corpus.report.html import Child, Html, join, tag
from corpus.report.wording import cut
from train.page import page as of_training

STYLES = (of_training.STYLE, Path(__file__).with_name("page.css"))
NAME = 80  # characters of a name
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
Section = tuple[str, str, Html | None]  # anchor, heading, body; without a body it is left out
Tiles = Sequence[tuple[str, str]]


def whole_page(title: str, header: Html, parts: Sequence[Section], footer: Html | None = None) -> str:
    """The page as text."""
    there = [(anchor, name, body) for anchor, name, body in parts if body is not None]
    contents = tag("nav", tag("ol", [tag("li", tag("a", name, href=f"#{anchor}")) for anchor, name, _ in there]),
                   aria_label="Contents")  # fmt: skip
    sections = [tag("section", tag("h2", name), body, id=anchor) for anchor, name, body in there]
    inside = join(header, contents, tag("main", sections), tag("footer", footer) if footer else None)
    return f'<!doctype html>\n<html lang="en">{head(title, *STYLES)}{tag("body", inside)}</html>\n'


def header(kicker: str, name: str, lead: Child, tiles: Tiles, identity: str = "", more: Child = None) -> Html:
    """The heading: what kind of page, of what, in a sentence, and the figures that a reader asks for first."""
    card = tag("a", tag("code", identity[:12], title=identity), href="card.json")  # which lies beside the page
    told = tag("p", "identity ", card, class_="note") if identity else None
    return tag("header", tag("p", f"Materia · {kicker}", class_="kicker"), tag("h1", cut(name, NAME)),
               tag("p", lead, class_="lead") if lead else None, more, told,
               tag("ul", [tag("li", tag("b", figure), tag("span", what)) for figure, what in tiles], class_="tiles"),
               )  # fmt: skip


def facts(told: Sequence[tuple[str, Child]]) -> Html:
    """Names and what is told of them, a line each; what is empty is left out."""
    there = [(name, value) for name, value in told if value]
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in there], class_="facts")


def capital(text: str) -> str:
    """A sentence or heading with a capital, and the rest as it is."""
    return text[:1].upper() + text[1:]


def power(value: float) -> str:
    """A large number with its power of ten: `1.94 × 10¹¹`."""
    digits, _, ten = f"{value:.2e}".partition("e")
    return f"{digits} × 10{str(int(ten)).translate(RAISED)}" if value else "0"


def folded(summary: str, *inside: Child, when: bool = True) -> Html:
    """Folded away under a line that says what it is, where it would be long."""
    return tag("details", tag("summary", summary), inside) if when else join(tag("h3", summary, class_="above"), inside)
