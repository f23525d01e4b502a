"""How figures of a comparison are written, the same in the terminal and in the report.

Shares in per cent, ratios with as many digits as their interval can carry, differences with a sign.
"""

from __future__ import annotations

from tokenizer.compare.intervals import Interval
from tokenizer.compare.measures import CONTEXT, Measure

NONE = "–"


def value(measure: Measure, interval: Interval | None) -> str:
    """`4.213`, `71.4 %`; a dash where there is nothing to measure."""
    if interval is None:
        return NONE
    return _number(measure, interval.value, interval.value) + (" %" if measure.share else "")


def bounds(measure: Measure, interval: Interval | None) -> str:
    """`4.18–4.25`; empty where there are too few documents, or where all are alike: nothing can be drawn from those."""
    if interval is None or interval.low is None or interval.high is None or interval.low == interval.high:
        return ""
    low, high = (_number(measure, number, interval.value) for number in (interval.low, interval.high))
    return f"{low}–{high}"


def difference(measure: Measure, interval: Interval | None) -> str:
    """`+3.2 %`, `-1.4 pt`: points between two shares."""
    return NONE if interval is None else f"{_signed(interval.value)} {'pt' if measure.share else '%'}"


def difference_bounds(interval: Interval | None) -> str:
    """`+2.9 to +3.5`; empty where there are too few documents."""
    if interval is None or interval.low is None or interval.high is None or interval.low == interval.high:
        return ""
    return f"{_signed(interval.low)} to {_signed(interval.high)}"


def better(measure: Measure, interval: Interval | None) -> str:
    """`better` or `worse` where the interval of a difference leaves out 0, else `alike`; empty without an interval."""
    if interval is None or interval.low is None:
        return ""
    if not interval.clear():
        return "alike"
    return "better" if (interval.value > 0) == (measure.better > 0) else "worse"


def context(characters: float | None) -> str:
    """How much fits into a context: `8,412`."""
    return NONE if characters is None else f"{CONTEXT * characters:,.0f}"


def share(part: float | None) -> str:
    """A share without an interval: `43.2 %`."""
    return NONE if part is None else f"{100 * part:.1f} %"


def _number(measure: Measure, number: float, like: float) -> str:
    """A number with as many decimals as `like` needs: of shares, the more the nearer they are to none or all."""
    if not measure.share:
        return f"{number:.3f}" if like < 10 else f"{number:.2f}"
    if number in (0, 1):
        return f"{100 * number:.0f}"
    near = 100 * min(like, 1 - like)
    return f"{100 * number:.{1 if near >= 1 or like in (0, 1) else 2 if near >= 0.1 else 3}f}"


def _signed(number: float) -> str:
    shown = f"{number:+.1f}" if abs(number) >= 0.05 or number == 0 else f"{number:+.2f}"
    return "0" if float(shown) == 0 else shown
