"""CLD2 behind the guess: weak guesses, its fall-back on English, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from corpus.annotate.cld2_model import guess, identify
from corpus.annotate.guess import HEAD, PIECE, sample

TEXTS = [
    "The patients were treated with aspirin.",
    "Der Patient wurde mit Aspirin behandelt.",
    "El paciente fue tratado con aspirina.",
    "Пациент получал аспирин.",
    "高血压患者的治疗",
    "x",
] * 20


def test_a_clear_sentence_is_no_weak_guess() -> None:
    found = guess(TEXTS[0])
    assert found.languages[0][0] == "en"
    assert not found.weak
    assert found.confidence > 0.9


def test_english_that_is_only_the_fall_back_is_dropped() -> None:
    found = guess("On se bat au corps à corps.")
    assert found.weak
    assert "en" not in dict(found.languages)


def test_nothing_to_go_by_gives_no_language() -> None:
    assert guess("") == ((), 0.0, True)
    assert guess("12 345") == ((), 0.0, True)


@pytest.mark.parametrize("noise", [*map(chr, range(32)), "\x7f", "\x85", "\ufdd0", "\ufffe", "\uffff", "\U0010ffff"])
def test_characters_that_cld2_refuses_are_taken_out(noise: str) -> None:
    assert guess(f"{noise}The patients were{noise} treated with aspirin.").languages[0][0] == "en"


def test_guesses_are_the_same_in_threads_and_in_any_order() -> None:
    alone = identify(TEXTS)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(guess, TEXTS * 10)) == alone * 10
    assert identify(TEXTS[::-1]) == alone[::-1]


def test_a_sample_holds_start_middle_and_end() -> None:
    assert sample("short") == "short"
    text = "a" * 5000 + "m" * 1000 + "z" * 5000
    start, middle, end = sample(text).split("\n")
    assert (start, middle, end) == ("a" * HEAD, "m" * PIECE, "z" * PIECE)
