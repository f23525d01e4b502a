"""How English is cut into tokens and sentences: by example, and the same however a batch is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text import codepoints, lines, words
from corpus.text.sentences import sentences, terminals
from tests.corpus.text.test_codepoints import pieces_of
from tests.corpus.text.texts import texts


def tokens(*batch: str) -> list[list[str]]:
    return pieces_of(list(batch), words.read(codepoints.encode(batch)).tokens)


EXAMPLES = {
    "Aspirin was given.": "Aspirin was given .",
    "(P<0.001; HR 0.62 [95% CI 0.4-0.9])": "( P<0.001 ; HR 0.62 [ 95 % CI 0.4 - 0.9 ] )",
    "4.5 x 10^9/L, 10mg/dL and 5%.": "4.5 x 10 ^ 9 / L , 10mg / dL and 5 % .",
    "a well-known IL-2 (IL-2R) beta-blocker": "a well - known IL-2 ( IL-2R ) beta - blocker",
    "Crohn's patients' don't it'll we've": "Crohn 's patients ' do n't it 'll we 've",
    "e.g. vs. Dr. Smith et al. (i.e., U.S.)": "e.g. vs. Dr. Smith et al . ( i.e. , U.S. )",
    'He said "no." Then?!': 'He said " no . " Then ? !',
    "wait... what..yes…no": "wait ... what .. yes … no",
    "dose--response and/or cannot": "dose -- response and/or can not",
    "see http://a-b.org/x-y, www.c-d.com.": "see http://a-b.org/x-y , www.c-d.com .",
    "5 g. of 10 kg. +5 or 5+": "5 g. of 10 kg . +5 or 5 +",
    "end.Start ends.here": "end . Start ends.here",
    "20,000 men,women 3-4 1950-1960": "20,000 men , women 3 - 4 1950 - 1960",
    "café µg ≥5 ±2 25°C": "café µg ≥5 ±2 25 ° C",
    "$5 £10.50 #tag *note* <b>x</b>": "$ 5 £ 10.50 # tag * note * < b > x</b >",
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_words_are_cut_as_spacy_cuts_them(text):
    assert tokens(text) == [EXAMPLES[text].split()]


@pytest.mark.parametrize("text", EXAMPLES)
def test_the_examples_are_what_spacy_gives(text):
    spacy = pytest.importorskip("spacy", reason="spacy comes with .[bench]")
    assert [token.text for token in spacy.blank("en")(text) if token.text.strip()] == EXAMPLES[text].split()


@given(st.lists(texts, max_size=5))
def test_tokens_are_the_text_without_its_white_space(batch):
    for text, found in zip(batch, tokens(*batch), strict=True):
        assert "".join(found) == "".join(text.split())
        assert all(found)


@given(st.lists(texts, max_size=5))
def test_tokens_of_a_text_do_not_depend_on_its_neighbours(batch):
    assert tokens(*batch) == [tokens(text)[0] for text in batch]


def test_a_long_run_of_marks_is_peeled_at_once():
    assert len(tokens("=" * 200_000 + "x" + ")" * 200_000)[0]) == 400_001


def test_an_endless_alternation_of_stops_and_brackets_ends():
    assert "".join(tokens("x" + ".)" * 50_000)[0]) == "x" + ".)" * 50_000


def count(text: str) -> list[int]:
    encoded = codepoints.encode([text])
    reading = words.read(encoded)
    kinds = words.any_of(reading.flags, reading.tokens)
    found: list[int] = sentences(encoded, reading.tokens, kinds, lines.lines(encoded)).tolist()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two? Three!", [3]),
        ("One (see e.g. Smith et al. 2001). Two", [3]),
        ('He said "Stop." She did not.', [2]),
        ("P = 0.05 vs. 0.01 in 5 g. doses", [1]),
        ("No end\nOne. Two.\n\nLast.", [1, 2, 1, 1]),
        ("Wait... what", [1]),
        ("Why?! Because.", [2]),
    ],
)
def test_sentences_end_at_a_mark_that_a_word_follows(text, expected):
    assert count(text) == expected


def test_terminal_marks_of_many_scripts_are_known():
    assert all(terminals()[ord(mark)] for mark in ".?!。！？।؟։።៕")
    assert not any(terminals()[ord(mark)] for mark in ",;:…、，\"'")
