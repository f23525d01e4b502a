"""The matching view: texts folded so that what a reader takes for the same text is the same to the machine.

Comes from a batch of code points (`corpus/text/codepoints.py`), goes to shingles, sketches and comparisons. Folded away
are case, full and half width, traditional and simplified script, accents, kinds of dashes, quotation marks and spaces,
spaces beside Chinese characters, and invisible characters. Numbers are kept, each digit: a text that
differs in a dose is another text. The corpus itself is never folded.

Unicode's compatibility forms (NFKC, UAX 15) are applied character by character, with two exceptions for the sake of
numbers: a superscript digit gets a caret (`10⁹` is `10^9` and not `109`), a fraction a space before it (`1½` is
`1 1/2` and not `11/2`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text import han_forms
from corpus.text.codepoints import NEWLINE, UNICODE_SIZE, CodePoints, Ints, encode

LIBRARIES = ("numpy", han_forms.LIBRARY)
VERSION = 1  # of the view: it goes into the card, since sketches and hashes of two views do not compare

SPACE = 32
EAST_ASIAN = 0x2E80  # from here on writing puts no spaces between words (and nothing below is written without them)
_DROP, _EXPAND = 0, 1  # marks in the table, in the place of the control characters that no text needs

_DASHES = "‐‑‒–—―−﹘﹣－─"
_QUOTES = dict.fromkeys("‘’‚‛′`´ʼ", "'") | dict.fromkeys("“”„‟″«»「」『』", '"') | {"〜": "~", "…": "…"}
_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻"
_RAISED = str.maketrans(_SUPERSCRIPTS, "0123456789+-")  # a run of them gets one caret: 10¹² is 10^12
_RAISED_CODES = np.array(list(_RAISED), np.uint32)
# Categories whose characters stay what they are if they have neither case nor a decomposition; Cn is unassigned.
_PLAIN = frozenset(("Ll", "Lm", "Lo", "Lt", "Lu", "Nd", "Nl", "No", "Pc", "Pd", "Pe", "Pf", "Pi", "Po", "Ps",
                    "Sc", "Sk", "Sm", "So", "Cn", "Co"))  # fmt: skip
_ACCENTS = (0x300, 0x370)  # Combining Diacritical Marks: those of Latin, Greek and Cyrillic letters
_OVERLAYS = (0x334, 0x339)  # of these not the strokes: one through a sign makes its opposite, ≠ of = and ≮ of <


class _Tables(NamedTuple):
    codes: NDArray[np.uint32]  # folded code point of each, or _DROP or _EXPAND
    expansions: dict[str, str]  # what becomes more than one character


def fold(texts: Sequence[str]) -> CodePoints:
    """The matching view of each text, as code points framed by newlines."""
    tables = _tables()
    text = encode(texts)
    codes = tables.codes.take(text.codes)
    marked = np.flatnonzero(codes <= _EXPAND)  # in few batches there is any
    found = marked[codes[marked] == _EXPAND]
    if len(found):
        text = _expanded(text, codes, found, tables)
        codes = text.codes
        marked = np.flatnonzero(codes == _DROP)
    codes[text.starts - 1] = NEWLINE  # the frames were folded to spaces like every other line end
    codes[text.ends] = NEWLINE
    codes[:1] = NEWLINE
    return _spaced(_without(marked, CodePoints(codes, text.starts, text.ends)))


def _expanded(text: CodePoints, codes: NDArray[np.uint32], found: Ints, tables: _Tables) -> CodePoints:
    """The folded `codes` with every character at `found` as the several that it stands for."""
    within = np.isin(text.codes[found], _RAISED_CODES) & np.isin(text.codes[found - 1], _RAISED_CODES)
    codes[found[within]] = [_RAISED[code] for code in text.codes[found[within]].tolist()]  # 10¹² has one caret
    found = found[~within]
    which = text.codes[found]
    forms = {
        code: tables.codes[encode([tables.expansions[chr(code)]]).codes[1:-1]] for code in np.unique(which).tolist()
    }
    more = np.array([len(forms[code]) - 1 for code in which.tolist()], np.int64)
    copies = np.ones(len(codes), np.int64)
    copies[found] += more
    after = np.concatenate(([0], np.cumsum(more)))  # characters that were put in before each of `found`
    result = np.repeat(codes, copies)
    for code, form in forms.items():
        at = (found + after[:-1])[which == code]
        for place, character in enumerate(form.tolist()):
            result[at + place] = character
    return CodePoints(
        result, text.starts + after[np.searchsorted(found, text.starts)],
        text.ends + after[np.searchsorted(found, text.ends)],
    )  # fmt: skip


def _spaced(text: CodePoints) -> CodePoints:
    """One space for a run of them, none beside East Asian characters or at the ends. Looks at the spaces only, which
    are a sixth of English and nearly nothing of Chinese."""
    codes = text.codes
    spaces = np.flatnonzero(codes == SPACE)
    if not len(spaces):
        return text
    before, after = codes[spaces - 1], codes[spaces + 1]  # the frames stand before the first and after the last
    first = np.flatnonzero(before != SPACE)  # of each run
    ends = np.append(first[1:], len(spaces)) - 1
    left, right = before[first], after[ends]
    stays = (left != NEWLINE) & (left < EAST_ASIAN) & (right != NEWLINE) & (right < EAST_ASIAN)
    goes = np.ones(len(spaces), np.bool_)
    goes[first[stays]] = False
    return _without(spaces[goes], text)


def _without(places: Ints, text: CodePoints) -> CodePoints:
    """The text without the characters at sorted `places`."""
    if not len(places):
        return text
    keep = np.ones(len(text.codes), np.bool_)
    keep[places] = False
    starts = text.starts - np.searchsorted(places, text.starts)
    return CodePoints(text.codes[keep], starts, text.ends - np.searchsorted(places, text.ends))


def folded(text: str) -> str:
    """The matching view of one text as a string."""
    view = fold([text])
    return view.codes[view.starts[0] : view.ends[0]].astype("<u4").tobytes().decode("utf-32-le")


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    codes = np.arange(UNICODE_SIZE, dtype=np.uint32)
    expansions: dict[str, str] = {}
    for block in (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000), range(0xE0000, 0xE0200)):
        for code in filter(_may_fold, block):
            form = _form(chr(code))
            if len(form) == 1:
                codes[code] = ord(form)
            elif form:
                codes[code], expansions[chr(code)] = _EXPAND, form
            else:
                codes[code] = _DROP
    forms = np.arange(UNICODE_SIZE, dtype=np.uint32)
    pairs = han_forms.one_form()
    forms[list(pairs)] = list(pairs.values())
    return _Tables(forms[codes], expansions)  # the two marks stand for themselves


def _may_fold(code: int) -> bool:
    """False for most characters: those that are their own folded form beyond doubt."""
    character = chr(code)
    if unicodedata.category(character) not in _PLAIN or character in _QUOTES or character in _DASHES:
        return True
    return character.lower() != character or unicodedata.decomposition(character) != ""


def _form(character: str) -> str:
    """What one character folds to: nothing, one character, or several."""
    category = unicodedata.category(character)
    if character.isspace() or category[0] == "Z":
        return " "
    if category in ("Cc", "Cf") or _is_accent(character) or 0xFE00 <= ord(character) <= 0xFE0F:
        return ""
    if character in _DASHES:
        return "-"
    if character in _QUOTES:
        return _QUOTES[character]
    form = unicodedata.normalize("NFKC", character)
    if character in _SUPERSCRIPTS:
        form = "^" + character.translate(_RAISED)
    elif unicodedata.decomposition(character).startswith("<fraction>"):
        form = " " + form.replace("⁄", "/")
    bare = "".join(c for c in unicodedata.normalize("NFD", form.lower()) if not _is_accent(c))
    return "".join(_QUOTES.get(c, "-" if c in _DASHES else c) for c in unicodedata.normalize("NFC", bare))


def _is_accent(character: str) -> bool:
    code = ord(character)
    return _ACCENTS[0] <= code < _ACCENTS[1] and not _OVERLAYS[0] <= code < _OVERLAYS[1]
