"""Arms over what they read, as lines in SVG without a script, each named at its end and told apart by more than colour.

Takes `Way`s (made by `eval/study/learned.py`), gives markup of `corpus/report/html.py`; axes are those of
`train/page/curves.py`. Nine hues (`eval/page/page.css`; after Okabe and Ito 2008, Color Universal Design, with
lightness of their own in each theme) are as far apart in OKLab as such hues can be for whoever sees all colours and for
whoever does not, which a test holds; each line has a pattern and a mark besides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from corpus.report.html import Html, join, tag
from eval.page.widths import fit, width
from train.page.curves import Axis, Frame, Numbers, ticks, upright

HUES = 9
DASHES = ("", "8 4", "2 3", "9 3 2 3")
FRAME = Frame(640, 320, 56, 14, 12, 46)
LETTERS = 19.0  # of a phone, where the picture is smallest and its letters therefore largest, in units of the frame
NAMED = 0.3  # of the frame, at most, for the names at the ends
GAP, LEAD = 20.0, 16.0  # between names, and from a line's end to its name
SIZE = 4.0  # half of a mark
Spell = Callable[[float], str]


class Way(NamedTuple):
    """A line: its name, its number among all, places (rising), values, and the lowest and highest value of a seed."""

    name: str
    number: int
    xs: Numbers
    ys: Numbers
    low: Numbers
    high: Numbers


def chart(title: str, ways: Sequence[Way], spell_x: Spell, spell_y: Spell, below: str) -> Html:
    """The picture. `below`: what the axis across counts. There must be a line, and each has a point."""
    room = min(max(width(one.name, LETTERS) for one in ways), NAMED * FRAME.width)
    frame = FRAME._replace(right=round(room + LEAD + 6))
    first, last = min(float(one.xs[0]) for one in ways), max(float(one.xs[-1]) for one in ways)
    across = Axis(0.0, last if last > 0 else 1.0) if first >= 0 else Axis(first, last)
    up = upright(np.concatenate([part for one in ways for part in (one.ys, one.low, one.high)]), False, False)
    at = _At(frame, across, up)
    inside = [*_rules(at, spell_y), *_ground(at, spell_x, below), *[_drawn(one, at) for one in ways],
              *_names(ways, at, room)]  # fmt: skip
    return tag("svg", tag("title", title), inside, viewBox=f"0 0 {frame.width} {frame.height}", class_="ways",
               role="img")  # fmt: skip


class _At(NamedTuple):
    """Where things lie in the frame."""

    frame: Frame
    across: Axis
    up: Axis

    def x(self, value: float) -> float:
        wide = self.frame.width - self.frame.left - self.frame.right
        return self.frame.left + wide * float(self.across.at(np.array([value]))[0])

    def y(self, value: float) -> float:
        high = self.frame.height - self.frame.top - self.frame.bottom
        return self.frame.top + high * (1 - float(self.up.at(np.array([value]))[0]))


def kind(number: int) -> str:
    """The class of a line's colour."""
    return f"a{number % HUES}"


def dash(number: int) -> str | None:
    """Its pattern: no two lines of one colour have the same before there are 36."""
    return DASHES[number % len(DASHES)] or None


def mark(number: int, x: float, y: float) -> Html:
    """Its mark: of nine, in which lines differ that have one pattern."""
    s, t = SIZE, SIZE * 1.25
    shapes = (
        f"M{x - s:.1f} {y:.1f}a{s} {s} 0 1 0 {2 * s} 0a{s} {s} 0 1 0 {-2 * s} 0z",
        f"M{x - s:.1f} {y - s:.1f}h{2 * s}v{2 * s}h{-2 * s}z",
        f"M{x:.1f} {y - t:.1f}l{t} {2 * t}h{-2 * t}z",
        f"M{x:.1f} {y - t:.1f}l{t} {t}l{-t} {t}l{-t} {-t}z",
        f"M{x - s:.1f} {y - s:.1f}l{2 * s} {2 * s}M{x + s:.1f} {y - s:.1f}l{-2 * s} {2 * s}",
        f"M{x:.1f} {y + t:.1f}l{t} {-2 * t}h{-2 * t}z",
        f"M{x:.1f} {y - t:.1f}v{2 * t}M{x - t:.1f} {y:.1f}h{2 * t}",
    )
    open_, shape = divmod(number % HUES, len(shapes))
    return tag("path", d=shapes[shape], class_=f"{kind(number)} mark{' open' if open_ else ''}")


def legend(ways: Sequence[Way], told: Sequence[str]) -> Html:
    """Each line as it is drawn, its name, and what is told of it."""
    entries = []
    for one, more in zip(ways, told, strict=True):
        line = tag("line", x1=1, x2=35, y1=7, y2=7, class_=f"{kind(one.number)} way", stroke_dasharray=dash(one.number))
        drawn = tag("svg", line, mark(one.number, 18, 7), width=36, height=14, class_="sample-of", aria_hidden="true")
        entries.append(tag("li", drawn, tag("span", tag("b", one.name), f" {more}")))
    return tag("ul", entries, class_="key")


def apart(wanted: Sequence[float], low: float, high: float, gap: float = GAP) -> list[float]:
    """Places as near to those wanted as they can be, in their order, no two nearer than `gap` (less where there is no
    room), all between `low` and `high`."""
    gap = min(gap, (high - low) / max(len(wanted) - 1, 1))
    order = sorted(range(len(wanted)), key=lambda place: wanted[place])
    found, least = [0.0] * len(wanted), low
    for place in order:
        found[place] = least = max(wanted[place], least)
        least += gap
    most = high
    for place in reversed(order):
        found[place] = most = min(found[place], most)
        most -= gap
    return found


def _rules(at: _At, spell: Spell) -> list[Html]:
    found, end = [], at.frame.width - at.frame.right
    for value in ticks(at.up):
        y = at.y(value)
        found.append(tag("line", x1=at.frame.left, x2=end, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="rule"))
        found.append(tag("text", fit(spell(value), LETTERS, at.frame.left - 4), x=at.frame.left - 6, y=f"{y + 5:.1f}",
                         text_anchor="end"))  # fmt: skip
    return found


def _ground(at: _At, spell: Spell, below: str) -> list[Html]:
    ground, end = at.frame.height - at.frame.bottom, at.frame.width - at.frame.right
    found, taken = [tag("line", x1=at.frame.left, x2=end, y1=ground, y2=ground, class_="ground")], -1.0
    for value in ticks(at.across):
        x, half = at.x(value), width(spell(value), LETTERS) / 2
        found.append(tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=ground, y2=ground + 4, class_="ground"))
        if x - half > taken and x + half < at.frame.width:
            found.append(tag("text", spell(value), x=f"{x:.1f}", y=ground + 20, text_anchor="middle"))
            taken = x + half + 4
    return [*found, tag("text", below, x=end, y=at.frame.height - 6, text_anchor="end")]


def _drawn(one: Way, at: _At) -> Html:
    colour = kind(one.number)
    points = [(at.x(x), at.y(y)) for x, y in zip(one.xs.tolist(), one.ys.tolist(), strict=True)]
    spread = [tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=f"{at.y(low):.1f}", y2=f"{at.y(high):.1f}",
                  class_=f"{colour} of-seeds") for (x, _), low, high in
              zip(points, one.low.tolist(), one.high.tolist(), strict=True) if high > low]  # fmt: skip
    line = tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), class_=f"{colour} way",
               stroke_dasharray=dash(one.number))  # fmt: skip
    return tag("g", tag("title", one.name), spread, line, join(mark(one.number, x, y) for x, y in points))


def _names(ways: Sequence[Way], at: _At, room: float) -> list[Html]:
    """Beside the ends, moved up or down where they would cover each other, with a line from each end to its name."""
    ends = [(at.x(float(one.xs[-1])), at.y(float(one.ys[-1]))) for one in ways]
    places = apart([y for _, y in ends], at.frame.top + 6, at.frame.height - at.frame.bottom - 4.0)
    left, found = at.frame.width - room - 2, list[Html]()
    for one, (x, y), place in zip(ways, ends, places, strict=True):
        found.append(tag("path", d=f"M{x + SIZE + 1:.1f} {y:.1f}L{left - 4:.1f} {place:.1f}",
                         class_=f"{kind(one.number)} to-name"))  # fmt: skip
        found.append(tag("text", fit(one.name, LETTERS, room), x=f"{left:.1f}", y=f"{place + 5:.1f}", class_="end"))
    return found
