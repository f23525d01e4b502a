"""How an evaluation ends that cannot go on: folders that want code of their own run, a full disk, an interrupt."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from typer.testing import CliRunner

from corpus.errors import UserError
from corpus.progress import Silent
from eval.cli import app
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from tests.disk import files_up_to
from tests.train import tuned
from train.model_folder import load_model, open_model
from train.own_code import refused

SUITE = 'name = "little"\n[[task]]\nname = "metals"\nform = "plain"\npath = ["test.jsonl"]\n'
EVIL = "import pathlib\npathlib.Path({!r}).write_text('ran')\n"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, an exam and a suite."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("ground")
    tuned.decoder(folder / "base")
    tuned.write_items(folder / "test.jsonl", [tuned.item(number, "test") for number in range(4)])
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    return folder


def changed(ground: Path, to: Path, name: str, **told: Any) -> Path:
    """A copy of the model of which a JSON file says something else, with code that tells if it was run."""
    shutil.copytree(ground / "base", to)
    file = to / name
    file.write_text(json.dumps({**json.loads(file.read_bytes()), **told}), encoding="utf-8")
    (to / "evil.py").write_text(EVIL.format(str(to / "ran")), encoding="utf-8")
    return to


def scored(ground: Path, model: Path, out: Path, **more: Any) -> None:
    evaluate(Wanted(model, load_suite(ground / "suite.toml"), out, **more), Silent())


@pytest.mark.parametrize("backend", ["", "hf"])
def test_a_kind_of_model_that_transformers_lacks_is_not_scored_as_what_its_class_says(
    ground: Path, tmp_path: Path, backend: str
) -> None:
    own = {"AutoConfig": "evil.Config", "AutoModelForCausalLM": "evil.Model"}
    model = changed(ground, tmp_path / "evil", "config.json", model_type="evil", auto_map=own)
    with pytest.raises(
        UserError, match=r"no kind of model 'evil', and code of a model's folder is never run"
    ) as caught:
        scored(ground, model, tmp_path / "out", backend=backend)
    assert caught.value.where == f"{model / 'config.json'}: model_type"
    assert "of a kind that transformers has" in caught.value.mend
    with pytest.raises(UserError, match="no kind of model 'evil'"):
        load_model(open_model(model))
    assert not (model / "ran").exists()


def test_a_kind_that_is_misspelt_is_asked_about(ground: Path, tmp_path: Path) -> None:
    model = changed(ground, tmp_path / "odd", "config.json", model_type="lama")
    with pytest.raises(UserError, match="no kind of model 'lama'") as caught:
        load_model(open_model(model))
    assert caught.value.mend.startswith("did you mean 'llama'? ")
    assert "never run" not in caught.value.what  # it asks for nothing of the sort


def test_what_a_known_kind_says_of_code_of_its_own_is_passed_over(ground: Path, tmp_path: Path) -> None:
    model = changed(ground, tmp_path / "known", "config.json", auto_map={"AutoModelForCausalLM": "evil.Model"})
    scored(ground, model, tmp_path / "out")
    assert not (model / "ran").exists()


@pytest.mark.parametrize("backend", ["", "hf"])
def test_a_tokenizer_that_wants_code_of_its_own_is_told_in_our_words(
    ground: Path, tmp_path: Path, backend: str
) -> None:
    own = {"AutoTokenizer": ["evil.Cut", None]}
    model = changed(ground, tmp_path / "evil", "tokenizer_config.json", tokenizer_class="EvilCut", auto_map=own)
    with pytest.raises(
        UserError, match=r"asks for code of its own, and code of a model's folder is never run"
    ) as caught:
        scored(ground, model, tmp_path / "out", backend=backend)
    assert "trust_remote_code" not in str(caught.value)
    assert "tokenizer_config.json: auto_map" in caught.value.where
    assert "remove auto_map" in caught.value.mend
    assert "save_pretrained" in caught.value.mend
    assert not (model / "ran").exists()


def test_only_what_speaks_of_code_is_told_as_such(ground: Path, tmp_path: Path) -> None:
    assert refused(ValueError("no such file"), ground / "base") is None
    model = changed(ground, tmp_path / "own", "config.json", auto_map={"AutoConfig": "evil.Config"})
    told = refused(ValueError("pass `trust_remote_code=True`"), model)
    assert told is not None
    assert told.where == f"{model / 'config.json'}: auto_map"


@pytest.mark.parametrize("most", [500, 2048])  # too few for the rows of a part, and for what stands behind them
def test_a_full_disk_says_that_scores_could_not_be_written(ground: Path, tmp_path: Path, most: int) -> None:
    with files_up_to(most), pytest.raises(UserError, match="the scores could not be written") as caught:
        scored(ground, ground / "base", tmp_path / "out")
    assert "the model" not in caught.value.what
    assert not (tmp_path / "out").exists()


def test_an_interrupt_says_that_the_same_command_goes_on(
    ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    asked = ["run", str(ground / "base"), "--suite", str(ground / "suite.toml"), "--out", str(tmp_path / "out")]
    with monkeypatch.context() as patch:
        patch.setattr("eval.run.score_tasks.likelihoods", stop)
        told = CliRunner().invoke(app, asked)
    assert told.exit_code == 130
    assert "stopped; the same command goes on" in told.stderr
    assert "metals, letters broken off" in told.stderr
    assert "nothing new" not in told.stderr
    assert CliRunner().invoke(app, asked).exit_code == 0
