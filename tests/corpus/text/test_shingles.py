"""Shingles against plain Python: 4 characters from a Chinese or Japanese one, else 7, and sets of their hashes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.codepoints import encode
from corpus.text.fold import EAST_ASIAN, fold
from corpus.text.shingles import distinct, mix32, shared, shingles
from tests.corpus.text.texts import CHINESE, ENGLISH, texts

mixed = st.text(st.sampled_from("ab 药片の5,"), max_size=40) | texts


def views(batch: list[str]) -> list[str]:
    """The folded texts."""
    view = fold(batch)
    whole = view.codes.astype("<u4").tobytes().decode("utf-32-le")
    return [whole[start:end] for start, end in zip(view.starts.tolist(), view.ends.tolist(), strict=True)]


def pieces(view: str) -> list[str]:
    """The shingles of a folded text, by definition."""
    found = []
    for at, character in enumerate(view):
        size = 4 if EAST_ASIAN <= ord(character) < 0x40000 else 7
        if at + size <= len(view):
            found.append(view[at : at + size])
    return found


@given(st.lists(mixed, max_size=5))
def test_every_place_gives_its_piece_and_no_piece_reaches_into_another_text(batch):
    found = shingles(fold(batch))
    expected = [pieces(view) for view in views(batch)]
    assert found.counts.tolist() == [len(text) for text in expected]
    value_of: dict[str, int] = {}
    for row, text in enumerate(expected):
        for piece, value in zip(text, found.of(row).tolist(), strict=True):
            assert value_of.setdefault(piece, value) == value
    assert len(set(value_of.values())) == len(value_of)


def test_texts_of_medicine_give_their_pieces_in_order():
    batch = [*ENGLISH, *CHINESE]
    found = shingles(fold(batch))
    value_of: dict[str, int] = {}
    for row, view in enumerate(views(batch)):
        for piece, value in zip(pieces(view), found.of(row).tolist(), strict=True):
            assert value_of.setdefault(piece, value) == value
    assert len(set(value_of.values())) == len(value_of) > 1000


@given(st.lists(mixed, min_size=1, max_size=5))
def test_the_shingles_of_a_text_do_not_depend_on_the_batch(batch):
    together = shingles(fold(batch))
    for row, text in enumerate(batch):
        assert together.of(row).tolist() == shingles(fold([text])).of(0).tolist()


@pytest.mark.parametrize(
    ("text", "count"),
    [("", 0), ("aspiri", 0), ("aspirin", 1), ("阿司匹", 0), ("阿司匹林", 1), ("阿司匹林a", 2), ("a阿司匹林", 1),
     ("服药abc", 2), ("abcdef药", 1), ("abcdef药片", 2), ("\U00020000\U00020001\U00020002\U00020003", 1)],
)  # fmt: skip
def test_a_shingle_begins_wherever_it_fits(text, count):
    assert shingles(fold([text])).counts.tolist() == [count]


def test_a_batch_without_texts_has_no_shingles():
    found = shingles(encode([]))
    assert len(found.hashes) == 0
    assert found.counts.tolist() == []


def test_the_hashes_are_pinned_since_sketches_of_two_versions_do_not_compare():
    found = shingles(fold(["Aspirin 81", "阿司匹林片"]))
    assert found.of(0).tolist() == [1168777935, 617709375, 1099235019, 1366070516]
    assert found.of(1).tolist() == [4294012515, 3651921538]


def test_different_shingles_collide_no_more_often_than_chance():
    drawn = random.Random(7)
    words = [f"{drawn.randrange(10**7):07d}" for _ in range(150_000)]
    hashes = shingles(encode(words)).hashes
    clashes = len(set(words)) - len(np.unique(hashes))
    assert clashes <= 12  # 150,000² / 2^33 = 2.6 by chance; a weak hash of digits would give hundreds


def test_mixing_is_one_to_one_and_spreads_neighbours():
    values = mix32(np.arange(200_000, dtype=np.uint32))
    assert len(np.unique(values)) == 200_000
    assert abs(np.bincount(values >> np.uint32(28), minlength=16) - 12_500).max() < 600


@given(st.lists(st.integers(0, 50)))
def test_distinct_is_the_sorted_set(values):
    assert distinct(np.array(values, np.uint32)).tolist() == sorted(set(values))


@given(st.sets(st.integers(0, 60)), st.sets(st.integers(0, 60)))
def test_shared_counts_what_two_sets_have_in_common(one, other):
    left, right = (np.array(sorted(values), np.uint32) for values in (one, other))
    assert shared(left, right) == len(one & other)


@given(mixed, mixed)
def test_what_two_texts_share_is_what_their_sets_of_pieces_share(one, other):
    found = shingles(fold([one, other]))
    left, right = (set(pieces(view)) for view in views([one, other]))
    first, second = distinct(found.of(0)), distinct(found.of(1))
    assert (len(first), len(second), shared(first, second)) == (len(left), len(right), len(left & right))
