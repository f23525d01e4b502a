"""What trafilatura found, as plain text. Its tree comes from `corpus/sources/web_page.py`, blocks go back.

heading, paragraph    a block of its own; `<br>` ends a line
list                  `- ` before each item, or its number; deeper ones indented
table                 a line per row, cells between ` | `
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

_BLOCKS = frozenset("p head list item table row quote div code fw".split())


def blocks(body: Any) -> list[str]:
    """The text of trafilatura's tree as blocks."""
    return [block for block in _walk(body) if block]


def _walk(element: Any) -> Iterator[str]:
    """Blocks of the content, in order; text between them is a block too."""
    line = [element.text or ""]
    for child in element:
        if child.tag in _BLOCKS:
            yield _line(line)
            line = [child.tail or ""]
            yield from _block(child)
        else:
            line += ["\n" if child.tag == "lb" else _inline(child), child.tail or ""]
    yield _line(line)


def _block(element: Any) -> Iterator[str]:
    if element.tag == "table":
        yield "\n".join(line for row in element.iter("row") if (line := _row(row)))
    elif element.tag == "list":
        yield "\n".join(_items(element, ""))
    else:
        yield from _walk(element)


def _row(row: Any) -> str:
    cells = [" ".join(_inline(cell).split()) for cell in row.iterchildren("cell")]
    return " | ".join(cells).rstrip(" |")


def _items(element: Any, indent: str) -> Iterator[str]:
    numbered = element.get("rend") == "ol"
    for number, item in enumerate(element.iterchildren("item"), 1):
        line = [item.text or ""]
        deeper: list[Any] = []
        for child in item:
            if child.tag == "list":
                deeper.append(child)
            else:
                line.append(
                    " " if child.tag == "lb" else f" {_inline(child)} " if child.tag in _BLOCKS else _inline(child)
                )
            line.append(child.tail or "")
        text = " ".join("".join(line).split())
        if text:
            yield f"{indent}{number}. {text}" if numbered else f"{indent}- {text}"
        for child in deeper:
            yield from _items(child, indent + "  " if text else indent)


def _inline(element: Any) -> str:
    """The text of an element on one line; blocks and line breaks inside it keep words apart."""
    parts = [element.text or ""]
    for child in element:
        inside = _inline(child)
        parts.append(f" {inside} " if child.tag in _BLOCKS or child.tag in ("lb", "cell") else inside)
        parts.append(child.tail or "")
    return "".join(parts)


def _line(parts: list[str]) -> str:
    """White space within lines collapsed, empty lines out."""
    text = "".join(parts)
    lines = (" ".join(line.split()) for line in text.split("\n")) if "\n" in text else (" ".join(text.split()),)
    return "\n".join(line for line in lines if line)
