"""Inline markup made readable: `10<sup>9</sup>/L` becomes `10^9/L`, never `109/L`.

`inline_text` turns one lxml element of PubMed or JATS into a line of text; MathML goes to
`corpus/text/mathml.py`. Elements come from `corpus/sources/pubmed*.py` and `pmc*.py`, and the text becomes the
title or a paragraph of a document. Losing a superscript changes a number, so the rules below are about numbers:

    superscript  10<sup>9</sup>/L -> 10^9/L     cm<sup>2</sup> -> cm^2        10<sup>-3</sup> -> 10^-3
                 Ca<sup>2+</sup> -> Ca^2+       e<sup>-x/2</sup> -> e^(-x/2)  10<sup>9</sup>5 -> 10^(9)5
      plain:     1<sup>st</sup> -> 1st          CD4<sup>+</sup> -> CD4+       <sup>18</sup>F-FDG -> 18F-FDG
    subscript    H<sub>2</sub>O -> H2O          VO<sub>2</sub> -> VO2         log<sub>10</sub> -> log10
                 10<sub>2</sub> -> 10_2         C<sub>max</sub> -> C_max      x<sub>1</sub>2 -> x_(1)2

A superscript takes `^` except where plain type writes it without: ordinal endings, bare signs and marks (`+`,
`-/-`, `*`, `°`, `®`) and mass numbers before a chemical symbol. A subscript takes `_` exactly where it would
run together with what stands before it, a digit after a digit or a letter after a letter. Either is put in
brackets where its end could not be seen otherwise.
"""

from __future__ import annotations

import re
from html.entities import html5
from typing import Any

from lxml import etree

from corpus.text.mathml import math_text

# libxml2 stops at depth 256 unless told otherwise; this keeps us off Python's own limit even where it is told.
MAX_DEPTH = 150

_ASCII_GAPS = "\n\t\r\x0b\x0c\x1c\x1d\x1e\x1f"  # what str.split() takes for white space, beside the space
_GAPS = _ASCII_GAPS + "\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"

PLAIN, SUP, SUB = 0, 1, 2
_SCRIPTS = {"sup": SUP, "superscript": SUP, "sub": SUB, "subscript": SUB, "inf": SUB}
# Elements that end a line where they stand: the words on both sides are two words.
_BREAKS = frozenset((
    "br", "break", "p", "title", "sec", "list", "list-item", "def-item", "term", "def", "disp-formula", "disp-quote",
    "DispFormula", "td", "th", "tr", "caption", "label", "verse-line", "speech", "fn", "table-wrap", "fig",
    "boxed-text",
))  # fmt: skip
_SILENT = frozenset(("graphic", "inline-graphic", "media", "object-id"))

_ORDINAL = re.compile(r"(?:st|nd|rd|th|er|ère|ère|ème|[ªºᵒ])\Z", re.IGNORECASE)
_MARKS = re.compile(r"[^\w\s^]{1,5}\Z|_\Z")  # signs without letter or digit: + - -/- * † ° ® ™ ′
_SIMPLE = re.compile(r"[+\-−–±]?[\w.,]+[+\-−–]?\Z")
_MASS_NUMBER = re.compile(r"\d{1,3}m?\Z")
_SYMBOL = re.compile(r"[A-Z][a-z]?(?![a-z])")


def inline_text(element: Any) -> str:
    """The readable text of an lxml element on one line; whitespace runs, line ends included, become one space.

    Comments and processing instructions give nothing, but the text after them stays. Undefined character
    entities kept by a parser with `resolve_entities=False` are read if HTML knows them (`&alpha;`), else left
    as written; no entity of the document's own is ever expanded. The element's tail is not read.
    """
    if not len(element):  # most titles and abstracts
        return one_line(element.text or "")
    tokens: list[tuple[int, str]] = []
    _flatten(element, tokens, 0)
    return one_line(_join(tokens))


def one_line(text: str) -> str:
    """The text with each run of white space, of any kind in Unicode, as one space, and none at the ends."""
    if "  " not in text and not (any(map(text.__contains__, _ASCII_GAPS if text.isascii() else _GAPS))):
        return text.strip()  # the rule in PubMed, and twice as fast as taking the words apart
    return " ".join(text.split())


def local_name(element: Any) -> str:
    """The tag without its namespace; empty for comments, processing instructions and entities."""
    tag = element.tag
    if not isinstance(tag, str):
        return ""
    return tag.rpartition("}")[2]


def _flatten(element: Any, tokens: list[tuple[int, str]], depth: int) -> None:
    """Append (kind, text) for the element's content; a script's own content is already one string."""
    if element.text:
        tokens.append((PLAIN, element.text))
    for child in element:
        if depth > MAX_DEPTH:
            tokens.append((PLAIN, "".join(child.itertext(etree.Element))))
        else:
            _child(child, tokens, depth + 1)
        if child.tail:
            tokens.append((PLAIN, child.tail))


def _child(child: Any, tokens: list[tuple[int, str]], depth: int) -> None:
    name = local_name(child)
    if not name:
        if child.tag is etree.Entity:
            tokens.append((PLAIN, html5.get(child.text[1:], child.text)))
    elif name in _SCRIPTS:
        inner: list[tuple[int, str]] = []
        _flatten(child, inner, depth)
        tokens.append((_SCRIPTS[name], _join(inner)))
    elif name == "math":
        tokens.append((PLAIN, math_text(child)))
    elif name == "tex-math":
        tokens.append((PLAIN, _tex(child)))
    elif name == "alternatives":
        _one_of(child, tokens, depth)
    elif name in _BREAKS:
        tokens.append((PLAIN, " "))
        _flatten(child, tokens, depth)
        tokens.append((PLAIN, " "))
    elif name not in _SILENT:
        _flatten(child, tokens, depth)


def _one_of(element: Any, tokens: list[tuple[int, str]], depth: int) -> None:
    """JATS `alternatives` hold one thing in several forms: the most readable one is read, once."""
    for wanted in ("math", "tex-math", "textual-form"):
        for child in element:
            if local_name(child) == wanted:
                _child(child, tokens, depth)
                return
    _flatten(element, tokens, depth)


def _tex(element: Any) -> str:
    """TeX source between its own `$`, without the document that JATS wraps around it."""
    text = "".join(element.itertext(etree.Element))
    start, end = text.find(r"\begin{document}"), text.rfind(r"\end{document}")
    if 0 <= start < end:
        text = text[start + len(r"\begin{document}") : end]
    return text.strip().strip("$").strip()


def _join(tokens: list[tuple[int, str]]) -> str:
    """Put the pieces together, attaching each script to what stands on both sides of it."""
    out = ""
    for index, (kind, text) in enumerate(tokens):
        if kind == PLAIN:
            out += text
            continue
        content = " ".join(text.split())
        if not content:
            out += " " if text else ""
            continue
        lead = " " if text[0].isspace() else ""
        trail = " " if text[-1].isspace() else ""
        following = "" if trail else _plain_after(tokens, index)
        # A script padded inside its own tags still belongs to its base: `10<sup> 9</sup>` is a power.
        if kind == SUP:
            out += _superscript(out, content, following)
        else:
            out += lead + _subscript("" if lead else out, content, following[:1])
        out += trail
    return out


def _plain_after(tokens: list[tuple[int, str]], index: int) -> str:
    """The plain text right behind a script; empty before another script, which brings its own mark."""
    for kind, text in tokens[index + 1 :]:
        if text:
            return text if kind == PLAIN else ""
    return ""


def _superscript(before: str, content: str, following: str) -> str:
    base = before[-1:]
    if _MARKS.match(content) or (base.isalnum() and _ORDINAL.match(content)):
        return content
    if _MASS_NUMBER.match(content) and _SYMBOL.match(following) and _starts_word(before):
        return content
    return "^" + _closed(content, following[:1])


def _starts_word(before: str) -> bool:
    """Whether what comes next begins a word that no number could lend its power to (`10 <sup>9</sup>L` could)."""
    return not before or before[-1] in "([{-–‐‑/" or (before[-1].isspace() and not before.rstrip()[-1:].isdigit())


def _subscript(before: str, content: str, after: str) -> str:
    if runs_together(before[-1:], content[0]):
        return "_" + _closed(content, after)
    if runs_together(content[-1], after):
        return f"_({content})"
    return content


def _closed(content: str, after: str) -> str:
    """The content, in brackets where a reader could not tell where it ends."""
    if _SIMPLE.match(content) and not runs_together(content[-1], after):
        return content
    return content if content[0] == "(" and content[-1] == ")" and "(" not in content[1:] else f"({content})"


def runs_together(left: str, right: str) -> bool:
    """Whether two neighbouring characters would read as one number or one word."""
    return (left.isdigit() and right.isdigit()) or (left.isalpha() and right.isalpha())
