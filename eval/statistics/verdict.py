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
WHOLE, PLAIN = 1.0, 8.0  # how far a share reaches; bits of a byte that is written as it stands
MOST = 7  # digits behind the point: a model in 8 bits differs in the fifth


class Claim(NamedTuple):
    """What is said. `strength`: "clear" (below 0.001 after adjustment), "shown" (below 0.05), "within noise" (not), or
    "one run" where nothing can be said. `second_better`: whether the second is the better, None where none is shown."""

    sentence: str
    strength: str
    second_better: bool | None


class Scale(NamedTuple):
    """What a difference is held against. `score`: of the first; `whole`: how far the metric reaches, WHOLE of a share,
    PLAIN of bits per byte; `needed`: how many of what was resampled would show a difference of the size seen, None
    where that is not known or too many."""

    score: float
    whole: float
    needed: int | None = None

    @property
    def room(self) -> float:
        """The largest difference that there can be: down to nothing, or up to the end."""
        return max(self.score, self.whole - self.score)


def claim(first: str, second: str, found: Difference, adjusted: float, *, unit: str, lower_is_better: bool,
          over: str, detectable: float, scale: Scale, share: bool = False) -> Claim:  # fmt: skip
    """The claim on a difference of `second` to `first`. `unit`: what it is measured in; `over`: what was resampled
    ("item", "document", "seed"); `detectable`: the smallest difference that would have been seen; `share`: whether
    the numbers are shares, told in points of a hundred. A difference that is shown is told beside the score that it
    changes, since what is certain may be small."""
    digits = Digits(found, share)
    of = plural(found.n, over)
    if found.n > 1 and found.spread == 0 and math.isnan(adjusted):
        alike = f"{second} differs from {first} by {digits(found.value)} {unit}, the same" if found.value else \
                f"{first} and {second} have the same {unit}"  # fmt: skip
        return Claim(f"{alike} in each of {of}: without scatter nothing can be said of chance.", "one run", None)
    if found.n < 2 or math.isnan(adjusted):
        return Claim(f"{second} differs from {first} by {digits(found.value)} {unit} in {of}: nothing can be said of "
                     "whether that is chance.", "one run", None)  # fmt: skip
    interval = f"95 % {digits(found.low)} to {digits(found.high)}, {of}"
    if not any(float(digits(end)) for end in (found.value, found.low, found.high)) and found.high > found.low:
        least = f"{10.0**-digits.places:.{digits.places}f}"
        return Claim(f"No difference is shown between {first} and {second} in {unit}: with all of its interval it is "
                     f"smaller than {least} ({of}).", "within noise", None)  # fmt: skip
    if adjusted >= LIKELY or found.low <= 0 <= found.high:
        if not found.low <= 0 <= found.high:  # the interval is that of one comparison, and there are several
            interval = interval.replace("95 %", "95 % by itself") + f"; p {_p(adjusted)} after Holm's correction"
        return Claim(f"No difference is shown between {first} and {second} in {unit}: {digits(found.value)} "
                     f"({interval}){_seen(digits, of, over, detectable, scale)}.", "within noise", None)  # fmt: skip
    better = (found.value < 0) == lower_is_better
    winner, loser = (second, first) if better else (first, second)
    how = "clear" if adjusted < CERTAIN else "shown"
    low, high = sorted((abs(found.low), abs(found.high)))
    sure = f"95 % {digits(low)} to {digits(high)}, {of}; p {_p(adjusted)} after Holm's correction"
    return Claim(f"{winner} beats {loser} by {digits(abs(found.value))} {unit} ({sure}){_beside(first, found, scale)}.",
                 how, better)  # fmt: skip


def shows_nothing(detectable: float, scale: Scale) -> bool:
    """Whether no difference that there can be is large enough to be seen."""
    return detectable >= scale.room


def relative(value: float, score: float) -> str:
    """How large a difference is of the score that it changes, in two digits: `0.0020 %`; nothing of no score."""
    part = 100 * abs(value) / score if score > 0 else math.nan
    if not math.isfinite(part):
        return ""
    if not part:
        return "0 %"
    return f"{part:.{min(max(1 - math.floor(math.log10(part)), 0), 2 * MOST)}f} %"


def _beside(first: str, found: Difference, scale: Scale) -> str:
    told = relative(found.value, scale.score)
    return f", which is {told} of the score of {first}" if told else ""


def _seen(digits: Digits, of: str, over: str, detectable: float, scale: Scale) -> str:
    """How large a difference would have been seen, or that none would."""
    if math.isnan(detectable):
        return ""
    if not shows_nothing(detectable, scale):
        return f"; one of {digits(detectable)} would have been seen in 8 of 10 such comparisons"
    told = f"; with {of} this comparison can show nothing: no difference that is possible would be seen in 8 of 10"
    if scale.needed is not None:
        told += f". One of the size seen would take about {plural(scale.needed, over)}, if they scatter as these do"
    return told


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
