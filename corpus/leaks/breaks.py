"""Page breaks: short whole lines that a page's foot and the next page's head leave in the middle of a question.

Looked for by `corpus/leaks/place.py` within a question and by `corpus/leaks/listed.py` between options, in a document
(`corpus/leaks/page.py`). What stands there is a few short lines, with a page number, a chapter or a form feed (then the
break is `marked`, and what its lines say belongs to no question), or one or two that end no clause and name no figure,
as a running head does. Which of the
lines are the page's and which the question's is not told by them: the question on both sides decides that, and where it
is there whole and word for word the lines may say anything.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np

from corpus.leaks.page import Page

LINES = 4  # of a break: a footer, a page number, a running head and a chapter
HEADS = 2  # of a break that nothing marks
LINE = 80  # bare characters of each at the most
LONGEST = 160  # bare characters of them together
_NUMBER = r"(?:\d{1,4}|[ivxl]{1,7})"
_MARK = re.compile(
    rf"""\W*{_NUMBER}\W*\Z                                          # 37   - 37 -   xii
    |\W*{_NUMBER}\s*(?:/|of|／|共)\s*\d{{1,5}}\W*\Z                 # 37 / 512
    |\W*第\s*[\d〇零一二三四五六七八九十百]+\s*[页頁章节節篇讲講]   # 第37页  第三章
    |.*第\s*[\d〇零一二三四五六七八九十百]+\s*[页頁章节節篇]\W*\Z   # 内科学 第三章
    |\W*(?:pages?|pg?\.?|chapter|part|section|unit)\s*{_NUMBER}\b   # Page 37   Chapter 3 Cardiology
    |.*\b(?:pages?|pg?\.|chapter)\s*{_NUMBER}\W*\Z                  # Internal Medicine, page 37
    |\d{{1,4}}(?:\s|\s*[|·•])\s*[^\W\d].*[^.。,，、;；:：?？!！]\Z          # 37   Internal Medicine
    |.*[^\W\d]\W*\d{{1,4}}\Z                                       # Internal Medicine | 37
    |.*(?:©|copyright|all\s+rights\s+reserved|isbn|doi\s*:|版[权權]所有)  # an imprint
    |.*(?:第\s*[\d一二三四五六七八九十]+\s*[版卷册冊期]|\d(?:st|nd|rd|th)\s+ed|\bvol\.?\s*\d)
    |.*(?:https?://|www\.)                                         # the foot of a printed web page
    |\W*(?:19|20)\d\d(?:\s*年|\s*[-/.]\s*\d)                      # a date
    |\W*\d{{1,2}}\s*[-/.]\s*\d{{1,2}}\s*[-/.]\s*(?:19|20)\d\d
    """,
    re.VERBOSE | re.IGNORECASE,
)


# A quantity, which is any figure but one before a capital ("Step 1 Practice Test"), or the end of a clause.
_SAYS = re.compile(r"\d(?!\d)(?!\s+[A-Z]|\s*\Z)|[.。,，、;；:：?？!！]\s*\Z")


class Break(NamedTuple):
    """Lines that may lie between two pages, `start` to `end` in bare characters. `marked`: they tell that."""

    start: int
    end: int
    marked: bool


class Line(NamedTuple):
    """A line between two breaks of lines, `start` to `end` in bare characters. `feed`: a form feed is beside it."""

    start: int
    end: int
    text: str
    feed: bool


def break_of(lines: list[Line]) -> Break | None:
    """A run of whole lines as what lies between two pages, None where it cannot be that."""
    start, end = lines[0].start, lines[-1].end
    if len(lines) > LINES or end - start > LONGEST or any(line.end - line.start > LINE for line in lines):
        return None
    if any(line.feed or _MARK.match(line.text.strip()) for line in lines):
        return Break(start, end, marked=True)
    says = len(lines) > HEADS or any(_SAYS.search(line.text) for line in lines)
    return None if says else Break(start, end, marked=False)


def between(page: Page, start: int, end: int) -> int:
    """Bare characters of a page break that lies between two places; 0 where more or other lines stand there, or none
    that tells of a page."""
    lines = whole_lines(page, start, end)
    found = break_of(lines) if lines else None
    return found.end - found.start if found and found.marked else 0


def whole_lines(page: Page, low: int, high: int) -> list[Line]:
    """The lines that begin and end between two places, those without letters or figures left out."""
    if high <= low:
        return []
    first = int(page.origin[low - 1]) + 1 if low else 0
    last = int(page.origin[high]) if high < len(page.origin) else len(page.text)
    if sum(page.text.count(one, first, last) for one in "\n\r\f") < 2:
        return []
    lines = page.text[first:last].splitlines(keepends=True)
    if lines[-1] != lines[-1].splitlines()[0]:
        lines.append("")  # what is asked for ends where a line begins
    ends = first + np.cumsum([len(line) for line in lines])
    places = (low + np.searchsorted(page.origin[low:high], ends)).tolist()
    found, feed = list[Line](), lines[0].endswith("\f")
    for number in range(1, len(lines) - 1):
        line, start, end = lines[number], places[number - 1], places[number]
        feed = feed or line.endswith("\f")
        if end > start:
            found.append(Line(start, end, line, feed))
            feed = line.endswith("\f")
    return found
