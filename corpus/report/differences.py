"""The passages in which two related documents differ, joined where they overlap, and drawn side by side.

Passages come from `ledger/pairs.parquet` (`corpus/clusters_drawn.py`): what each text has at a place, and up to 48
characters around it. Places that lie close together share that surrounding text; they are drawn as one line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, TypedDict

from corpus.report.html import Child, Html, tag
from corpus.report.wording import cut

SHOWN = 3  # lines of a pair
AROUND = 40  # characters around a place: fewer than these, and the text begins or ends there
INSIDE = 120  # characters of what a text has at a place
NONE = "∅"


class Passage(TypedDict):
    """A place where two texts differ, as the drawn pairs hold it."""

    before: str
    one: str
    other: str
    after: str


class Line(NamedTuple):
    """Text and changes in turn: `text[0]`, what the two have at the first place, `text[1]`, and so on."""

    text: list[str]
    changes: list[tuple[str, str]]


def lines(passages: Sequence[Passage]) -> list[Line]:
    """The passages of a pair, those that overlap joined."""
    result: list[Line] = []
    last: Passage | None = None
    for passage in passages:
        gap = _gap(last, passage) if last else None
        change = (passage["one"], passage["other"])
        if gap is None or not result:
            result.append(Line([passage["before"], passage["after"]], [change]))
        else:
            result[-1].text[-1] = gap
            result[-1].text.append(passage["after"])
            result[-1].changes.append(change)
        last = passage
    return result


def _gap(last: Passage, passage: Passage) -> str | None:
    """What stands between two places; None where the second begins after what is known to follow the first."""
    before, after = passage["before"], last["after"]
    if not before:
        return None
    for size in range(len(after) + 1):
        known = last["before"] + last["one"] + after[:size]
        rest = after[size:]
        if known.endswith(before) and passage["one"].startswith(rest[: len(passage["one"])]):
            return after[:size]
    return None


def side_by_side(passages: Sequence[Passage], language: str | None) -> list[Html]:
    """Every line twice, for the left and the right text, what differs marked."""
    cells: list[Html] = []
    for line in lines(passages)[:SHOWN]:
        for side, name in enumerate("AB"):
            cells.append(tag("p", tag("b", name, class_="side"), " ", _spelt(line, side), class_="passage", dir="auto",
                             lang=language))  # fmt: skip
    return cells


def _spelt(line: Line, side: int) -> list[Child]:
    first, *rest = line.text
    shown: list[Child] = [_start(first)]
    for place, (change, text) in enumerate(zip(line.changes, rest, strict=True)):
        shown.append(_mark(change[side], "ab"[side]))
        shown.append(_end(text) if place == len(rest) - 1 else _spaced(text))
    return shown


def _start(text: str) -> str:
    """What stands before the first place, without the end of a sentence that it may begin with."""
    text = _spaced(text)
    return text if len(text) < AROUND else "…" + text.lstrip(" .,;:!?)。，、；：！？）”")


def _end(text: str) -> str:
    """What stands after the last place; short of that much, the text ends there."""
    text = _spaced(text)
    return text if len(text) < AROUND else text.rstrip() + "…"


def _mark(text: str, side: str) -> Html:
    """What only this side has; a sign where it has nothing."""
    if not text.strip():
        return tag("mark", NONE, class_=f"m-{side} nothing", title="nothing stands here")
    return tag("mark", cut(_spaced(text), INSIDE), class_=f"m-{side}")


def _spaced(text: str) -> str:
    """White space of any kind as one space."""
    return re.sub(r"\s+", " ", text)
