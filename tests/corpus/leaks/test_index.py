"""The n-gram index: hashes by the definition, candidates where pieces stand, the same after being written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.leaks.index import build_index, hashed, often, read_index, write_index
from corpus.leaks.pieces import CONTEXT, GRAM_SIZES, OPTION, QUESTION, Piece
from corpus.leaks.view import bare
from tests.corpus.leaks.made import PROSE

CODES = st.lists(st.integers(1, 0x10FFFF), min_size=1, max_size=60).map(lambda codes: np.array(codes, np.uint32))
QUESTIONS = [
    Piece(0, QUESTION, "whyistheskyabovethelighthousedarkerthantheskyabovethesea"),
    Piece(1, QUESTION, "灯塔上空的天色为何比海面上空的天色更暗"),
]


@pytest.mark.parametrize("size", GRAM_SIZES)
@given(codes=CODES, again=st.integers(0, 20))
def test_equal_grams_have_equal_hashes_wherever_they_stand(size: int, codes: np.ndarray, again: int) -> None:
    filled = np.concatenate([codes, np.arange(1, size + 1, dtype=np.uint32)])
    moved = np.concatenate([np.arange(7, 7 + again, dtype=np.uint32), filled])
    usable = len(filled) - size + 1
    assert hashed(filled, size)[:usable].tolist() == hashed(moved, size)[again : again + usable].tolist()


@pytest.mark.parametrize("size", GRAM_SIZES)
@given(codes=CODES, at=st.integers(0, 11), change=st.integers(1, 1000))
def test_a_changed_character_changes_the_hash(size: int, codes: np.ndarray, at: int, change: int) -> None:
    gram = np.resize(codes, size)
    other = gram.copy()
    other[at % size] ^= np.uint32(change)
    assert hashed(gram, size)[0] != hashed(other, size)[0]


@pytest.mark.parametrize("piece", QUESTIONS)
def test_a_piece_is_a_candidate_where_it_stands(piece: Piece) -> None:
    index = build_index(QUESTIONS)
    view = bare([PROSE["en"], PROSE["zh"] + piece.text + PROSE["en"], PROSE["zh"]])
    found = index.candidates(view)
    assert found.text.tolist() == [1]
    assert found.number.tolist() == [piece.number]
    assert found.low[0] <= view.string(1).index(piece.text) <= found.high[0]


def test_no_gram_reaches_from_one_text_into_the_next() -> None:
    text = QUESTIONS[0].text
    cut = len(text) // 2
    together = build_index([Piece(0, QUESTION, text[cut - 6 : cut + 6])])
    assert len(together.candidates(bare([text])).text) == 1
    assert len(together.candidates(bare([text[:cut], text[cut:]])).text) == 0


def test_a_gram_that_many_pieces_have_is_kept_only_where_there_is_no_other() -> None:
    phrase = "whichofthefollowing"
    many = [
        Piece(number, QUESTION, f"{phrase}{number:03d}lampsisthebrightestofallonthecoast{number:03d}")
        for number in range(200)
    ]
    index = build_index([*many, Piece(200, CONTEXT, phrase)])
    found = index.candidates(bare([many[7].text]))
    assert 7 in found.number.tolist()
    assert len(set(found.number.tolist())) < 120
    assert index.candidates(bare([f"…{phrase}…"])).number.tolist() == [200]


def test_an_option_alone_is_no_candidate_and_several_are() -> None:
    options = ["lampblindness", "saltwaterfever", "foghornsyndrome", "keeperslament"]
    index = build_index([Piece(0, QUESTION, "whatisit"), *(Piece(0, OPTION, option) for option in options)])
    assert len(index.candidates(bare([f"He had {options[0]}."])).text) == 0
    assert len(index.candidates(bare([" ".join(options[:3])])).text) == 3


def test_an_index_that_was_written_answers_the_same(tmp_path: Path) -> None:
    index = build_index(QUESTIONS)
    write_index(index, tmp_path)
    view = bare([PROSE["en"] + QUESTIONS[0].text, QUESTIONS[1].text])
    for one, other in zip(index.candidates(view), read_index(tmp_path).candidates(view), strict=True):
        assert one.tolist() == other.tolist()


def test_an_index_of_nothing_finds_nothing() -> None:
    assert len(build_index([]).candidates(bare([PROSE["en"]])).text) == 0
    assert len(build_index(QUESTIONS).candidates(bare([])).text) == 0


@pytest.mark.parametrize("piece", QUESTIONS)
@pytest.mark.parametrize("between", [20, 60, 120])
def test_a_piece_in_two_parts_is_a_candidate_where_one_of_them_stands(piece: Piece, between: int) -> None:
    index = build_index(QUESTIONS)
    middle = len(piece.text) // 2
    apart = "zq" * (between // 2)
    found = index.candidates(bare([PROSE["en"], f"{PROSE['zh']}{piece.text[:middle]}{apart}{piece.text[middle:]}"]))
    assert set(found.number.tolist()) == {piece.number}
    assert set(found.text.tolist()) == {1}


@given(st.lists(st.integers(0, 3), max_size=60), st.lists(st.integers(0, 9), max_size=60))
def test_no_hit_that_is_often_enough_is_lost_before_they_are_sorted(texts: list[int], pieces: list[int]) -> None:
    many = min(len(texts), len(pieces))
    text, piece = np.array(texts[:many], np.int64), np.array(pieces[:many], np.int64)
    need = np.arange(10, dtype=np.int64) // 2 + 1
    kept = set(often(text, piece, need).tolist())
    pairs = list(zip(text.tolist(), piece.tolist(), strict=True))
    assert kept >= {at for at, pair in enumerate(pairs) if pairs.count(pair) >= need[pair[1]]}
