"""What was measured of a run's weights, for the final page: curves and tables of what is held out, and what there is
to choose a checkpoint by.

Comes from `train/page/logged.py` and the checkpoints that were kept; goes to `train/page/page.py`. The words for each
kind of measure are also those of the terminal (`train/page/summary.py`).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, few, key, table
from corpus.report.wording import count, cut, plural
from train.page import spelt
from train.page.curves import COLOURS, SMALL, WIDE, Line, chart, figure
from train.page.logged import ACCURACY, BITS, NATS, Hooked, Logged, Look

NAME = 40  # characters of a slice's name, or of what a hook measured
SHOWN = 4  # measures of a hook that get a column and a curve
WORDS = 120  # characters of why a hook failed
ROWS = 100  # checkpoints in the table
CLEAR = 4  # looks, from which on the one before the first step may be left out of a curve


class Kind(NamedTuple):
    """A kind of measure: the heading of its curve, its unit, how its values are spelt, how a change of them is, which
    of them is best."""

    heading: str
    unit: str
    spell: Callable[[float], str] = spelt.figure
    change: Callable[[float, float], str] = spelt.change
    best: Callable[[Sequence[float]], float] = min


def kinds(recipe: Mapping[str, Any]) -> dict[str, Kind]:
    """The kinds of measure of a run, by their names in the log."""
    heading = "Held-out examples" if "head" in recipe else "Held-out text"
    return {
        BITS: Kind(heading, "bits per byte"),
        NATS: Kind("Held-out loss", f"nats per {spelt.unit(recipe)}"),
        ACCURACY: Kind("Held-out questions", "answered rightly", spelt.part, spelt.points, max),
    }


def look_curves(logged: Logged, recipe: Mapping[str, Any], counts: Mapping[str, Any]) -> list[Html]:
    """A figure of each kind of measure that was taken more than once. The held-out loss of a fine-tuning is drawn
    beside that of the training instead (`train/page/sections.py`)."""
    found = []
    for name, kind in kinds(recipe).items():
        lines = [look_line(logged, name, each, place) for place, each in enumerate(logged.names(name))]
        if name != NATS and max((len(line.xs) for line in lines), default=0) > 1:
            found.append(_looks(kind, lines, counts))
    return found


def look_line(logged: Logged, kind: str, name: str, place: int) -> Line:
    """The looks at one measure, as a line with its points marked."""
    found = logged.series(kind, name)
    xs, ys = np.array([float(look.tokens) for look, _ in found]), np.array([value for _, value in found])
    return Line(cut(name, NAME), place, xs, ys, dots=True)


def _looks(kind: Kind, lines: list[Line], counts: Mapping[str, Any]) -> Html:
    told = kind.unit + (f", {lines[0].label}" if len(lines) == 1 and kind.best is min else "")
    if any(_towers(line) for line in lines):
        first = ", ".join(kind.spell(float(line.ys[0])) for line in lines if not line.xs[0])
        lines = [line if line.xs[0] else line._replace(xs=line.xs[1:], ys=line.ys[1:]) for line in lines]
        told += f"; before the first step {first}, outside the frame"
    chance = counts.get("chance")
    if kind.best is max and isinstance(chance, float):
        places = np.concatenate([line.xs for line in lines])
        ends = np.array([places.min(), places.max()])
        lines = [*lines, Line("by chance", COLOURS + 1, ends, np.full(2, chance))]
    drawn = chart(f"{kind.heading} over tokens read, {kind.unit}", lines, spelt.short,
                  spelt.part if kind.spell is spelt.part else spelt.rate, WIDE)  # fmt: skip
    return figure(kind.heading, told, drawn, legend(lines) if len(lines) > 1 else None)


def _towers(line: Line) -> bool:
    """Whether the look before the first step lies so far from all that follow that it would press them flat."""
    if len(line.ys) < CLEAR or line.xs[0]:
        return False
    first, low, high = float(line.ys[0]), float(line.ys[1:].min()), float(line.ys[1:].max())
    return max(first - high, low - first) > high - low


def legend(lines: Sequence[Line]) -> Html:
    """The colour of each line."""
    told = [line.label + (" (dashed)" if line.colour >= COLOURS else "") for line in lines]
    return key([(f"c{line.colour % COLOURS}", each) for line, each in zip(lines, told, strict=True)])


def held_out(logged: Logged, recipe: Mapping[str, Any], counts: Mapping[str, Any]) -> Html | None:
    """Every measure at the first look, at its best and at the last."""
    found = [(each, kind, logged.series(name, each)) for name, kind in kinds(recipe).items()
             for each in logged.names(name)]  # fmt: skip
    if not found:
        return None
    before, at = all(series[0][0].step == 0 for _, _, series in found), Column("after tokens", True)
    first = [Column("Before", True)] if before else [Column("First look", True), at]
    heads = [Column("What"), Column("Measured in"), *first, Column("Best", True), at, Column("At the end", True),
             Column("Change", True)]  # fmt: skip
    rows = [[cut(each, NAME), kind.unit, *_row(series, kind, before)] for each, kind, series in found]
    return join(
        *(tag("p", text) for text in _leads(logged, recipe, counts)),
        table("What is held out, before and after", heads, rows),
    )


def _leads(logged: Logged, recipe: Mapping[str, Any], counts: Mapping[str, Any]) -> list[str]:
    if "head" not in recipe:
        return [
            "Text that the corpus holds out and no step learned from. Bits per byte do not depend on how a tokenizer "
            "cuts text, so that models with different tokenizers can be compared on the same text."
        ]
    number, chance, found = counts.get("held_out"), counts.get("chance"), list[str]()
    if isinstance(number, int):
        found.append(f"{plural(number, 'example')} that no step learned from.")
    for name in logged.names(ACCURACY):
        right = logged.series(ACCURACY, name)[-1][1]
        told = f"{spelt.part(right)} of the questions are answered rightly at the end"
        if isinstance(number, int) and number and 0 <= right <= 1:
            told += f", give or take {100 * math.sqrt(right * (1 - right) / number):.1f} points (one standard error)"
        found.append(told + (f"; by chance it would be {spelt.part(chance)}." if isinstance(chance, float) else "."))
    return found


def _row(found: Sequence[tuple[Look, float]], kind: Kind, before: bool) -> list[Child]:
    (first, start), (_, end) = found[0], found[-1]
    best = kind.best([value for _, value in found])
    where = next(look for look, value in found if value == best)
    at = [] if before else [spelt.short(first.tokens)]
    return [
        kind.spell(start),
        *at,
        kind.spell(best),
        spelt.short(where.tokens),
        kind.spell(end),
        kind.change(start, end),
    ]


class _Shown(NamedTuple):
    """A column of the checkpoints: its heading, and what stands in it for a step."""

    column: Column
    cell: Callable[[int], Child]


def checkpoints(logged: Logged, recipe: Mapping[str, Any], kept: Sequence[int]) -> Html | None:
    """What there is to choose a checkpoint by: of each that was kept or that a hook looked at, and of the last step,
    what is held out and what the hook measured. `kept`: steps."""
    tokens = {look.step: look.tokens for look in logged.looks} | {one.step: one.tokens for one in logged.hooks}
    if not any(step in tokens for step in kept) and not logged.hooks:
        return None
    steps = sorted({*(step for step in kept if step in tokens), *(one.step for one in logged.hooks), max(tokens)})
    columns = [*_measured(logged, recipe, steps), *_hooked(logged.hooks)]
    if kept:
        columns.append(_Shown(Column("Kept in"), lambda step: code(f"checkpoint-{step}") if step in kept else ""))
    rows = [[count(step), spelt.short(tokens[step]), *(each.cell(step) for each in columns)] for step in steps[-ROWS:]]
    heads = [Column("Step"), Column("Tokens", True), *(each.column for each in columns)]
    more = f"and {plural(len(steps) - ROWS, 'earlier one')}, which stand in the log" if len(steps) > ROWS else ""
    lead = (
        "What is held out was looked at right before each checkpoint, so that a line tells of its very weights; the "
        "last line is the finished model. The best of these is set in bold."
    )
    return join(tag("p", lead), table("Measured at each checkpoint", heads, rows, more), _hook_curves(logged.hooks))


def _measured(logged: Logged, recipe: Mapping[str, Any], steps: Sequence[int]) -> list[_Shown]:
    found = []
    for name, kind in kinds(recipe).items():
        for each in logged.names(name):
            values = {look.step: value for look, value in logged.series(name, each) if look.step in steps}
            best = kind.best(list(values.values())) if values else math.nan
            heading = Column(join(cut(each, NAME), " ", tag("small", kind.unit)), True)
            found.append(_Shown(heading, functools.partial(_value, values, kind.spell, best)))
    return found


def _value(values: Mapping[int, float], spell: Callable[[float], str], best: float, step: int) -> Child:
    if step not in values:
        return spelt.NONE
    told = spell(values[step])
    return tag("strong", told) if values[step] == best and len(values) > 1 else told


def _hooked(hooks: Sequence[Hooked]) -> list[_Shown]:
    """What the hook measured, and how it ended."""
    if not hooks:
        return []
    names, left = few(_names(hooks), SHOWN)
    found = []
    for each in names:
        values = {hook.step: hook.numbers[each] for hook in hooks if each in hook.numbers}
        found.append(_Shown(Column(cut(each, NAME), True), functools.partial(_value, values, spelt.figure, math.nan)))
    ended = {hook.step: tag("span", cut(hook.failed, WORDS), class_="said") if hook.failed else
             spelt.duration(hook.seconds) for hook in hooks}  # fmt: skip
    heading = join("Hook", tag("small", f" and {plural(left, 'number')} more")) if left else "Hook"
    return [*found, _Shown(Column(heading), lambda step: ended.get(step, spelt.NONE))]


def _names(hooks: Sequence[Hooked]) -> list[str]:
    return list(dict.fromkeys(name for hook in hooks for name in hook.numbers))


def _hook_curves(hooks: Sequence[Hooked]) -> Html | None:
    """A curve of each number that the hook gave more than once."""
    found = []
    for name in _names(hooks)[:SHOWN]:
        points = [(float(hook.tokens), hook.numbers[name]) for hook in hooks if name in hook.numbers]
        if len(points) > 1:
            xs, ys = (np.array(each) for each in zip(*points, strict=True))
            drawn = chart(f"{cut(name, NAME)} over tokens read", [Line(cut(name, NAME), 0, xs, ys, dots=True)],
                          spelt.short, spelt.rate, SMALL)  # fmt: skip
            told = f"{spelt.figure(points[0][1])} to {spelt.figure(points[-1][1])}"
            found.append(figure(cut(name, NAME), told, drawn))
    return tag("div", found, class_="grid") if found else None
