"""The text of a JATS article: its elements become paragraphs of plain text.

An article element comes from `corpus/sources/pmc.py`, which joins the blocks given back here into a document. What a
block looks like:

    heading      a line of its own, with its number where it has one: `2.1. Study design`
    paragraph    one line; formulas in line, citations taken out (`jats_citations.py`)
    list         `- ` before each item, or its own label; deeper lists indented
    table        caption, rows, notes, a line each (`jats_table.py`)
    figure       `Figure 1. ` and the caption
    footnote     a paragraph after the one it stands in

Left out: references, acknowledgements, funding, interests, contributions, data statements and supplements, which old
articles keep in the body and new ones in the back; links to media; everything in `back`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus.sources.jats_citations import settle
from corpus.sources.jats_table import table_lines
from corpus.text.markup import inline_text

# No real article nests sections, lists and quotes deeper; what lies deeper is read as one line.
MAX_DEPTH = 40

_SKIPPED = frozenset(
    "title label caption ref-list ack glossary supplementary-material media permissions sec-meta object-id graphic "
    "alt-text long-desc copyright-statement license attrib kwd-group fn-group notes bio sub-article response".split()
)
_SECTIONS = frozenset(
    "sec floats-group floats-wrap disp-quote statement app disp-formula-group speech verse-group chem-struct-wrap "
    "question-wrap-group question-wrap question answer explanation".split()
)
_GROUPS = frozenset("boxed-text table-wrap-group fig-group".split())
_BLOCKS = _SKIPPED | _SECTIONS | _GROUPS | frozenset("list def-list table-wrap fig fn preformat table array".split())

# Front and back matter that stands in the body, by `sec-type` or by heading.
_UNWANTED_TYPES = re.compile(
    r"(?:supplementary[ -]?materials?|.*conflict.*|coi-statement|ack\w*|data-availability|author-?contributions?"
    r"|funding.*|financial-disclosure|ref-list|additional-information)\Z",
    re.IGNORECASE,
)
_UNWANTED_HEADINGS = re.compile(
    r"(?:\d+\.?\s+)?(?:(?:list of )?references|bibliography|acknowledge?ments?"
    r"|(?:sources? of )?funding(?: (?:sources?|statements?|information))?"
    r"|financial (?:support|disclosures?)(?: and (?:sponsorship|conflicts? of interests?))?"
    r"|(?:statements? of )?disclosures?(?: statements?)?"
    r"|(?:declarations? of |potential )?(?:competing|conflicts? of|conflicting)(?: financial)? interests?"
    r"(?: statement)?"
    r"|(?:authors?['’]?s?['’]? )?contributions?(?: of authors?)?"
    r"|authors?['’]?s?['’]? (?:information|details|contributorship)"
    r"|(?:supplementary|supplemental|supporting|additional)(?: (?:materials?|data|files?|information))+(?: legends?)?"
    r"|pre-?publication history|availability of (?:supporting )?data(?: and materials?)?"
    r"|data (?:availability|sharing)(?: statement)?|consent for publication"
    r"|作者贡献.*|利益冲突.*|致谢|参考文献|基金项目?)[\s.:]*\Z",
    re.IGNORECASE,
)
_ENDED = (".", "!", "?", ":", ";", ",", "。", "!", "?", ":")
_BULLETS = frozenset("• · ● ○ ■ □ ◦ ▪ * – — - −".split())


def text_of(element: Any) -> str:
    """One line: inline markup made readable, citations out."""
    return settle(inline_text(element))


def blocks(element: Any, depth: int = 0) -> Iterator[str]:
    """The blocks of an element's content in reading order, some of them empty. Citations must have been marked."""
    if depth > MAX_DEPTH:
        yield text_of(element)
        return
    for child in element:
        if isinstance(child.tag, str):
            yield from _block(child, depth + 1)


def heading_of(section: Any) -> str:
    """`2.1. Study design`, from label and title."""
    found = (section.find("label"), section.find("title"))
    return " ".join(text for part in found if part is not None and (text := text_of(part)))


def is_unwanted(section: Any) -> bool:
    """Whether a section is front or back matter, by its type or heading."""
    if _UNWANTED_TYPES.match((section.get("sec-type") or "").strip()):
        return True
    title = section.find("title")
    return title is not None and bool(_UNWANTED_HEADINGS.match(text_of(title)))


def _block(element: Any, depth: int) -> Iterator[str]:
    name = element.tag
    if name in _SKIPPED:
        return
    if name == "p":
        yield from _paragraph(element, depth)
    elif name == "table-wrap":
        yield _table(element)
    elif name in ("table", "array"):
        yield "\n".join(table_lines(element, text_of))
    elif name == "fig":
        yield _caption(element)
    elif name == "list":
        yield "\n".join(_list(element, depth))
    elif name == "def-list":
        yield "\n".join(_definitions(element))
    elif name in _GROUPS:
        yield _caption(element)
        yield from blocks(element, depth)
    elif name in _SECTIONS:
        if name == "sec" and is_unwanted(element):
            return
        yield heading_of(element)
        yield from blocks(element, depth)
    elif name == "alternatives":
        yield from _readable_form(element, depth)
    else:
        yield text_of(element)


def _paragraph(element: Any, depth: int) -> Iterator[str]:
    """A paragraph, cut where a list, table or figure stands in it; footnotes come behind it. Empties the element."""
    if not any(child.tag in _BLOCKS for child in element):
        yield text_of(element)
        return
    line = element.makeelement("p")
    line.text = element.text
    notes = []
    for child in list(element):
        if child.tag not in _BLOCKS:
            line.append(child)
        elif child.tag == "fn":
            notes.append(child)
            _append_text(line, child.tail or "")
        else:
            yield text_of(line)
            yield from _block(child, depth)
            line = element.makeelement("p")
            line.text = child.tail
    yield text_of(line)
    for note in notes:
        note.tail = None
        yield text_of(note)


def _append_text(line: Any, text: str) -> None:
    if len(line):
        line[-1].tail = (line[-1].tail or "") + text
    else:
        line.text = (line.text or "") + text


def _caption(element: Any) -> str:
    """`Figure 1. Title. Text`, from label, caption and a title of its own."""
    parts = [text_of(part) for part in element.iterchildren("label", "title")]
    caption = element.find("caption")
    if caption is not None:
        parts += [text_of(part) for part in caption.iterchildren("title", "p")] or [text_of(caption)]
    return _sentences(parts)


def _sentences(parts: list[str]) -> str:
    """Join with a full stop where there is no mark at the end yet."""
    kept = [part for part in parts if part]
    closed = [part if part.endswith(_ENDED) else f"{part}." for part in kept[:-1]]
    return " ".join([*closed, *kept[-1:]])


def _table(wrap: Any) -> str:
    lines = [_caption(wrap)]
    for table in wrap.iter("table", "array"):
        lines += table_lines(table, text_of)
    for foot in wrap.iterchildren("table-wrap-foot"):
        for part in foot.iterchildren("fn", "fn-group", "p", "attrib"):
            lines += [text_of(note) for note in (part if part.tag == "fn-group" else (part,))]
    return "\n".join(line for line in lines if line)


def _list(element: Any, depth: int) -> Iterator[str]:
    title = element.find("title")
    if title is not None:
        yield text_of(title)
    for item in element.iterchildren("list-item"):
        label = item.find("label")
        mark = "-" if label is None else text_of(label)
        inside = [block for block in blocks(item, depth + 1) if block]
        for index, line in enumerate("\n".join(inside).split("\n") if inside else []):
            yield f"  {line}" if index else f"{'-' if not mark or mark in _BULLETS else mark} {line}"


def _definitions(element: Any) -> Iterator[str]:
    for item in element.iterchildren("def-item"):
        parts = [text_of(part) for part in item.iterchildren("term", "def")]
        yield "- " + ": ".join(part for part in parts if part)


def _readable_form(element: Any, depth: int) -> Iterator[str]:
    """Of several forms of one thing, the first that is text."""
    for form in element:
        found = [block for block in (_block(form, depth) if isinstance(form.tag, str) else ()) if block]
        if found:
            yield from found
            return
