"""Texts bare: what is left of a text when only what tells questions apart is kept, and where each character stood.

Texts come from `corpus/leaks/pieces.py` and from documents; bare texts go to the index and to the comparison. Case,
width and script are folded as in `corpus/text/fold.py`; punctuation, spaces, controls and the caret of superscripts are
left out, so that numbering, line breaks and kinds of marks hide nothing. Numbers stay, with the point within them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text.codepoints import UNICODE_SIZE, Ints, encode
from corpus.text.fold import fold

_DROP, _EXPAND = 0, 1  # marks in the table
_POINT = ord(".")
_ALONE = (range(0x3400), range(0xA000, 0xAC00), range(0xF900, 0x20000))  # blocks in which folding may not be one to one
_TOGETHER = (range(0x3400, 0xA000), range(0xAC00, 0xD7A4), range(0x20000, 0x323B0))  # ideographs, Hangul
HAN = 0x2E80  # from here to HAN_END: characters that are words or nearly so
HAN_END = 0xA000


class Bare(NamedTuple):
    """`codes` (uint32) holds the bare texts end to end; text `i` is `codes[starts[i]:ends[i]]`. `origin`: the place of
    each character in its own text as it was written, in characters."""

    codes: NDArray[np.uint32]
    origin: Ints
    starts: Ints
    ends: Ints

    def string(self, number: int) -> str:
        """One bare text."""
        piece = self.codes[self.starts[number] : self.ends[number]]
        return piece.astype("<u4").tobytes().decode("utf-32-le")


class _Table(NamedTuple):
    codes: NDArray[np.uint32]
    expansions: dict[int, NDArray[np.uint32]]


def bare(texts: Sequence[str]) -> Bare:
    """Each text bare."""
    table = _table()
    text = encode(texts)
    codes = table.codes.take(text.codes)
    points = np.flatnonzero(codes == _POINT)
    codes[points[~(_digit(codes[points - 1]) & _digit(codes[points + 1]))]] = _DROP  # the frames stand around all
    kept = np.flatnonzero(codes)
    codes = codes[kept]
    wide = np.flatnonzero(codes == _EXPAND)
    if len(wide):
        codes, kept = _expanded(codes, kept, wide, text.codes, table)
    starts, ends = np.searchsorted(kept, text.starts), np.searchsorted(kept, text.ends)
    origin = kept - np.repeat(text.starts, ends - starts)
    return Bare(codes, origin, starts, ends)


def strings(texts: Sequence[str]) -> list[str]:
    """The bare texts as strings."""
    view = bare(texts)
    return [view.string(number) for number in range(len(texts))]


def is_han(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which characters are ideographs, kana or their like."""
    found: NDArray[np.bool_] = (codes >= HAN) & (codes < HAN_END)
    return found


def _digit(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (codes >= ord("0")) & (codes <= ord("9"))
    return found


def _expanded(
    codes: NDArray[np.uint32], kept: Ints, wide: Ints, raw: NDArray[np.uint32], table: _Table
) -> tuple[NDArray[np.uint32], Ints]:
    """The characters at `wide` as the several that they stand for, all of one origin."""
    forms = [table.expansions[code] for code in raw[kept[wide]].tolist()]
    copies = np.ones(len(codes), np.int64)
    copies[wide] = [len(form) for form in forms]
    first = (np.cumsum(copies) - copies)[wide]
    codes, kept = np.repeat(codes, copies), np.repeat(kept, copies)
    for at, form in zip(first.tolist(), forms, strict=True):
        codes[at : at + len(form)] = form
    return codes, kept


@lru_cache(maxsize=1)
def _table() -> _Table:
    """What each code point is bare: made by folding every one of them."""
    codes = np.arange(UNICODE_SIZE, dtype=np.uint32)
    expansions: dict[int, NDArray[np.uint32]] = {}
    alone = [code for block in _ALONE for code in block]
    view = fold([chr(code) for code in alone])
    for code, start, end in zip(alone, view.starts.tolist(), view.ends.tolist(), strict=True):
        form = [one for one in view.codes[start:end].tolist() if _stays(one)]
        codes[code] = _DROP if not form else form[0] if len(form) == 1 else _EXPAND
        if len(form) > 1:
            expansions[code] = np.array(form, np.uint32)
    for block in _TOGETHER:
        view = fold(["".join(map(chr, block))])
        codes[block.start : block.stop] = view.codes[view.starts[0] : view.ends[0]]
    codes[0xD800:0xE000] = _DROP
    return _Table(codes, expansions)


@lru_cache(maxsize=1 << 17)
def _stays(code: int) -> bool:
    """Punctuation, spaces and controls go, and the caret; the point is looked at where it stands."""
    return code == _POINT or (unicodedata.category(chr(code))[0] not in "PZC" and code != ord("^"))
