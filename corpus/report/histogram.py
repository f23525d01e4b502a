"""A histogram of a signal with the thresholds of its rules drawn in, from counts of values rounded to four digits.

Rounding values to a fixed number of significant digits makes cells that any two pieces of a corpus share, so counts
merge exactly whatever the pieces were (the idea of the HDR histogram, G. Tene, hdrhistogram.org), and the bins can be
chosen when everything has been seen. Counts come from `corpus/report/signals.py`. Heights are square roots of counts:
rules cut tails, and a tail of one per cent must be seen (J. W. Tukey's rootogram, Exploratory Data Analysis, 1977).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import polars as pl

from corpus.report.html import Html, tag
from corpus.report.wording import count, demand, plural, short

DIGITS = 4
BINS = 40
TAIL = 0.005  # share of documents beyond each end of the axis, which the outermost bars collect
LOGARITHMIC = 60.0  # an axis whose ends differ by more than this factor is logarithmic
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 330, 150, 6, 6, 30, 20


class Mark(NamedTuple):
    """A threshold: where, and what the rule demands."""

    value: float
    comparison: str


class Axis(NamedTuple):
    """From `low` to `high` in `bins` equal steps, of the value or of its logarithm. On a `whole` axis each bin is one
    whole number and its tick stands in the middle of it."""

    low: float
    high: float
    bins: int
    log: bool
    whole: bool = False

    def at(self, value: float) -> float:
        """The place of a value, 0 to 1, held inside the axis."""
        if self.log:
            value = max(value, self.low)
            place = (math.log(value) - math.log(self.low)) / (math.log(self.high) - math.log(self.low))
        else:
            place = (value - self.low) / (self.high - self.low)
        return min(max(place, 0.0), 1.0)


class Shades(NamedTuple):
    """How the two parts of a bar are drawn and told: the CSS class of the lower part, which holds the breaking ones,
    and of the upper; the word for what is counted, and what is said of the breaking ones."""

    lower: str = "f-dropped"
    upper: str = "f-kept"
    counted: str = "document"
    breaking: str = "break a rule"


SHADES = Shades()


class Cells(NamedTuple):
    """Values in ascending order, with how many documents have them and how many of those break a rule."""

    values: list[float]
    documents: list[int]
    breaking: list[int]

    def quantile(self, share: float) -> float:
        """The value below which that share of the documents lies."""
        wanted, seen = share * sum(self.documents), 0
        for value, number in zip(self.values, self.documents, strict=True):
            seen += number
            if seen >= wanted:
                return value
        return self.values[-1]


def cells(counted: pl.DataFrame) -> Cells:
    """From columns `value, breaks, documents`, values that are null left out."""
    known = counted.filter(pl.col("value").is_not_null() & pl.col("value").is_finite())
    table = known.group_by("value").agg(
        pl.col("documents").sum(), pl.col("documents").filter("breaks").sum().alias("breaking")
    ).sort("value")  # fmt: skip
    return Cells(table["value"].to_list(), table["documents"].to_list(), table["breaking"].to_list())


def axis(found: Cells, marks: Sequence[Mark]) -> Axis:
    """The axis that shows all but the tails, and every threshold."""
    low, high = found.quantile(TAIL), found.quantile(1 - TAIL)
    ends = [low, high, *(mark.value for mark in marks)]
    low, high = min(ends), max(ends)
    if low == high:
        low, high = low - 0.5, high + 0.5
    if low > 0 and high / low > LOGARITHMIC:
        return Axis(low / 1.05, high * 1.05, BINS, True)
    whole = all(value == int(value) for value in found.values) and high - low >= 2
    if whole:
        step = max(1, math.ceil((high - low + 1) / BINS))
        start = math.floor(low)
        bins = max(2, math.ceil((high + 1 - start) / step))
        return Axis(start, start + bins * step, bins, False, step == 1)
    margin = (high - low) * 0.04
    first, last = low - margin, high + margin
    if low >= 0 and high <= 1:  # a share does not leave 0 to 1
        first, last = max(first, 0.0), min(last, 1.0)
    return Axis(first, last, BINS, False)


def bins(found: Cells, ruler: Axis) -> list[tuple[int, int]]:
    """Documents and breaking documents of each bin; what lies beyond the ends is in the outermost."""
    counted = [[0, 0] for _ in range(ruler.bins)]
    for value, number, breaking in zip(*found, strict=True):
        place = min(int(ruler.at(value) * ruler.bins + 1e-9), ruler.bins - 1)
        counted[place][0] += number
        counted[place][1] += breaking
    return [(number, breaking) for number, breaking in counted]


def draw(found: Cells, marks: Sequence[Mark], title: str, ruler: Axis | None = None, shades: Shades = SHADES) -> Html:
    """The histogram as SVG, on the axis that suits it where none is given."""
    ruler = ruler or axis(found, marks)
    counted = bins(found, ruler)
    highest = math.sqrt(max(number for number, _ in counted)) or 1.0
    step = (WIDTH - LEFT - RIGHT) / ruler.bins
    bars = [
        _bar(LEFT + place * step, step, (number, breaking), highest, shades)
        for place, (number, breaking) in enumerate(counted) if number
    ]  # fmt: skip
    ground = tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM, class_="ground")
    return tag(
        "svg", tag("title", title), bars, ground, _ticks(ruler), _marks(ruler, marks),
        viewBox=f"0 0 {WIDTH} {HEIGHT}", class_="histogram", role="img",
    )  # fmt: skip


def _bar(x: float, width: float, counted: tuple[int, int], highest: float, shades: Shades) -> Html:
    """One bar: its height tells the documents, its lower part the share that breaks a rule."""
    number, breaking = counted
    room = HEIGHT - TOP - BOTTOM
    height = max(room * math.sqrt(number) / highest, 1.2)
    low = height * breaking / number
    ground = HEIGHT - BOTTOM
    told = tag("title", f"{plural(number, shades.counted)}, {count(breaking)} {shades.breaking}")
    parts = [(shades.lower, ground - low, low), (shades.upper, ground - height, height - low)]
    return tag("g", told, [tag("rect", x=x + 0.4, y=y, width=max(width - 0.8, 0.4), height=h, class_=kind)
                           for kind, y, h in parts if h > 0])  # fmt: skip


def _ticks(ruler: Axis) -> list[Html]:
    if ruler.log:
        powers = [10.0**n for n in range(-9, 13)]
        places = [p * m for p in powers for m in (1, 3) if ruler.low * 1.1 <= p * m <= ruler.high / 1.1]
        places = places if len(places) <= 6 else [p for p in powers if ruler.low <= p <= ruler.high]
        places = places[:: max(1, math.ceil(len(places) / 6))]
    else:
        places = _round_places(ruler.low, ruler.high - ruler.whole, 1.0 if ruler.whole else 0.0)
    drawn = []
    for value in places:
        x = LEFT + ruler.at(value + ruler.whole / 2) * (WIDTH - LEFT - RIGHT)
        anchor = "start" if x < 20 else "end" if x > WIDTH - 24 else "middle"
        drawn.append(tag("line", x1=x, x2=x, y1=HEIGHT - BOTTOM, y2=HEIGHT - BOTTOM + 4, class_="ground"))
        drawn.append(tag("text", short(value), x=x, y=HEIGHT - 4, text_anchor=anchor, class_="tick"))
    return drawn


def _round_places(low: float, high: float, least: float) -> list[float]:
    """Up to six round numbers between the ends, `least` or more apart."""
    raw = max((high - low) / 4, least)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 12) for n in range(first, math.floor(high / step + 1e-9) + 1)]


def _marks(ruler: Axis, marks: Sequence[Mark]) -> list[Html]:
    """A line for each threshold, with what is demanded written on the side that meets it."""
    drawn = []
    for place, mark in enumerate(sorted(marks)):
        after = ruler.whole and mark.comparison in ("<=", ">")  # the line runs between the bars it divides
        x = LEFT + ruler.at(mark.value + after) * (WIDTH - LEFT - RIGHT)
        y = 11 + 13 * (place % 2)
        text = demand(mark.comparison, mark.value)
        right = mark.comparison in (">=", ">")
        if right and x + 7 * len(text) + 8 > WIDTH:
            right = False
        elif not right and x - 7 * len(text) - 8 < 0:
            right = True
        drawn.append(tag("line", x1=x, x2=x, y1=y - 9, y2=HEIGHT - BOTTOM, class_="threshold"))
        anchor, beside = ("start", x + 4) if right else ("end", x - 4)
        drawn.append(tag("text", text, x=beside, y=y, text_anchor=anchor, class_="demand"))
    return drawn
