"""Which items of an exam stand among other items, or in free text: an index of questions, asked for near copies.

Made of items to be scored (`corpus/exams/read.py`); asked by `train/sft/leaks.py`. Exams share questions across
publishers under other ids, in another script, with options in another order or one less, a number before the question
or a word changed. Texts are compared bare: folded (`corpus/text/fold.py`: case, width, script), without punctuation and
spaces; numbers, signs and decimal points stay. A question is looked up by parts of it (`_grams`), each candidate is
compared (Indel similarity, rapidfuzz) and then must agree beside its question:

- item and item, same question: half of the options of the one with fewer, or (from `LONG` characters) the right
  answer. "Which of these is true?" is many items;
- item and item, `NEAR` questions: the right answers and three of four options. Questions that a number, a negation or
  an opposite parts (`corpus/relate/difference.py`) are two;
- item in a text, same question: half of the options; or the right answer or its letter in the reply, where the question
  has `SHORT` characters, `LONG` ones or stands by itself, and not only words that all exams ask with;
- item in a text, `NEAR` question: half of the options and the right answer among them; without options the right answer
  or its letter, and no more than one change in 50 characters.

Measured on CMExam (validation), MedQA (mainland) and MedMCQA, 1,500 items of each put in, questions of `SHORT` bare
characters or more, found of 100 as chats: as they are with options, reversed, one missing, traditional, full width or
numbered 99.9, 100, 100; question and letter alone 99.9, 99.2, 100 (the rest is generic, or has fewer characters without
the number before it); one character changed, with options 99.4, 99.0, 98.6, with the answer's text alone 99.4, 98.8,
98.4 (the rest mostly lost a negation by it: `EXCgPT`), with a letter alone 60, 65, 97, as a short one is not known by a
letter. As items all are found, of those changed in a character 99.7, 99.0, 98.6. Shorter questions are found with their
options, 95, 77, 100, not by an answer alone, and not changed.

False alarms: of all items of CMExam among those of MedQA mainland 66 are found; of the 32 whose questions are unlike a
dozen were read, each the same question. As chats 73 are found, the 8 others of which ask the same in other words. Of
the items of MMLU none is found in MedMCQA or MedQA US, as items, chats or by question and letter. 30,000 made-up items
are indexed in 5 s of one shared core, 60,000 items looked for in 14 s and 60,000 chats in 44 s (from 12,000).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from corpus.exams.item import LETTERS, ExamItem
from corpus.relate.difference import difference
from corpus.text.fold import fold

GRAM, LATIN_GRAM = 4, 8  # characters of the parts of a question by which it is looked up
SHORT = 8  # bare characters; a shorter question is found only whole, and beside its options or its answer
LONG = 16  # from here on a question is known by its answer or the letter of it, wherever it stands
TELLING = 2  # characters of a shorter one that no question of another matter has
PARTS, STARTS = 8, 8  # at most: parts of a question, and places in each of which the rarest is looked up
NEAR = 80.0  # percent: similarity (rapidfuzz: 200 * characters in common / characters of both)
COMMON = 20  # questions with a part in common, beyond which it is not looked up where a question has others
BATCH = 512

_POINT = re.compile(r"(?<=\d)\.(?=\d)")  # 1.5 is not 15
_KEPT = "\ue000"
_HAN = re.compile("[\u2e80-\u9fff]")
_LETTERS = r"([a-j](?:[\s,;/、和]*[a-j])*)(?![a-z])"
_ANSWER = re.compile(r"(?:答案|answer|选择?)\W*(?:应?[是为选]|is)?\W*" + _LETTERS)
_FIRST = re.compile(r"\W*" + _LETTERS)
_TOLD = re.compile("^(?:答案|answer)(?:是|为|is)?")  # before a bare answer
_OPTION = re.compile(r"(?:^|[^a-z])[a-j]\W{1,3}$")  # what stands before an option
# Words that every exam asks with: what has no others is no question without its options.
_GENERIC = re.compile(
    "以下|下列|下述|上述|关于|有关|各项|哪项|哪一项|哪种|哪个|何者|哪些|中|的|是|为|者|属于|叙述|说法|描述|论述|表述|选项|正确"
    "|错误|不|有误|恰当|合理|最|应|除外|除|外|均|都|可|能|题|which|ofthe|following|statements?|options?|are|is|true|false"
    "|correct|incorrect|not|except|all|about|the|regarding"
)


class _Bare(dict[int, int | None]):
    """Punctuation and spaces to nothing, for `str.translate`; characters are looked up as they come."""

    def __missing__(self, code: int) -> int | None:
        self[code] = None if unicodedata.category(chr(code))[0] in "PZC" and chr(code) != _KEPT else code
        return self[code]


_BARE = _Bare()


def bare(texts: Sequence[str]) -> list[str]:
    """Each text folded, without punctuation and spaces."""
    return [_stripped(text) for text in _folded(texts)]


def _folded(texts: Sequence[str]) -> list[str]:
    view = fold(texts)
    return [view.codes[start:end].astype("<u4").tobytes().decode("utf-32-le", "replace")
            for start, end in zip(view.starts, view.ends, strict=True)]  # fmt: skip


def _stripped(text: str) -> str:
    return _POINT.sub(_KEPT, text).translate(_BARE)


class _Item(NamedTuple):
    """An item to compare. `folded` and `question`: folded, and bare. `options`, `right`: bare. `letters`: lower
    case."""

    id: str
    folded: str
    question: str
    options: frozenset[str]
    right: frozenset[str]
    letters: str


class Said(NamedTuple):
    """A text to look into: what is `asked`, and the `reply`; where they are not told apart all of it is the reply."""

    asked: str
    reply: str


class _Read(NamedTuple):
    """A text, folded and bare; how many of the bare characters `ask`; the reply, bare, and the letters it answers
    with."""

    folded: str
    bare: str
    asked: int
    reply: str
    letters: frozenset[str]


class ExamIndex:
    """Items, found again by their text. `ids`: those that the exams' own files give. `unsought`: ids of those that
    `in_texts` cannot find, because their questions have fewer than `GRAM` bare characters."""

    def __init__(self, items: Sequence[ExamItem]) -> None:
        self._items = list(_compared(items))
        self.ids = {item.id for item in items if not item.numbered}
        self.unsought = [item.id for item in self._items if len(item.question) < GRAM]
        self._whole = defaultdict[str, list[int]](list)
        for number, item in enumerate(self._items):
            self._whole[item.question].append(number)
        self._grams = _grams([item.question for item in self._items])

    def among(self, items: Sequence[ExamItem]) -> list[str]:
        """Of each item the id of the first here that is the same, "" where none is."""
        return [self._twin(item) for item in _compared(items)]

    def in_texts(self, said: Sequence[Said]) -> list[str]:
        """Of each text the id of the first item here that it holds with its answer or its options, "" where none."""
        found = []
        for start in range(0, len(said), BATCH):
            found += [self._held(text) for text in _read(said[start : start + BATCH])]
        return found

    def _twin(self, item: _Item) -> str:
        for number in self._whole.get(item.question, ()):
            if _same(item, self._items[number]):
                return self._items[number].id
        tried = set[int]()
        for number, _ in self._candidates(item.question):
            if number not in tried and _near(item, self._items[number]):
                return self._items[number].id
            tried.add(number)
        return ""

    def _held(self, text: _Read) -> str:
        tried, evidence = set[tuple[int, int]](), dict[int, _Evidence]()
        for number, start in self._candidates(text.bare):
            if (number, start) not in tried:
                tried.add((number, start))
                item = self._items[number]
                if number not in evidence:
                    evidence[number] = _evidence(item, text)
                if any(evidence[number]) and _stands(item, text, start, evidence[number]):
                    return item.id
        return ""

    def _candidates(self, text: str) -> Iterator[tuple[int, int]]:
        """Items that share a part with a text, and where in it their question would begin."""
        han = bool(_HAN.search(text))
        for (length, latin), grams in self._grams.items():
            if han or latin:
                for place in range(len(text) - length + 1):
                    for number, offset in grams.get(text[place : place + length], ()):
                        yield number, place - offset


def _compared(items: Sequence[ExamItem]) -> Iterator[_Item]:
    for start in range(0, len(items), BATCH):
        some = items[start : start + BATCH]
        folded = iter(_folded([text for item in some for text in (item.question, *item.options)]))
        for item in some:
            asked = _unnumbered(next(folded))
            options = [_stripped(next(folded)) for _ in item.options]
            right = frozenset(options[place] for place in item.answers)
            yield _Item(item.id, asked, _stripped(asked), frozenset(options), right, item.letters.lower())


def _read(said: Sequence[Said]) -> Iterator[_Read]:
    folded = iter(_folded([part for one in said for part in one]))
    for asked, reply in zip(folded, folded, strict=True):
        # A text in which nothing is asked begins with no answer: "A woman of 30" tells no letter.
        first = _FIRST.match(reply) if asked else None
        told = [*_ANSWER.findall(reply), *([first[1]] if first else [])]
        letters = frozenset("".join(sorted(_stripped(some))) for some in told)
        before, after = _stripped(asked), _stripped(reply)
        yield _Read(f"{asked} {reply}", before + after, len(before) or len(after), after, letters)


Grams = dict[tuple[int, bool], dict[str, list[tuple[int, int]]]]


def _grams(questions: Sequence[str]) -> Grams:
    """The grams by which questions are looked up, by their length and whether they are Latin: of each part of a
    question the rarest. Whoever changes fewer places than there are parts leaves one whole."""
    counts = Counter[str](text[at : at + length] for text in questions
                          for length, _, places in (_places(text),) for some in places for at in some)  # fmt: skip
    grams: Grams = {}
    for number, text in enumerate(questions):
        length, latin, places = _places(text)
        rarest = sorted(min((counts[text[at : at + length]], at) for at in some) for some in places)
        for count, at in rarest:
            if count > COMMON and (count, at) not in rarest[:2]:
                break  # "which of the following": it would only cost time
            grams.setdefault((length, latin), {}).setdefault(text[at : at + length], []).append((number, at))
    return grams


def _places(text: str) -> tuple[int, bool, list[range]]:
    """The length of a question's grams, whether they are Latin, and where in each part one may begin."""
    latin = not _HAN.search(text)
    length = LATIN_GRAM if latin and len(text) >= LONG else GRAM
    if len(text) < GRAM:
        return length, latin, []
    parts = min(max(len(text) // 8, 2), PARTS) if len(text) >= SHORT else 1
    cuts = [len(text) * part // parts for part in range(parts + 1)]
    return length, latin, [range(start, min(start + STARTS, max(end - length, start) + 1))
                           for start, end in pairwise(cuts)]  # fmt: skip


def _same(ours: _Item, theirs: _Item) -> bool:
    """Are two items with the same question one?"""
    agree = 2 * len(ours.options & theirs.options) >= min(len(ours.options), len(theirs.options))
    return agree or (len(theirs.question) >= LONG and ours.right == theirs.right)


def _near(ours: _Item, theirs: _Item) -> bool:
    """Are two items with unlike questions one?"""
    if ours.right != theirs.right or len(theirs.question) < SHORT:
        return False
    if 4 * len(ours.options & theirs.options) < 3 * min(len(ours.options), len(theirs.options)):
        return False
    near = fuzz.ratio(ours.question, theirs.question, score_cutoff=NEAR)
    return bool(near) and not _differ(ours.folded, theirs.folded)


class _Evidence(NamedTuple):
    """What a text has of an item beside its question: half of the `options`; the right answers, `said` by the reply;
    their letters (`lettered`), where the text does not show that they are those of other options."""

    options: bool
    said: bool
    lettered: bool


def _evidence(item: _Item, text: _Read) -> _Evidence:
    asked = text.bare[: text.asked]
    options = sum(_offered(option, asked) for option in item.options) * 2 >= len(item.options)
    if options and text.letters:  # the letters say which of the options in the text are meant
        said = any(len(letters) == len(item.right)
                   and all(any(letter + answer in asked for letter in letters) for answer in item.right)
                   for letters in text.letters)  # fmt: skip
        return _Evidence(options, said, False)
    said = all(
        answer in text.reply if len(answer) > 1 else answer == _TOLD.sub("", text.reply) for answer in item.right
    )
    return _Evidence(options, said, item.letters in text.letters)


def _offered(option: str, asked: str) -> bool:
    """Is it one of the options? A single character stands in any text: it needs its letter before it,
    and one that is a letter itself, of a picture, tells nothing."""
    if len(option) > 1:
        return option in asked
    return option not in LETTERS.lower() and any(letter + option in asked for letter in LETTERS.lower())


def _stands(item: _Item, text: _Read, start: int, evidence: _Evidence) -> bool:
    """Does the question stand in the text where a part of it was found?"""
    length, asked = len(item.question), start < text.asked
    if start >= 0 and text.bare.startswith(item.question, start) and evidence.options:
        return asked or length >= LONG
    if length < SHORT or not asked or not any(evidence[1:]) or len(_GENERIC.sub("", item.question)) < TELLING:
        return False
    if start >= 0 and text.bare.startswith(item.question, start):
        return length >= LONG or _apart(text, start, start + length)
    return _nearly(item, text, start, evidence)


def _nearly(item: _Item, text: _Read, start: int, evidence: _Evidence) -> bool:
    """Does a changed question stand there? Without its options only where little is changed."""
    length = len(item.question)
    first, last = max(start, 0), min(start + length, len(text.bare))
    if not fuzz.ratio(item.question, text.bare[first:last], score_cutoff=NEAR):
        return False
    if not (evidence.options and evidence.said):
        if Indel.distance(item.question, text.bare[first:last]) > 2 * (1 + length // 50):
            return False
        if length < LONG and not (evidence.said and _apart(text, first, last)):
            return False
    return not _differ(item.folded, _standing(text.folded, first, last))


def _differ(one: str, other: str) -> bool:
    """Does a number or a negation part two folded questions?"""
    return difference(one, _unnumbered(other)).veto in ("quantity", "negation")


def _unnumbered(text: str) -> str:
    """A folded question without the number before it."""
    return re.sub(r"^\W*\d+\s*[.、)):]\s*(?=\D)", "", text)


def _span(folded: str, start: int, end: int) -> tuple[int, int]:
    """Where the bare characters `start:end` stand in a folded text."""
    kept = [at for at, one in enumerate(_POINT.sub(_KEPT, folded)) if _BARE[ord(one)] is not None]
    return kept[start], kept[min(end, len(kept)) - 1] + 1


def _standing(folded: str, start: int, end: int) -> str:
    first, last = _span(folded, start, end)
    return folded[first:last]


def _apart(text: _Read, start: int, end: int) -> bool:
    """Is this a sentence of its own, and not a part of one or an option?"""
    first, last = _span(text.folded, start, end)
    before, after = text.folded[:first].rstrip(), text.folded[last:].lstrip()[:1]
    begins = not before or _BARE[ord(before[-1])] is None or before[-1].isdigit()
    ends = not after or _BARE[ord(after)] is None or end >= text.asked
    return begins and ends and not _OPTION.search(text.folded[:first][-6:])
