"""One picture of accuracy against parameters in SVG, without a script: for `eval/compare/sizes.py`.

Parameters stand on a logarithmic axis, accuracy from 0 to 100 %, the same in every picture. Published figures have a
shape by how they were measured (`eval/compare/published.py`); those whose size is not told are level lines. Their names
are written where there is room; the table below the picture has all. Runs are named in the list below it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from corpus.report.html import Html, tag
from corpus.report.wording import cut
from eval.compare.published import FEW_SHOT, FINE_TUNED, MEASURED, NOT_TOLD, PROMPTED, ZERO_SHOT, Published
from eval.page.lines import kind
from eval.page.widths import width
from train.page import spelt
from train.page.curves import Axis, Frame, ticks

FRAME = Frame(480, 330, 34, 14, 12, 42)
AIR = 2.2  # factor on both sides of the smallest and the largest model
NAME = 30  # characters
LETTERS, LINE = 14.0, 15.0  # size of writing on a phone, where it is largest in the frame, and height of a line
APART = 9.0  # places of runs of one size
SIZE = 4.5  # half of a mark
MEANS = {FINE_TUNED: "published, fine-tuned", FEW_SHOT: "published, few-shot", ZERO_SHOT: "published, zero-shot",
         PROMPTED: "published, prompted (examples not told)", NOT_TOLD: "published, how is not told"}  # fmt: skip


class Point(NamedTuple):
    """A run on an exam. Accuracy, its interval and the level of chance in per cent; `how` it was asked; `colour`: the
    number of it."""

    name: str
    parameters: float | None
    value: float
    low: float
    high: float
    chance: float
    how: str
    colour: int = 0


class _Places(NamedTuple):
    """Where things lie in the frame."""

    across: Axis

    def x(self, parameters: float) -> float:
        wide = FRAME.width - FRAME.left - FRAME.right
        return FRAME.left + wide * float(self.across.at(np.array([parameters]))[0])

    def y(self, value: float) -> float:
        high = FRAME.height - FRAME.top - FRAME.bottom
        return FRAME.top + high * (1 - value / 100)


def chart(title: str, points: Sequence[Point], others: Sequence[Published]) -> Html:
    """The picture. Every point must have its parameters."""
    sizes = [one.parameters for one in points] + [one.parameters for one in others]
    there = [size for size in sizes if size]
    places = _Places(Axis(min(there) / AIR, max(there) * AIR, True))
    across = side_by_side([places.x(one.parameters or 1) for one in points])
    sized, levels = ([one for one in others if bool(one.parameters) == known] for known in (True, False))
    room = _Room([(places.x(one.parameters or 1), places.y(one.value)) for one in sized])
    for x, one in zip(across, points, strict=True):
        room.taken.append((x - SIZE, places.y(one.high), x + SIZE, places.y(one.low)))
    for value in (points[0].chance, *(one.value for one in levels)):  # no name is struck through
        room.taken.append((FRAME.left, places.y(value) - 1, FRAME.width - FRAME.right, places.y(value) + 1))
    inside = [
        *_axes(places), _chance(points[0].chance, places, room), *[_level(one, places) for one in levels],
        *[_published(one, places) for one in sized],
        *[part for x, one in zip(across, points, strict=True) for part in _run(one, x, places)],
        *_names_of_levels(levels, places, room), *_names_of_published(sized, places, room),
    ]  # fmt: skip
    return tag("svg", tag("title", title), inside, viewBox=f"0 0 {FRAME.width} {FRAME.height}", class_="curve",
               role="img")  # fmt: skip


def legend() -> Html:
    """What the marks mean."""
    entries = [_swatch(tag("circle", cx=6, cy=6, r=SIZE, class_="a0 mark"), "run here, with its interval")]
    entries += [_swatch(mark(kind, 6, 6), MEANS[kind]) for kind in MEASURED]
    level = tag("line", x1=0, x2=12, y1=6, y2=6, class_="level")
    return tag("ul", entries, _swatch(level, "published, without a size"), class_="key")


def _swatch(drawn: Html, label: str) -> Html:
    return tag("li", tag("svg", drawn, class_="swatch", width=12, height=12, aria_hidden="true"), label)


def mark(measured: str, x: float, y: float, title: str = "") -> Html:
    """The hollow mark of a published figure."""
    s = SIZE
    shapes = {
        FINE_TUNED: f"M{x - s:.1f} {y - s:.1f}h{2 * s}v{2 * s}h{-2 * s}z",
        FEW_SHOT: f"M{x - s:.1f} {y:.1f}a{s} {s} 0 1 0 {2 * s} 0a{s} {s} 0 1 0 {-2 * s} 0z",
        ZERO_SHOT: f"M{x:.1f} {y - s:.1f}l{s} {2 * s}h{-2 * s}z",
        PROMPTED: f"M{x:.1f} {y - s - 1:.1f}l{s + 1} {s + 1}l{-s - 1} {s + 1}l{-s - 1} {-s - 1}z",
        NOT_TOLD: f"M{x - s:.1f} {y - s:.1f}l{2 * s} {2 * s}M{x + s:.1f} {y - s:.1f}l{-2 * s} {2 * s}",
    }
    return tag("path", tag("title", title) if title else None, d=shapes[measured], class_="published")


def _axes(places: _Places) -> list[Html]:
    found, ground, end = [], places.y(0), FRAME.width - FRAME.right
    for value in (0, 20, 40, 60, 80, 100):
        y = places.y(value)
        found.append(tag("line", x1=FRAME.left, x2=end, y1=f"{y:.1f}", y2=f"{y:.1f}",
                         class_="ground" if value == 0 else "rule"))  # fmt: skip
        found.append(tag("text", str(value), x=FRAME.left - 6, y=f"{y + 4:.1f}", text_anchor="end"))
    for size in ticks(places.across, 6):
        x = places.x(size)
        found.append(tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=f"{ground:.1f}", y2=f"{ground + 4:.1f}",
                         class_="ground"))  # fmt: skip
        found.append(tag("text", spelt.short(size), x=f"{x:.1f}", y=f"{ground + 17:.1f}", text_anchor="middle"))
    found.append(tag("text", "parameters", x=end, y=FRAME.height - 6, text_anchor="end"))
    return found


def side_by_side(xs: Sequence[float]) -> list[float]:
    """Places of runs: those of one size stand beside each other, so that none hides another."""
    found = []
    for place, x in enumerate(xs):
        same = [other for other, there in enumerate(xs) if abs(there - x) < 1]
        moved = x + APART * (same.index(place) - (len(same) - 1) / 2)
        found.append(min(max(moved, FRAME.left + SIZE), FRAME.width - FRAME.right - SIZE))
    return found


def _chance(value: float, places: _Places, room: _Room) -> Html:
    y, end = places.y(value), FRAME.width - FRAME.right
    line = tag("line", x1=FRAME.left, x2=end, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="chance")
    named = _text("chance", end, y - 9, "end") if room.take(end, y - 9, "chance", "end") else None
    return tag("g", tag("title", f"chance: {value:.1f} %"), line, named)


def _run(one: Point, x: float, places: _Places) -> list[Html]:
    hue = kind(one.colour)
    told = f"{one.name}: {one.value:.1f} % ({one.low:.1f} to {one.high:.1f}), run here, {one.how}"
    return [
        tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=f"{places.y(max(one.low, 0)):.1f}",
            y2=f"{places.y(min(one.high, 100)):.1f}", class_=f"whisker {hue} way"),
        tag("circle", tag("title", told), cx=f"{x:.1f}", cy=f"{places.y(one.value):.1f}", r=SIZE, class_=f"{hue} mark"),
    ]  # fmt: skip


def _published(one: Published, places: _Places) -> Html:
    told = f"{one.model}: {one.value:g} %, published, {one.measured}; {one.source}"
    return mark(one.measured, places.x(one.parameters or 1), places.y(one.value), told)


def _level(one: Published, places: _Places) -> Html:
    y = f"{places.y(one.value):.1f}"
    told = f"{one.model}: {one.value:g} %, published; {one.source}"
    return tag("line", tag("title", told), x1=FRAME.left, x2=FRAME.width - FRAME.right, y1=y, y2=y, class_="level")


class _Room:
    """Where nothing is written yet. `marks`: centres of what is drawn, which no name may cover."""

    def __init__(self, marks: Sequence[tuple[float, float]]) -> None:
        self.taken = [(x - SIZE, y - SIZE, x + SIZE, y + SIZE) for x, y in marks]

    def take(self, x: float, y: float, text: str, anchor: str) -> bool:
        """Whether there was room for a text beside a place; then it is taken."""
        wide = width(text, LETTERS)
        left = x if anchor == "start" else x - wide
        box = (left, y - LINE / 2, left + wide, y + LINE / 2)
        inside = FRAME.left <= box[0] and box[2] <= FRAME.width - FRAME.right and FRAME.top <= y
        free = inside and not any(box[0] < there[2] and there[0] < box[2] and box[1] < there[3] and there[1] < box[3]
                                  for there in self.taken)  # fmt: skip
        if free:
            self.taken.append(box)
        return free


def _names_of_levels(levels: Sequence[Published], places: _Places, room: _Room) -> list[Html]:
    found = []
    for one in levels:
        y = places.y(one.value) - 9
        if room.take(FRAME.left + 4, y, one.model, "start"):
            found.append(_text(one.model, FRAME.left + 4, y, "start"))
    return found


def _names_of_published(sized: Sequence[Published], places: _Places, room: _Room) -> list[Html]:
    """The best of each size first, then the worst: those a reader looks for."""
    best = sorted(sized, key=lambda one: -one.value)
    order, seen = [*_one_each(best), *_one_each(best[::-1])], set[Published]()
    found = list[Html]()
    for one in order:
        if one not in seen:
            seen.add(one)
            found += _named(cut(one.model, NAME), places.x(one.parameters or 1), places.y(one.value), room)
    return found


def _one_each(some: Sequence[Published]) -> list[Published]:
    """The first of each size."""
    first: dict[float, Published] = {}
    for one in some:
        first.setdefault(one.parameters or 0, one)
    return list(first.values())


def _named(name: str, x: float, y: float, room: _Room) -> list[Html]:
    """A name right of its mark, or left of it, or nowhere."""
    for at, anchor in ((x + SIZE + 4, "start"), (x - SIZE - 4, "end")):
        if room.take(at, y, name, anchor):
            return [_text(name, at, y, anchor)]
    return []


def _text(name: str, x: float, y: float, anchor: str) -> Html:
    return tag("text", name, x=f"{x:.1f}", y=f"{y + 4:.1f}", text_anchor=anchor)
