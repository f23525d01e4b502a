"""Opening tokenizers: anybody's files, in any state, never the network; and `AutoTokenizer` on what we write."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from tokenizers import Tokenizer, models
from transformers import AutoTokenizer
from typer.testing import CliRunner

from corpus.errors import UserError
from tests.tokenizer.fitted import fit_small
from tokenizer.cli import app
from tokenizer.opened import open_tokenizer

TALK = [
    {"role": "user", "content": "剂量？"},
    {"role": "assistant", "content": "81 mg/d"},
    {"role": "user", "content": "Why?"},
    {"role": "assistant", "content": "因为高血压。"},
]


@pytest.fixture(scope="module")
def folder(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("opened")
    for algorithm in ("bpe", "unigram", "wordpiece"):
        fit_small(
            corpus, folder / algorithm, f"algorithm={algorithm}", 'special.more=["<|note|>"]', "special.reserved=3"
        )
    return folder


@pytest.mark.parametrize("algorithm", ["bpe", "unigram", "wordpiece"])
def test_auto_tokenizer_gives_the_same_ids(folder: Path, algorithm: str) -> None:
    theirs: Any = AutoTokenizer.from_pretrained(folder / algorithm)
    ours = open_tokenizer(folder / algorithm)
    text = "Patients 患者 took 81 mg/kg,  twice\n\nµg 高血压"
    assert theirs(text, add_special_tokens=False)["input_ids"] == ours.encode([text])[0]
    assert len(theirs) == ours.size == 1200
    assert theirs.convert_tokens_to_ids("<|note|>") < 20
    if algorithm != "wordpiece":
        assert theirs.decode(theirs(text)["input_ids"]) == text


def test_an_encoder_gets_its_frame_around_one_text_and_two(folder: Path) -> None:
    theirs: Any = AutoTokenizer.from_pretrained(folder / "wordpiece")
    both = theirs("dose", "risk")
    assert theirs.convert_ids_to_tokens(both["input_ids"]) == ["[CLS]", "▁dose", "[SEP]", "▁risk", "[SEP]"]
    assert both["token_type_ids"] == [0, 0, 0, 1, 1]
    assert theirs.mask_token == "[MASK]"


def test_words_are_the_same_pieces_at_the_start_inside_behind_a_mask_and_when_they_come_cut(folder: Path) -> None:
    theirs: Any = AutoTokenizer.from_pretrained(folder / "wordpiece")
    assert theirs.tokenize("dose was dose") == ["▁dose", "▁was", "▁dose"]
    assert theirs.tokenize("was [MASK] dose") == ["▁was", "▁", "[MASK]", "▁dose"]
    cut = theirs(["was", "dose"], is_split_into_words=True, add_special_tokens=False)
    assert theirs.convert_ids_to_tokens(cut["input_ids"]) == ["▁was", "▁dose"]


@pytest.mark.parametrize("algorithm", ["bpe", "unigram"])
def test_the_marks_of_the_chat_template_cover_just_what_the_assistant_says(folder: Path, algorithm: str) -> None:
    theirs: Any = AutoTokenizer.from_pretrained(folder / algorithm)
    told = theirs.apply_chat_template(TALK, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
    marked = [one for one, mark in zip(told["input_ids"], told["assistant_masks"], strict=True) if mark]
    assert theirs.decode(marked) == "81 mg/d<|im_end|>因为高血压。<|im_end|>"
    assert theirs.decode(told["input_ids"]).startswith("<|im_start|>user\n剂量？<|im_end|>\n<|im_start|>assistant\n81")


def test_a_file_that_was_changed_has_not_the_identity_of_its_card(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "bpe", tmp_path / "copy")
    assert open_tokenizer(tmp_path / "copy").identity == open_tokenizer(folder / "bpe").identity
    file = tmp_path / "copy" / "tokenizer.json"
    file.write_text(file.read_text(encoding="utf-8") + " ", encoding="utf-8")
    changed = open_tokenizer(tmp_path / "copy")
    assert changed.card is None
    assert changed.identity != open_tokenizer(folder / "bpe").identity


def test_pieces_at_random_are_switched_off(folder: Path, tmp_path: Path) -> None:
    spec = json.loads((folder / "bpe" / "tokenizer.json").read_bytes())
    spec["model"]["dropout"] = 0.9
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec))
    text = ["Patients took 81 mg/kg 高血压"]
    assert open_tokenizer(tmp_path).encode(text) == open_tokenizer(folder / "bpe").encode(text)


def test_an_id_beyond_all_vocabularies_is_refused(tmp_path: Path) -> None:
    spec = {"model": {"type": "WordLevel", "vocab": {"a": 4_000_000_000}, "unk_token": "a"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(spec))
    with pytest.raises(UserError, match="4,000,000,000"):
        open_tokenizer(tmp_path)


def test_a_tokenizer_that_cannot_encode_a_text_ends_with_a_sentence(tmp_path: Path) -> None:
    backend = Tokenizer(models.WordLevel({"a": 0}, unk_token="[UNK]"))
    backend.save(str(tmp_path / "tokenizer.json"))
    shown = CliRunner().invoke(app, ["show", "b", "--tokenizer", str(tmp_path)])
    assert isinstance(shown.exception, UserError)
    assert "cannot encode" in shown.exception.what


def test_a_pipe_is_no_tokenizer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    with pytest.raises(UserError, match="no file"):
        open_tokenizer(tmp_path / "pipe.json")


def test_text_that_spells_a_special_token_is_text(folder: Path) -> None:
    opened = open_tokenizer(folder / "bpe")
    assert len(opened.encode(["<|endoftext|>"])[0]) > 1
    assert opened.decode(opened.encode(["<|endoftext|>"])[0]) == "<|endoftext|>"


def test_a_sentencepiece_model_alone_is_opened_with_the_same_ids(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.model").write_bytes((folder / "unigram" / "tokenizer.model").read_bytes())
    text = "Patients\u2581患者 81 mg/d\n"
    alone = open_tokenizer(tmp_path)
    assert alone.encode([text]) == open_tokenizer(folder / "unigram").encode([text])
    assert alone.decode(alone.encode([text])[0]) == text
    assert open_tokenizer(tmp_path / "tokenizer.model").encode([text]) == alone.encode([text])


def test_a_folder_that_is_no_tokenizer_says_what_it_holds(corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no tokenizer") as caught:
        open_tokenizer(corpus)
    assert "card.json" in caught.value.where
    with pytest.raises(UserError, match="holds no tokenizer"):
        open_tokenizer(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"\xff\xfe\x00", b'{"model": {"type": "BPE", "vocab": 3}}', b"[" * 9999]
)
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.json").write_bytes(content)
    with pytest.raises(UserError, match="cannot be read") as caught:
        open_tokenizer(tmp_path)
    assert "tokenizer.json" in caught.value.where


@pytest.mark.parametrize("content", [b"", b"garbage that is no protocol buffer", b"\x00" * 100])
def test_a_broken_sentencepiece_model_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "tokenizer.model").write_bytes(content)
    with pytest.raises(UserError, match="sentencepiece model"):
        open_tokenizer(tmp_path)


@pytest.mark.parametrize("name", ["meta-llama/Llama-2-7b-hf", "gpt2"])
def test_a_name_that_needs_the_network_says_so(name: str) -> None:
    with pytest.raises(UserError, match="the network is needed") as caught:
        open_tokenizer(name)
    assert f"hf download {name}" in caught.value.mend


def test_a_path_that_does_not_exist_is_no_name_of_the_hub() -> None:
    with pytest.raises(UserError, match="no such tokenizer"):
        open_tokenizer("some/where/deep/tokenizer.json")


def test_the_configuration_is_read_and_a_broken_one_is_as_none(folder: Path, tmp_path: Path) -> None:
    assert open_tokenizer(folder / "bpe").config["eos_token"] == "<|endoftext|>"
    (tmp_path / "tokenizer.json").write_bytes((folder / "bpe" / "tokenizer.json").read_bytes())
    for broken in ("{", json.dumps([1])):
        (tmp_path / "tokenizer_config.json").write_text(broken)
        assert open_tokenizer(tmp_path).config == {}
