"""Where the answer of an item stands after it: its letter, the right option's text, or both.

Asked by `corpus/leaks/verify.py` of the text after a question and its options. A letter is an answer where a word says
so ("Answer: B", "Ans. C", 答案：Ｂ), with a colon or a verb between the two, and where nothing of a word follows: "the
key age group" and "I could answer. I agree" are none. What says it more weakly (故选B, "C is correct") counts only NEAR
the item, so that prose is not cut.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import numpy as np

from corpus.leaks.page import Page
from corpus.leaks.pieces import Sought
from corpus.leaks.place import Stands

WINDOW = 1_500  # bare characters after an item in which what is called its answer stands
NEAR = 200  # and in which what is not called so stands
LETTERS = 5  # that an exam has at the least: one of four options may be printed with a fifth
_HAN = "\u3400-\u9fff"
_OPEN, _CLOSE = r"[(（\[【]", r"[)）\]】]"
_LETTER = "[A-Ja-jＡ-Ｊａ-ｊ①-⑩]"
_LABEL = re.compile(
    rf"""{_OPEN}?[*_]*(?:
    (?<![A-Za-z0-9])(?:the\s+)?
    (?:(?:(?:correct|right|best)\s+)?(?:answers?|key)|(?:correct|right|best)\s+(?:option|choice|response))(?![A-Za-z])
        (?:[\s*_)\]】]{{0,4}}(?:[:：=]|\b(?:is|are)\b|[-–—])|(?=\s*{_OPEN}\s*{_LETTER}{{1,5}}\s*{_CLOSE}))
    |(?<![A-Za-z0-9])(?:correct\s+|right\s+)?ans(?:\.\s*(?:[:：]|is\b)?|\s*[:：]|\s+is\b)
    |(?:参考|正确|标准|參考|正確|標準)?答\s*案[\s*_]*(?:{_CLOSE}[\s*_]*[:：]?|应?[是为為选選][:：]?|應?[是為選][:：]?|[:：](?:应?[选選])?)
    |(?<![{_HAN}])答\s*[:：](?:应?[选選])?
    )[\s*_]*""",
    re.VERBOSE | re.IGNORECASE,
)
_GIVEN = re.compile(
    rf"""(?:(?:option|choice|选项)\s*)?{_OPEN}?['"‘“`]?\s*
    (?P<letters>{_LETTER}(?:(?:[^\S\n]*(?:[,，;；/、和及与&+]|and)[^\S\n]*)?{_LETTER})*)
    (?![A-Za-z0-9Ａ-Ｚａ-ｚ０-９])
    (?=\s*(?:\Z|[^\w\s])|[^\S\n]*(?:[\n\r]|_*[{_HAN}])|\s+(?:because|since|as|is)\b|(?<=[B-HJＢ-ＨＪ①-⑩])\s)
    ['"’”`]?[*_]*(?:[^\S\n]?{_CLOSE})?[*_]*""",
    re.VERBOSE | re.IGNORECASE,
)
_ENDS = r"(?=\s*(?:\Z|[^\w\s])|[^\S\n]*[\n\r])"
_CHOSEN = re.compile(
    rf"(?P<told>(?:故|因此|所以|应|正确)?(?<![备備挑筛篩])[选選](?:择|擇)?[^\S\n]*(?P<letters>[A-JＡ-Ｊ①-⑩]{{1,5}})){_ENDS}"
)
_CORRECT = re.compile(
    r"(?:\A|[\n\r.。;；!?！？)）:：])\s*(?P<told>(?:(?:the\s+)?(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s+)?[(\[]?"
    r"(?P<letters>[A-J])[)\]]?\s+is\s+(?:the\s+)?(?:correct|right|best|true)\b(?:\s+(?:answer|option|choice)\b)?)"
)
_BETWEEN = re.compile(
    r"['\"’”\s.．、,，:：)）\]】*_(（-]*(?:i\.?\s*e\.?[\s,.:]*)?\Z", re.I
)  # what may stand between a letter and its option


def answers(page: Page, item: Sought, after: int) -> Iterator[tuple[int, int]]:
    """Characters of the text in which the answer stands, after a bare character: the first that is called so, and what
    stands near and says it in other words."""
    if not 0 < after < len(page.bare):
        return
    begin = int(page.origin[after - 1]) + 1
    called = _called(page, item, begin, _character(page, after + WINDOW))
    if called:
        yield called
        after = max(after, int(np.searchsorted(page.origin, called[1])))
    stop = _character(page, after + NEAR)
    for pattern in (_CHOSEN, _CORRECT):
        for match in pattern.finditer(page.text, begin, stop):
            start, end = match.span("told")
            inside = called is not None and start < called[1] and called[0] < end
            if _letters(match["letters"], item) and not inside:
                yield start, end


def right_option(page: Page, item: Sought, after: int) -> Stands | None:
    """The right option's text near a question that stands without its list."""
    for place in item.right:
        answer = item.options[place]
        at = page.bare.find(answer, after, after + NEAR) if len(answer) > (2 if item.han else 5) else -1
        if at >= 0:
            return Stands(at, at + len(answer), 1.0)
    return None


def _called(page: Page, item: Sought, begin: int, stop: int) -> tuple[int, int] | None:
    """What a word calls the answer: the right option's text, or a letter with the text of its option, if any."""
    for label in _LABEL.finditer(page.text, begin, stop):
        end = _option_at(page, [item.options[place] for place in item.right], label.end())
        if end:
            return label.start(), end
        given = _GIVEN.match(page.text, label.end())
        if given and _letters(given["letters"], item):
            return label.start(), _option_at(page, item.options, given.end()) or given.end()
    return None


def _letters(told: str, item: Sought) -> bool:
    """Are these letters of options?"""
    many = max(LETTERS, len(item.options) + 1)
    plain = unicodedata.normalize("NFKC", told).lower().replace("and", "")
    places = [int(one) - 1 if one.isdecimal() else ord(one) - ord("a") for one in plain if one.isalnum()]
    return all(place < many for place in places if place < 26)  # others are words between two letters: 和


def _option_at(page: Page, options: list[str] | tuple[str, ...], start: int) -> int:
    """Where an option ends that stands whole at a character, but for marks before it; 0 where none does."""
    at = int(np.searchsorted(page.origin, start))
    for option in sorted(options, key=len, reverse=True):
        if option and page.bare.startswith(option, at):
            first, last = page.span(at, at + len(option))
            goes_on = page.text[last : last + 1].isalnum() and page.text[last - 1].isalnum()
            word = goes_on and (page.text[last].isascii() or not option.isascii())
            if _BETWEEN.match(page.text[start:first]) and not word:
                return last
    return 0


def _character(page: Page, bare: int) -> int:
    """The end of a bare character in the text."""
    return int(page.origin[min(bare, len(page.bare)) - 1]) + 1
