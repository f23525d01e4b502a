"""How differences of two runs are written on their page: shares in points of a hundred, bits as they are.

Takes rows of the table of `eval/compare/pairs.py`; used by the modules of the page beside it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from corpus.report.wording import cut, plural
from eval.page.whole import NAME
from eval.run.printed import WORDS
from eval.statistics.verdict import PLAIN, WHOLE, Scale, shows_nothing
from train.page import spelt

BITS = "bits_per_byte"
HEADINGS = {"accuracy": "Share of right answers", "accuracy_bytes": "Share of right answers, by byte",
            "probability": "Probability of the right answer", BITS: "Bits per byte"}  # fmt: skip
SAME, BETTER, WORSE, ONE = "neither", "better", "worse", "cannot be said"
Row = Mapping[str, Any]


def scale_of(row: Row) -> float:
    """By what a value is multiplied: a share is told in points of a hundred."""
    return 1.0 if row["metric"] == BITS else 100.0


def points(row: Row, name: str, signed: bool = True) -> str:
    """A difference as it is read, with as many digits as its interval is worth; a dash of none."""
    value = row[name]
    if value is None or not math.isfinite(value):
        return spelt.NONE
    told = f"{value * scale_of(row):{'+' if signed else ''}.{_places(row)}f}"
    return told.lstrip("+-") if float(told) == 0 else told


def _places(row: Row) -> int:
    """One of points, four of bits; more where the interval is narrower than they tell."""
    width = (row["high"] - row["low"]) * scale_of(row)
    least = 4 if row["metric"] == BITS else 1
    needed = 1 - math.floor(math.log10(width)) if width > 0 and math.isfinite(width) else least
    return min(max(needed, least), 6)


def seen_from(row: Row) -> str:
    """The smallest difference that would be seen; in words where none that there can be is so large."""
    value = row["detectable"]
    scale = Scale(row["first_value"], PLAIN if row["metric"] == BITS else WHOLE)
    return "none possible" if value is not None and shows_nothing(value, scale) else points(row, "detectable", False)


def value_of(row: Row, name: str) -> str:
    """A score as it is read."""
    value = row[name]
    return f"{value:.4f}" if row["metric"] == BITS else f"{100 * value:.1f}"


def interval(row: Row) -> str:
    """The interval of a difference."""
    if not (math.isfinite(row["low"]) and math.isfinite(row["high"])):
        return "none"
    low, high = points(row, "low"), points(row, "high")
    if row["high"] > row["low"] and not float(low) and not float(high):  # of rounding
        return f"within ±{10.0 ** -_places(row):.{_places(row)}f}"
    return f"{low} to {high}"


def p_of(row: Row) -> str:
    """A p value after Holm's correction."""
    value = row["p_adjusted"]
    if value is None or math.isnan(value):
        return spelt.NONE
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def reading(row: Row) -> str:
    """What a row says, in a word or two: of the second run beside the first."""
    if row["strength"] == "one run":
        return ONE
    return {True: BETTER, False: WORSE, None: SAME}[row["second_better"]]


def tally(row: Row) -> tuple[int, int, int]:
    """On how many items or texts the second run is better, as good, worse."""
    return row["wins"], row["ties"], row["losses"]


def name_of(row: Row) -> str:
    """Task and formulation."""
    asked = f"{row['formulation']}{', ' + plural(row['shots'], 'example') if row['shots'] else ''}"
    return cut(f"{row['task']}, {asked}" if row["formulation"] else str(row["task"]), NAME)


def heading(metric: str) -> str:
    """A metric as the heading of its picture."""
    return HEADINGS.get(metric) or WORDS.get(metric, metric.replace("_", " ").capitalize()).removesuffix(", %")


def metric_of(row: Row) -> str:
    """A metric in words."""
    return WORDS.get(row["metric"], str(row["metric"]).replace("_", " ")).removesuffix(", %")
