"""Is an item really there, and where: candidates compared character by character, with what stands beside them.

Candidates come from `corpus/leaks/index.py`, a document with each; leaks go to `corpus/annotate/exam_overlap.py`. An
item stands in a document where

- its question stands, to ALONE, and is long enough to be known alone (`corpus/leaks/pieces.py`), or its context
  stands;
- a shorter question stands with a list of its options: half of them right after it, else all but one within WINDOW;
- a question so short that a change makes much of it stands, changed, with all of them;
- half of a long question stands word for word, with options or, where it is long enough, alone; or its last sentence
  does, right before a list of all of its options (`corpus/leaks/partly.py`);
- its options stand as a list with letters, all of them, and are no mere words: a short question that asks nothing by
  itself ("Which is true?") or was changed beyond knowing is not needed then. Textbooks number such lists (1. 2. 3.), so
  that numbers tell nothing.

A piece stands where its Indel similarity (`corpus/leaks/place.py`) is NEAR or more and neither a quantity nor a
negation parts the two (`corpus/leaks/otherwise.py`): that is another question. A context is that of the same paper
whatever a number says. A list of options is a stretch hardly longer than they are. The lines of a page break
(`corpus/leaks/breaks.py`) belong to neither; a passage that goes from one page to the next has them in it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from corpus.leaks.answers import answers, right_option
from corpus.leaks.breaks import LONGEST
from corpus.leaks.going_on import continued, denied
from corpus.leaks.labels import with_letter, with_number
from corpus.leaks.listed import Listed, listed_in, stand_whole
from corpus.leaks.otherwise import says_otherwise
from corpus.leaks.page import Page
from corpus.leaks.partly import ADJACENT, another, apart, known_alone, last_words, likeness, part_of
from corpus.leaks.pieces import CONTEXT, OPTION, QUESTION, Sought, unnumbered
from corpus.leaks.place import Hit, Stands, place

ALONE = 0.9  # of a question without its options: names of eight words are four fifths of some question
WINDOW = 1_500  # bare characters after a question, on a page, in which its options are looked for
BEFORE = 300  # and before it
STRETCH = 512  # characters
ANCHORS = 8  # places of options of one item that are looked at, in one document
_RUN = re.compile(r"\d+")


class Leak(NamedTuple):
    """`item`: id. `part`: question, options, answer, context or source. `start`, `end`: characters of the document's
    text. `score`: 0 to 1, of the item in this document: similarity of what stands there to what was asked."""

    item: str
    part: str
    start: int
    end: int
    score: float


def leaks_of(page: Page, hits: Iterable[Hit], item_of: Callable[[int], Sought]) -> list[Leak]:
    """The leaks of one document, by place."""
    by_item: dict[int, list[Hit]] = {}
    for hit in hits:
        by_item.setdefault(hit.number, []).append(hit)
    found = [leaks for number, own in by_item.items() for leaks in _leaks(page, item_of(number), own) if leaks]
    return sorted(_best(found), key=lambda leak: (leak.start, leak.end, leak.item, leak.part))


def _best(found: list[list[Leak]]) -> Iterator[Leak]:
    """Of items that claim the same stretch those that are most like it: exams ask alike, and some word for word. An
    item may stand in one place and another one that is like it elsewhere."""
    ranked = sorted(found, key=lambda leaks: (-leaks[0].score, leaks[0].item))
    claimed: dict[int, list[Leak]] = {}  # by stretch of the text: a book of exams has thousands
    for leaks in ranked:
        first = leaks[0]
        stretches = range(first.start // STRETCH, first.end // STRETCH + 1)
        near = [other for stretch in stretches for other in claimed.get(stretch, ())]
        if all(first.score >= other.score or first.item == other.item or not _overlap(first, other) for other in near):
            for stretch in stretches:
                claimed.setdefault(stretch, []).append(first)
            yield from leaks


def _overlap(one: Leak, other: Leak) -> bool:
    common = min(one.end, other.end) - max(one.start, other.start)
    return 2 * common > min(one.end - one.start, other.end - other.start)


def _leaks(page: Page, item: Sought, hits: list[Hit]) -> list[list[Leak]]:
    """The parts of one item that a document holds, a list for each place, the telling one first; nothing where it
    holds too little."""
    asked = [(hit, place(page, item.question, hit)) for hit in hits if hit.kind == QUESTION]
    others = {hit for hit, found in asked if found and _other(page, item, found)}
    contexts = _distinct(place(page, item.context, hit) for hit in hits if hit.kind == CONTEXT)
    stems = _distinct(found for hit, found in asked if hit not in others)
    places = [told for stem in stems if (told := _with_question(page, item, stem))]
    places += [[_leak(page, item, "context", one, one.score)] for one in contexts]
    if not places and item.long:
        for part in _distinct(part_of(page, item, hit) for hit, _ in asked):
            if not another(page, item, part) and (told := _with_part(page, item, part)):
                places.append(told)
    return places or [_by_options(page, item, [hit for hit in hits if hit.kind == OPTION])]


def _with_question(page: Page, item: Sought, stem: Stands) -> list[Leak]:
    listed, beside = _options_of(page, item, stem)
    options = listed is not None and _enough(item, listed, beside)
    if item.short and stem.score < 1:  # a short question that was changed is known by all of its options
        options = listed is not None and beside and listed.many == item.many
    if not options and (not item.long or stem.score < ALONE):
        return []
    if item.generic and not (listed and item.by_options):
        return []
    return _told(page, item, stem, listed if options else None, stem.score)


def _with_part(page: Page, item: Sought, part: Stands) -> list[Leak]:
    """A stretch of a long question that is known alone, or with options."""
    listed, beside = _options_of(page, item, part)
    if listed is None or not _enough(item, listed, beside):
        return _told(page, item, part, None, likeness(item, part, 0)) if known_alone(item, part) else []
    return _told(page, item, part, listed, likeness(item, part, item.weight))


def _options_of(page: Page, item: Sought, stem: Stands) -> tuple[Listed | None, bool]:
    """The options around a question, and whether they follow it at once."""
    listed = listed_in(page, item, max(0, stem.start - BEFORE), stem.end + WINDOW)
    return listed, listed is not None and 0 <= apart(page, stem.end, listed.start) <= ADJACENT


def _told(page: Page, item: Sought, stem: Stands, listed: Listed | None, score: float) -> list[Leak]:
    parts = [_leak(page, item, "question", stem, score)]
    if listed:
        parts.append(_leak(page, item, "options", listed, score))
    return parts + _answered(page, item, stem, listed, score)


def _by_options(page: Page, item: Sought, hits: list[Hit]) -> list[Leak]:
    """An item whose question was not found: first its options are, then the question is looked for around them."""
    looked_at = list[int]()
    for hit in hits:
        if any(abs(hit.low - other) < item.weight for other in looked_at):
            continue
        if len(looked_at) == ANCHORS:
            break
        looked_at.append(hit.low)
        around = 2 * item.weight + 60
        low, high = max(0, hit.low - around), hit.low + around
        if item.long and any(page.bare.find(option, low, high) < 0 for option in item.options):
            continue  # all of them are needed, below
        listed = listed_in(page, item, low, high)
        if listed is None or not _enough(item, listed, beside=True):
            continue
        complete = listed.many == item.many >= 3 and item.by_options and stand_whole(page, item, listed)
        if item.long and not complete:
            continue
        stem = _nearby(page, item, listed)
        if stem and _beside(page, item, stem, listed):
            return _told(page, item, stem, listed, stem.score)
        words = last_words(page, item, listed) if complete else None
        if words and not another(page, item, words):
            return _told(page, item, words, listed, likeness(item, words, item.weight))
        lettered = complete and listed.lettered >= listed.many - 1
        if lettered and not item.long and not _asks_otherwise(page, item, listed):
            alone = Stands(listed.start, listed.end, 1.0)
            return [_leak(page, item, "options", listed, 1.0), *_answered(page, item, alone, listed, 1.0)]
    return []


def _asks_otherwise(page: Page, item: Sought, listed: Listed) -> bool:
    """Is it another question's list: one that is like the item's but for a number or a negation?"""
    start = max(0, listed.start - len(item.question) - ADJACENT)
    hit = Hit(0, QUESTION, start, max(start, listed.start - len(item.question)), len(item.question))
    found = place(page, item.question, hit) if item.question else None
    return found is not None and _other(page, item, found)


def _beside(page: Page, item: Sought, stem: Stands, listed: Listed) -> bool:
    """Do a question and options that stand near it make the item? A short question that was changed with all only."""
    if item.generic and not item.by_options:
        return False
    if item.short and stem.score < 1:
        return listed.many == item.many
    return _enough(item, listed, apart(page, stem.end, listed.start) <= ADJACENT)


def _nearby(page: Page, item: Sought, listed: Listed) -> Stands | None:
    """The question before a list of its options, nearest to it first."""
    low, high = max(0, listed.start - WINDOW), listed.start
    if not item.question:
        return None
    at = page.bare.rfind(item.question, low, high)
    if at >= 0:
        found = Stands(at, at + len(item.question), 1.0)
        return None if _other(page, item, found) else found
    close = max(0, high - len(item.question) - ADJACENT - LONGEST)
    hit = Hit(0, QUESTION, close, max(close, high - len(item.question)), len(item.question))
    return _standing(page, item, hit)


def _standing(page: Page, item: Sought, hit: Hit) -> Stands | None:
    """The question where a hit says it may be, unless it is another one."""
    found = place(page, item.question, hit)
    return None if found is None or _other(page, item, found) else found


def _other(page: Page, item: Sought, found: Stands) -> bool:
    """Is what stands there another question, by a number or a negation?"""
    if found.score == 1:
        return continued(page, found, item.long)
    if denied(page, found.end):
        return True
    bare, folded = found.bare(page), unnumbered(found.folded(page))
    if bare.replace(".", "") == item.question.replace(".", "") and _RUN.findall(folded) == _RUN.findall(item.asked):
        return False  # a full stop for another mark, or a number broken at its point
    return says_otherwise(item.asked, folded, item.question, bare)


def _distinct(found: Iterable[Stands | None]) -> list[Stands]:
    """The stretches, by place, of those that overlap the one most like the piece."""
    kept = list[Stands]()
    for one in sorted({one for one in found if one}, key=lambda one: one[:3]):
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif one.score > kept[-1].score:
            kept[-1] = one
    return kept


def _enough(item: Sought, listed: Listed, beside: bool) -> bool:
    """Are these as many options as it takes?"""
    return listed.many >= max(2, -(-item.many // 2) if beside else item.many - 1)


def _answered(page: Page, item: Sought, stem: Stands, listed: Listed | None, score: float) -> list[Leak]:
    """The answer after a question (`corpus/leaks/answers.py`), or without a list the right option's text."""
    told = list(answers(page, item, max(stem.end, listed.end if listed else 0)))
    if not told and listed is None:
        right = right_option(page, item, stem.end)
        return [_leak(page, item, "answer", right, score)] if right else []
    return [Leak(item.id, "answer", start, end, score) for start, end in told]


def _leak(page: Page, item: Sought, part: str, where: Stands | Listed, score: float) -> Leak:
    start, end = page.span(where.start, where.end)
    if part == "question":
        start = with_number(page.text, start)
    elif isinstance(where, Listed) and 2 * where.marked >= where.many:
        start = with_letter(page.text, start)
    return Leak(item.id, part, start, end, round(score, 4))
