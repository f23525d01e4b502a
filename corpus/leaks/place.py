"""Where a piece of an item stands in a document: whole, parted by a page break, changed, or in part.

Asked by `corpus/leaks/verify.py` and `corpus/leaks/partly.py` of the candidates that `corpus/leaks/index.py` names.
Changed pieces are compared by rapidfuzz: Indel similarity, twice the characters in common / characters of both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from corpus.leaks.breaks import LINES, LONGEST, Break, Line, break_of, whole_lines
from corpus.leaks.index import GAP
from corpus.leaks.page import Page
from corpus.leaks.pieces import is_han

NEAR = 0.8
EDGE = 8  # bare characters at either end that a change may have parted from the rest
HAN_JOINT, LATIN_JOINT = 3, 6  # bare characters on either side of a page break that are those of the piece
_CHANGED = 0.9999  # the highest score of what is not the very same


class Hit(NamedTuple):
    """A candidate: item, kind of piece, where it begins at the earliest and the latest, and its length."""

    number: int
    kind: int
    low: int
    high: int
    length: int


class Stands(NamedTuple):
    """A stretch of bare text, how like the piece it is, and the page break in it that is no part of the piece."""

    start: int
    end: int
    score: float
    gap: Break | None = None

    def bare(self, page: Page) -> str:
        """What stands there, bare, without the page break."""
        if self.gap is None:
            return page.bare[self.start : self.end]
        return page.bare[self.start : self.gap.start] + page.bare[self.gap.end : self.end]

    def folded(self, page: Page) -> str:
        """What stands there, folded, without a page break that is marked as one."""
        if self.gap is None or not self.gap.marked:
            return page.folded(self.start, self.end)
        return f"{page.folded(self.start, self.gap.start)} {page.folded(self.gap.end, self.end)}"


def place(page: Page, piece: str, hit: Hit) -> Stands | None:
    """Where a piece stands, whole or changed; None where less than NEAR of it does."""
    low = max(hit.low, 0)
    at = page.bare.find(piece, low, hit.high + len(piece))
    if at >= 0:
        return Stands(at, at + len(piece), 1.0)
    first = max(low - GAP, 0)
    near = _near(page.bare[first : hit.high + len(piece) + GAP], piece)
    if near is not None:
        near = near._replace(start=near.start + first, end=near.end + first)
    parted = _parted(page, piece, hit)
    return parted if parted and (near is None or parted.score > near.score) else near


def _near(window: str, piece: str) -> Stands | None:
    """The stretch of a window that is most like a piece."""
    first = 0
    if len(window) > len(piece):
        best = fuzz.partial_ratio_alignment(piece, window, score_cutoff=100 * NEAR)
        if best is None:
            return None
        score = best.score
        first = max(best.dest_start - 2, 0)  # else the alignment below would reach for letters that stand far off
        window = window[first : best.dest_end + 2]
    else:
        score = fuzz.ratio(piece, window, score_cutoff=100 * NEAR)
    if not score:
        return None
    blocks = [block for block in Levenshtein.opcodes(piece, window) if block.tag == "equal"]
    blocks = [block for block in blocks if block.src_end - block.src_start >= 3] or blocks
    head, tail = blocks[0].src_start, len(piece) - blocks[-1].src_end
    start = max(blocks[0].dest_start - (head if head <= EDGE else 0), 0)
    end = min(blocks[-1].dest_end + (tail if tail <= EDGE else 0), len(window))
    return Stands(first + start, first + end, min(score / 100, _CHANGED))


def _parted(page: Page, piece: str, hit: Hit) -> Stands | None:
    """Where a piece stands on both sides of a page break, most like it first. What stands right before and right after
    the break has to be one stretch of the piece; then the break is left out and the rest compared as ever."""
    low = max(hit.low - GAP - LONGEST, 0)
    high = min(hit.high + len(piece) + GAP + LONGEST, len(page.bare))
    joint = HAN_JOINT if is_han(piece) else LATIN_JOINT
    lines = whole_lines(page, low, high)
    best: Stands | None = None
    for first, line in enumerate(lines):
        before = page.bare[max(line.start - joint, 0) : line.start]
        if before not in piece and not any(before.endswith(piece[:size]) for size in range(1, joint)):
            continue
        for last in range(first, min(first + LINES, len(lines))):
            for found in _across(page, piece, before, lines[first : last + 1], joint):
                if best is None or found.score > best.score:
                    best = found
    return best


def _across(page: Page, piece: str, before: str, lines: list[Line], joint: int) -> Iterator[Stands]:
    """Where a piece stands on both sides of some lines: whole and word for word, whatever they say (a footnote, a
    figure's title, an imprint), else of those that may lie between two pages."""
    first, end = lines[0].start, lines[-1].end
    if end - first > LONGEST:
        return
    gap = break_of(lines)
    for at in _joints(piece, before, page.bare[end : end + joint]):
        if min(at, len(piece) - at) >= joint and _word_for_word(page, piece, at, first, end):
            yield Stands(first - at, end + len(piece) - at, 1.0, Break(first, end, marked=True))
        elif gap is not None:
            found = _without_gap(page, piece, max(first - at, 0), min(end + len(piece) - at, len(page.bare)), gap)
            if found:
                yield found


def _word_for_word(page: Page, piece: str, at: int, first: int, end: int) -> bool:
    """Do the two parts of a piece, as a whole, stand before and after a stretch?"""
    return first >= at and page.bare.endswith(piece[:at], 0, first) and page.bare.startswith(piece[at:], end)


def _joints(piece: str, before: str, after: str) -> Iterator[int]:
    """The places at which a piece may be parted: what stands before and after them is what stands before and after the
    break, as much of it as the piece has."""
    at = piece.find(after)
    while at >= 0 and after:
        if at and before.endswith(piece[max(at - len(before), 0) : at]):
            yield at
        at = piece.find(after, at + 1)
    for at in range(max(len(piece) - len(after) + 1, 1), len(piece)):  # few characters after the break
        if after.startswith(piece[at:]) and before.endswith(piece[max(at - len(before), 0) : at]):
            yield at


def _without_gap(page: Page, piece: str, start: int, end: int, gap: Break) -> Stands | None:
    if page.bare[start : gap.start] + page.bare[gap.end : end] == piece:
        return Stands(start, end, 1.0 if gap.marked else _CHANGED, gap)
    first = max(start - GAP, 0)
    found = _near(page.bare[first : gap.start] + page.bare[gap.end : end + GAP], piece)
    if found is None or not found.start < gap.start - first < found.end:
        return None
    return Stands(first + found.start, first + found.end + gap.end - gap.start, found.score, gap)


def longest_run(page: Page, piece: str, hit: Hit) -> Stands:
    """The longest stretch of a piece that stands word for word where a hit says it may; its score is its share of the
    piece."""
    codes = np.frombuffer(piece.encode("utf-32-le"), np.uint32)
    best = Stands(0, 0, 0.0)
    for begin in range(hit.low, hit.high + 1):
        first = max(begin, 0)
        there = np.frombuffer(page.bare[first : begin + len(piece)].encode("utf-32-le"), np.uint32)
        edges = np.flatnonzero(np.diff(there == codes[first - begin :][: len(there)], prepend=False, append=False))
        if len(edges):
            sizes = edges[1::2] - edges[::2]
            longest = int(sizes.argmax())
            if sizes[longest] > best.end - best.start:
                start = first + int(edges[2 * longest])
                best = Stands(start, start + int(sizes[longest]), int(sizes[longest]) / len(piece))
    return best
