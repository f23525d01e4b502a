"""What is left of two texts when the passages that both have, in another order, are taken away.

Takes folded texts from `corpus/relate/difference.py`, which asks only where an alignment in order has found a reason to
keep two texts apart: a section that stands elsewhere looks there like one that was replaced. A passage is a run of
sentences that each occur once in both texts. It may go only when what it stands beside is a passage too, or the start
or end of the text, or the same on both sides: else "take 81 mg ..." under *aspirin* and under *warfarin* would count as
moved when the two were swapped. Headings as long as a passage would still be taken for one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from corpus.text.fold import EAST_ASIAN

PASSAGE = 240  # letters, of the shortest passage; a shorter one may be a heading, or what is said under one
HAN_LETTERS = 3  # that an East Asian character counts for
_SENTENCE = re.compile(r"(?<=[.!?])\s+|(?<=[。!?;])(?=[\u2e80-\U0003ffff])")


class Run(NamedTuple):
    """Sentences `one:one + size` of one text are `other:other + size` of the other."""

    one: int
    other: int
    size: int


def rest(one: str, other: str) -> tuple[str, str] | None:
    """What of each text is in no common passage; None when all that they share stands in the same order."""
    left, right = _SENTENCE.split(one), _SENTENCE.split(other)
    runs = _runs(left, right)
    if [run.other for run in runs] == sorted(run.other for run in runs):
        return None
    while True:
        ends = _Ends(runs)
        standing = [run for run in runs if _stands_free(run, ends, left, right)]
        if len(standing) == len(runs):
            break
        runs = standing
    gone = {run.one + place for run in runs for place in range(run.size)}
    gone_other = {run.other + place for run in runs for place in range(run.size)}
    return _without(left, gone), _without(right, gone_other)


def _runs(left: Sequence[str], right: Sequence[str]) -> list[Run]:
    """The passages, in the order of the one text."""
    times, times_other = Counter(left), Counter(right)
    at = {sentence: place for place, sentence in enumerate(right) if times_other[sentence] == 1}
    runs: list[Run] = []
    for place, sentence in enumerate(left):
        if times[sentence] > 1 or sentence not in at:
            continue
        last = runs[-1] if runs else Run(-1, -1, 0)
        if (last.one + last.size, last.other + last.size) == (place, at[sentence]):
            runs[-1] = last._replace(size=last.size + 1)
        else:
            runs.append(Run(place, at[sentence], 1))
    return [run for run in runs if sum(map(_letters, left[run.one : run.one + run.size])) >= PASSAGE]


def _letters(sentence: str) -> int:
    return sum(HAN_LETTERS if ord(character) >= EAST_ASIAN else 1 for character in sentence)


class _Ends:
    """The first and last sentences of the passages, in the one text and in the other."""

    def __init__(self, runs: Sequence[Run]) -> None:
        self.one = {run.one for run in runs} | {run.one + run.size - 1 for run in runs}
        self.other = {run.other for run in runs} | {run.other + run.size - 1 for run in runs}


def _stands_free(run: Run, ends: _Ends, left: Sequence[str], right: Sequence[str]) -> bool:
    """Whether nothing beside the passage, before or after, ties it to its place."""
    beside = ((run.one - 1, run.other - 1), (run.one + run.size, run.other + run.size))

    def free(place: int, sentences: Sequence[str], passages: set[int]) -> bool:
        return not 0 <= place < len(sentences) or place in passages

    def same(one: int, other: int) -> bool:
        return 0 <= one < len(left) and 0 <= other < len(right) and left[one] == right[other]

    return all(
        (free(one, left, ends.one) and free(other, right, ends.other)) or same(one, other) for one, other in beside
    )


def _without(sentences: Sequence[str], gone: set[int]) -> str:
    return " ".join(sentence for place, sentence in enumerate(sentences) if place not in gone)
