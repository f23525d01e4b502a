"""How wide a text will be at most, before any browser has seen it: so that nothing hangs over the edge of a figure.

Used by the drawings of this floor (`eval/page/forest.py`, `eval/page/lines.py`, `eval/compare/size_chart.py`), whose
pages take whatever sans-serif face a machine has. Widths are those of the widest of the usual ones, DejaVu Sans, as a
browser measures them, rounded up in a few classes; characters that East Asian Width (Unicode Standard Annex 11) calls
wide take a whole em.
"""

from __future__ import annotations

import unicodedata

NARROW, USUAL, CAPITAL, BROAD, WHOLE, OTHER = 0.42, 0.65, 0.79, 1.0, 1.02, 1.08  # of an em
_KINDS = {**dict.fromkeys("iljftIr.,:;|!'()[] -/", NARROW), **dict.fromkeys("mwMW@%…–—+<>=≥≤±×÷#&~^", BROAD)}


def width(text: str, size: float) -> float:
    """The width of a text in a sans-serif face of that size, in its unit; at most a little too large."""
    return size * sum(map(_em, text))


def fit(text: str, size: float, room: float) -> str:
    """As much of a text as there is room for, with an ellipsis where something is left out."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text.rstrip()}…" if text else ""


def _em(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return WHOLE
    if unicodedata.combining(character):
        return 0.0
    if (known := _KINDS.get(character)) is not None:
        return known
    return OTHER if not character.isascii() else CAPITAL if character.isupper() else USUAL
