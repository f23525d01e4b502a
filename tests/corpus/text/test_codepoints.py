"""Code points, hashes and groups: everything that the quality signals are computed with, against plain Python."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import codepoints
from corpus.text.codepoints import Lexicon, Spans
from tests.corpus.text.texts import texts


def pieces_of(batch: list[str], spans: Spans) -> list[list[str]]:
    """The text of each piece, by text."""
    framed = "\n".join(["", *batch, ""])
    found: list[list[str]] = [[] for _ in batch]
    for start, end, owner in zip(*spans, strict=True):
        found[owner].append(framed[start:end])
    return found


@given(st.lists(texts, max_size=6))
def test_every_text_lies_between_newlines_as_it_was(batch):
    text = codepoints.encode(batch)
    whole = "".join(map(chr, text.codes))
    assert [whole[start:end] for start, end in zip(text.starts, text.ends, strict=True)] == batch
    assert all(whole[start - 1] == "\n" == whole[end] for start, end in zip(text.starts, text.ends, strict=True))
    assert text.lengths.tolist() == [len(item) for item in batch]


def test_an_emoji_is_one_code_point_and_a_combining_accent_another():
    assert codepoints.encode(["😀e\u0301"]).lengths.tolist() == [3]


def test_a_lone_surrogate_is_refused():
    with pytest.raises(UnicodeEncodeError):
        codepoints.encode(["\ud800"])


@given(st.lists(texts, max_size=12), st.integers(1, 50))
def test_batches_hold_every_text_once_and_only_a_long_text_passes_the_limit(batch, limit):
    runs = list(codepoints.batches(batch, limit))
    assert [index for begin, end in runs for index in range(begin, end)] == list(range(len(batch)))
    for begin, end in runs:
        assert end - begin == 1 or sum(len(text) + 1 for text in batch[begin:end]) <= limit + 1


@given(st.lists(texts, min_size=1, max_size=4), st.data())
def test_two_pieces_have_equal_hashes_exactly_when_they_are_equal(batch, data):
    text = codepoints.encode(batch)
    cuts = data.draw(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=12))
    spans, written = [], []
    for owner, item in enumerate(batch):
        for low, high in cuts:
            low, high = min(low, high, len(item)), min(max(low, high), len(item))
            spans.append((text.starts[owner] + low, text.starts[owner] + high, owner))
            written.append(item[low:high])
    values = codepoints.hashes(codepoints.prefix_sums(text.codes), Spans(*map(np.array, zip(*spans, strict=True))))
    for i, first in enumerate(written):
        for j, second in enumerate(written):
            assert (values[i] == values[j]) == (first == second)


def test_a_hash_does_not_depend_on_where_a_word_stands():
    lexicon = Lexicon(["aspirin", "dose"])
    far = 1_200_000  # beyond the tables that hashes are made with
    text = codepoints.encode(["x" * far + " aspirin", "dose", "aspirin!"])
    spans = Spans(np.array([2, 10, 15]) + far, np.array([9, 14, 22]) + far, np.array([0, 1, 2]))
    assert pieces_of(["x" * far + " aspirin", "dose", "aspirin!"], spans) == [["aspirin"], ["dose"], ["aspirin"]]
    found = lexicon.find(codepoints.hashes(codepoints.prefix_sums(text.codes), spans))
    assert found.tolist() == [0, 1, 0]


def test_a_lexicon_finds_its_words_and_no_others():
    lexicon = Lexicon(["the", "be", "to", "of", "and", "that", "have", "with"])
    words = ["the", "The", "them", "", "with", "that", "x"]
    text = codepoints.encode(words)
    values = codepoints.hashes(codepoints.prefix_sums(text.codes), Spans(text.starts, text.ends, np.arange(len(words))))
    assert lexicon.find(values).tolist() == [0, -1, -1, -1, 7, 5, -1]


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5)), max_size=80))
def test_the_first_equal_item_of_the_same_text_is_found(items):
    items.sort(key=lambda item: item[0])
    owners = np.array([owner for owner, _ in items], np.int64)
    keys = np.array([key for _, key in items], np.uint64)
    expected = [items.index(item) for item in items]
    assert codepoints.first_equal(keys, owners).tolist() == expected


def test_a_crowded_table_still_tells_every_key_apart():
    keys = np.arange(20_000, dtype=np.uint64) % np.uint64(15_000)
    first = codepoints.first_equal(keys, np.zeros(20_000, np.int64))
    assert (first == np.arange(20_000) % 15_000).all()


@pytest.mark.parametrize("measure", [codepoints.token_diversity, codepoints.character_diversity])
@pytest.mark.parametrize("texts_beside", [1, 3000])
@given(keys=st.lists(st.integers(0, 4), max_size=50))
def test_diversity_is_the_number_of_kinds_and_their_entropy(measure, texts_beside, keys):
    total = np.zeros(texts_beside + 1, np.int64)
    total[-1] = len(keys)
    owners = np.full(len(keys), texts_beside)
    kinds, entropy = measure(np.array(keys, np.uint64), owners, total)
    counted = Counter(keys)
    assert kinds.tolist() == [0] * texts_beside + [len(counted)]
    expected = -sum(n / len(keys) * math.log(n / len(keys)) for n in counted.values())
    assert entropy[-1] == pytest.approx(expected, abs=1e-12)


def test_a_share_of_nothing_is_nothing():
    assert codepoints.share(np.array([0, 3]), np.array([0, 10])).tolist() == [0.0, 0.3]


@given(st.lists(st.integers(0, 30), min_size=1, unique=True), st.lists(st.integers(0, 30)))
def test_holder_finds_the_last_start_that_is_not_after_a_position(starts, positions):
    starts.sort()
    positions.sort()
    expected = [max((index for index, start in enumerate(starts) if start <= at), default=-1) for at in positions]
    assert codepoints.holder(np.array(starts), np.array(positions, np.int64)).tolist() == expected
