"""The options of an item where they stand together: as a list, in any order, under letters or numbers or none.

Asked by `corpus/leaks/verify.py` of a stretch of a document (`corpus/leaks/page.py`). A list is hardly longer than its
options are; the lines of a page break within it (`corpus/leaks/breaks.py`) do not count.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import NamedTuple

from corpus.leaks.breaks import LONGEST, between
from corpus.leaks.page import Page
from corpus.leaks.pieces import Sought

LEAST = 2  # options that are a list
OCCURRENCES = 40  # of one option that are looked at
LEAST_BREAK = 3  # bare characters between two options, up to which there is a letter and no page break to look for
_OPENING = r"[\"'“‘«《〈(（\[【]*[$¥€£+−–-]?"  # marks that belong to an option
_MARK = re.compile(rf"(?<![^\W_])[A-Ja-jＡ-Ｊａ-ｊ1-9１-９]\s*(?:[.．、,，:：)）\]】]\s*|\s+){_OPENING}\Z")
# What may follow an option that has ended, and what may stand before one that begins: the end of a line, a mark, a
# wide space, the next letter.
_AFTER = re.compile(
    r"[^\S\n\r\f\t\u3000]*"
    r"(?:\Z|[\n\r\f\t\u3000]|[^\w\s]|\s[^\S\n]|[A-Ja-jＡ-Ｊａ-ｊ1-9１-９]\s*[.．、,，:：)）\]】]|[A-J]\s)"
)
_BEFORE = re.compile(r"(?:\A|[\n\r\f\t\u3000]|[^\w\s]|\s[^\S\n])\s*\Z")
_BEGINS, _ENDS = re.compile(rf"(?:\A|[\n\r\f])[^\S\n]*{_OPENING}\Z"), re.compile(r"[^\w\n\r]*(?:[\n\r\f]|\Z)")


class Listed(NamedTuple):
    """Options that stand together, how `many` of them, how many are `marked` by a letter or number before them, and how
    many of these are `lettered`, as an exam does it."""

    start: int
    end: int
    many: int
    marked: int
    lettered: int


def listed_in(page: Page, item: Sought, low: int, high: int) -> Listed | None:
    """The most options that stand together between two places: in a stretch as long as they are and a little more."""
    marks = sorted(_occurrences(page, item.options, low, high))
    if len({mark.place for mark in marks}) < LEAST:
        return None
    limit = item.weight + item.weight // 5 + 8 * len(item.options)
    torn = _torn(page, marks)
    best: Listed | None = None
    first = 0
    for last, (_, end, _, _) in enumerate(marks):
        while end - marks[first].start - min(torn[last] - torn[first], LONGEST) > limit:
            first += 1
        many = len({mark.place for mark in marks[first : last + 1]})
        if many >= LEAST and (best is None or many > best.many):
            some = _tight(marks[first : last + 1])
            marked = len({mark.place for mark in some if mark.marked})
            letters = len({mark.place for mark in some if mark.marked and _lettered(page, item, mark.start)})
            best = Listed(some[0].start, max(mark.end for mark in some), many, marked, letters)
    return best


def stand_whole(page: Page, item: Sought, listed: Listed) -> bool:
    """Is every option of a list the whole of what stands there: 桡神经, and not the beginning of 桡神经损伤?"""
    return all(_stands_whole(page, option, listed) for option in set(item.options))


def _stands_whole(page: Page, option: str, listed: Listed) -> bool:
    at = page.bare.find(option, listed.start, listed.end)
    while at >= 0:
        start, stop = page.span(at, at + len(option))
        begins = _marked(page, at) or _BEFORE.search(page.text, max(0, start - 8), start)
        if begins and _AFTER.match(page.text, stop):
            return True
        at = page.bare.find(option, at + 1, listed.end)
    return False


class _Mark(NamedTuple):
    """An option that stands somewhere: its place among the options, and whether a letter or number stands before."""

    start: int
    end: int
    place: int
    marked: bool


def _tight(marks: list[_Mark]) -> list[_Mark]:
    """Without those at the beginning that stand again later: a word of the question is no option."""
    for at, mark in enumerate(marks):
        if all(mark.place != other.place for other in marks[at + 1 :]):
            return marks[at:]
    return marks


def _torn(page: Page, marks: list[_Mark]) -> list[int]:
    """Of each option, how many characters of page breaks stand before it."""
    torn = [0]
    for one, other in pairwise(marks):
        apart = LEAST_BREAK < other.start - one.end <= 2 * LONGEST
        torn.append(torn[-1] + (between(page, one.end, other.start) if apart else 0))
    return torn


def _occurrences(page: Page, options: tuple[str, ...], low: int, high: int) -> list[_Mark]:
    """Where options stand, the longer ones first: what lies in one of them is no other. One of two characters or fewer,
    or a number, stands in any text, and needs its letter or number before it or a line of its own."""
    found = list[_Mark]()
    for place in sorted(range(len(options)), key=lambda place: -len(options[place])):
        option, times = options[place], 0
        telling = len(option) > 2 and not option.replace(".", "").isdecimal()
        at = page.bare.find(option, low, high) if option else -1
        while at >= 0 and times < OCCURRENCES:
            end = at + len(option)
            marked = _marked(page, at)
            if (telling or marked or _own_line(page, at, end)) and not any(
                mark.start <= at and end <= mark.end for mark in found
            ):
                found.append(_Mark(at, end, place, marked))
            at, times = page.bare.find(option, at + 1, high), times + 1
    return found


def _marked(page: Page, at: int) -> bool:
    """Does a letter or number of an option stand before a place?"""
    if not at or page.bare[at - 1] not in "abcdefghij123456789":
        return False
    place = int(page.origin[at])
    return bool(_MARK.search(page.text, max(0, place - 6), place))


def _lettered(page: Page, item: Sought, at: int) -> bool:
    """Is the mark before an option one of the first letters, as many as an exam has options, and no number?"""
    return page.bare[at - 1] in "abcdefghij"[: max(5, len(item.options))]


def _own_line(page: Page, at: int, end: int) -> bool:
    """Is a stretch a line, but for marks?"""
    start, stop = page.span(at, end)
    return bool(_BEGINS.search(page.text, max(0, start - 8), start)) and bool(_ENDS.match(page.text, stop))
