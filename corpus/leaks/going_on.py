"""Does a text go on at either end of a stretch that is a question, so that it asks something else?

Asked by `corpus/leaks/verify.py` and `corpus/leaks/partly.py`: 15岁 and not 5岁, 不属于 and not 属于, "type II" and not
"type I", "angina is not" and not "angina is".
"""

from __future__ import annotations

import re

from corpus.leaks.page import Page
from corpus.leaks.place import Stands

_DENIALS = "不非无未没勿無沒"
_DENIED = re.compile(rf"[^\S\n\r\f]*(?:(?:not|never|except|no)\b|[{_DENIALS}])", re.IGNORECASE)
_ROMAN = re.compile(r"(?<![A-Za-z])[IVX]+(?![A-Za-z])|[Ⅰ-Ⅻⅰ-ⅻ]")


def continued(page: Page, found: Stands, long: bool) -> bool:
    """Does it, at either end? `long`: the question is."""
    return begun_before(page, found.start) or goes_on(page, found.end, long)


def begun_before(page: Page, start: int) -> bool:
    """Does a digit, a letter or a negation before a bare character belong to what begins there?"""
    here = page.span(start, start + 1)[0]
    before, first = page.text[max(here - 1, 0) : here], page.text[here]
    digits = before.isdecimal() and first.isdecimal()
    return digits or (before != "" and before in _DENIALS) or _halved(page, start) or _one_word(before, first)


def goes_on(page: Page, end: int, long: bool) -> bool:
    """Does a digit, a letter or a negation behind a stretch belong to it? One letter more at the end of a `long`
    question (rash, rashes) leaves it the same, unless that is a numeral."""
    here = page.span(end - 1, end)[1]
    last, after = page.text[here - 1], page.text[here : here + 1]
    if (after.isdecimal() and last.isdecimal()) or _halved(page, end) or denied(page, end):
        return True
    return _one_word(last, after) and (not long or _numeral(page.text, here))


def denied(page: Page, end: int) -> bool:
    """Does a negation follow a stretch at once, in the same line?"""
    return bool(_DENIED.match(page.text, page.span(end - 1, end)[1]))


def _halved(page: Page, at: int) -> bool:
    """Does a place lie within one character of the text, as Ⅱ is ii?"""
    return 0 < at < len(page.bare) and bool(page.origin[at - 1] == page.origin[at])


def _one_word(one: str, other: str) -> bool:
    """Are two letters that stand side by side those of one word? A capital after a small letter begins another."""
    latin = all(char.isalpha() and (char < "\u0250" or "Ⅰ" <= char <= "ⅿ") for char in (one, other)) and one and other
    return bool(latin) and not (one.islower() and other.isupper())


def _numeral(text: str, at: int) -> bool:
    """Does a place lie in a Roman numeral?"""
    begin = max(at - 6, 0)
    return any(match.start() < at < match.end() for match in _ROMAN.finditer(text, begin, at + 6)) or bool(
        _ROMAN.match(text[at : at + 1]) and _ROMAN.match(text[at - 1 : at])
    )
