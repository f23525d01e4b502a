"""Values with their intervals, a line each, as dots and whiskers in SVG and without a script.

Takes `Mark`s (made of scores by `eval/run/page.py`, of differences by `eval/compare/page.py`, of effects by
`eval/study/forest.py`), gives markup of `corpus/report/html.py`. Places are in per cent of what room there is, so that
a figure is as wide as its page and its text is never scaled: on a phone the names stand above their lines. Of scores
the axis begins at nothing; of differences the line of no difference is drawn, and what each side means is written
below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import NamedTuple

from corpus.report.html import Child, Html, join, tag
from corpus.report.wording import cut
from eval.page.widths import width

NAME = 48  # characters of a name
AIR = 1.06  # of an axis beyond the last thing on it
NARROWEST, LETTERS, GAP = 240.0, 12.0, 8.0  # pixels: an axis at its narrowest, its letters, room between two figures
NEITHER = 6  # the number of the colour of what shows nothing: hollow and grey, beside 0 for better and 1 for worse
MIDDLE, WHOLE = "50%", "100%"  # of the height of a line, which grows with its name
Spell = Callable[[float], str]


class Mark(NamedTuple):
    """A line: name, value, its interval (infinite: none, a dot alone), the number of its colour, the level of chance,
    what is told at its end, and a second name in small letters."""

    name: str
    value: float
    low: float
    high: float
    colour: int = 0
    chance: float | None = None
    told: Child = ""
    more: str = ""


class Scale(NamedTuple):
    """From `low` to `high`, in units of the values."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """A place in per cent."""
        return 100 * (value - self.low) / (self.high - self.low)


def forest(marks: Sequence[Mark], title: str, spell: Spell, *, sides: tuple[str, str] | None = None,
           small: Child = None, scale: Scale | None = None) -> Html:  # fmt: skip
    """One figure. `spell`: how a place on the axis is written. `sides`: what it means to lie left and right of nothing;
    given, the marks are differences. `small`: told below the title. `scale`: where it is that of other figures."""
    scale = scale or (around_nothing(marks) if sides else from_nothing(marks))
    places = ticks(scale)
    rules = [_rule(scale.at(place), strong=bool(sides) and place == 0) for place in places]
    lines = [_line(mark, scale, rules) for mark in marks]
    below = tag("div", tag("span", class_="name"), _axis(places, scale, spell), tag("span"), class_="row axis",
                aria_hidden="true")  # fmt: skip
    ends = tag("p", tag("span", f"← {sides[0]}"), tag("span", f"{sides[1]} →"), class_="sides-of") if sides else None
    heading = tag("figcaption", title, tag("small", small) if small else None)
    return tag("figure", heading, tag("div", lines, below, ends, class_="lines"), class_="forest")


def from_nothing(marks: Sequence[Mark]) -> Scale:
    """The scale of scores."""
    return Scale(0.0, max(_ends(marks), default=0.0) * AIR or 1.0)


def around_nothing(marks: Sequence[Mark]) -> Scale:
    """The scale of differences: as far to the left as to the right, so that a glance tells which side wins."""
    most = max(map(abs, _ends(marks)), default=0.0) * AIR or 1.0
    return Scale(-most, most)


def _ends(marks: Sequence[Mark]) -> list[float]:
    found = (end for one in marks for end in (one.value, one.low, one.high, one.chance))
    return [end for end in found if end is not None and math.isfinite(end)]


def ticks(scale: Scale, about: float = 4.2) -> list[float]:
    """A few round places: of a scale around nothing on both sides of it."""
    most = scale.high if scale.low < 0 else (scale.high - scale.low) / 1.5
    power = 10.0 ** math.floor(math.log10(most))
    step = next(size * power for size in (0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0) if most / (size * power) <= about)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def _line(mark: Mark, scale: Scale, rules: Sequence[Html]) -> Html:
    colour = f"c{mark.colour}"
    parts: list[Html] = list(rules)
    if mark.chance is not None:
        x = _percent(scale.at(mark.chance))
        parts.append(tag("line", x1=x, x2=x, y1="12%", y2="88%", class_="chance"))
    if math.isfinite(mark.low) and math.isfinite(mark.high):
        parts.append(tag("line", x1=_percent(scale.at(mark.low)), x2=_percent(scale.at(mark.high)), y1=MIDDLE,
                         y2=MIDDLE, class_=f"whisker {colour}"))  # fmt: skip
    if math.isfinite(mark.value):
        parts.append(tag("circle", cx=_percent(scale.at(mark.value)), cy=MIDDLE, r=4.5, class_=colour))
    name = join(cut(mark.name, NAME), tag("small", cut(mark.more, NAME)) if mark.more else None)
    drawn = tag("svg", parts, role="img", aria_label=f"{cut(mark.name, NAME)} {cut(mark.more, NAME)}".strip())
    return tag(
        "div",
        tag("span", name, class_="name"),
        tag("div", drawn, class_="plot"),
        tag("span", mark.told, class_="told"),
        class_="row",
    )


def _rule(at: float, strong: bool) -> Html:
    return tag("line", x1=_percent(at), x2=_percent(at), y1=0, y2=WHOLE, class_="rule strong" if strong else "rule")


def _axis(places: Sequence[float], scale: Scale, spell: Spell) -> Html:
    found = [tag("text", spell(place), x=_percent(scale.at(place)), y=14, text_anchor=anchor)
             for place, anchor in figures(places, scale, spell)]  # fmt: skip
    return tag("div", tag("svg", found), class_="plot")


def figures(places: Sequence[float], scale: Scale, spell: Spell) -> list[tuple[float, str]]:
    """The places that are written below an axis and how each is anchored: so many that none covers another and none
    hangs over where the axis is narrowest; counted from nothing, so that both sides of it have the same."""
    nothing = next((number for number, place in enumerate(places) if place == 0), 0)
    for step in range(1, len(places) + 1):
        some = [place for number, place in enumerate(places) if (number - nothing) % step == 0]
        boxes = [_box(scale.at(place), spell(place)) for place in some]
        if all(one[1] + GAP <= other[0] for one, other in itertools.pairwise(boxes)):
            break
    return [(place, box[2]) for place, box in zip(some, boxes, strict=True)]


def _box(at: float, told: str) -> tuple[float, float, str]:
    """From where to where a figure reaches on the narrowest axis, in pixels, and how it is anchored."""
    x, wide = at * NARROWEST / 100, width(told, LETTERS)
    if x < wide / 2:
        return x, x + wide, "start"
    if x + wide / 2 > NARROWEST:
        return x - wide, x, "end"
    return x - wide / 2, x + wide / 2, "middle"


def told(value: str, between: str) -> Html:
    """A value and its interval at the end of a line: below each other where they are too long for one."""
    return join(tag("b", value), " ", tag("span", between))


def plain(value: float) -> str:
    """A place of differences as it is written, with its sign and no power of ten: `+0.000025`, `0`."""
    if not value:
        return "0"
    return f"{Decimal(repr(value)).normalize():+f}"


def _percent(at: float) -> str:
    return f"{at:.3f}%"
