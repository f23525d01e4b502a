"""A text in pieces: bytes, names and places for every kind of tokenizer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tokenizer.cut import cut, segments
from tokenizer.opened import Opened


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Opened]:
    made = {
        "bytes": byte_level([" cat", "糖"]),
        "words": word_piece(["cat", "##s", "糖"]),
        "unigram": unigram(["_cat", "s"]),
    }
    return {name: opened(tmp_path_factory.mktemp(name), each) for name, each in made.items()}


def test_pieces_of_byte_level(held: dict[str, Opened]) -> None:
    shown = [(piece.raw, piece.text, piece.start, piece.end) for piece in cut(held["bytes"], "a cat糖é")]
    assert shown == [(b"a", "a", 0, 1), (b" cat", " cat", 1, 5), ("糖".encode(), "糖", 5, 6), (b"\xc3", None, 6, 7),
                     (b"\xa9", None, 6, 7)]  # fmt: skip


def test_pieces_of_wordpiece_lose_their_mark_and_the_unknown_has_no_bytes(held: dict[str, Opened]) -> None:
    shown = [(piece.name, piece.raw, piece.start, piece.end) for piece in cut(held["words"], "Cats é糖")]
    assert shown == [("cat", b"cat", 0, 3), ("##s", b"s", 3, 4), ("[UNK]", None, 5, 6), ("糖", "糖".encode(), 6, 7)]


def test_bytes_of_a_fallback_stand_for_their_own_character_each(held: dict[str, Opened]) -> None:
    shown = [(piece.raw, piece.start, piece.end) for piece in cut(held["unigram"], "cats é\n糖")]
    assert shown == [(b" cat", 0, 3), (b"s", 3, 4), (b" ", 4, 5), (b"\xc3", 5, 6), (b"\xa9", 5, 6), (b"\n", 6, 7),
                     (b"\xe7", 7, 8), (b"\xb3", 7, 8), (b"\x96", 7, 8)]  # fmt: skip


@pytest.mark.parametrize("name", ["bytes", "unigram"])
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20))
def test_the_bytes_of_all_pieces_are_those_of_the_text(held: dict[str, Opened], name: str, text: str) -> None:
    raw = b"".join(piece.raw or b"" for piece in cut(held[name], text))
    put_before = b" " if name == "unigram" and text else b""
    assert raw.replace("\u2581".encode(), b" ") == put_before + text.replace("\u2581", " ").encode()


@given(st.binary(max_size=12))
def test_segments_hold_the_bytes_and_no_text_is_left_in_them(raw: bytes) -> None:
    found = segments(raw)
    assert b"".join(part if isinstance(part, bytes) else part.encode() for part in found) == raw
    assert not any(
        isinstance(one, str) and isinstance(other, str) for one, other in zip(found, found[1:], strict=False)
    )


def test_segments_of_a_character_and_a_half() -> None:
    assert segments("糖".encode() + "尿".encode()[:2]) == ["糖", b"\xe5\xb0"]
