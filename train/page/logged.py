"""What a run logged, read back: a column a measure, and every look at held-out text.

Comes from `log.jsonl`, which `train/progress.py` writes; goes to the final page (`train/page/page.py`) and to what is
printed at the end (`train/page/summary.py`). Columns are arrays of numbers, so that a log of a million steps fits; a
line that was cut short, or that says something else, is passed over.
"""

from __future__ import annotations

import json
import math
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

LOG = "log.jsonl"
MEASURES = ("loss", "bits_per_byte", "grad_norm", "learning_rate", "tokens_per_second", "utilisation", "memory_gib")
LAST = 0.02  # share of the steps whose mean is told as the loss at the end: one step's is mostly noise
Column = NDArray[np.float64]


class HeldOut(NamedTuple):
    """A look at held-out text. `bits`: bits per byte, by slice."""

    step: int
    tokens: int
    bits: dict[str, float]


class Logged(NamedTuple):
    """A log. `columns`: `step`, `tokens` (read so far) and MEASURES, a number a step, NaN where none was told."""

    columns: dict[str, Column]
    held_out: list[HeldOut]

    @property
    def steps(self) -> int:
        """How many steps were logged."""
        return len(self.columns["step"])

    def told(self, measure: str) -> tuple[Column, Column]:
        """Tokens read and values of a measure, where it is a finite number."""
        values = self.columns[measure]
        known = np.isfinite(values)
        return self.columns["tokens"][known], values[known]

    def first(self, measure: str) -> float | None:
        """The first value of a measure; None where there is none."""
        values = self.told(measure)[1]
        return float(values[0]) if len(values) else None

    def last(self, measure: str) -> float | None:
        """The mean of a measure over the last LAST of the steps, one at least; None where there is none."""
        values = self.told(measure)[1]
        return float(values[-max(round(LAST * len(values)), 1) :].mean()) if len(values) else None

    def median(self, measure: str) -> float | None:
        """The median of a measure, which a slow first step does not move; None where there is none."""
        values = self.told(measure)[1]
        return float(np.median(values)) if len(values) else None

    def highest(self, measure: str) -> float | None:
        """The highest value of a measure; None where there is none."""
        values = self.told(measure)[1]
        return float(values.max()) if len(values) else None

    @property
    def slices(self) -> list[str]:
        """The slices whose held-out text was looked at, in the order of the log."""
        return list(dict.fromkeys(name for look in self.held_out for name in look.bits))

    def bits(self, name: str) -> list[tuple[HeldOut, float]]:
        """The looks at one slice, with its bits per byte."""
        return [(look, look.bits[name]) for look in self.held_out if name in look.bits]


def read_log(folder: Path) -> Logged:
    """The log of a run's folder; empty where it has none."""
    columns = {name: array("d") for name in ("step", "tokens", *MEASURES)}
    looks = []
    for line in _lines(folder / LOG):
        step, tokens = number(line.get("step")), number(line.get("tokens"))
        if step is None or tokens is None:
            continue
        if isinstance(held_out := line.get("held_out"), Mapping):
            looks.append(HeldOut(int(step), int(tokens), _numbers(held_out)))
        elif "loss" in line:
            for name, column in columns.items():
                value = number(line.get(name))
                column.append(math.nan if value is None else value)
    return Logged({name: np.array(column, np.float64) for name, column in columns.items()}, looks)


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    if not file.is_file():
        return
    with file.open("rb") as lines:
        for raw in lines:
            try:
                line = json.loads(raw)
            except (ValueError, RecursionError):
                continue
            if isinstance(line, dict):
                yield line


def _numbers(told: Mapping[str, object]) -> dict[str, float]:
    return {name: value for name, each in told.items() if (value := number(each)) is not None}


def number(value: object) -> float | None:
    """A finite number out of JSON; None for whatever else stands there."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # JSON's whole numbers have no end
        return None


def accuracy(folder: Path) -> float | None:
    """The share of held-out questions that were answered rightly at the last look; None where none were asked."""
    looks = [_numbers(told) for line in _lines(folder / LOG) if isinstance(told := line.get("accuracy"), Mapping)]
    return next(iter(looks[-1].values()), None) if looks else None
