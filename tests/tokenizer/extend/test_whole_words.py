"""Whole words are looked up before any merge: they are written as one piece, and what holds them stays as it was."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tokenizer.bpe import byte_letters
from tokenizer.extend.family import Family, family_of
from tokenizer.extend.grown import grown
from tokenizer.extend.guard import Ordinary
from tokenizer.extend.sequences import sequences
from tokenizer.extend.whole_words import SHARE, looked_up_first, whole_words
from tokenizer.opened import Opened

DOMAIN = ["the enalapril dose", "more enalapril, less enalaprilat", "a renal enalapril trial"] * 30
GENERAL = [f"the dose of the news {number} is more news" for number in range(400)]


def family(*more: str, merges: tuple[tuple[str, str], ...] = ()) -> Family:
    """A base of bytes, with a few merges and pieces."""
    pieces = [*byte_letters(), *(left + right for left, right in merges), *more]
    backend = Tokenizer(models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=list(merges)))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return family_of(Opened("base", Path(), backend, {}, "x", None))


def general(base: Family) -> Ordinary:
    number = len(GENERAL)
    return Ordinary(sequences(GENERAL, base), np.zeros(number, np.int8), ("en",), np.arange(number, dtype=np.int32))


def chosen(base: Family, limit: float = 0.01, room: int = 50) -> tuple[list[str], np.ndarray]:
    ordinary = Ordinary(
        sequences(GENERAL, base), np.zeros(len(GENERAL), np.int8), ("en",), np.arange(len(GENERAL), dtype=np.int32)
    )
    pieces, shares = whole_words(base, sequences(DOMAIN, base), ordinary, 5, np.array([limit]), room, 40)
    return [piece.name for piece in pieces], shares


def test_words_of_the_domain_are_chosen_and_words_of_general_lines_are_not() -> None:
    names, shares = chosen(family())
    assert "Ġenalapril" in names
    assert not {"the", "Ġdose"} & set(names)
    assert shares.max() <= SHARE * 0.01


def test_with_no_limit_to_speak_of_general_words_are_taken_too() -> None:
    names, _ = chosen(family(), limit=10.0)
    assert {"Ġenalapril", "Ġdose"} <= set(names)


def test_there_is_never_more_than_the_room_and_the_best_comes_first() -> None:
    names, _ = chosen(family(), room=1)
    assert names == ["Ġenalapril"]
    assert chosen(family(), limit=0.0)[0] == []


def test_a_word_becomes_one_id_and_a_longer_word_keeps_its_own() -> None:
    base = family(merges=(("e", "n"), ("a", "l")))
    ordinary = Ordinary(
        sequences(GENERAL, base), np.zeros(len(GENERAL), np.int8), ("en",), np.arange(len(GENERAL), dtype=np.int32)
    )
    pieces, _ = whole_words(base, sequences(DOMAIN, base), ordinary, 5, np.array([0.01]), 1, 40)
    extended = Tokenizer.from_str(grown(base, pieces).backend.to_str())
    assert json.loads(extended.to_str())["model"]["ignore_merges"] is True
    assert extended.encode(" enalapril").ids == [base.size]
    for other in (" enalaprilat", "enalapril", " renal", *GENERAL[:5]):
        assert extended.encode(other).ids == base.backend.encode(other).ids
    assert list(pieces[0].old) == base.backend.encode(" enalapril").ids
    assert extended.decode([base.size]) == " enalapril"


@pytest.mark.parametrize(("more", "expected"), [((), True), (("zzz",), False)])
def test_a_base_with_a_piece_that_its_merges_do_not_make_is_not_looked_up(
    more: tuple[str, ...], expected: bool
) -> None:
    assert looked_up_first(family(*more)) is expected
    reading = family(*more)
    reading.spec["model"]["ignore_merges"] = True
    assert looked_up_first(reading)
