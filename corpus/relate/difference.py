"""What two near copies differ in, and whether the difference forbids that one stands for the other.

Takes two texts in the matching view (`corpus/text/fold.py`), from `corpus/relate/near.py`. The texts are aligned token
by token (longest common subsequence; a token is a word, a number, a Chinese character or a mark), and each place where
they part is looked at. A *veto* is given where

- quantities are substituted: `81 mg` by `325 mg`, 三钱 by 五钱, `mg` by `g` (`corpus/text/quantities.py`);
- a negation stands on one side only, or an opposite took the place of a word (`corpus/text/polarity.py`);
- one term of a given list is replaced by another: metformin by glipizide.

What only one side has (a footer, a whole sentence, another section, the end of a page that was cut off) vetoes
nothing, nor does a passage that stands elsewhere (`corpus/relate/moved.py`). Dates, page numbers and counters are no
quantities.
"""

from __future__ import annotations

import bisect
import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Indel

from corpus.relate import moved
from corpus.relate.terms import Terms
from corpus.text import polarity
from corpus.text.quantities import Quantity, quantities, spelt, substituted

LIBRARIES = ("rapidfuzz",)

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_\u2e80-\U0003ffff]+(?:'[a-z]+)?|\S")
LONG = 5_000  # tokens of a piece that is aligned as a whole; longer ones are cut at anchors first
ANCHOR = 6  # tokens in a row that occur once in both texts
SHORT_CHANGE = 12  # tokens: a longer change is other content, and its negations say nothing about the rest
CUT_OFF = 4  # tokens that one text must have beyond the edge of the other
SHOWN = 60  # characters of evidence a side
_SENTENCE_END = frozenset(".。!！?？;；:\n")

Block = tuple[int, int, int, int]  # tokens i1:i2 of one text against j1:j2 of the other


class Difference(NamedTuple):
    """`veto`: `quantity`, `negation`, `term` or empty. `one`, `other`: what stands on either side, `81 mg`, `325 mg`;
    without a veto at the first change, for the reader. `changes`: how many places differ."""

    veto: str
    one: str
    other: str
    changes: int

    @property
    def evidence(self) -> str:
        """For a reader: `81 mg → 325 mg`, with ∅ for nothing; empty when nothing differs."""
        return arrow(self.one, self.other) if self.changes else ""


def arrow(one: str, other: str) -> str:
    """What stands on either side, as a reader sees it."""
    return f"{one or '∅'} → {other or '∅'}"


class Tokens:
    """A text cut into tokens: where each starts and ends, and a number for each different one. `known` numbers the
    tokens of all texts that are to be compared. Of a form that is filled in a thousand times every text is compared
    with dozens of others, so what was read in one comparison is kept for the next."""

    def __init__(self, text: str, known: dict[str, int]) -> None:
        places, ids = array("q"), array("q")
        for match in TOKEN.finditer(text):
            places.extend(match.span())
            ids.append(known.setdefault(match[0], len(known)))
        self.text = text
        self.places = places  # start and end of every token
        self.ids = np.array(ids, np.int64)
        self._quantities: dict[tuple[int, int], list[Quantity]] = {}

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The characters of tokens `first:last`; of none, the place between two tokens."""
        if first < last:
            return self.places[2 * first], self.places[2 * last - 1]
        at = self.places[2 * first] if first < len(self.ids) else len(self.text)
        return at, at

    def words(self, first: int, last: int) -> str:
        """The text of tokens `first:last`."""
        start, end = self.span(first, last)
        return self.text[start:end]

    def quantities(self, first: int, last: int) -> list[Quantity]:
        """Those in tokens `first:last` and in the tokens beside them, which are the same on both sides: `/kg` added to
        `10 mg` makes another quantity of it."""
        found = self._quantities.get((first, last))
        if found is None:
            found = quantities(self.text, *self.span(max(0, first - 1), min(len(self.ids), last + 1)))
            self._quantities[first, last] = found
        return found


def difference(one: str, other: str, terms: Terms | None = None) -> Difference:
    """How two folded texts differ. Which is the one and which the other does not matter: where several alignments are
    equally good, the choice among them is that of the two texts in alphabetical order."""
    known: dict[str, int] = {}
    return compare(Tokens(one, known), Tokens(other, known), terms)


def compare(left: Tokens, right: Tokens, terms: Terms | None = None) -> Difference:
    """The same of two texts that are cut already."""
    if left.text > right.text:
        found = compare(right, left, terms)
        return found._replace(one=found.other, other=found.one)
    blocks = list(changes(left.ids, right.ids))
    veto = _first_veto(left, right, blocks, terms)
    if veto and (rest := moved.rest(left.text, right.text)):
        known: dict[str, int] = {}
        left_rest, right_rest = (Tokens(text, known) for text in rest)
        veto = _first_veto(left_rest, right_rest, changes(left_rest.ids, right_rest.ids), terms)
    if veto:
        return Difference(*veto, len(blocks))
    return Difference("", *(_sides(left, right, blocks[0]) if blocks else ("", "")), len(blocks))


def _first_veto(
    left: Tokens, right: Tokens, blocks: Iterable[Block], terms: Terms | None
) -> tuple[str, str, str] | None:
    return next(filter(None, (_veto(left, right, block, terms) for block in blocks)), None)


def changes(one: NDArray[np.int64], other: NDArray[np.int64]) -> Iterator[Block]:
    """The places where two sequences part, in order."""
    head = _common(one, other)
    tail = _common(one[head:][::-1], other[head:][::-1])
    left, right = one[head : len(one) - tail], other[head : len(other) - tail]
    for i1, i2, j1, j2 in _pieces(left, right):
        # Two pieces that are too long and share no anchor are one change: nothing in them is known to agree.
        if max(i2 - i1, j2 - j1) > LONG:
            yield i1 + head, i2 + head, j1 + head, j2 + head
            continue
        for code in _merged(Indel.opcodes(left[i1:i2].tolist(), right[j1:j2].tolist())):
            yield code[0] + i1 + head, code[1] + i1 + head, code[2] + j1 + head, code[3] + j1 + head


def _common(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """How many items agree from the start."""
    size = min(len(one), len(other))
    differ = one[:size] != other[:size]
    return int(differ.argmax()) if differ.any() else size


def _merged(codes: object) -> Iterator[Block]:
    """A deletion beside an insertion is one change."""
    held: Block | None = None
    for code in codes:  # type: ignore[attr-defined]
        if code.tag == "equal":
            continue
        block = (code.src_start, code.src_end, code.dest_start, code.dest_end)
        if held and held[1] == block[0] and held[3] == block[2]:
            held = (held[0], block[1], held[2], block[3])
            continue
        if held:
            yield held
        held = block
    if held:
        yield held


def _pieces(one: NDArray[np.int64], other: NDArray[np.int64]) -> Iterator[Block]:
    """Cut both sequences at anchors so that no piece is longer than LONG where anchors allow it."""
    start_one = start_other = 0
    if max(len(one), len(other)) > LONG:
        for i, j in _anchors(one, other):
            if max(i - start_one, j - start_other) > LONG // 2:
                yield start_one, i, start_other, j
                start_one, start_other = i, j
    yield start_one, len(one), start_other, len(other)


def _anchors(one: NDArray[np.int64], other: NDArray[np.int64]) -> list[tuple[int, int]]:
    """Places of runs that occur once in each sequence, in rising order in both (patience sorting, D. Knuth, TAOCP
    vol. 3, 5.1.4; the idea of B. Cohen's patience diff)."""
    places, unique = [], []
    for sequence in (one, other):
        windows = _windows(sequence)
        keys, first, times = np.unique(windows, return_index=True, return_counts=True)
        unique.append(keys[times == 1])
        places.append(first[times == 1])
    _, at_one, at_other = np.intersect1d(unique[0], unique[1], assume_unique=True, return_indices=True)
    pairs = sorted(zip(places[0][at_one].tolist(), places[1][at_other].tolist(), strict=True))
    return _rising(pairs)


def _windows(sequence: NDArray[np.int64]) -> NDArray[np.int64]:
    if len(sequence) < ANCHOR:
        return sequence[:0]
    size = len(sequence) - ANCHOR + 1
    windows = np.zeros(size, np.int64)
    for place in range(ANCHOR):
        windows = windows * 1_000_003 + sequence[place : place + size]  # wraps round; a collision costs one anchor
    return windows


def _rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """A longest run of pairs that rises on both sides."""
    tops: list[int] = []
    at: list[int] = []
    back: list[int] = []
    for place, (_, value) in enumerate(pairs):
        pile = bisect.bisect_left(tops, value)
        if pile == len(tops):
            tops.append(value)
            at.append(place)
        else:
            tops[pile], at[pile] = value, place
        back.append(at[pile - 1] if pile else -1)
    result = []
    place = at[-1] if at else -1
    while place >= 0:
        result.append(pairs[place])
        place = back[place]
    return result[::-1]


def _veto(left: Tokens, right: Tokens, block: Block, terms: Terms | None) -> tuple[str, str, str] | None:
    """What forbids, and what stands on either side; None where nothing does."""
    if _cut_off(left, right, block):
        return None
    one = left.quantities(*block[:2])
    other = right.quantities(*block[2:]) if one else []
    one, other = substituted(one, other) if other else ([], [])
    if one and other:
        return "quantity", spelt(one)[:SHOWN], spelt(other)[:SHOWN]
    if terms and (pair := terms.substituted(left.text, left.span(*block[:2]), right.text, right.span(*block[2:]))):
        return "term", pair[0][:SHOWN], pair[1][:SHOWN]
    if max(block[1] - block[0], block[3] - block[2]) <= SHORT_CHANGE and not _whole_sentence(left, right, block):
        before, after = left.words(*block[:2]), right.words(*block[2:])
        if polarity.negations(before) != polarity.negations(after) or polarity.opposed(before, after):
            return "negation", *_sides(left, right, block)
    return None


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


def _sides(left: Tokens, right: Tokens, block: Block) -> tuple[str, str]:
    return left.words(*block[:2])[:SHOWN], right.words(*block[2:])[:SHOWN]
