"""How the report spells numbers, shares, sizes, fates and languages. The same words everywhere, independent of locale.

Used by every section of the report.
"""

from __future__ import annotations

import math
import re
import unicodedata

# Every fate a document can have, in the order in which it is shown, with what it means.
FATES: dict[str, str] = {
    "kept": "in the corpus",
    "retracted": "the work was withdrawn",
    "leaked": "holds an exam item",
    "dropped": "broke a rule of the recipe",
    "duplicate": "a copy of a document that stays",
    "superseded": "a later version took its place",
    "deleted": "withdrawn by its publisher",
    "repeated": "read a second time, equal",
    "broken": "quarantined",
}
# Fates of documents whose record is the last word on its key: the others never came before the rules.
STANDING = ("kept", "retracted", "leaked", "dropped", "duplicate")
# What can become of an entry of an input file, other than `read`.
OUTCOMES: dict[str, str] = {
    "broken": "could not be read",
    "superseded": "replaced by a later version",
    "deleted": "deleted by the publisher",
    "duplicate": "read a second time, equal",
    "deletion": "a notice that deletes",
}
# What forbids that one of two documents stands for the other.
VETOES: dict[str, str] = {
    "quantity": "one quantity takes the place of another",
    "negation": "one side denies or reverses what the other says, or names another route or degree",
    "opening": "the two begin with other words: another question, the same answer",
    "term": "one listed term takes the place of another",
}
LANGUAGE_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
NBSP = "\N{NO-BREAK SPACE}"
COMPARISONS = {">=": "≥", "<=": "≤", "==": "=", "!=": "≠", "not-in": "not in"}


def count(number: int) -> str:
    """1,234,567."""
    return f"{number:,}"


def share(part: float, whole: float) -> str:
    """Per cent: three digits near the ends, where it matters; a dash of nothing."""
    if not whole:
        return "–"
    value = 100 * part / whole
    if 0 < value < 0.05:
        return f"<{NBSP}0.1{NBSP}%"
    if 99.95 <= value < 100:
        return f">{NBSP}99.9{NBSP}%"
    return f"{value:.1f}{NBSP}%" if value not in (0, 100) else f"{value:.0f}{NBSP}%"


def percent(value: float) -> str:
    """A threshold or a share as somebody has set it, with the digits that he gave: 80 %, 97.5 %."""
    return f"{100 * value:.6g}{NBSP}%"


def alike(similarity: float) -> str:
    """A similarity in per cent, downwards: no pair seems to meet a threshold that it missed."""
    return f"{math.floor(1000 * similarity + 1e-9) / 10:.1f}{NBSP}%"


def size(number: int) -> str:
    """Bytes in decimal units: 12.3 MB."""
    value = float(number)
    for unit in ("bytes", "kB", "MB", "GB", "TB"):
        if value < 999.5 or unit == "TB":
            return f"{value:,.0f}{NBSP}{unit}" if unit == "bytes" or value >= 100 else f"{value:.1f}{NBSP}{unit}"
        value /= 1000
    raise AssertionError


def short(value: float) -> str:
    """A number for an axis or a threshold: at most four significant digits."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:.4g}"


def demand(comparison: str, threshold: object) -> str:
    """What a rule demands, as a reader spells it: `≥ 20`, `in {en, zh}`."""
    if isinstance(threshold, list | tuple):
        spelt = "{" + ", ".join(map(str, threshold)) + "}"
    elif isinstance(threshold, bool):
        spelt = "true" if threshold else "false"
    else:
        spelt = short(threshold) if isinstance(threshold, int | float) else str(threshold)
    return f"{COMPARISONS.get(comparison, comparison)}{NBSP}{spelt}"


def cut(text: str | None, length: int) -> str:
    """At most that many characters, with an ellipsis where something is left out."""
    text = text or ""
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def cut_middle(text: str, length: int) -> str:
    """At most that many characters; of a longer text the beginning and more of the end, which holds the position."""
    first = length // 3
    return text if len(text) <= length else f"{text[:first]}…{text[len(text) - (length - first - 1) :]}"


def cut_width(text: str, width: int) -> str:
    """At most that many columns, where a wide character (Unicode's East Asian Width) takes two."""
    left = width
    for place, character in enumerate(text):
        left -= 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if left < 0:
            return text[:place].rstrip() + "…"
    return text


def plural(number: int, one: str, many: str = "") -> str:
    """`1 document`, `2 documents`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"
