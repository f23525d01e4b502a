"""What two near copies differ in, and whether the difference forbids that one stands for the other.

Takes two texts in the matching view (`corpus/text/fold.py`), from `corpus/relate/near.py`. The texts are aligned token
by token (longest common subsequence; a token is a word, a number, a Chinese character or a mark), and each place where
they part is looked at. A *veto* is given where

- quantities are substituted: `81 mg` by `325 mg`, 三钱 by 五钱, `mg` by `g` (`corpus/text/quantities.py`);
- a negation stands on one side only, an opposite, another route or another degree took the place of a word
  (`corpus/text/polarity.py`), or a comparison was turned round;
- the two begin with other words, as another question does that got the same answer;
- one term of a given list is replaced by another: metformin by glipizide.

What only one side has (a footer, a whole sentence, another section, the end of a page that was cut off) vetoes
nothing, nor does a passage that stands elsewhere (`corpus/relate/moved.py`). Dates, page numbers and counters are no
quantities.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.relate import moved
from corpus.relate.alignment import changes
from corpus.relate.terms import Terms
from corpus.relate.tokens import Numbers, Tokens
from corpus.relate.vetoes import first_veto, sides


class Difference(NamedTuple):
    """`veto`: `quantity`, `negation`, `opening`, `term` or empty. `one`, `other`: what stands on either side, `81 mg`,
    `325 mg`; without a veto at the first change, for the reader. `changes`: how many places differ."""

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


def difference(one: str, other: str, terms: Terms | None = None) -> Difference:
    """How two folded texts differ. Which is the one and which the other does not matter: where several alignments are
    equally good, the choice among them is that of the two texts in alphabetical order."""
    known = Numbers()
    return compare(Tokens(one, known), Tokens(other, known), terms)


def compare(left: Tokens, right: Tokens, terms: Terms | None = None) -> Difference:
    """The same of two texts that are cut already."""
    if left.text > right.text:
        found = compare(right, left, terms)
        return found._replace(one=found.other, other=found.one)
    blocks = list(changes(left.ids, right.ids))
    veto = first_veto(left, right, blocks, terms)
    if veto and (rest := moved.rest(left.text, right.text)):
        known = Numbers()
        left_rest, right_rest = (Tokens(text, known) for text in rest)
        veto = first_veto(left_rest, right_rest, list(changes(left_rest.ids, right_rest.ids)), terms)
    if veto:
        return Difference(*veto, len(blocks))
    return Difference("", *(sides(left, right, blocks[0]) if blocks else ("", "")), len(blocks))
