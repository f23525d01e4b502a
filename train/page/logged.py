"""What a run logged, read back: a column a measure, every look at what is held out, and every hook.

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
MEASURES = (
    "loss",
    "bits_per_byte",
    "penalty",
    "grad_norm",
    "learning_rate",
    "tokens_per_second",
    "utilisation",
    "memory_gib",
)
# What is measured on what is held out: bits per byte, nats per supervised token (per question of a choice head), the
# share of questions whose right option has the highest score.
BITS, NATS, ACCURACY = "held_out", "held_out_loss", "accuracy"
KINDS = (BITS, NATS, ACCURACY)
LAST = 0.02  # share of the steps whose mean is told as the loss at the end: one step's is mostly noise
NUMBERS = 64  # of the result of a hook
Column = NDArray[np.float64]


class Look(NamedTuple):
    """A look at what is held out, after `step` steps (0: before the first). `told`: values by kind (KINDS) and name,
    which is that of a slice, or `answers`."""

    step: int
    tokens: int
    told: dict[str, dict[str, float]]


class Hooked(NamedTuple):
    """The hook of a checkpoint. `numbers`: of its result, by dotted name; `failed`: in words, empty where it did
    not."""

    step: int
    tokens: int
    seconds: float
    numbers: dict[str, float]
    failed: str


class Logged(NamedTuple):
    """A log. `columns`: `step`, `tokens` (read so far) and MEASURES, a number a step, NaN where none was told."""

    columns: dict[str, Column]
    looks: list[Look]
    hooks: list[Hooked]

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

    def names(self, kind: str) -> list[str]:
        """What was looked at in a kind of measure, by name, in the order of the log."""
        return list(dict.fromkeys(name for look in self.looks for name in look.told.get(kind, {})))

    def series(self, kind: str, name: str) -> list[tuple[Look, float]]:
        """The looks at one of them, with its value."""
        return [(look, look.told[kind][name]) for look in self.looks if name in look.told.get(kind, {})]


def run_of(folder: Path) -> dict[str, Any]:
    """What a run noted that differs from run to run; nothing where that cannot be read."""
    try:
        noted = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return noted if isinstance(noted, dict) else {}


def read_log(folder: Path) -> Logged:
    """The log of a run's folder; empty where it has none."""
    columns = {name: array("d") for name in ("step", "tokens", *MEASURES)}
    looks, hooks = list[Look](), list[Hooked]()
    for line in _lines(folder / LOG):
        step, tokens = number(line.get("step")), number(line.get("tokens"))
        if step is None or tokens is None:
            continue
        if told := {kind: _numbers(line[kind]) for kind in KINDS if isinstance(line.get(kind), Mapping)}:
            looks.append(Look(int(step), int(tokens), told))
        elif isinstance(hook := line.get("hook"), Mapping):
            hooks.append(_hooked(int(step), int(tokens), hook))
        elif "loss" in line:
            for name, column in columns.items():
                value = number(line.get(name))
                column.append(math.nan if value is None else value)
    return Logged({name: np.array(column, np.float64) for name, column in columns.items()}, looks, hooks)


def _hooked(step: int, tokens: int, told: Mapping[str, Any]) -> Hooked:
    result, seconds = told.get("result"), number(told.get("seconds"))
    numbers = numbers_in(result) if isinstance(result, Mapping) else {}
    return Hooked(step, tokens, seconds or 0.0, numbers, str(told.get("failed") or ""))


def numbers_in(result: Mapping[str, Any], deep: int = 8) -> dict[str, float]:
    """The finite numbers of a hook's result by dotted names, the first NUMBERS of them; those in lists are none."""
    found: dict[str, float] = {}
    for name, value in result.items():
        if isinstance(value, Mapping):
            inside = numbers_in(value, deep - 1) if deep else {}
            found |= {f"{name}.{below}": each for below, each in inside.items()}
        elif (each := number(value)) is not None:
            found[str(name)] = each
    return dict(list(found.items())[:NUMBERS])


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
