"""HTML and SVG by construction: whatever is not already markup is escaped, so that no document can speak in the page.

Used by every section of the report (`corpus/report/page.py`). There is no way to put a plain string into the page
unescaped: `tag` and `join` take `Html` as it is and escape everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.controls import CONTROLS

Child = object  # Html stands as it is; None and False vanish; anything else is shown as text

# Control characters mean nothing in a page or end its parsing; white space among them does no harm there.
_CONTROLS = {code: shown for code, shown in CONTROLS.items() if code not in (0x09, 0x0A, 0x0D)}
_ESCAPES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}
_TABLE = _CONTROLS | _ESCAPES
_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9:-]*")
_VOID = {"meta", "br", "hr", "link", "col"}


class Html(str):
    """Text that is markup already. Made by `tag`, `join` and `escape` only."""

    __slots__ = ()


def escape(value: object) -> Html:
    """The value as text, harmless in content and in quoted attributes."""
    if isinstance(value, Html):
        return value
    if isinstance(value, float):
        value = f"{value:.2f}".rstrip("0").rstrip(".")
    return Html(str(value).translate(_TABLE))


def join(*children: Child) -> Html:
    """The children one after the other; iterables other than strings are opened."""
    return Html("".join(_flat(children)))


def _flat(children: Iterable[Child]) -> Iterable[str]:
    for child in children:
        if child is None or child is False:
            continue
        if isinstance(child, Iterable) and not isinstance(child, str):
            yield from _flat(child)
        else:
            yield escape(child)


def tag(name: str, /, *children: Child, **attributes: object) -> Html:
    """One element. `class_` becomes `class`, `stroke_width` `stroke-width`; None and False leave an attribute out."""
    shown = [(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items()]
    if bad := [key for key in (name, *(key for key, _ in shown)) if not _NAME.fullmatch(key)]:
        raise ValueError(f"not a name in HTML: {bad[0]!r}")
    given = [(key, value) for key, value in shown if value is not None and value is not False]
    spelt = "".join(f" {key}" if value is True else f' {key}="{escape(value)}"' for key, value in given)
    if name in _VOID:
        return Html(f"<{name}{spelt}>")
    return Html(f"<{name}{spelt}>{join(*children)}</{name}>")
