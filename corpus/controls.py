"""Control characters of documents made visible, so that none of them can steer a terminal or turn the text around it.

Ids, titles and texts come from anywhere. Whatever shows them goes through here: the answers of the command line
(`corpus/tables.py`, `corpus/explain.py`, `corpus/summary.py`, `corpus/cli.py`), its errors (`corpus/terminal.py`) and
the report (`corpus/report/html.py`).
"""

from __future__ import annotations

from typing import Any, TypeVar, cast

T = TypeVar("T")

# A control character shows as its picture (U+2400). The bidirectional overrides and isolates, which could turn the text
# around them, show as their code points.
CONTROLS: dict[int, str] = {code: chr(0x2400 + code) for code in range(0x20)}
CONTROLS |= dict.fromkeys((*range(0x7F, 0xA0), 0xFFFE, 0xFFFF), "\ufffd")
CONTROLS |= {code: f"[U+{code:04X}]" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_LINES = {code: shown for code, shown in CONTROLS.items() if code != 0x0A}
_JSON = {code: f"\\u{code:04x}" for code in CONTROLS if code >= 0x20}


def visible(value: T) -> T:
    """The value with every control character in its strings made visible, those in lists and tables too. A line break
    is one of them: a title must not be able to forge a line of ours."""
    shown: Any = value
    if isinstance(value, str):
        shown = value.translate(CONTROLS)
    elif isinstance(value, dict):
        shown = {visible(key): visible(inside) for key, inside in value.items()}
    elif isinstance(value, list):
        shown = [visible(inside) for inside in value]
    return cast(T, shown)


def visible_lines(text: str) -> str:
    """A text of several lines, whose line breaks are ours."""
    return text.translate(_LINES)


def visible_json(text: str) -> str:
    """JSON in which they are written as escapes, so that it says the same: `json` itself escapes only those below a
    space, and all others can stand in strings alone."""
    return text.translate(_JSON)
