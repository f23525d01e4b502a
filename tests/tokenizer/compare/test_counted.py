"""Counts of documents against counts by hand, and what must hold of them whatever the documents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tokenizer.compare.counted import _back, _Batch, first_difference
from tokenizer.compare.measures import OF_PIECES
from tokenizer.compare.pieces import encode, vocabulary_of
from tokenizer.compare.words import Finder
from tokenizer.opened import Opened

TEXT = "Cat sees cat, 糖尿病\n"


def counted(held: Opened, texts: list[str], languages: list[str]) -> tuple[pl.DataFrame, list[dict[str, int]]]:
    names = [str(number) for number in range(len(texts))]
    rows = pl.DataFrame({"id": names, "language": languages, "source": "s", "tier": "t"})
    batch = _Batch(rows, texts, Finder(["cat", "糖尿病"]))
    encoded = encode(held.backend, texts, batch.text)
    table = batch.pieces(encoded, vocabulary_of(held), _back(held, encoded))
    return batch.rows(), [dict(zip(OF_PIECES, map(int, row), strict=True)) for row in table]


def test_the_counts_of_a_text_by_hand(tmp_path: Path) -> None:
    rows, _ = counted(opened(tmp_path, byte_level([])), [TEXT, TEXT], ["en", "zh"])
    assert rows.drop("id", "language", "source", "tier").rows() == [
        (1, 24, 18, 4, 3, 2, 3),  # cat twice
        (1, 24, 18, 4, 3, 1, 3),  # the Chinese term once
    ]


@pytest.mark.parametrize(
    ("made", "tokens", "expected"),
    [
        # C a t | ␣ s e e s | ␣cat | , | ␣ | 糖 尿(3) 病(3) | ⏎
        (byte_level([" cat", "cat", "糖"]), 3 + 5 + 1 + 1 + 1 + 1 + 3 + 3 + 1, (0, 0, 1, 1, 0, 2, 1)),
        # cat | [UNK] | cat | , | 糖 | [UNK] | [UNK]
        (word_piece(["cat", ",", "糖"]), 7, (3, 6, 2, 2, 0, 0, 0)),
        # ␣ C(byte) at | ␣sees | ␣cat | , | ␣ | 糖尿 病 | ⏎(byte)
        (unigram(["at", "_sees", "_cat", ",", "糖尿", "病"]), 3 + 1 + 1 + 1 + 1 + 2 + 1, (0, 0, 2, 1, 2, 0, 1)),
    ],
    ids=["byte-level", "wordpiece", "unigram"],
)
def test_the_counts_of_pieces_by_hand(tmp_path: Path, made: Tokenizer, tokens: int, expected: tuple[int, ...]) -> None:
    assert counted(opened(tmp_path, made), [TEXT], ["en"])[1] == [
        dict(zip(OF_PIECES, (tokens, *expected), strict=True))
    ]


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return opened(tmp_path_factory.mktemp("held"), byte_level(["cat", " cat", "糖尿"]))


@given(texts=st.lists(st.text(alphabet="cat, 糖尿病\né𠀀", max_size=20), min_size=1, max_size=4))
@settings(max_examples=30)
def test_a_document_counts_the_same_alone_and_in_company(held: Opened, texts: list[str]) -> None:
    together = counted(held, texts, ["zh"] * len(texts))
    alone = [counted(held, [text], ["zh"]) for text in texts]
    assert together[1] == [row for _, (row,) in alone]
    assert together[0].drop("id").rows() == [rows.drop("id").row(0) for rows, _ in alone]


@given(st.text(alphabet="ab", max_size=12), st.text(alphabet="ab", max_size=12))
def test_the_first_difference_is_where_two_texts_part(text: str, other: str) -> None:
    at = first_difference(text, other)
    assert text[:at] == other[:at]
    assert text == other or text[at : at + 1] != other[at : at + 1]
    assert at <= min(len(text), len(other))


def test_the_used_ids_are_counted_by_language() -> None:
    from tokenizer.compare.counted import _use
    from tokenizer.compare.pieces import Pieces

    used: dict[str, np.ndarray] = {}  # type: ignore[type-arg]
    ids = np.array([1, 1, 2, 3])
    _use(used, ["en", "zh", "en"], Pieces(ids, ids, ids, np.array([0, 2, 3, 4])), 5)
    assert {name: counts.tolist() for name, counts in used.items()} == {"en": [0, 2, 0, 1, 0], "zh": [0, 0, 1, 0, 0]}
