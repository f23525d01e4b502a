"""Pieces as flat arrays: which words are one token, for every way in which the library gives offsets."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from corpus.text.codepoints import encode
from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tokenizer.compare.pieces import Cover, Vocabulary, vocabulary_of
from tokenizer.compare.pieces import encode as encode_pieces
from tokenizer.compare.words import han, letter_words, words

BYTE_LEVEL = byte_level(["cat", " cat", " is", "糖"])


def cover(made: Tokenizer, folder: Path, *texts: str) -> tuple[Cover, list[str]]:
    """The cover of the texts, and their words kept whole."""
    held = opened(folder, made)
    text = encode(texts)
    found = Cover(text, encode_pieces(held.backend, texts, text), vocabulary_of(held))
    spans = letter_words(text)
    whole = found.whole(spans)
    flat = "\n" + "".join(one + "\n" for one in texts)
    return found, [flat[a:b] for a, b, kept in zip(spans.starts, spans.ends, whole, strict=True) if kept]


@pytest.mark.parametrize("trim", [False, True])
def test_a_word_is_whole_with_and_without_its_space_wherever_offsets_put_the_space(tmp_path: Path, trim: bool) -> None:
    made = byte_level(["cat", " cat", " is"], trim)
    assert cover(made, tmp_path, "cat is cat, dog", " cat")[1] == ["cat", "is", "cat", "cat"]


def test_a_piece_that_holds_more_than_the_word_does_not_count_nor_two_that_make_it(tmp_path: Path) -> None:
    assert cover(unigram(["_cat", "_cats.", "_do", "g"]), tmp_path, "cat cats. dog")[1] == ["cat"]


def test_the_space_that_a_tokenizer_puts_before_a_text_tears_no_word(tmp_path: Path) -> None:
    assert cover(unigram(["cat", "_dog"]), tmp_path, "cat dog", "cat")[1] == ["cat", "dog", "cat"]


def test_a_word_that_became_unknown_is_not_whole(tmp_path: Path) -> None:
    found, whole = cover(word_piece(["cat"]), tmp_path, "CAT dog cat")
    assert whole == ["CAT", "cat"]
    assert found.unknown().sum() == 3


def test_bytes_of_one_character_all_touch_it_and_the_character_is_torn_once(tmp_path: Path) -> None:
    found, _ = cover(BYTE_LEVEL, tmp_path, "糖尿")
    assert found.depth().tolist() == [0, 1, 3, 0]


def test_bytes_of_a_fallback_make_no_word_whole_although_each_has_the_span_of_all(tmp_path: Path) -> None:
    assert cover(unigram(["_cat"]), tmp_path, "cat éé")[1] == ["cat"]


def test_han_characters_stand_in_longer_pieces_only_if_the_piece_has_two(tmp_path: Path) -> None:
    found, _ = cover(unigram(["糖尿", "病", "a糖"]), tmp_path, "糖尿病a糖")
    assert found.in_longer(han()[encode(["糖尿病a糖"]).codes]).tolist() == [
        False,
        True,
        True,
        False,
        False,
        False,
        False,
    ]


@given(st.lists(st.text(alphabet="cat is糖尿\n é𠀀", max_size=30), min_size=1, max_size=5))
def test_a_whole_word_is_one_token_when_the_tokenizer_is_asked_for_that_word_alone(texts: list[str]) -> None:
    held = BYTE_LEVEL
    text = encode(texts)
    pieces = encode_pieces(held, texts, text)
    assert pieces.at[-1] == len(pieces.ids) == sum(len(held.encode(one).ids) for one in texts)
    spans = words(text)
    flat = "".join(map(chr, text.codes))
    none = np.zeros(held.get_vocab_size(), np.bool_)
    blank = none.copy()
    blank[held.token_to_id("Ġ")] = True
    whole = Cover(text, pieces, Vocabulary(len(none), none, blank)).whole(spans)
    for start, end, kept in zip(spans.starts, spans.ends, whole, strict=True):
        led = flat[start - 1] == " " and len(held.encode(flat[start - 1 : end]).ids) == 1
        alone = len(held.encode(flat[start:end]).ids) == 1
        assert not kept or led or alone
