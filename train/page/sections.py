"""The curves of the final page: loss, what is held out, learning rate, gradient norm, speed, memory.

Comes from `train/page/logged.py`, goes to `train/page/page.py`. A measure that was not logged has no curve. What is
held out is drawn by `train/page/measured.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from corpus.report.html import Html, join, tag
from corpus.report.wording import plural
from train.page import spelt
from train.page.curves import LEAST, SMALL, WIDE, Line, below, chart, figure
from train.page.logged import NATS, Logged
from train.page.measured import legend, look_curves, look_line


class Measure(NamedTuple):
    """How a measure is drawn: heading, how its values are spelt and what is told of them, whether its axis begins at
    nothing or may be logarithmic."""

    heading: str
    spell: Callable[[float], str]
    told: str
    zero: bool = False
    may_log: bool = False


MEASURES = {
    "penalty": Measure(
        "Penalty of consolidation", spelt.rate, "beside the loss; {high} at most, {end} at the end", True
    ),
    "learning_rate": Measure("Learning rate", spelt.rate, "{high} at most, {end} at the end", zero=True),
    "grad_norm": Measure("Gradient norm", spelt.rate, "before clipping; median {middle}, {high} at most", may_log=True),
    "tokens_per_second": Measure("Speed", spelt.short, "tokens a second; median {middle}", zero=True),
    "utilisation": Measure("Model FLOP utilisation", spelt.part, "of the devices' peak; median {middle}", zero=True),
    "memory_gib": Measure("Memory", spelt.rate, "GiB, the most held at once: {high}", zero=True),
}


def curves(logged: Logged, recipe: Mapping[str, Any], counts: Mapping[str, Any]) -> Html | None:
    """Curves of the loss, of what is held out and of the rest, over tokens read; None of a log without steps."""
    if not logged.steps:
        return None
    loss = _loss(logged, spelt.unit(recipe))
    large = [*([loss] if loss is not None else []), *look_curves(logged, recipe, counts)]
    small = [_small(logged, name) for name in MEASURES if len(logged.told(name)[1])]
    lead = f"Over the tokens read, {plural(logged.steps, 'step')} in all."
    if logged.steps >= LEAST:
        lead += " A pale line is what was logged at each step, a full one its mean over the steps near it."
    return join(
        tag("p", lead),
        tag("div", large, class_="curves"),
        tag("div", small, class_="grid four" if len(small) == 4 else "grid"),
    )


def _loss(logged: Logged, unit: str) -> Html | None:
    """Nats per token, with those of what is held out where they are nats of the same, and on the right the same in bits
    per byte. `unit`: what they are per, if not per token."""
    xs, ys = logged.told("loss")
    if not len(xs):
        return None
    factor = _factor(logged)
    told = f"nats per {unit}: {spelt.figure(float(ys[0]))} to {_end(logged, 'loss')}"
    if factor:
        told += f"; bits per byte (right): {spelt.figure(float(ys[0]) * factor)} to {_end(logged, 'bits_per_byte')}"
    frame = WIDE._replace(right=44) if factor else WIDE
    lines = [Line("training", 0, xs, ys)]
    if len(below(lines[0]).ys) < len(ys):
        told += "; the first steps lie above the frame"
    lines += [look_line(logged, NATS, name, place)._replace(label="held out")
              for place, name in enumerate(logged.names(NATS)[:1], start=1)]  # fmt: skip
    drawn = chart("Loss over tokens read", lines, spelt.short, spelt.rate, frame,
                  beside=(factor, spelt.rate) if factor else None, late=True)  # fmt: skip
    heading = "Loss of the training text" if unit == "token" else "Loss"
    return figure(heading, told, drawn, legend(lines) if len(lines) > 1 else None)


def _factor(logged: Logged) -> float | None:
    """Bits per byte of a nat per token, where that is the same at every step: then one line has two scales."""
    loss, bits = logged.columns["loss"], logged.columns["bits_per_byte"]
    known = np.isfinite(loss) & np.isfinite(bits) & (loss > 0)
    if not known.any():
        return None
    factors = bits[known] / loss[known]
    return float(factors[0]) if np.allclose(factors, factors[0], rtol=1e-6) and factors[0] > 0 else None


def _small(logged: Logged, name: str) -> Html:
    measure = MEASURES[name]
    xs, ys = logged.told(name)
    drawn = chart(f"{measure.heading} over tokens read", [Line(measure.heading, 0, xs, ys)], spelt.short,
                  measure.spell, SMALL, zero=measure.zero, may_log=measure.may_log)  # fmt: skip
    told = {"middle": float(np.median(ys)), "high": float(ys.max()), "end": float(ys[-1])}
    spelt_out = measure.told.format(**{key: measure.spell(value) for key, value in told.items()})
    return figure(measure.heading, spelt_out, drawn)


def _end(logged: Logged, name: str) -> str:
    value = logged.last(name)
    return spelt.NONE if value is None else spelt.figure(value)
