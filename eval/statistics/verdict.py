"""A difference in words that claim no more than its interval.

Takes a difference (`eval/statistics/paired.py`) after all comparisons were adjusted (`eval/statistics/many.py`); gives
a sentence to the reports of `eval/compare` and `eval/study`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from corpus.report.wording import plural
from eval.statistics.paired import Difference

CERTAIN, LIKELY = 0.001, 0.05
MOST = 7  # digits behind the point: a model in 8 bits differs in the fifth


class Claim(NamedTuple):
    """What is said. `strength`: "clear" (below 0.001 after adjustment), "shown" (below 0.05), "within noise" (not), or
    "one run" where nothing can be said. `second_better`: whether the second is the better, None where none is shown."""

    sentence: str
    strength: str
    second_better: bool | None


def claim(first: str, second: str, found: Difference, adjusted: float, *, unit: str, lower_is_better: bool,
          over: str, detectable: float, share: bool = False) -> Claim:  # fmt: skip
    """The claim on a difference of `second` to `first`. `unit`: what it is measured in; `over`: what was resampled
    ("item", "document", "seed"); `detectable`: the smallest difference that would have been seen; `share`: whether
    the numbers are shares, told in points of a hundred."""
    digits = Digits(found, share)
    of = plural(found.n, over)
    if found.n > 1 and found.spread == 0 and math.isnan(adjusted):
        alike = f"by {digits(found.value)} {unit}, the same" if found.value else f"in nothing in {unit},"
        return Claim(f"{second} differs from {first} {alike} in each of {of}: without scatter nothing can be said of "
                     "chance.", "one run", None)  # fmt: skip
    if found.n < 2 or math.isnan(adjusted):
        return Claim(f"{second} differs from {first} by {digits(found.value)} {unit} in {of}: nothing can be said of "
                     "whether that is chance.", "one run", None)  # fmt: skip
    interval = f"95 % {digits(found.low)} to {digits(found.high)}, {of}"
    if adjusted >= LIKELY or found.low <= 0 <= found.high:
        seen = f"; one of {digits(detectable)} would have been seen in 8 of 10 such comparisons"
        seen = "; no difference is so large that it would surely have been seen" if share and detectable > 1 else seen
        seen = "" if math.isnan(detectable) else seen
        return Claim(f"No difference is shown between {first} and {second} in {unit}: {digits(found.value)} "
                     f"({interval}){seen}.", "within noise", None)  # fmt: skip
    better = (found.value < 0) == lower_is_better
    winner, loser = (second, first) if better else (first, second)
    how = "clear" if adjusted < CERTAIN else "shown"
    low, high = sorted((abs(found.low), abs(found.high)))
    return Claim(f"{winner} beats {loser} by {digits(abs(found.value))} {unit} (95 % {digits(low)} to {digits(high)}, "
                 f"{of}; p {_p(adjusted)} after Holm's correction).", how, better)  # fmt: skip


class Digits:
    """Numbers with as many digits as their interval is worth: two of its width."""

    def __init__(self, found: Difference, share: bool) -> None:
        self.scale = 100.0 if share else 1.0
        width = (found.high - found.low) * self.scale
        fits = 2 - math.floor(math.log10(width)) - 1 if width > 0 and math.isfinite(width) else 3
        self.places = min(max(fits, 0), MOST)

    def __call__(self, value: float) -> str:
        told = f"{value * self.scale:.{self.places}f}"
        return told.replace("-", "") if float(told) == 0 else told


def _p(value: float) -> str:
    return f"< {CERTAIN}" if value < CERTAIN else f"{value:.3f}"
