"""Every family is extended: old ids stay, old text keeps them, and the table says what each new piece was."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import sentencepiece
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from corpus.progress import Silent
from tests.tokenizer.extend.bases import CHINESE as GENERAL_CHINESE
from tests.tokenizer.extend.bases import WORDS, general_lines
from tests.tokenizer.extend.conftest import NAMES
from tests.tokenizer.small import CHINESE, ENDS, STARTS, documents
from tokenizer.extend.run import TABLE, Asked, Extended, extend
from tokenizer.opened import open_tokenizer

Extending = Callable[[str], Extended]
TEXTS = [row["text"] for row in documents(20, seed=9)] + general_lines(20, seed=9)
MIXED = st.lists(
    st.sampled_from([*STARTS, *ENDS, *CHINESE, *WORDS, *GENERAL_CHINESE, " ", "。", "mg/d"]) | st.text(max_size=4),
    max_size=12,
).map("".join)


def both(bases: dict[str, Path], extended: Extending, name: str) -> tuple[Tokenizer, Tokenizer]:
    """The base and the extended tokenizer, which take text as text."""
    return open_tokenizer(bases[name]).backend, open_tokenizer(extended(name).out).backend


def ids(backend: Tokenizer, text: str) -> list[int]:
    return list(backend.encode(text, add_special_tokens=False).ids)


def written(token: str) -> bytes:
    """What a piece of WordPiece or sentencepiece stands for."""
    if token.startswith("<0x"):
        return bytes([int(token[3:-1], 16)])
    return token.removeprefix("##").replace("\u2581", " ").encode()


@pytest.mark.parametrize("name", NAMES)
def test_every_old_id_stays_and_new_ones_begin_behind_the_highest(
    bases: dict[str, Path], extended: Extending, name: str
) -> None:
    before, after = open_tokenizer(bases[name]), open_tokenizer(extended(name).out)
    vocabulary = after.backend.get_vocab(with_added_tokens=True)
    old = before.backend.get_vocab(with_added_tokens=True)
    assert {token: vocabulary[token] for token in old} == old
    new = sorted(number for token, number in vocabulary.items() if token not in old)
    assert new == list(range(before.size, after.size))
    assert after.size % 64 == 0
    assert len(new) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_text_in_which_no_new_piece_stands_keeps_its_ids(
    bases: dict[str, Path], extended: Extending, name: str
) -> None:
    before, after = both(bases, extended, name)
    first = open_tokenizer(bases[name]).size

    @given(MIXED)
    def keeps(text: str) -> None:
        new = ids(after, text)
        if all(number < first for number in new):
            assert new == ids(before, text)

    keeps()


@pytest.mark.parametrize("name", ["gpt-2", "middle", "llama-3", "llama-2", "llama-2-json", "unigram"])
def test_text_comes_back_as_from_the_base(bases: dict[str, Path], extended: Extending, name: str) -> None:
    before, after = both(bases, extended, name)

    @given(MIXED)
    def comes_back(text: str) -> None:
        assert after.decode(ids(after, text)) == before.decode(ids(before, text))

    comes_back()


@pytest.mark.parametrize("name", NAMES)
def test_old_ids_are_what_a_piece_was_made_of(bases: dict[str, Path], extended: Extending, name: str) -> None:
    """Their text joined is the piece's own; where the character was unknown, they are the unknown token."""
    base = open_tokenizer(bases[name])
    unknown = base.backend.token_to_id("[UNK]" if name == "bert" else "<unk>")
    table = pl.read_parquet(extended(name).out / TABLE)
    assert table["id"].to_list() == list(range(base.size, base.size + table.height))
    for row in table.iter_rows(named=True):
        if unknown in row["old_ids"]:
            continue
        tokens = [str(base.backend.id_to_token(number)) for number in row["old_ids"]]
        if name in ("gpt-2", "middle", "llama-3"):
            assert "".join(tokens) == row["piece"]
        else:
            assert b"".join(map(written, tokens)) == row["bytes"]
        assert row["text"] is None or row["text"].encode() == row["bytes"]


@pytest.mark.parametrize("name", ["gpt-2", "middle", "llama-3"])
def test_new_pieces_written_out_give_the_text_of_the_base(
    bases: dict[str, Path], extended: Extending, name: str
) -> None:
    before, after = both(bases, extended, name)
    table = pl.read_parquet(extended(name).out / TABLE)
    old = dict(zip(table["id"], table["old_ids"].to_list(), strict=True))
    for text in TEXTS:
        spelt = [part for number in ids(after, text) for part in old.get(number, [number])]
        assert before.decode(spelt) == text


@pytest.mark.parametrize("name", NAMES)
def test_domain_text_needs_fewer_tokens_or_knows_more_of_them(extended: Extending, name: str) -> None:
    counts = extended(name).card.counts
    gains = {tag: told["characters"]["gain"] for tag, told in counts["held_out"].items()}
    assert set(gains) == {"en", "zh"}
    for tag, (gain, low, high) in gains.items():
        assert low <= gain <= high
        before, after = counts["unknown"][tag]
        assert gain > 0 or after < before


@pytest.mark.parametrize("name", NAMES)
def test_general_lines_change_no_more_than_they_may(
    bases: dict[str, Path], extended: Extending, general: Path, name: str
) -> None:
    """Counted again, by other means, on lines that are in no sample."""
    before, after = both(bases, extended, name)
    for start in (0, 1):
        lines = general_lines(2000, seed=77)[start::2]
        changed = sum(ids(before, line) != ids(after, line) for line in lines)
        assert changed <= 0.005 * len(lines)


def test_without_a_guard_many_more_lines_change(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path: Path
) -> None:
    free = extend(Asked(str(bases["llama-2"]), corpus, general, pieces=150, changed=1.0), tmp_path / "free", Silent())
    assert free.card.counts["general"]["en"]["share"] > 0.01


@pytest.mark.parametrize("name", ["llama-2", "llama-2-json", "no-bytes", "unigram"])
def test_the_sentencepiece_model_and_tokenizer_json_give_the_same_ids(extended: Extending, name: str) -> None:
    out = extended(name).out
    model = sentencepiece.SentencePieceProcessor(model_file=str(out / "tokenizer.model"))
    backend = Tokenizer.from_file(str(out / "tokenizer.json"))
    backend.encode_special_tokens = True
    for line in (line for text in TEXTS for line in text.splitlines() if line):
        assert model.encode(line) == ids(backend, line)
    assert model.vocab_size() == open_tokenizer(out).size


@pytest.mark.parametrize("name", ["gpt-2", "middle", "llama-3", "bert", "llama-2", "unigram"])
def test_transformers_load_the_same_ids(extended: Extending, name: str) -> None:
    from transformers import AutoTokenizer

    loaded = AutoTokenizer.from_pretrained(str(extended(name).out), local_files_only=True)
    backend = open_tokenizer(extended(name).out)
    for text in TEXTS:
        assert loaded(text, add_special_tokens=False)["input_ids"] == backend.encode([text])[0]
    assert max(loaded.get_vocab().values()) + 1 == backend.size


def test_special_tokens_are_still_taken_out_of_text(bases: dict[str, Path], extended: Extending) -> None:
    for name, token in (("middle", "<|middle|>"), ("llama-3", "<|reserved_3|>")):
        before = Tokenizer.from_file(str(bases[name] / "tokenizer.json"))
        after = Tokenizer.from_file(str(extended(name).out / "tokenizer.json"))
        text = f"the train{token}came"
        assert ids(after, text) == ids(before, text)
        assert after.token_to_id(token) in ids(after, text)


def test_what_the_base_says_of_itself_goes_along_but_for_its_code(extended: Extending) -> None:
    out = extended("gpt-2").out
    config = json.loads((out / "tokenizer_config.json").read_bytes())
    assert config["eos_token"] == "<|endoftext|>"
    assert config["chat_template"] == "{{ messages }}"
    assert (out / "chat_template.jinja").read_text() == "{{ messages }}"
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert "auto_map" not in config


def test_the_card_names_base_and_corpus(bases: dict[str, Path], corpus: Path, extended: Extending) -> None:
    card = extended("gpt-2").card
    assert card.kind == "tokenizer"
    assert card.parents["base"] == open_tokenizer(bases["gpt-2"]).identity
    assert card.parents["corpus"] == json.loads((corpus / "card.json").read_bytes())["identity"]


def test_two_extensions_are_the_same_bytes_and_the_second_in_place_does_nothing(
    bases: dict[str, Path], corpus: Path, general: Path, extended: Extending, tmp_path: Path
) -> None:
    for name in ("gpt-2", "llama-2"):
        asked = Asked(str(bases[name]), corpus, general, pieces=60)
        again = extend(asked, tmp_path / name, Silent())
        assert again.card == extended(name).card
        assert not extend(asked, tmp_path / name, Silent()).fresh


def test_an_extended_tokenizer_can_be_extended(
    corpus: Path, general: Path, extended: Extending, tmp_path: Path
) -> None:
    first = extended("gpt-2")
    second = extend(Asked(str(first.out), corpus, general, pieces=10), tmp_path / "twice", Silent())
    assert second.card.parents["base"] == first.card.identity
    assert second.card.counts["vocabulary"] > first.card.counts["vocabulary"]


def test_a_bert_that_cuts_out_every_han_character_is_said_to_take_no_chinese_words(extended: Extending) -> None:
    bert = extended("bert")
    assert any("no Chinese words" in warning for warning in bert.warnings)
    pieces = pl.read_parquet(bert.out / TABLE)["text"].to_list()
    assert not [piece for piece in pieces if len(piece) > 1 and piece[0] > "\u4e00"]


def test_a_base_without_bytes_learns_the_characters_it_lacks(extended: Extending) -> None:
    told = extended("no-bytes")
    before, after = told.card.counts["unknown"]["zh"]
    assert before > 0.1
    assert after == 0
    assert any("no byte fallback" in warning for warning in told.warnings)
