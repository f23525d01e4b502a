"""Words of languages that put spaces between them, for a whole batch at once.

Takes the code points of a batch (`corpus/text/codepoints.py`) and cuts them into *tokens*: words, numbers and
punctuation marks, each on its own. The cuts follow the rules of spaCy's tokenizer for English (described in its
manual, "Linguistic features: how spaCy's tokenizer works"), because the published thresholds of Gopher's and
FineWeb's rules are applied to such tokens; `benchmarks/signals.py` measures how often the two agree. Goes to
`corpus/annotate/english.py` and `corpus/annotate/repetition.py`.

Text between white space is a *chunk*. From both ends of a chunk, punctuation is peeled off mark by mark; from the
right also the full stop after a word, `'s`, and a unit after a number (`10mg`). What remains, the *core*, is cut at
hyphens and slashes before letters (`well-known`, `mg/dL`), commas between letters, operators between digits, and
symbols. A known abbreviation (`e.g.`, `vs.`, `Dr.`) keeps its stop. A web address stays whole.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.text import short_words as short
from corpus.text.classes import (
    CUTTING,
    DIGIT,
    JOINT,
    LEAD,
    LETTER,
    LOWER,
    MARK,
    OPERATOR,
    PICTURE,
    QUOTE,
    SPACE,
    TRAIL,
    UPPER,
    class_table,
)
from corpus.text.codepoints import CodePoints, Ints, Mask, Spans

# A stop and a closing mark may alternate at the end of a chunk (`.").`). This many times is more than any text
# needs; a longer alternation is not language and stays as far as it was peeled.
_ROUNDS = 6


class Reading(NamedTuple):
    """A batch read into tokens: `flags` of each character, the `chunks` between white space, and the `tokens`."""

    flags: NDArray[np.uint16]
    chunks: Spans
    tokens: Spans


def chunks_of(text: CodePoints, space: Mask) -> Spans:
    """The pieces between white space (what `str.split()` gives)."""
    edges = np.flatnonzero(space[1:] != space[:-1]) + 1  # the frame is white space: edges come in pairs
    starts, ends = edges[0::2], edges[1::2]
    return Spans(starts, ends, text.owner(starts))


def read(text: CodePoints) -> Reading:
    """Cut a batch into tokens."""
    flags = class_table().take(text.codes)
    space = (flags & SPACE) != 0
    chunks = chunks_of(text, space)
    if not len(chunks.starts):
        return Reading(flags, chunks, chunks)
    cuts = _Cuts(text.codes, flags, chunks)
    cuts.peel_left()
    cuts.peel_right()
    cuts.peel_endings()
    cuts.cut_fixed()
    cuts.cut_cores()
    starts = np.flatnonzero(cuts.marks & ~space)
    ends = np.flatnonzero(cuts.marks[1:] & ~space[:-1]) + 1
    return Reading(flags, chunks, Spans(starts, ends, text.owner(starts)))


def any_of(flags: NDArray[np.uint16], spans: Spans) -> NDArray[np.uint16]:
    """The classes that any character of each piece has. Pieces must be sorted, apart, and followed by white space or
    the next piece, as tokens and chunks are."""
    if not len(spans.starts):
        return np.zeros(0, np.uint16)
    return np.bitwise_or.reduceat(flags, spans.starts)


class _Cuts:
    """The cuts of one batch in the making. `marks` is true where a token begins or a chunk has ended; `low` and `high`
    bound what is left of each chunk. A chunk that must stay whole is closed by setting `low = high`.

    Every step works on the few characters that can cut, never on all of them.
    """

    def __init__(self, codes: NDArray[np.uint32], flags: NDArray[np.uint16], chunks: Spans) -> None:
        self.codes, self.flags, self.chunks = codes, flags, chunks
        self.low, self.high = chunks.starts.copy(), chunks.ends.copy()
        self.marks = np.zeros(len(codes), np.bool_)
        self.marks[chunks.starts] = True
        self.number = np.cumsum(self.marks, dtype=np.int32) - 1  # of the chunk that each character lies in
        self.marks[chunks.ends] = True
        dots = np.flatnonzero(codes == ord("."))
        self.more_dots = dots[codes[dots - 1] == ord(".")]  # every stop that continues an ellipsis
        self.ellipses = np.concatenate((self.more_dots - 1, self.more_dots))

    def chunk_at(self, places: Ints) -> Ints:
        return self.number[places].astype(np.int64)

    def peelable(self, bit: int, but: Ints) -> tuple[Ints, Ints, Ints]:
        """Places of characters that are peeled whatever stands beside them; start and end of each one's run."""
        mask = (self.flags & bit) != 0
        mask[but] = False
        mask[self.ellipses] = True
        places = np.flatnonzero(mask)
        first = np.flatnonzero(np.diff(places, prepend=-2) != 1)
        sizes = np.diff(first, append=len(places))
        return places, np.repeat(places[first], sizes), np.repeat(places[first] + sizes, sizes)

    def peel_left(self) -> None:
        """The marks before a word, each a token: `("` of a quotation. `+5` keeps its sign."""
        plus = np.flatnonzero(self.codes == ord("+"))
        places, run_start, run_end = self.peelable(LEAD, plus[(self.flags[plus + 1] & DIGIT) != 0])
        leading = self.marks[run_start]
        places, run_end = places[leading], run_end[leading]
        opening = places[self.marks[places]]
        self.low[self.chunk_at(opening)] = run_end[self.marks[places]]
        self.marks[places] = True
        self.marks[run_end] = True

    def peel_right(self) -> None:
        """The marks after a word, each a token, and the full stop of a sentence, in any order: `.").`"""
        places, run_start, run_end = self.peelable(TRAIL, self.codes[:0].astype(np.int64))
        closing = np.flatnonzero((self.flags[run_end] & SPACE) != 0)
        last = closing[places[closing] + 1 == run_end[closing]]
        chunk = self.chunk_at(places[last])
        self.high[chunk] = np.maximum(run_start[last], self.low[chunk])
        self.marks[places[closing]] = True
        active = np.flatnonzero((self.high > self.low) & (self.codes[self.high - 1] == ord(".")))
        for _ in range(_ROUNDS):
            active = self.peel_stop(active)
            if not len(active):
                return
            at = np.searchsorted(places, self.high[active] - 1)
            at[at == len(places)] = 0
            found = places[at] == self.high[active] - 1 if len(places) else np.zeros(len(active), np.bool_)
            active, at = active[found], at[found]
            start = np.maximum(run_start[at], self.low[active])
            spread = _ranges(start, self.high[active])
            self.marks[spread] = True
            self.high[active] = start
            active = active[(start > self.low[active]) & (self.codes[start - 1] == ord("."))]

    def peel_stop(self, active: Ints) -> Ints:
        """Peel the final stop where the character before it allows; gives the chunks that lost one and have more."""
        low, stop = self.low[active], self.high[active] - 1
        before, earlier = self.flags[stop - 1], self.flags[stop - 2]
        word = (before & (LOWER | DIGIT | MARK | QUOTE)) != 0
        word |= (_STOPPABLE[:, None] == self.codes[stop - 1]).any(axis=0)
        capitals = ((before & UPPER) != 0) & ((earlier & UPPER) != 0) & (stop - 2 >= low)
        initial = (stop - low == 1) & ((before & LETTER) != 0)
        peel = (word | capitals) & ~initial & (stop > low)
        brief = np.flatnonzero(stop - low < short.LONGEST)
        keys = short.packed(self.codes, low[brief], stop[brief] + 1)
        known = brief[short.among(keys, short.abbreviation_keys())]
        peel[known] = False
        self.low[active[known]] = self.high[active[known]]  # an abbreviation stays whole
        active, stop = active[peel], stop[peel]
        self.marks[stop] = True
        self.high[active] = stop
        return active[self.high[active] > self.low[active]]

    def peel_endings(self) -> None:
        """Units after numbers (`10mg`, `5%`), a plus after a number, and endings with an apostrophe (`'s`, `n't`)."""
        digit = (self.flags & DIGIT) != 0
        after = np.flatnonzero(digit[:-1] & ~digit[1:]) + 1
        after = after[(self.flags[after] & SPACE) == 0]
        chunk = self.chunk_at(after)
        size = self.high[chunk] - after
        near = (size > 0) & (size <= 4) & (after > self.low[chunk])
        after, chunk = after[near], chunk[near]
        keys = short.packed(self.codes, after, self.high[chunk])
        unit = short.among(keys, short.unit_keys())
        self.marks[after[unit]] = True
        self.high[chunk[unit]] = after[unit]
        self.peel_apostrophes()

    def peel_apostrophes(self) -> None:
        """`'s`, `'ll`, `'ve`, `'re`, `'d`, `'m` and `n't` at the end of a word."""
        place = np.flatnonzero((self.codes == ord("'")) | (self.codes == ord("’")))
        chunk = self.chunk_at(place)
        size = self.high[chunk] - place
        near = (size >= 2) & (size <= 3) & (place > self.low[chunk])
        place, chunk = place[near], chunk[near]
        keys = short.packed(self.codes, place + 1, self.high[chunk])
        ending = short.among(keys, short.ending_keys())
        negation = (keys == ord("t")) & (self.codes[place - 1] == ord("n")) & (place - 1 > self.low[chunk])
        place = place - negation
        cut = ending | negation
        self.marks[place[cut]] = True
        self.high[chunk[cut]] = place[cut]

    def cut_fixed(self) -> None:
        """`cannot` is two tokens, `and/or` is one."""
        size = self.high - self.low
        six = np.flatnonzero(size == 6)
        keys = short.packed(self.codes, self.low[six], self.high[six])
        self.marks[self.low[six[short.among(keys, short.cannot_keys())]] + 3] = True
        whole = six[keys == short.and_or_key()]
        self.low[whole] = self.high[whole]

    def cut_cores(self) -> None:
        """Cut inside what is left, at hyphens, slashes, commas, operators, ellipses and symbols."""
        codes, flags = self.codes, self.flags
        place = np.flatnonzero((flags & CUTTING) != 0)
        place = place[((flags[place - 1] | flags[place + 1]) & SPACE) == 0]
        chunk = self.chunk_at(place)
        low, high = self.low[chunk], self.high[chunk]
        within = (place >= low) & (place < high)
        place, chunk, low, high = place[within], chunk[within], low[within], high[within]
        end = self.hyphens_end(place)
        code, kind, before, after = codes[place], flags[place], flags[place - 1], flags[end]
        letter_before, letter_after, digit_before = before & LETTER != 0, after & LETTER != 0, before & DIGIT != 0
        cut = (letter_before | digit_before) & letter_after & (kind & JOINT != 0)
        cut |= (code == ord(",")) & letter_before & letter_after
        cut |= (code == ord(".")) & (before & (LOWER | QUOTE) != 0) & (after & (UPPER | QUOTE) != 0)
        cut |= (kind & OPERATOR != 0) & digit_before & ((after & DIGIT != 0) | (codes[place + 1] == ord("-")))
        cut &= (place > low) & (end < high)
        cut |= (code == ord("…")) | (kind & PICTURE != 0)
        cut &= ~self.is_address(place, chunk)
        self.marks[place[cut]] = True
        self.marks[end[cut]] = True
        self.cut_ellipses()

    def hyphens_end(self, place: Ints) -> Ints:
        """The end of each cutting mark: a dash may be typed as two or three hyphens, anything else is one character."""
        code = self.codes[place]
        twice = ((code == ord("-")) | (code == ord("—"))) & (self.codes[place + 1] == code)
        end: Ints = place + 1 + twice
        thrice = twice & (code == ord("-")) & (self.codes[end] == code)
        end[thrice] += 1
        return end

    def cut_ellipses(self) -> None:
        """An ellipsis is a token wherever it stands; a single letter with its stop is one token (`5 g.`)."""
        self.marks[self.more_dots[self.codes[self.more_dots - 2] != ord(".")] - 1] = True
        self.marks[self.more_dots[self.codes[self.more_dots + 1] != ord(".")] + 1] = True
        self.marks[self.more_dots] = False
        stops = np.flatnonzero(self.marks & (self.codes == ord(".")))
        letter = (self.flags[stops - 1] & LOWER != 0) & (self.codes[stops - 1] < 128) & self.marks[stops - 1]
        self.marks[stops[letter]] = False

    def is_address(self, place: Ints, chunk: Ints) -> Mask:
        """Whether each place lies in a web address (`http://`, `https://`, `www.`)."""
        scheme = place[(self.codes[place] == ord(":")) & (self.codes[place + 1] == ord("/"))]
        scheme = scheme[self.codes[scheme + 2] == ord("/")] if len(scheme) else scheme
        low = self.low[chunk]
        www = (self.codes[low] == ord("w")) & (self.codes[low + 1] == ord("w"))
        address: Mask = www | np.isin(chunk, self.chunk_at(scheme))
        return address


def _ranges(starts: Ints, ends: Ints) -> Ints:
    """All integers of the given ranges, one after the other."""
    sizes = ends - starts
    total = int(sizes.sum())
    return np.arange(total) + np.repeat(starts - np.concatenate(([0], np.cumsum(sizes)[:-1])), sizes)


_STOPPABLE = np.array([ord(character) for character in "%²-+"], np.uint32)
