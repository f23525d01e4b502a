"""How figures of a run are written, the same in the terminal and on the final page.

Used by `train/page/summary.py` and by the modules of the final page; sizes and shares are those of
`corpus/report/wording.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from corpus.report.wording import NBSP

NONE = "–"
FULL = {"min": 60, "h": 24, "d": math.inf}
UNITS = ("", "k", "M", "B", "T")


def short(number: float) -> str:
    """A count in three digits: 812, 12.3 k, 4.56 M, 2.25 B."""
    place = 0
    while abs(number) >= 999.5 and place < len(UNITS) - 1:
        number, place = number / 1000, place + 1
    return _three(number) + (f"{NBSP}{UNITS[place]}" if place else "")


def _three(number: float) -> str:
    """Three digits, more before the point; no zeros behind it that say nothing."""
    if number == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(number))))
    shown = f"{number:,.{digits}f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


def figure(number: float) -> str:
    """A loss or bits per byte: four digits, however near to nothing."""
    if number == 0:
        return "0"
    return f"{number:.{max(0, min(3 - math.floor(math.log10(abs(number))), 8))}f}"


def change(before: float, after: float) -> str:
    """By how much of itself something went up or down: `-48.7 %`, `+0.3 %`."""
    if not before:
        return NONE
    return f"{100 * (after - before) / before:+.1f}{NBSP}%"


def points(before: float, after: float) -> str:
    """By how many points a share went up or down: `+36.3 points`."""
    return f"{100 * (after - before):+.1f}{NBSP}points"


def unit(recipe: Mapping[str, Any]) -> str:
    """What the loss of a run is the mean over, by its recipe."""
    return {"choice": "question", "language": "supervised token"}.get(str(recipe.get("head")), "token")


def rate(number: float) -> str:
    """A learning rate, a norm: three digits, 1.5e-4 where the number is small."""
    if number and abs(number) < 1e-3:
        digits, _, power = f"{number:.2e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return _three(number)


def part(value: float) -> str:
    """A share of one in per cent: `41.7 %`, `50 %`."""
    return f"{100 * value:.3g}{NBSP}%"


def duration(seconds: float) -> str:
    """5.1 s, 3 min 20 s, 2 h 5 min, 6 d 6 h: the two largest units."""
    if seconds < 59.95:
        return f"{seconds:.1f}{NBSP}s"
    for large, small, names in ((60, 1, ("min", "s")), (3600, 60, ("h", "min")), (86400, 3600, ("d", "h"))):
        first, second = divmod(round(seconds / small), large // small)
        if first < FULL[names[0]]:
            break
    return f"{first}{NBSP}{names[0]}" + (f" {second}{NBSP}{names[1]}" if second else "")
