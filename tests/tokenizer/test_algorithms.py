"""Every algorithm: the vocabulary has the size that was asked for, text comes back, Chinese words are learned."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
import sentencepiece
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.errors import UserError
from tests.tokenizer.fitted import fit_small
from tests.tokenizer.small import CHINESE
from tokenizer.bpe import byte_letters
from tokenizer.opened import Opened, open_tokenizer
from tokenizer.wordpiece import normal_form, normalizer

ALGORITHMS = ("bpe", "unigram", "wordpiece")
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@pytest.fixture(scope="module")
def folder(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizers")
    for algorithm in ALGORITHMS:
        fit_small(corpus, folder / algorithm, f"algorithm={algorithm}")
    return folder


@pytest.fixture(scope="module")
def bpe(folder: Path) -> Opened:
    return open_tokenizer(folder / "bpe")


@pytest.fixture(scope="module")
def unigram(folder: Path) -> Opened:
    return open_tokenizer(folder / "unigram")


@pytest.fixture(scope="module")
def wordpiece(folder: Path) -> Opened:
    return open_tokenizer(folder / "wordpiece")


@pytest.fixture(scope="module")
def processor(folder: Path) -> sentencepiece.SentencePieceProcessor:
    return sentencepiece.SentencePieceProcessor(model_file=str(folder / "unigram" / "tokenizer.model"))


def all_of_unicode() -> Iterator[str]:
    """Every character, in strings of four thousand, each between a space and a letter; of the planes that Unicode has
    given to nobody (4 to 13) or leaves to everybody (15 and 16), every 61st."""
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000
             and (code >> 16 in (0, 1, 2, 3, 14) or code % 61 == 0 or code == sys.maxunicode)]  # fmt: skip
    for start in range(0, len(codes), 4000):
        yield " ".join(f"{chr(code)}a" for code in codes[start : start + 4000])


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_vocabulary_has_just_the_size_asked_for_and_no_id_is_missing(folder: Path, algorithm: str) -> None:
    vocabulary = open_tokenizer(folder / algorithm).backend.get_vocab()
    assert sorted(vocabulary.values()) == list(range(1200))


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_every_character_of_unicode_comes_back(folder: Path, algorithm: str) -> None:
    opened = open_tokenizer(folder / algorithm)
    texts = list(all_of_unicode())
    for text, ids in zip(texts, opened.encode(texts), strict=True):
        assert opened.decode(ids) == text


@given(text=anything)
@example("\u2581 \u2581\u2581a \uf8f0\uf8f01\uf8f00")
@example("a\0b\t\r\n  c </s><s><unk><0x41><|im_start|><|endoftext|>")
def test_any_text_comes_back_byte_for_byte(bpe: Opened, unigram: Opened, text: str) -> None:
    for opened in (bpe, unigram):
        assert opened.decode(opened.encode([text])[0]).encode() == text.encode()


@given(text=anything)
@example("\u2581 \u2581\u2581a \uf8f0\uf8f01\uf8f00")
@example("\u2585\0\t\n  the patients 高血压患者 81 mg/d</s>")
def test_sentencepiece_and_the_exported_tokenizer_give_the_same_ids(
    unigram: Opened, processor: sentencepiece.SentencePieceProcessor, text: str
) -> None:
    assert processor.encode(text) == unigram.encode([text])[0]
    assert processor.decode(processor.encode(text)) == text


@given(text=anything)
@example("\u2581The  PATIENTS\u3000\u2028 \x07 e\u0301 İ [UNK] [CLS]")
def test_wordpiece_gives_back_the_normal_form(wordpiece: Opened, text: str) -> None:
    assert wordpiece.decode(wordpiece.encode([text])[0]) == normal_form(wordpiece.backend, text)


def test_the_normal_form_is_what_it_is_said_to_be(wordpiece: Opened) -> None:
    told = normal_form(wordpiece.backend, "  The\t\u2581PATIENTS\x07\n高血压 \u20ac ")
    assert told == "the patients 高血压 [UNK] "


@given(text=anything)
@example("J\u030c e\x07\u0301 \u0130 u\u0308")
def test_the_normalizer_does_what_the_documents_say_of_it(text: str) -> None:
    """By other means: Python's own Unicode. Of characters that its older version does not know nothing is said."""
    if any(unicodedata.category(one) == "Cn" for one in text):
        return
    kept = "".join(one for one in text if unicodedata.category(one) != "Cc" or one in "\t\n\v\f\r\x85")
    spaced = re.sub(r"[\s\u2581]+", " ", kept)
    wanted = unicodedata.normalize("NFC", "".join(map(str.lower, spaced)))
    assert normalizer(True).normalize_str(text).removeprefix(" ") == wanted.removeprefix(" ")


def test_an_unknown_character_costs_itself_and_not_the_word_around_it(wordpiece: Opened) -> None:
    ids = wordpiece.encode(["高血压\u20ac患者"])[0]
    assert [wordpiece.backend.id_to_token(number) for number in ids] == ["高血压", "[UNK]", "患者"]


@pytest.mark.parametrize(("algorithm", "share"), [("bpe", 0.9), ("wordpiece", 0.9), ("unigram", 0.5)])
def test_chinese_words_are_single_pieces(folder: Path, algorithm: str, share: float) -> None:
    opened = open_tokenizer(folder / algorithm)
    whole = [word for word in CHINESE if len(opened.encode([word])[0]) == 1]
    assert len(whole) >= share * len(CHINESE), set(CHINESE) - set(whole)


def test_wordpiece_has_chinese_words_of_several_characters_in_its_vocabulary(wordpiece: Opened) -> None:
    vocabulary = wordpiece.backend.get_vocab()
    assert {"高血压", "糖尿病", "不良反应"} <= set(vocabulary)
    assert not any(piece.startswith("##") for piece in vocabulary)


def test_no_piece_ends_in_the_middle_of_a_character_that_it_does_not_begin_with(bpe: Opened) -> None:
    letters = {letter: byte for byte, letter in enumerate(byte_letters())}
    special = set(bpe.backend.get_added_tokens_decoder())
    for piece, number in bpe.backend.get_vocab().items():
        raw = bytes(letters[letter] for letter in piece) if number not in special else b"x"
        torn = len(raw) > 1 and raw.decode(errors="replace").endswith("\ufffd")
        assert not torn or len(raw.decode(errors="ignore")) == 0, piece


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_vocabulary_that_the_words_do_not_give_is_refused_with_the_most_they_give(
    corpus: Path, tmp_path: Path, algorithm: str
) -> None:
    with pytest.raises(UserError, match="gives no vocabulary of 60,000") as caught:
        fit_small(corpus, tmp_path / "out", f"algorithm={algorithm}", "vocabulary=60000")
    assert "out.toml" in caught.value.where
    most = int(caught.value.mend.partition("--set vocabulary=")[2].partition(")")[0])
    fitted = fit_small(corpus, tmp_path / "out", f"algorithm={algorithm}", f"vocabulary={most}")
    assert fitted.card.counts["vocabulary"] == most


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_vocabulary_without_room_for_what_must_be_in_it_is_refused(
    corpus: Path, tmp_path: Path, algorithm: str
) -> None:
    with pytest.raises(UserError, match="vocabulary of 300 has no room"):
        fit_small(corpus, tmp_path / "out", f"algorithm={algorithm}", "vocabulary=300", "special.reserved=400")


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("line", ["a" * 200_000, "药" * 50_000, "ab " * 50_000, "\u0301" * 20_000, "1" * 100_000])
def test_an_endless_line_is_encoded_in_seconds(folder: Path, algorithm: str, line: str) -> None:
    opened = open_tokenizer(folder / algorithm)
    ids = opened.encode([line])[0]
    whole = normal_form(opened.backend, line) if algorithm == "wordpiece" else line
    assert opened.decode(ids) == whole
