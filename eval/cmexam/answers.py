"""The answer in a generated text, read strictly: a set of options, or none.

Takes what a model wrote after a question of `corpus/exams/cmexam.py`; used by `eval/cmexam/differences.py` and whoever
scores generated answers by `eval/cmexam/strict.py`. Three kinds of places are looked at, and the first kind that is
there decides:

1. letters after a word for answer: `答案：AC`, `正确答案为B`, `Answer: D`;
2. letters after a word for choosing: `故选B`, `选择AC`; not `选项B`, not `不选B`;
3. the first or the last line, where it has nothing but letters, `A,C`, `AC。`, or letters and those options' text.

Full width counts as half width. What is ambiguous is no answer: two places of one kind that disagree, a letter twice,
a letter that no option has, `A-C`, `A或B`, and a letter that runs on into a word (`C反应蛋白`), unless that word is
the option's own text. Small letters are no answers: in English `a` is a word. A model is to be stopped before it asks
itself the next question, whose answer would disagree with the first.

Measured on the 5,771 items of CMExam's validation file with an explanation, their right answers written as each prompt
template of its authors has them: all are found in letters alone and in letters and text; with the explanation behind or
before, 99.93 %, the rest being explanations that tell of another answer; in explanations alone, which have no answer,
one is found in 0.3 %.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from corpus.exams.item import LETTERS

_SEPARATOR = r"\s*(?:[,;/、&+和与及]|and)\s*"
_MORE = rf"(?:{_SEPARATOR}[A-Z]+(?![A-Za-z]))*(?: [A-Z](?![A-Za-z\d]))*"
# A look ahead gives nothing back, so that "A、B1受体" is refused as a whole and not read as its first letter.
# Possessive groups say the same in fewer signs, and Python 3.11.2 matches them wrongly.
_SET = rf"(?<![A-Za-z0-9])(?=(?P<set>[A-Z]+{_MORE}))(?P=set)(?![a-z\d])"
_OPENING = r"\s*[(\[【《“\"'*<]*\s*"
_LINK = r"(?:(?:\s*(?:是|为|选择?|is|:|=)|\s)+|(?=[A-Z]+\s*(?:[,.;。]|$)))"  # none in 答案B。, but not 答案B错误
_TOLD = re.compile(rf"(?:答案|[Aa]nswer)\s*(?:应该|应当|应)?{_LINK}{_OPENING}{_SET}")
_CHOSEN = re.compile(rf"(?<![不备可未勿])选择?(?:\s*(?:是|为|:))*{_OPENING}{_SET}")
_ALONE = re.compile(rf"^{_OPENING}{_SET}")
_CLOSING = ")]】》”\"'*>"
_RANGE = "-~—–+/或至到"  # after letters: they are the start of something else
_AFTER = ("项", "选项", "正确", "对")  # Han that may follow a letter at once
# Why a text has no answer.
EMPTY, NO_LETTERS = "nothing is written", "no letters where an answer stands"
AMBIGUOUS = "letters that are no set of options, or several answers"
REASONS = (EMPTY, NO_LETTERS, AMBIGUOUS)
_EXPLAINED = re.compile(r"(?:解释|解析|[Ee]xplanation)\s*[:：]\s*")


def parse(text: str, options: Sequence[str]) -> tuple[int, ...] | None:
    """The indices of the options that a text answers with, sorted; None where it gives no answer or several.

    `options`: the texts of the options, in order."""
    texts = [_plain(option) for option in options]
    lines = [line for line in map(_plain, text.splitlines()) if line]
    for pattern in (_TOLD, _CHOSEN):
        found = [_read(match, texts, False) for line in lines for match in pattern.finditer(line)]
        if found:
            return _agreed(found)
    ends = lines[:1] + lines[1:][-1:]
    alone = [_read(match, texts, True) for line in ends for match in [_ALONE.match(line)] if match]
    return _agreed([one for one in alone if one is not None])


def unread(text: str) -> str:
    """Why `parse` finds no answer in a text where it finds none: one of `REASONS`."""
    lines = [line for line in map(_plain, text.splitlines()) if line]
    if not lines:
        return EMPTY
    told = any(pattern.search(line) for pattern in (_TOLD, _CHOSEN) for line in lines)
    return AMBIGUOUS if told or any(_ALONE.match(line) for line in (lines[0], lines[-1])) else NO_LETTERS


def explanation(text: str) -> str:
    """What a text says beside its answer: all after a word for explanation; where there is none, all lines that are
    not only an answer."""
    if match := _EXPLAINED.search(text):
        return text[match.end() :].strip()
    return "\n".join(line for line in text.splitlines() if not _only_answer(line)).strip()


def _only_answer(line: str) -> bool:
    plain = _plain(line)
    return any(not plain[match.end() :].strip(" .,;:。、" + _CLOSING)
               for pattern in (_TOLD, _ALONE) for match in [pattern.search(plain)] if match)  # fmt: skip


def _plain(line: str) -> str:
    """A line in half width, with single spaces: a model that writes thousands of them costs no time then."""
    return " ".join(unicodedata.normalize("NFKC", line).split())


def _agreed(found: Sequence[tuple[int, ...] | None]) -> tuple[int, ...] | None:
    return found[0] if len(set(found)) == 1 else None


def _read(match: re.Match[str], texts: Sequence[str], whole: bool) -> tuple[int, ...] | None:
    """The set of a match, None where it is no set of options or what follows says that it is something else.
    `whole`: nothing but the options' text may follow."""
    named, end = _without_text(match, texts)
    places = [LETTERS.index(letter) for letter in re.findall("[A-Z]", named)]
    if len(set(places)) < len(places) or max(places) >= len(texts):
        return None
    rest = match.string[end:]
    if not (_ends_alone(rest, texts, places) if whole else _ends(rest, texts, places)):
        return None
    return tuple(sorted(places))


def _without_text(match: re.Match[str], texts: Sequence[str]) -> tuple[str, int]:
    """The letters of a match and where they end: in `A P波` and `E A+B`, where P and A begin the option's own text,
    before the space."""
    first, _, rest = match["set"].partition(" ")
    place = LETTERS.index(first[0])
    end = match.start("set") + len(first)
    if rest and place < len(texts) and match.string[end:].lstrip().startswith(texts[place]):
        return first, end
    return match["set"], match.end()


def _ends(rest: str, texts: Sequence[str], places: Sequence[int]) -> bool:
    """Do letters end here, so that they are letters and not the start of a word?"""
    if not rest or rest.startswith((*_AFTER, texts[places[0]])):
        return True
    if rest[0].isspace():
        after = rest.lstrip()
        return not after or not after[0].isascii() or not after[0].isalnum() or after.startswith(texts[places[0]])
    return rest[0] not in _RANGE and not rest[0].isalnum()


def _ends_alone(rest: str, texts: Sequence[str], places: Sequence[int]) -> bool:
    """Does nothing follow but punctuation and the texts of the options that are named?"""
    for text in _longest_first(texts, places):
        rest = rest.replace(text, "", 1)
    return not any(one.isalnum() or one in _RANGE for one in rest)


def _longest_first(texts: Sequence[str], places: Sequence[int]) -> Iterator[str]:
    yield from sorted((texts[place] for place in places), key=len, reverse=True)
