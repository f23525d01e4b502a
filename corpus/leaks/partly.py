"""Items of which a part stands in a document: half of a long question, or its last sentence with all of its options.

Asked by `corpus/leaks/verify.py` where a question does not stand as a whole; only long ones (`corpus/leaks/pieces.py`)
are known by a part. What stands of them stands word for word. The lengths were chosen so that no real document gives a
false alarm (benchmarks/leaks-2026-11.md).
"""

from __future__ import annotations

import math
import re

from rapidfuzz import fuzz

from corpus.leaks.breaks import LONGEST, between
from corpus.leaks.going_on import begun_before, goes_on
from corpus.leaks.index import GAP
from corpus.leaks.labels import with_number
from corpus.leaks.listed import Listed
from corpus.leaks.otherwise import says_otherwise
from corpus.leaks.page import Page
from corpus.leaks.pieces import HAN_LONG, LATIN_LONG, Sought, unnumbered
from corpus.leaks.place import Hit, Stands, longest_run
from corpus.leaks.view import strings

ADJACENT = 40  # bare characters between a question and a list that follows it at once
HALF = 0.45  # of a question: marks and spaces do not count, and half of it as it is written may be less
RESEMBLES = 0.6  # similarity (Indel) from which what stands beside a stretch is the rest of the question, changed
HAN_HALF, LATIN_HALF = 50, 150  # bare characters that are known alone, where they are half of a question
HAN_STRETCH, LATIN_STRETCH = 65, 200  # and that are known with options, where they are less
HAN_TINY, LATIN_TINY = 4, 12  # of a question's rest that is always compared
HAN_LAST, LATIN_LAST = 2, 6  # of a last sentence that is known with all options right after it
HAN_SENTENCE, LATIN_SENTENCE = 10, 30  # of one that is known where it does not begin a line
HAN_CHANCE, LATIN_CHANCE = 2, 4  # of another line that are alike by chance
_SENTENCE = re.compile(r"""[.?!;]["')\]]*\s+|[。?!;]|\n""")
_DENIALS = frozenset("不非无未没勿除")
_MARKS = " \t\u3000*_#>\"'“”‘’(（)）"  # that may stand before the first word of a line
_SENTENCE_ENDS, _CLAUSE_ENDS = ".。?？!！;；\n", ".。?？!！;；\n,，"
HAN_BEGINS = "\u2e80"  # no letter of a word that spaces part is behind it
_FIGURES = "0123456789一二三四五六七八九十百千万两半"
_CLAUSE = re.compile(r"[,，、:]")


def part_of(page: Page, item: Sought, hit: Hit) -> Stands | None:
    """The stretch of a question that stands where a hit says, None where it is too short to be known even with options.
    Its score is its share of the question."""
    size = len(item.question)
    stretch, long = (HAN_STRETCH, HAN_LONG) if item.han else (LATIN_STRETCH, LATIN_LONG)
    least = min(stretch, max(math.ceil(HALF * size), long))
    around = page.bare[max(hit.low, 0) : hit.high + size]
    block = max(least // 2, 1)  # a stretch of `least` holds one of these whole
    if not any(item.question[at : at + block] in around for at in range(0, size - block + 1, block)):
        return None
    run = longest_run(page, item.question, hit)
    return trimmed(page, item, run) if run.end - run.start >= least else None


def known_alone(item: Sought, part: Stands) -> bool:
    """Does a part tell the item without its options?"""
    return part.score >= HALF and part.end - part.start >= (HAN_HALF if item.han else LATIN_HALF)


def likeness(item: Sought, part: Stands, options: int) -> float:
    """The score of an item of which a part stands, with so many characters of options: 0.8 of half of it or less, and
    so on evenly to 1, which is never reached."""
    share = (part.end - part.start + options) / (len(item.question) + (item.weight if options else 0))
    return min(max(0.8, 0.6 + 0.4 * share), 0.9999)


def last_words(page: Page, item: Sought, listed: Listed) -> Stands | None:
    """The last sentence of a question (in Chinese the last clause) right before a list of its options, and what of the
    question stands before that. Few words have to begin a line: "最可能的诊断是" with the same options ends questions
    about other cases too."""
    whole, *clauses = _endings(item) or [""]
    for words in (whole, *clauses):
        at = page.bare.rfind(words, max(0, listed.start - ADJACENT - LONGEST - len(words)), listed.start)
        if words and at >= 0 and apart(page, at + len(words), listed.start) <= ADJACENT:
            start, end = _further_back(page, item, at, len(words)), at + len(words)
            telling = words == whole and len(words) >= (HAN_SENTENCE if item.han else LATIN_SENTENCE)
            if end - start >= (HAN_LONG if item.han else LATIN_LONG) or _begins_anew(page, start, telling):
                return Stands(start, end, (end - start) / len(item.question))
            if _begins_anew(page, at, telling):  # the letters before it are alike by chance
                return Stands(at, end, len(words) / len(item.question))
    return None


def _further_back(page: Page, item: Sought, at: int, size: int) -> int:
    """Where the question begins that ends with the `size` characters at a place. A few that are alike before a sentence
    or clause are so by chance, as the ends of two words are, unless a whole sentence (in Chinese a clause) is."""
    start, left = at, len(item.question) - size
    while left and start and page.bare[start - 1] == item.question[left - 1]:
        start, left = start - 1, left - 1
    if at - start >= (HAN_SENTENCE if item.han else LATIN_SENTENCE):
        return start if not left else _word_begins(page, start, at)
    begins = _CLAUSE_ENDS if item.han else _SENTENCE_ENDS
    return next((place for place in range(start, at) if _before(page, place) in begins), at)


def _before(page: Page, at: int) -> str:
    """The last character before a bare one that is no space or mark of emphasis; a line's end where one is there."""
    first, last = int(page.origin[at - 1]) + 1 if at else 0, int(page.origin[at])
    between_them = page.text[first:last]
    return "\n" if not at or any(one in between_them for one in "\n\r\f") else between_them.rstrip(_MARKS)[-1:] or " "


def _in_word(page: Page, at: int) -> bool:
    """Does a Latin word go on from the bare character before a place to the one there?"""
    if not 0 < at < len(page.bare) or page.origin[at] - page.origin[at - 1] > 1:
        return False
    return all(one.isalnum() and one < HAN_BEGINS for one in page.bare[at - 1 : at + 1])


def _word_begins(page: Page, at: int, end: int) -> int:
    """The first place from `at` on at which no word goes on."""
    return next((place for place in range(at, end) if not _in_word(page, place)), end)


def trimmed(page: Page, item: Sought, run: Stands) -> Stands:
    """A stretch of a question without what is alike by chance at its ends: parts of words, and the last or first
    letters of another line. Its score stays."""
    own = page.bare[run.start : run.end]
    start, end = run.start, run.end
    few = HAN_CHANCE if item.han else LATIN_CHANCE
    if not item.question.startswith(own):
        start = _word_begins(page, start, end)
        start = next((at for at in range(start + 1, min(start + few, end - 1) + 1) if _before(page, at) == "\n"), start)
    if not item.question.endswith(own):
        while end - 1 > start and _in_word(page, end):
            end -= 1
        end = next((at for at in range(end - 1, max(end - few, start + 1) - 1, -1) if _before(page, at) == "\n"), end)
    return run._replace(start=start, end=end)


def _begins_anew(page: Page, start: int, sentence: bool) -> bool:
    """Does a line begin at a place, but for a number, or at least a sentence?"""
    here = page.span(start, start + 1)[0]
    befores = [page.text[max(0, begin - 8) : begin].rstrip(_MARKS) for begin in (here, with_number(page.text, here))]
    ends = "\n\r\f.。?？!！;；" if sentence else "\n\r\f"
    return any(not before or before[-1] in ends for before in befores)


def _endings(item: Sought) -> list[str]:
    """The last sentence of a question of several, and in Chinese its last clause, bare; the longer one first."""
    asked = item.asked.strip()
    last = [one for one in _SENTENCE.split(asked) if re.search(r"\w", one)][-1:]
    if item.han and last:
        last += [one for one in _CLAUSE.split(last[0]) if re.search(r"\w", one)][-1:]
    least = HAN_LAST if item.han else LATIN_LAST
    bare = strings([unnumbered(one.strip()) for one in last])
    return [
        one for one in dict.fromkeys(bare) if least <= len(one) < len(item.question) and item.question.endswith(one)
    ]


def another(page: Page, item: Sought, part: Stands) -> bool:
    """Does the rest of the question stand beside a stretch of it, changed so that it asks something else: with another
    number or a negation? Where the rest does not stand there, the stretch is all there is."""
    own = page.bare[part.start : part.end]
    at = item.question.find(own)
    before, after = item.question[:at], item.question[at + len(own) :]
    if (not before and begun_before(page, part.start)) or (not after and goes_on(page, part.end, item.long)):
        return True
    if _figures(page, before[-1:], part.start - 1, part.start) or _figures(page, after[:1], part.end, part.end):
        return True
    tiny = HAN_TINY if item.han else LATIN_TINY
    there = page.bare[max(part.start - len(before) - GAP, 0) : part.start]
    alone = _line_between(page, part.start) and _DENIALS.isdisjoint(before)  # the age of a patient may be left out
    first = _begins(before, there, 0 if alone else tiny)
    there = page.bare[part.end : part.end + len(after) + GAP][::-1]
    last = _begins(after[::-1], there, tiny)
    if not first and not last:
        return False
    start, end = part.start - first, part.end + last
    asked = (before if first else "") + own + (after if last else "")
    return says_otherwise(item.asked, unnumbered(page.folded(start, end)), asked, page.bare[start:end])


def _begins(rest: str, there: str, tiny: int) -> int:
    """How far back from its end a text is like the rest of a question; 0 where it is not. Of a few characters in one
    line nobody can tell whether they were left out or are others."""
    if len(rest) <= tiny:
        return min(len(rest), len(there))
    if not there:
        return 0
    if len(there) <= len(rest):
        return len(there) if fuzz.ratio(rest, there) >= 100 * RESEMBLES else 0
    best = fuzz.partial_ratio_alignment(rest, there, score_cutoff=100 * RESEMBLES)
    return len(there) - best.dest_start if best else 0


def _line_between(page: Page, at: int) -> bool:
    """Does a line end right before a bare character?"""
    first = int(page.origin[at - 1]) + 1 if at else 0
    last = int(page.origin[at]) if at < len(page.origin) else len(page.text)
    return at in (0, len(page.origin)) or any(one in page.text[first:last] for one in "\n\r\f")


def _figures(page: Page, one: str, at: int, edge: int) -> bool:
    """Do numbers part the question and what stands at a place at once: 65岁 and 70岁? `edge`: the later one of the two
    characters between which they part; nothing stands between those in the text."""
    if not one or not 0 <= at < len(page.bare) or not 0 < edge < len(page.bare):
        return False
    touch = page.origin[edge] - page.origin[edge - 1] <= 1
    return bool(touch) and one in _FIGURES and page.bare[at] in _FIGURES


def apart(page: Page, end: int, start: int) -> int:
    """Bare characters between a question and a list of options after it, but for a page break."""
    return start - end - (between(page, end, start) if end < start else 0)
