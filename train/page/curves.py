"""A measure over the run as a line in SVG, without a script: for the final page of a run (`train/page/page.py`).

Takes numbers, gives markup of `corpus/report/html.py`. A long log is thinned to what can be seen: of each column of
pixels the first, the last, the lowest and the highest value (M4, Jugel et al. 2014, doi:10.14778/2732951.2732953), so
that no spike is lost. A noisy line is drawn faintly, with its smoothed course over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.report.html import Child, Html, join, tag

LOGARITHMIC = 60.0  # an axis whose ends differ by more than this factor is logarithmic, where it may be
SMOOTH = 0.02  # share of a line's points over which its smoothed course is taken
LEAST = 50  # points, below which nothing is smoothed
EARLY = 0.02  # share of a long line's points that are its first steps
LONG = 200  # points
DOTTED = 40  # points of a line, above which they are not marked
HALF = 4  # half of the width of a character on an axis, about
COLOURS = 6
Numbers = NDArray[np.float64]
Spell = Callable[[float], str]


class Line(NamedTuple):
    """A line: label, number of its colour, places (rising) and values, whether its points are marked where they are
    few."""

    label: str
    colour: int
    xs: Numbers
    ys: Numbers
    dots: bool = False


class Frame(NamedTuple):
    """Size of a chart in its own units, and how much of each side its axes need."""

    width: int
    height: int
    left: int
    right: int
    top: int = 10
    bottom: int = 24


WIDE, SMALL = Frame(460, 240, 48, 14), Frame(330, 170, 58, 14)


class Axis(NamedTuple):
    """From `low` to `high`, of the value or of its logarithm."""

    low: float
    high: float
    log: bool = False

    def at(self, values: Numbers) -> Numbers:
        """Places of values, 0 to 1."""
        if self.log:
            return (np.log(values) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        return (values - self.low) / (self.high - self.low)


def chart(
    title: str, lines: Sequence[Line], spell_x: Spell, spell_y: Spell, frame: Frame = SMALL, *,
    zero: bool = False, may_log: bool = False, beside: tuple[float, Spell] | None = None, late: bool = False,
) -> Html:  # fmt: skip
    """The lines in one frame, over places from nothing on. `zero`: the axis begins at nothing. `beside`: a second scale
    on the right, by what a value is multiplied and how that is spelt. `late`: what the first steps of a long line have
    above all others is left out, where it would press the others flat. Lines without points are left out; there must be
    one with."""
    drawn = [line for line in lines if len(line.xs)]
    across = _axis(np.append(0.0, np.concatenate([line.xs for line in drawn])))
    drawn = [below(line) for line in drawn] if late else drawn
    up = upright(np.concatenate([line.ys for line in drawn]), zero, may_log)
    inside = [_line(line, across, up, frame) for line in drawn]
    right = _right(up, frame, *beside) if beside else []
    return tag("svg", tag("title", title), _left(up, frame, spell_y), right, _below(across, frame, spell_x), inside,
               viewBox=f"0 0 {frame.width} {frame.height}", class_="curve", role="img")  # fmt: skip


def figure(heading: str, told: str, *inside: Child) -> Html:
    """A chart with its heading, what is told of it, and perhaps a legend."""
    return tag("figure", tag("figcaption", heading, tag("small", told)), inside, class_="card")


def _axis(values: Numbers) -> Axis:
    low, high = float(values.min()), float(values.max())
    return Axis(low, high) if high > low else Axis(low - 0.5, high + 0.5)


def upright(values: Numbers, zero: bool, may_log: bool) -> Axis:
    """The axis on which values are drawn, with a little air."""
    low, high = float(values.min()), float(values.max())
    if may_log and low > 0 and high / low > LOGARITHMIC:
        return Axis(low / 1.1, high * 1.1, True)
    low = min(low, 0.0) if zero else low
    air = (high - low) * 0.05 or abs(high) * 0.05 or 0.5
    return Axis(low if zero or 0 <= low < air else low - air, high + air)


def below(line: Line) -> Line:
    """A long line without what its first steps have above all that follow."""
    first = round(EARLY * len(line.ys))
    if len(line.ys) < LONG:
        return line
    kept = line.ys <= line.ys[first:].max()
    return line._replace(xs=line.xs[kept], ys=line.ys[kept])


def thinned(xs: Numbers, ys: Numbers, columns: int) -> tuple[Numbers, Numbers]:
    """At most four points of each of so many columns, those that show: first, last, lowest, highest."""
    if len(xs) <= 4 * columns:
        return xs, ys
    wide = max(float(xs[-1] - xs[0]), 1e-300)
    column = np.minimum(((xs - xs[0]) / wide * columns).astype(np.int64), columns - 1)
    by_value = np.lexsort((ys, column))
    edges = np.flatnonzero(np.diff(column)) + 1
    first, last = np.append(0, edges), np.append(edges, len(xs)) - 1
    kept = np.unique(np.concatenate([first, last, by_value[first], by_value[last]]))
    return xs[kept], ys[kept]


def smoothed(ys: Numbers) -> Numbers | None:
    """The mean of each value and those near it; None of a line too short to need it."""
    half = round(SMOOTH * len(ys)) // 2
    if len(ys) < LEAST or not half:
        return None
    sums = np.append(0.0, np.cumsum(ys))
    places = np.arange(len(ys))
    low, high = np.maximum(places - half, 0), np.minimum(places + half + 1, len(ys))
    means: Numbers = (sums[high] - sums[low]) / (high - low)
    return means


def _line(line: Line, across: Axis, up: Axis, frame: Frame) -> Html:
    kind = f"c{line.colour % COLOURS}" + (" dashed" if line.colour >= COLOURS else "")
    course = None if line.dots else smoothed(line.ys)
    parts = [_path(line.xs, line.ys, across, up, frame, f"line {kind}" + (" faint" if course is not None else ""))]
    if course is not None:
        parts.append(_path(line.xs, course, across, up, frame, f"line {kind}"))
    if (line.dots and len(line.ys) <= DOTTED) or len(line.ys) == 1:
        places = zip(*_places(line.xs, line.ys, across, up, frame), strict=True)
        parts.append(join(tag("circle", cx=f"{x:.1f}", cy=f"{y:.1f}", r=2.5, class_=kind) for x, y in places))
    return tag("g", tag("title", line.label), parts)


def _path(xs: Numbers, ys: Numbers, across: Axis, up: Axis, frame: Frame, kind: str) -> Html:
    points = zip(*_places(*thinned(xs, ys, frame.width - frame.left - frame.right), across, up, frame), strict=True)
    return tag("path", d="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points), class_=kind)


def _places(xs: Numbers, ys: Numbers, across: Axis, up: Axis, frame: Frame) -> tuple[list[float], list[float]]:
    wide, high = frame.width - frame.left - frame.right, frame.height - frame.top - frame.bottom
    return (frame.left + wide * across.at(xs)).tolist(), (frame.top + high * (1 - up.at(ys))).tolist()


def ticks(axis: Axis, about: int = 4) -> list[float]:
    """A few round values on an axis: 1, 2 or 5 of a power of ten apart, or, on a logarithmic one, such values."""
    if axis.log:
        powers = [10.0**n for n in range(math.floor(math.log10(axis.low)), math.ceil(math.log10(axis.high)) + 1)]
        found = [power for power in powers if axis.low <= power <= axis.high]
        if len(found) < 2:
            found = [power * m for power in powers for m in (1, 2, 5) if axis.low <= power * m <= axis.high]
        return found[:: max(1, math.ceil(len(found) / (about + 2)))]
    raw = (axis.high - axis.low) / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * m for m in (1, 2, 5, 10) if power * m >= raw * 0.7)
    first, last = math.ceil(axis.low / step - 1e-9), math.floor(axis.high / step + 1e-9)
    return [float(f"{n * step:.12g}") for n in range(first, last + 1)]


def _left(up: Axis, frame: Frame, spell: Spell) -> list[Html]:
    found = []
    for value in ticks(up):
        y = _places(np.zeros(1), np.array([value]), Axis(0, 1), up, frame)[1][0]
        found.append(tag("line", x1=frame.left, x2=frame.width - frame.right, y1=f"{y:.1f}", y2=f"{y:.1f}",
                         class_="rule"))  # fmt: skip
        found.append(tag("text", spell(value), x=frame.left - 6, y=f"{y + 4:.1f}", text_anchor="end"))
    return found


def _right(up: Axis, frame: Frame, factor: float, spell: Spell) -> list[Html]:
    """The scale of another unit, which has round values of its own."""
    found = []
    for value in ticks(Axis(up.low * factor, up.high * factor, up.log)):
        y = _places(np.zeros(1), np.array([value / factor]), Axis(0, 1), up, frame)[1][0]
        x = frame.width - frame.right
        found.append(tag("line", x1=x, x2=x + 4, y1=f"{y:.1f}", y2=f"{y:.1f}", class_="ground"))
        found.append(tag("text", spell(value), x=x + 7, y=f"{y + 4:.1f}"))
    return found


def _below(across: Axis, frame: Frame, spell: Spell) -> list[Html]:
    ground, end = frame.height - frame.bottom, frame.width - frame.right
    found = [tag("line", x1=frame.left, x2=end, y1=ground, y2=ground, class_="ground")]
    for value in ticks(across):
        x = frame.left + float(across.at(np.array([value]))[0]) * (end - frame.left)
        told = spell(value)
        found.append(tag("line", x1=f"{x:.1f}", x2=f"{x:.1f}", y1=ground, y2=ground + 4, class_="ground"))
        inside = min(x, frame.width - HALF * len(told))  # no figure reaches beyond the frame
        found.append(tag("text", told, x=f"{inside:.1f}", y=frame.height - 6, text_anchor="middle"))
    return found
