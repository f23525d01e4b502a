"""Which changes between two texts forbid that one stands for the other.

Takes two texts cut into tokens and the places where they part (`corpus/relate/alignment.py`); goes to
`corpus/relate/difference.py`, which says what each veto is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from corpus.relate.alignment import Block
from corpus.relate.terms import Terms
from corpus.relate.tokens import Tokens
from corpus.text import polarity
from corpus.text.quantities import spelt, substituted

SHORT_CHANGE = 12  # tokens: a longer change is other content, and its negations say nothing about the rest
CUT_OFF = 4  # tokens that one text must have beyond the edge of the other
SHOWN = 60  # characters of evidence a side
# Where the texts begin differently: tokens before the first change, tokens in common that do not end the passage, words
# (or Chinese characters) that either side must have there, and the share of the passage that may be the same.
OPENING_AT, OPENING_GAP, OPENING_WORDS, OPENING_SAME = 12, 3, 5, 0.4
OPENING_LOOK, RUN = 60, 3  # tokens of it that are looked for elsewhere, so many at a time
SENTENCE, NEAR = 40, 200  # tokens, and characters, to either side of a change in which its sentence is looked for
_SENTENCE_END = frozenset(".。!！?？;；:\n")
_COMPARED = re.compile(
    r"(?<![a-z])(?:than|superior to|inferior to|versus|vs)(?![a-z])"
    r"|优于|劣于|高于|低于|大于|小于|多于|少于|强于|弱于|胜过|不如|比"
)

Veto = tuple[str, str, str]  # its name, and what stands on either side


def first_veto(left: Tokens, right: Tokens, blocks: Sequence[Block], terms: Terms | None) -> Veto | None:
    """The first reason to keep two texts apart; None where there is none."""
    cuts = [block for block in blocks if _cut_off(left, right, block)]
    rest = [block for block in blocks if block not in cuts]
    found = (_veto(left, right, block, terms) for block in rest)
    return next(filter(None, found), None) or _opening(left, right, rest) or _exchange(left, right, rest)


def _veto(left: Tokens, right: Tokens, block: Block, terms: Terms | None) -> tuple[str, str, str] | None:
    """What forbids, and what stands on either side; None where nothing does."""
    one = left.quantities(*block[:2])
    other = right.quantities(*block[2:]) if one else []
    one, other = substituted(one, other) if other else ([], [])
    if one and other:
        return "quantity", spelt(one)[:SHOWN], spelt(other)[:SHOWN]
    if terms and (pair := terms.substituted(left.text, left.span(*block[:2]), right.text, right.span(*block[2:]))):
        return "term", pair[0][:SHOWN], pair[1][:SHOWN]
    if max(block[1] - block[0], block[3] - block[2]) <= SHORT_CHANGE and not _whole_sentence(left, right, block):
        before, after = left.words(*block[:2]), right.words(*block[2:])
        if polarity.negations(before) != polarity.negations(after) or _opposed(left, right, block):
            return "negation", *sides(left, right, block)
    return None


def _opposed(left: Tokens, right: Tokens, block: Block) -> bool:
    """Whether words of opposite sense took each other's place; of 肌注 and 静注 only half a word differs."""
    before, after = left.words(*block[:2]), right.words(*block[2:])
    return bool(polarity.opposed(before, after) or polarity.opposed(_wide(left, *block[:2]), _wide(right, *block[2:])))


def _wide(text: Tokens, first: int, last: int) -> str:
    """The words of a change with those beside it."""
    return text.words(max(0, first - 1), min(len(text.ids), last + 1))


def _opening(left: Tokens, right: Tokens, blocks: Sequence[Block]) -> Veto | None:
    """Whether the two begin with other words: another question may well get the same answer."""
    passage = None
    for i1, i2, j1, j2 in blocks:
        if passage is None:
            if max(i1, j1) > OPENING_AT:
                return None
            passage, same = (i1, i2, j1, j2), 0
        elif i1 - passage[1] <= OPENING_GAP:
            same += i1 - passage[1]
            passage = (passage[0], i2, passage[2], j2)
        else:
            break
    if passage is None or same >= OPENING_SAME * max(passage[1] - passage[0], passage[3] - passage[2]):
        return None
    if min(_words(left, *passage[:2]), _words(right, *passage[2:])) - same < OPENING_WORDS:
        return None
    if _elsewhere(left, *passage[:2], right) or _elsewhere(right, *passage[2:], left):
        return None
    return "opening", *sides(left, right, passage)


def _elsewhere(text: Tokens, first: int, last: int, other: Tokens) -> bool:
    """Whether most of a passage stands in the other text too, three tokens at a time: then it only moved."""
    runs = [text.words(place, place + RUN) for place in range(first, min(last, first + OPENING_LOOK) - RUN + 1)]
    return sum(run in other.text for run in runs) > len(runs) / 2


def _words(text: Tokens, first: int, last: int) -> int:
    """How many of the tokens are words or Chinese characters."""
    return sum(text.words(place, place + 1)[0].isalpha() for place in range(first, last))


def _exchange(left: Tokens, right: Tokens, blocks: Sequence[Block]) -> Veto | None:
    """Whether a comparison was turned round: a was better than b, b was better than a."""
    for i1, i2, j1, j2 in blocks:
        start, end = left.span(i1, i2)
        if max(i2 - i1, j2 - j1) > SHORT_CHANGE or not _COMPARED.search(left.text, max(0, start - NEAR), end + NEAR):
            continue
        one, other = _sentence(left, i1, i2), _sentence(right, j1, j2)
        said, turned = (text.ids[slice(*found)].tolist() for text, found in ((left, one), (right, other)))
        if said != turned and sorted(said) == sorted(turned) and _COMPARED.search(left.words(*one)):
            return "negation", left.words(*one)[:SHOWN], right.words(*other)[:SHOWN]
    return None


def _sentence(text: Tokens, first: int, last: int) -> tuple[int, int]:
    """The tokens of the sentence in which `first:last` stand, as far as SENTENCE tokens to either side."""
    low, high = max(0, first - SENTENCE), min(len(text.ids), last + SENTENCE)
    before = [place for place in range(low, first) if text.words(place, place + 1) in _SENTENCE_END]
    after = [place for place in range(last, high) if text.words(place, place + 1) in _SENTENCE_END]
    return before[-1] + 1 if before else low, after[0] if after else high


def _cut_off(left: Tokens, right: Tokens, block: Block) -> bool:
    """Whether one text ends, or begins, in the middle of the other: the change is at the edge of both, and what the
    shorter one has there is the beginning (or end) of what the longer one has. A few words at the edge are no cut."""
    i1, i2, j1, j2 = block
    longer = max(i2 - i1, j2 - j1)
    if longer < CUT_OFF or longer - min(i2 - i1, j2 - j1) < CUT_OFF:
        return False
    short, long = sorted((left.words(i1, i2), right.words(j1, j2)), key=len)
    if i2 == len(left.ids) and j2 == len(right.ids):
        within_a_number = short[-1:].isdigit() and long[len(short) : len(short) + 1].isdigit()
        return long.startswith(short) and not within_a_number
    within_a_number = short[:1].isdigit() and long[: len(long) - len(short)][-1:].isdigit()
    return i1 == 0 and j1 == 0 and long.endswith(short) and not within_a_number


def _whole_sentence(left: Tokens, right: Tokens, block: Block) -> bool:
    """Whether the change is a sentence that one side has and the other has not: an addition, no contradiction."""
    i1, i2, j1, j2 = block
    side, first, last = (left, i1, i2) if j1 == j2 else (right, j1, j2)
    if i1 != i2 and j1 != j2:
        return False
    opens = first == 0 or side.words(first - 1, first) in _SENTENCE_END
    closes = last == len(side.ids) or side.words(last - 1, last) in _SENTENCE_END
    return opens and closes


def sides(left: Tokens, right: Tokens, block: Block) -> tuple[str, str]:
    """The beginning of what stands on either side."""
    return left.words(*block[:2])[:SHOWN], right.words(*block[2:])[:SHOWN]
