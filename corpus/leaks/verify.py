"""Is an item really there, and where: candidates compared character by character, with what stands beside them.

Candidates come from `corpus/leaks/index.py`, a document with each; leaks go to `corpus/annotate/exam_overlap.py`. An
item stands in a document where

- its question stands, to ALONE, and is long enough to be known alone (`corpus/leaks/pieces.py`), or its context
  stands;
- a shorter question stands with a list of its options: half of them right after it, else all but one within WINDOW;
- a question so short that a change makes much of it stands, changed, with all of them;
- its options stand as a list with letters or numbers, all of them, and are no mere words: a question that asks nothing
  by itself ("Which is true?") or was changed beyond knowing is not needed then.

A piece stands where its Indel similarity (rapidfuzz: twice the characters in common / characters of both) is NEAR or
more and neither a quantity nor a negation parts the two (`corpus/relate/difference.py`): that is another question. A
context is that of the same paper whatever a number says. A list of options is a stretch hardly longer than they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from corpus.leaks.index import GAP
from corpus.leaks.listed import Listed, listed_in
from corpus.leaks.page import Page
from corpus.leaks.pieces import CONTEXT, OPTION, QUESTION, Sought, unnumbered
from corpus.relate.difference import difference

NEAR = 0.8
ALONE = 0.9  # of a question without its options: names of eight words are four fifths of some question
WINDOW = 1_500  # bare characters after a question, on a page, in which its options are looked for
BEFORE = 300  # and before it
ADJACENT = 40  # bare characters between a question and a list that follows it at once
ANSWERED = 200  # bare characters after a question in which its answer stands
STRETCH = 512  # characters
EDGE = 8  # bare characters at either end that a change may have parted from the rest
ANCHORS = 8  # places of options of one item that are looked at, in one document
_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_RUN = re.compile(r"\d+")
_DENIALS = "不非无未没勿無沒"
_ANSWER = re.compile(
    r"(?:答案|answer|key)\W{0,4}(?:应?[是为选]|is)?\W{0,4}([a-j](?:[\s,;/、和]*[a-j])*)(?![a-z])", re.I
)


class Leak(NamedTuple):
    """`item`: id. `part`: question, options, answer, context or source. `start`, `end`: characters of the document's
    text. `score`: 0 to 1, of the item in this document: similarity of what stands there to what was asked."""

    item: str
    part: str
    start: int
    end: int
    score: float


class Stands(NamedTuple):
    """A stretch of bare text, and how like the piece it is."""

    start: int
    end: int
    score: float


class Hit(NamedTuple):
    """A candidate: item, kind of piece, where it begins at the earliest and the latest, and its length."""

    number: int
    kind: int
    low: int
    high: int
    length: int


def leaks_of(page: Page, hits: Iterable[Hit], item_of: Callable[[int], Sought]) -> list[Leak]:
    """The leaks of one document, by place."""
    by_item: dict[int, list[Hit]] = {}
    for hit in hits:
        by_item.setdefault(hit.number, []).append(hit)
    found = [leaks for number, own in by_item.items() if (leaks := _leaks(page, item_of(number), own))]
    return sorted(_best(found), key=lambda leak: (leak.start, leak.end, leak.item, leak.part))


def _best(found: list[list[Leak]]) -> Iterator[Leak]:
    """Of items that claim the same stretch those that are most like it: exams ask alike, and some word for word."""
    ranked = sorted(found, key=lambda leaks: (-leaks[0].score, leaks[0].item))
    claimed: dict[int, list[Leak]] = {}  # by stretch of the text: a book of exams has thousands
    for leaks in ranked:
        first = leaks[0]
        stretches = range(first.start // STRETCH, first.end // STRETCH + 1)
        near = [other for stretch in stretches for other in claimed.get(stretch, ())]
        if all(first.score >= other.score or not _overlap(first, other) for other in near):
            for stretch in stretches:
                claimed.setdefault(stretch, []).append(first)
            yield from leaks


def _overlap(one: Leak, other: Leak) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


def _leaks(page: Page, item: Sought, hits: list[Hit]) -> list[Leak]:
    """The parts of one item that a document holds, the telling one first; nothing where it holds too little."""
    stems = _distinct(_standing(page, item, hit) for hit in hits if hit.kind == QUESTION)
    contexts = _distinct(_place(page.bare, item.context, hit) for hit in hits if hit.kind == CONTEXT)
    parts = list[Leak]()
    for stem in stems:
        if told := _with_question(page, item, stem):
            parts += told
    if contexts:
        parts += [_leak(page, item, "context", one, one.score) for one in contexts]
    if not parts and not item.long:
        parts = _by_options(page, item, [hit for hit in hits if hit.kind == OPTION])
    return parts


def _with_question(page: Page, item: Sought, stem: Stands) -> list[Leak]:
    listed = listed_in(page, item, max(0, stem.start - BEFORE), stem.end + WINDOW)
    beside = listed is not None and 0 <= listed.start - stem.end <= ADJACENT
    options = listed is not None and _enough(item, listed, beside)
    if item.short and stem.score < 1:  # a short question that was changed is known by all of its options
        options = listed is not None and beside and listed.many == len(item.options)
    if not options and (not item.long or stem.score < ALONE):
        return []
    if item.generic and not (listed and item.by_options):
        return []
    parts = [_leak(page, item, "question", stem, stem.score)]
    if listed and options:
        parts.append(_leak(page, item, "options", listed, stem.score))
    else:
        listed = None
    return parts + _answered(page, item, stem, listed, stem.score)


def _by_options(page: Page, item: Sought, hits: list[Hit]) -> list[Leak]:
    """An item whose question was not found: first its options are, then the question is looked for around them."""
    looked_at = list[int]()
    for hit in hits:
        if any(abs(hit.low - other) < item.weight for other in looked_at):
            continue
        if len(looked_at) == ANCHORS:
            break
        looked_at.append(hit.low)
        listed = listed_in(page, item, max(0, hit.low - 2 * item.weight - 60), hit.low + 2 * item.weight + 60)
        if listed is None or not _enough(item, listed, beside=True):
            continue
        stem = _nearby(page, item, listed)
        if stem and _beside(item, stem, listed):
            parts = [_leak(page, item, "question", stem, stem.score), _leak(page, item, "options", listed, stem.score)]
            return parts + _answered(page, item, stem, listed, stem.score)
        complete = listed.many == len(item.options) >= 3 and listed.marked >= listed.many - 1
        if item.by_options and complete and not _asks_otherwise(page, item, listed):
            return [_leak(page, item, "options", listed, 1.0)]
    return []


def _asks_otherwise(page: Page, item: Sought, listed: Listed) -> bool:
    """Is it another question's list: one that is like the item's but for a number or a negation?"""
    start = max(0, listed.start - len(item.question) - ADJACENT)
    hit = Hit(0, QUESTION, start, max(start, listed.start - len(item.question)), len(item.question))
    found = _place(page.bare, item.question, hit) if item.question else None
    return found is not None and _other(page, item, found)


def _beside(item: Sought, stem: Stands, listed: Listed) -> bool:
    """Do a question and options that stand near it make the item? A short question that was changed with all only."""
    if item.generic and not item.by_options:
        return False
    if item.short and stem.score < 1:
        return listed.many == len(item.options)
    return _enough(item, listed, listed.start - stem.end <= ADJACENT)


def _nearby(page: Page, item: Sought, listed: Listed) -> Stands | None:
    """The question before a list of its options, nearest to it first."""
    low, high = max(0, listed.start - WINDOW), listed.start
    if not item.question:
        return None
    at = page.bare.rfind(item.question, low, high)
    if at >= 0:
        found = Stands(at, at + len(item.question), 1.0)
        return None if _other(page, item, found) else found
    close = max(0, high - len(item.question) - ADJACENT)
    hit = Hit(0, QUESTION, close, max(close, high - len(item.question)), len(item.question))
    return _standing(page, item, hit)


def _standing(page: Page, item: Sought, hit: Hit) -> Stands | None:
    """The question where a hit says it may be, unless it is another one."""
    found = _place(page.bare, item.question, hit)
    return None if found is None or _other(page, item, found) else found


def _other(page: Page, item: Sought, found: Stands) -> bool:
    """Is what stands there another question, by a number or a negation?"""
    if found.score == 1:
        return _continued(page, found)
    bare, folded = page.bare[found.start : found.end], unnumbered(page.folded(found.start, found.end))
    if bare.replace(".", "") == item.question.replace(".", "") and _RUN.findall(folded) == _RUN.findall(item.asked):
        return False  # a full stop for another mark, or a number broken at its point
    if Counter(_NUMBER.findall(item.question)) - Counter(_NUMBER.findall(bare)):
        return True
    return difference(item.asked, folded).veto in ("quantity", "negation")


def _continued(page: Page, found: Stands) -> bool:
    """Does a text go on at either end of a stretch so that it says something else: 15 years and not 5, 不属于 and not
    属于?"""
    start, end = page.span(found.start, found.end)
    before, after = page.text[max(start - 1, 0) : start], page.text[end : end + 1]
    first, last = page.text[start], page.text[end - 1]
    digits = (before.isdecimal() and first.isdecimal()) or (after.isdecimal() and last.isdecimal())
    return digits or (before != "" and before in _DENIALS)


def _place(bare: str, piece: str, hit: Hit) -> Stands | None:
    """Where a piece stands, whole or changed."""
    low = max(hit.low, 0)
    at = bare.find(piece, low, hit.high + len(piece))
    if at >= 0:
        return Stands(at, at + len(piece), 1.0)
    first = max(low - GAP, 0)
    window = bare[first : hit.high + len(piece) + GAP]
    if len(window) > len(piece):
        best = fuzz.partial_ratio_alignment(piece, window, score_cutoff=100 * NEAR)
        if best is None:
            return None
        score = best.score
        begin = max(best.dest_start - 2, 0)  # else the alignment below would reach for letters that stand far off
        first, window = first + begin, window[begin : best.dest_end + 2]
    else:
        score = fuzz.ratio(piece, window, score_cutoff=100 * NEAR)
    if not score:
        return None
    blocks = [block for block in Levenshtein.opcodes(piece, window) if block.tag == "equal"]
    blocks = [block for block in blocks if block.src_end - block.src_start >= 3] or blocks
    head, tail = blocks[0].src_start, len(piece) - blocks[-1].src_end
    start = max(blocks[0].dest_start - (head if head <= EDGE else 0), 0)
    end = min(blocks[-1].dest_end + (tail if tail <= EDGE else 0), len(window))
    return Stands(first + start, first + end, min(score / 100, 0.9999))


def _distinct(found: Iterable[Stands | None]) -> list[Stands]:
    """The stretches, by place, each once."""
    kept = list[Stands]()
    for one in sorted({one for one in found if one}):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
    return kept


def _enough(item: Sought, listed: Listed, beside: bool) -> bool:
    """Are these as many options as it takes?"""
    many = len(item.options)
    return listed.many >= max(2, -(-many // 2) if beside else many - 1)


def _answered(page: Page, item: Sought, stem: Stands, listed: Listed | None, score: float) -> list[Leak]:
    """The answer after a question: a letter that is called one, or without a list the right option's text."""
    after = max(stem.end, listed.end if listed else 0)
    if after < len(page.bare):
        begin = int(page.origin[after - 1]) + 1
        stop = int(page.origin[min(after + WINDOW, len(page.bare)) - 1]) + 1
        if match := _ANSWER.search(page.text, begin, stop):
            return [Leak(item.id, "answer", match.start(), match.end(), score)]
    if listed is None:
        for place in item.right:
            answer = item.options[place]
            at = page.bare.find(answer, stem.end, stem.end + ANSWERED) if len(answer) > (2 if item.han else 5) else -1
            if at >= 0:
                return [_leak(page, item, "answer", Stands(at, at + len(answer), score), score)]
    return []


def _leak(page: Page, item: Sought, part: str, where: Stands | Listed, score: float) -> Leak:
    return Leak(item.id, part, *page.span(where.start, where.end), round(score, 4))
