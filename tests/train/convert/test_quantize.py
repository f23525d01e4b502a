"""Quantizing: fewer bits, a folder that transformers loads, and what it cost told as it was measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from corpus.errors import UserError
from tests.tokenizer.extend.bases import general_lines
from tests.tokenizer.small import corpus_of, documents
from tests.train.tiny import byte_tokenizer, encoder, llama, word_tokenizer
from train.bits import bits_per_byte
from train.convert.quantize import KINDS, held_out_texts, load_quantized, quantize, refuse_kind
from train.convert.speed import memory, speed
from train.model_folder import load_model, need_tokenizer, open_model

TEXTS = general_lines(6, seed=3)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two runs are enough to tell that a speed is one."""
    monkeypatch.setattr("train.convert.speed.SECONDS", 0.0)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A decoder with its tokenizer, of sizes that every kind can take."""
    place = tmp_path_factory.mktemp("model") / "model"
    size = byte_tokenizer(place).size
    llama(size, hidden_size=64, intermediate_size=128).save_pretrained(place)
    return place


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_is_written_loaded_and_measured(
    kind: str, folder: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    if kind == "nf4":
        pytest.importorskip("bitsandbytes")
    made = quantize(folder, tmp_path / "out", kind, TEXTS)
    before, after = made.card.counts["before"], made.card.counts["after"]
    assert made.card.parents == {"base": open_model(folder).identity}
    assert after["file"] < before["file"] == sum(path.stat().st_size for path in folder.glob("*.safetensors"))
    assert after["bits_per_byte"] == pytest.approx(before["bits_per_byte"], rel=0.01)
    capfd.readouterr()
    again = load_quantized(tmp_path / "out", kind)
    assert "GGUF" not in capfd.readouterr().err
    told = bits_per_byte(again, need_tokenizer(open_model(folder)), TEXTS).per_byte
    assert told == pytest.approx(after["bits_per_byte"], abs=1e-5)
    assert made.run["tokens_per_second"]["after"]["writing"] > 0
    assert (tmp_path / "out" / "tokenizer.json").is_file()
    assert not list((tmp_path / "out").glob("*.bin"))


def test_eight_bits_take_a_quarter_of_the_memory_of_the_layers(folder: Path, tmp_path: Path) -> None:
    model = load_model(open_model(folder))
    quantize(folder, tmp_path / "out", "int8", TEXTS)
    again = load_quantized(tmp_path / "out", "int8")
    layers = [memory(one.model.layers) for one in (model, again)]
    assert layers[0] / 4 < layers[1] < layers[0] / 3.3


def test_four_bits_of_bitsandbytes_take_an_eighth(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes")
    model = load_model(open_model(folder))
    quantize(folder, tmp_path / "out", "nf4", TEXTS)
    again = load_quantized(tmp_path / "out", "nf4")
    layers = [memory(one.model.layers) for one in (model, again)]
    assert layers[0] / 8 < layers[1] < layers[0] / 5


def test_four_bits_that_are_held_in_a_byte_are_told_of(folder: Path, tmp_path: Path) -> None:
    made = quantize(folder, tmp_path / "out", "int4", TEXTS)
    assert "held in a byte" in made.card.counts["warnings"][0]


def test_an_encoder_is_quantized_too(tmp_path: Path) -> None:
    size = word_tokenizer(tmp_path / "model").size
    encoder(size).save_pretrained(tmp_path / "model")
    made = quantize(tmp_path / "model", tmp_path / "out", "int8", TEXTS[:2])
    assert made.card.counts["after"]["bits_per_byte"] > 0
    assert made.run["tokens_per_second"]["after"]["writing"] == 0


def test_what_is_quantized_already_is_not_done_again_nor_twice_over(folder: Path, tmp_path: Path) -> None:
    assert quantize(folder, tmp_path / "out", "int8", TEXTS).fresh
    assert not quantize(folder, tmp_path / "out", "int8", TEXTS).fresh
    with pytest.raises(UserError, match="quantized already"):
        quantize(tmp_path / "out", tmp_path / "twice", "int8", TEXTS)


def test_tied_weights_are_counted_once() -> None:
    model = llama(300, tied=True)
    assert memory(model) - sum(one.nbytes for one in model.buffers()) == 4 * model.num_parameters()


def test_speeds_are_those_of_a_model_that_reads_and_writes() -> None:
    reading, writing = speed(llama(300), [1, 2, 3] * 50)
    assert reading > writing > 0


@pytest.mark.parametrize("kind", ["nf4", "int4"])
def test_sizes_that_no_block_fits_are_refused(kind: str, tmp_path: Path) -> None:
    if kind == "nf4":
        pytest.importorskip("bitsandbytes")
    size = byte_tokenizer(tmp_path / "model").size
    llama(size, hidden_size=48).save_pretrained(tmp_path / "model")
    with pytest.raises(UserError, match="hidden_size is 48") as caught:
        quantize(tmp_path / "model", tmp_path / "out", kind, TEXTS)
    assert "int8" in caught.value.mend
    assert not (tmp_path / "out").exists()


def test_a_kind_that_is_none_or_without_its_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match="no kind 'int3'") as caught:
        refuse_kind("int3")
    assert "gguf-q4_0" in caught.value.mend
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(UserError, match="needs the library bitsandbytes") as caught:
        refuse_kind("nf4")
    assert caught.value.mend == "pip install bitsandbytes"


def test_a_model_without_a_tokenizer_is_told_of(tmp_path: Path) -> None:
    llama(300).save_pretrained(tmp_path / "model")
    with pytest.raises(UserError, match="no tokenizer"):
        quantize(tmp_path / "model", tmp_path / "out", "int8", TEXTS)


def test_a_model_of_a_class_that_transformers_has_not_is_not_run(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "model")
    config = json.loads((folder / "config.json").read_bytes())
    config |= {"architectures": ["EvilForCausalLM"], "auto_map": {"AutoModelForCausalLM": "evil.EvilForCausalLM"}}
    (tmp_path / "model" / "config.json").write_text(json.dumps(config), encoding="utf-8")
    (tmp_path / "model" / "evil.py").write_text("raise SystemExit('ran')", encoding="utf-8")
    with pytest.raises(UserError, match="transformers has no model 'EvilForCausalLM'"):
        quantize(tmp_path / "model", tmp_path / "out", "int8", TEXTS)


def test_weights_that_lack_a_layer_are_told_of(folder: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(folder, tmp_path / "model")
    config = json.loads((folder / "config.json").read_bytes())
    (tmp_path / "model" / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 3}), encoding="utf-8")
    with pytest.raises(UserError, match="weights lack 9 tensors"):
        quantize(tmp_path / "model", tmp_path / "out", "int8", TEXTS)


def command() -> Any:
    import typer

    from train.convert.quantize_command import quantize as quantize_command

    app = typer.Typer()
    app.command()(quantize_command)
    return app


def test_the_command_measures_on_held_out_text_and_prints_both_sides(folder: Path, tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path / "corpus", documents(60))
    options = [str(folder), "--corpus", str(corpus), "--out", str(tmp_path / "out"), "--text-bytes", "2000"]
    told = CliRunner().invoke(command(), options)
    assert told.exit_code == 0, told.output
    rows = {line.split()[0]: line.split() for line in told.stdout.splitlines() if line.strip()}
    assert float(rows["before"][1]) > float(rows["after"][1])
    assert float(rows["before"][5]) == pytest.approx(float(rows["after"][5]), rel=0.01)
    texts, identity = held_out_texts(corpus, 2000)
    assert 0 < sum(len(text.encode()) for text in texts) <= 2000
    card = json.loads((tmp_path / "out" / "card.json").read_bytes())
    assert card["parents"]["corpus"] == identity


def test_torch_is_left_as_it_was(folder: Path) -> None:
    model = load_model(open_model(folder))
    model.train()
    bits_per_byte(model, need_tokenizer(open_model(folder)), TEXTS)
    assert model.training
    assert torch.is_grad_enabled()
