"""Continued byte pair encoding does what its definition says, and the guard knows what a set of pieces changes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.extend.learn import Learner, Pair, Piece
from tokenizer.extend.sequences import BREAK

LETTERS = "abcd"


class Letters:
    """Ids 0 to 3 are letters."""

    def name(self, number: int) -> str:
        return LETTERS[number]

    def number(self, name: str) -> int | None:
        return LETTERS.index(name) if len(name) == 1 else None

    def join(self, left: str, right: str) -> str:
        return left + right

    def cuts(self, name: str) -> list[tuple[str, str]]:
        return [(name[:at], name[at:]) for at in range(1, len(name))]


class Anything:
    """A guard that allows all but some names."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused
        self.asked: list[str] = []

    def allows(self, name: str, known: list[Pair], saved: int) -> bool:
        self.asked.append(name)
        return name not in self.refused


WORDS = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=12), min_size=1, max_size=12)


def array(words: list[list[int]]) -> np.ndarray:
    return np.array([one for word in words for one in (*word, BREAK)], np.int32)


def learned(words: list[list[int]], guard: Anything, room: int = 8) -> tuple[Learner, list[Piece]]:
    learner = Learner(array(words), Letters(), longest=24, minimum=2)
    return learner, learner.learn(room, first=4, guard=guard)


def joined(word: list[int], pair: Pair, number: int) -> list[int]:
    """A pair joined from left to right."""
    made: list[int] = []
    at = 0
    while at < len(word):
        if tuple(word[at : at + 2]) == pair:
            made.append(number)
            at += 2
        else:
            made.append(word[at])
            at += 1
    return made


@given(WORDS)
def test_what_the_learner_holds_is_what_applying_its_merges_gives(words: list[list[int]]) -> None:
    guard = Anything()
    learner, pieces = learned(words, guard, room=1)
    for piece in pieces:
        for pair in piece.pairs:
            words = [joined(word, pair, piece.number) for word in words]
    held = learner.symbols[learner.symbols >= BREAK].tolist()
    assert held == array(words).tolist()


@given(WORDS)
def test_counts_are_those_of_the_text_as_it_stands(words: list[list[int]]) -> None:
    """After any number of merges, whatever can still be joined is counted right."""
    learner, _ = learned(words, Anything(), room=3)
    held = learner.symbols[learner.symbols >= BREAK].tolist()
    counted = Counter(pair for pair in pairwise(held) if BREAK not in pair)
    for key, count in learner.counts.items():
        if count >= 2:
            assert count == counted[key >> 32, key & 0xFFFFFFFF]


@given(WORDS)
def test_the_first_piece_is_the_most_frequent_pair(words: list[list[int]]) -> None:
    _, pieces = learned(words, Anything(), room=1)
    counted = Counter(pair for word in words for pair in pairwise(word))
    if pieces:
        assert counted[pieces[0].pairs[0]] == max(counted.values())
    else:
        assert max(counted.values(), default=0) < 2


@given(WORDS)
def test_a_piece_stands_for_the_base_ids_it_is_named_by(words: list[list[int]]) -> None:
    for piece in learned(words, Anything())[1]:
        assert "".join(LETTERS[one] for one in piece.old) == piece.name


def test_learning_goes_round_a_pair_that_is_refused() -> None:
    words = [[0, 1, 2]] * 5 + [[0, 1]] * 5
    free = [piece.name for piece in learned(words, Anything())[1]]
    guarded = [piece.name for piece in learned(words, Anything("ab"))[1]]
    assert free == ["ab", "abc"]
    assert guarded == ["bc", "abc"]


def test_a_second_way_to_a_piece_is_no_second_piece() -> None:
    words = [[0, 1, 2]] * 9 + [[0, 1]] * 20 + [[1, 2]] * 15 + [[3, 1, 2]] * 3
    pieces = learned(words, Anything())[1]
    assert len({piece.name for piece in pieces}) == len(pieces)
