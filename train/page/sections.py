"""Sections of the final page that are drawn from the log: curves of every measure, and held-out text by slice.

Comes from `train/page/logged.py`, goes to `train/page/page.py`. A measure that was not logged has no curve.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, key, table
from corpus.report.wording import count, cut
from train.page import spelt
from train.page.curves import COLOURS, SMALL, WIDE, Line, below, chart
from train.page.logged import Logged

NAME = 40  # characters of a slice's name


class Measure(NamedTuple):
    """How a measure is drawn: heading, how its values are spelt and what is told of them, whether its axis begins at
    nothing or may be logarithmic."""

    heading: str
    spell: Callable[[float], str]
    told: str
    zero: bool = False
    may_log: bool = False


MEASURES = {
    "learning_rate": Measure("Learning rate", spelt.rate, "{high} at most, {end} at the end", zero=True),
    "grad_norm": Measure("Gradient norm", spelt.rate, "before clipping; median {middle}, {high} at most", may_log=True),
    "tokens_per_second": Measure("Speed", spelt.short, "tokens a second; median {middle}", zero=True),
    "utilisation": Measure("Model FLOP utilisation", spelt.part, "of the devices' peak; median {middle}", zero=True),
    "memory_gib": Measure("Memory", spelt.rate, "GiB, the most held at once: {high}", zero=True),
}


def curves(logged: Logged) -> Html | None:
    """Curves of the loss, of held-out text and of the rest, over tokens read; None of a log without steps."""
    if not logged.steps:
        return None
    large = [figure for figure in (_loss(logged), _looks(logged)) if figure is not None]
    small = [_small(logged, name) for name in MEASURES if len(logged.told(name)[1])]
    lead = f"Over the tokens read, {count(logged.steps)} steps in all. "
    lead += "A pale line is what was logged at each step, a full one its mean over the steps near it."
    return join(
        tag("p", lead),
        tag("div", large, class_="curves"),
        tag("div", small, class_="grid four" if len(small) == 4 else "grid"),
    )


def _loss(logged: Logged) -> Html | None:
    """Nats per token, and on the right the same in bits per byte."""
    xs, ys = logged.told("loss")
    if not len(xs):
        return None
    factor = _factor(logged)
    told = f"nats per token: {spelt.figure(float(ys[0]))} to {_end(logged, 'loss')}"
    if factor:
        told += f"; bits per byte (right): {spelt.figure(float(ys[0]) * factor)} to {_end(logged, 'bits_per_byte')}"
    frame = WIDE._replace(right=44) if factor else WIDE
    line = Line("loss", 0, xs, ys)
    if len(below(line).ys) < len(ys):
        told += "; the first steps lie above the frame"
    drawn = chart("Loss over tokens read", [line], spelt.short, spelt.rate, frame,
                  beside=(factor, spelt.rate) if factor else None, late=True)  # fmt: skip
    return _figure("Loss of the training text", told, drawn)


def _factor(logged: Logged) -> float | None:
    """Bits per byte of a nat per token, where that is the same at every step: then one line has two scales."""
    loss, bits = logged.columns["loss"], logged.columns["bits_per_byte"]
    known = np.isfinite(loss) & np.isfinite(bits) & (loss > 0)
    if not known.any():
        return None
    factors = bits[known] / loss[known]
    return float(factors[0]) if np.allclose(factors, factors[0], rtol=1e-6) and factors[0] > 0 else None


def _looks(logged: Logged) -> Html | None:
    lines = [_look(logged, name, place) for place, name in enumerate(logged.slices)]
    if not lines or len(logged.held_out) < 2:
        return None
    drawn = chart("Bits per byte of held-out text over tokens read", lines, spelt.short, spelt.rate, WIDE)
    told = [line.label + (" (dashed)" if line.colour >= COLOURS else "") for line in lines]
    legend = [(f"c{line.colour % COLOURS}", each) for line, each in zip(lines, told, strict=True)]
    return _figure("Held-out text", "bits per byte" + ("" if len(lines) > 1 else f", {lines[0].label}"), drawn,
                   key(legend) if len(lines) > 1 else None)  # fmt: skip


def _look(logged: Logged, name: str, place: int) -> Line:
    found = logged.bits(name)
    xs, ys = np.array([float(look.tokens) for look, _ in found]), np.array([value for _, value in found])
    return Line(cut(name, NAME), place, xs, ys, dots=True)


def _small(logged: Logged, name: str) -> Html:
    measure = MEASURES[name]
    xs, ys = logged.told(name)
    drawn = chart(f"{measure.heading} over tokens read", [Line(measure.heading, 0, xs, ys)], spelt.short,
                  measure.spell, SMALL, zero=measure.zero, may_log=measure.may_log)  # fmt: skip
    told = {"middle": float(np.median(ys)), "high": float(ys.max()), "end": float(ys[-1])}
    spelt_out = measure.told.format(**{key: measure.spell(value) for key, value in told.items()})
    return _figure(measure.heading, spelt_out, drawn)


def _end(logged: Logged, name: str) -> str:
    value = logged.last(name)
    return spelt.NONE if value is None else spelt.figure(value)


def _figure(heading: str, told: str, *inside: Child) -> Html:
    return tag("figure", tag("figcaption", heading, tag("small", told)), inside, class_="card")


def held_out(logged: Logged) -> Html | None:
    """Bits per byte of each slice's held-out text, at the first look and at the last."""
    if not logged.slices:
        return None
    lead = (
        "Text that the corpus holds out and no step learned from. Bits per byte do not depend on how a tokenizer cuts "
        "text, so that models with different tokenizers can be compared on the same text."
    )
    heads = [Column("Slice"), Column("First look", True), Column("after tokens", True), Column("Last look", True),
             Column("after tokens", True), Column("Change", True), Column("Lowest", True)]  # fmt: skip
    return join(tag("p", lead), table("Bits per byte", heads, [_row(logged, name) for name in logged.slices]))


def _row(logged: Logged, name: str) -> list[Child]:
    found = logged.bits(name)
    (first, before), (last, after) = found[0], found[-1]
    lowest = spelt.figure(min(value for _, value in found))
    if len(found) == 1:
        return [cut(name, NAME), spelt.NONE, spelt.NONE, spelt.figure(after), count(last.tokens), spelt.NONE, lowest]
    return [cut(name, NAME), spelt.figure(before), count(first.tokens), spelt.figure(after), count(last.tokens),
            spelt.change(before, after), lowest]  # fmt: skip
