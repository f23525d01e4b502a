"""A run from recipe to model folder: it learns, its card leads back, and stopped anywhere it ends as if it had not
been."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from corpus.card import read_card
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.folder import open_build
from tests.tokenizer.small import corpus_of, documents
from tests.train.small import SHORT, killed, logged, losses, run
from tokenizer.opened import open_tokenizer
from train.bits import bits_per_byte
from train.checkpoint import MEASURED, Checkpoints
from train.model_folder import load_model, open_model
from train.page.page import PAGE
from train.plan.of_recipe import report_of
from train.prepare import Corpora, held_out_texts, prepare
from train.recipe import load_train
from train.run import Pretraining, Trained

STEPS = 10  # of 4 rows of 32 tokens: 1,200 of the budget
HALF, PASS, LATER = 3, 5, 8  # steps: in the first reading of the data, at its end, in the second
AT = "save.at=[{}]"
EVERYTHING = "small/everything"  # corpus and slice, by which held-out text is told


@pytest.fixture(scope="module")
def little(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus that the run reads about twice."""
    return corpus_of(tmp_path_factory.mktemp("little"), documents(6), "decide.held_out=0.2")


def held_out(corpus: Path) -> list[str]:
    """The text that is looked at."""
    corpora = Corpora({corpus: open_build(corpus)}, (corpus,))
    return held_out_texts(load_train("quick-start", SHORT).recipe, corpora, 2000)[EVERYTHING]


def settings(shape: str, step: int = 0) -> tuple[str, ...]:
    saves = (AT.format(step * 128),) if step else ()
    return (*SHORT, f"model.shape={shape}", *saves)


@pytest.fixture(scope="module")
def whole(
    corpus: Path, bpe: Path, wordpiece: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[Trained, Path]]:
    """A run of each kind that nothing stopped, and the tokenizer it used."""
    folder = tmp_path_factory.mktemp("whole")
    kinds = {"llama": bpe, "gpt2": bpe, "bert": wordpiece, "modernbert": wordpiece}
    return {shape: (run(folder / shape, corpus, used, *settings(shape)), used) for shape, used in kinds.items()}


@pytest.mark.parametrize("shape", ["llama", "gpt2", "bert", "modernbert"])
def test_the_loss_falls_and_the_card_leads_back(
    whole: dict[str, tuple[Trained, Path]], corpus: Path, shape: str
) -> None:
    trained, used = whole[shape]
    told = losses(trained.out)
    assert len(told) == trained.card.counts["steps"] >= STEPS - 1
    assert sum(told[-3:]) < sum(told[:3])
    assert told[0] == pytest.approx(math.log(320), abs=0.5)  # a guess among all ids, however many batches are gathered
    tokenizer, text = read_card(used), read_card(corpus)
    assert tokenizer is not None
    assert text is not None
    assert trained.card.parents["tokenizer"] == tokenizer.identity
    assert text.identity in trained.card.parents.values()
    assert tokenizer.parents["corpus"] == text.identity


@pytest.mark.parametrize("shape", ["llama", "bert"])
def test_transformers_load_what_was_written(whole: dict[str, tuple[Trained, Path]], shape: str) -> None:
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

    kind = AutoModelForCausalLM if shape == "llama" else AutoModelForMaskedLM
    model = kind.from_pretrained(whole[shape][0].out, use_safetensors=True)
    ids = AutoTokenizer.from_pretrained(whole[shape][0].out)("cardiitis 高血压", return_tensors="pt")["input_ids"]
    assert model(input_ids=ids).logits.shape[:2] == ids.shape


@pytest.mark.parametrize("shape", ["llama", "bert"])
def test_what_is_held_out_is_looked_at_before_the_first_step_and_is_that_of_the_model_itself(
    whole: dict[str, tuple[Trained, Path]], corpus: Path, shape: str
) -> None:
    trained, used = whole[shape]
    looks = [line for line in logged(trained.out) if "held_out" in line]
    assert [line["step"] for line in looks] == [0, trained.card.counts["steps"]]
    assert looks[0]["tokens"] == 0
    assert looks[0] == logged(trained.out)[0]
    before, after = (line["held_out"][EVERYTHING] for line in looks)
    assert after < before
    text = held_out(corpus)
    model = load_model(open_model(trained.out))
    assert after == pytest.approx(bits_per_byte(model, open_tokenizer(used), text).per_byte, rel=1e-5)


def test_each_checkpoint_is_a_model_with_its_tokenizer_and_what_was_measured_of_it(
    corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    """Chosen by what its record says: the bits per byte of its own weights, as in the log."""
    trained = run(tmp_path / "out", corpus, bpe, *settings("llama"), "save.at=[384, 900]", "save.optimizer=false")
    looks = {line["step"]: line for line in logged(trained.out) if "held_out" in line}
    assert list(looks) == [0, 3, 8, STEPS]
    text = held_out(corpus)
    for step in (3, 8):
        place = trained.out / "checkpoints" / f"checkpoint-{step}"
        measured = json.loads((place / MEASURED).read_bytes())
        assert measured == looks[step]
        folder = open_model(place)
        assert folder.tokenizer is not None
        found = bits_per_byte(load_model(folder), folder.tokenizer, text).per_byte
        assert found == pytest.approx(measured["held_out"][EVERYTHING], rel=1e-5)


def test_tensorboard_is_told_every_look_by_its_kind_and_name(whole: dict[str, tuple[Trained, Path]]) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    folder = whole["llama"][0].out
    told = EventAccumulator(str(folder / "tensorboard"))
    told.Reload()
    looks = [(line["step"], line["held_out"][EVERYTHING]) for line in logged(folder) if "held_out" in line]
    assert [(one.step, pytest.approx(one.value)) for one in told.Scalars(f"held_out/{EVERYTHING}")] == looks
    assert len(told.Scalars("loss")) == STEPS


def test_an_unchanged_run_is_not_trained_again(whole: dict[str, tuple[Trained, Path]], corpus: Path, bpe: Path) -> None:
    trained = whole["llama"][0]
    assert trained.fresh
    assert not run(trained.out, corpus, bpe, *settings("llama")).fresh


def test_a_finished_model_is_not_replaced_by_another_run_unless_that_is_asked_for(
    whole: dict[str, tuple[Trained, Path]], corpus: Path, little: Path, bpe: Path, tmp_path: Path
) -> None:
    shutil.copytree(whole["llama"][0].out, tmp_path / "out")
    kept = (tmp_path / "out" / "model.safetensors").read_bytes()
    asked = (*settings("llama"), "optimizer.weight_decay=0.2")
    with pytest.raises(UserError, match=r"optimizer\.weight_decay \(0\.1 before, 0\.2 now\)\.") as caught:
        run(tmp_path / "out", corpus, bpe, *asked)
    assert "another --out" in caught.value.mend
    assert "--replace" in caught.value.mend
    other = tmp_path / "other"
    shutil.copytree(bpe, other)
    (other / "tokenizer.json").write_text((bpe / "tokenizer.json").read_text("utf-8") + " ", encoding="utf-8")
    with pytest.raises(UserError, match=r"another run: corpus \S+, tokenizer\."):
        run(tmp_path / "out", little, other, *settings("llama"))
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == kept
    assert not (tmp_path / "out.training").exists()
    assert run(tmp_path / "out", corpus, bpe, *asked, replace=True).fresh
    assert (tmp_path / "out" / "model.safetensors").read_bytes() != kept


@pytest.mark.parametrize(("shape", "step"), [("llama", HALF), ("llama", PASS), ("llama", LATER), ("bert", HALF)])
def test_a_killed_run_ends_with_the_weights_and_losses_of_one_that_was_not(
    little: Path, bpe: Path, wordpiece: Path, tmp_path: Path, shape: str, step: int
) -> None:
    used = bpe if shape == "llama" else wordpiece
    asked = settings(shape, step)
    straight = run(tmp_path / "straight", little, used, *asked)
    killed("checkpoint: renamed", tmp_path / "killed", little, used, *asked)
    assert not (tmp_path / "killed").exists()
    again = run(tmp_path / "killed", little, used, *asked)
    assert logged(again.out) == logged(straight.out)
    assert [line["step"] for line in logged(again.out) if "held_out" in line] == [
        0, *Checkpoints(again.out / "checkpoints").steps(), again.card.counts["steps"]
    ]  # fmt: skip
    assert (again.out / "model.safetensors").read_bytes() == (straight.out / "model.safetensors").read_bytes()
    assert again.card.identity == straight.card.identity
    assert not (again.out / "checkpoints" / ".saving").exists()
    (tmp_path / "new").touch()
    modes = {path.stat().st_mode for path in again.out.rglob("*") if path.is_file()}
    assert modes == {(tmp_path / "new").stat().st_mode}


@pytest.mark.parametrize(
    "point",
    [
        "checkpoint: begun",
        "checkpoint: written",
        "checkpoint: on disk",
        "checkpoint: pruning",
        "run: card written",
        "run: finished",
    ],
)
def test_killed_while_saving_it_goes_on_and_no_half_checkpoint_is_taken_for_whole(
    corpus: Path, bpe: Path, whole: dict[str, tuple[Trained, Path]], tmp_path: Path, point: str
) -> None:
    asked = (*settings("llama"), "save.every=384", "save.keep=1")
    killed(point, tmp_path / "out", corpus, bpe, *asked)
    checkpoints = Checkpoints(tmp_path / "out.training" / "checkpoints")
    for step in checkpoints.steps():
        checkpoints.check(checkpoints.folder / f"checkpoint-{step}")
    again = run(tmp_path / "out", corpus, bpe, *asked)
    assert losses(again.out) == losses(whole["llama"][0].out)
    assert [line["step"] for line in logged(again.out) if "held_out" in line] == [0, 3, 6, 9, STEPS]
    weights = [(folder / "model.safetensors").read_bytes() for folder in (again.out, whole["llama"][0].out)]
    assert weights[0] == weights[1]


@pytest.fixture
def stopped(little: Path, bpe: Path, tmp_path: Path) -> Path:
    """A run that stopped behind its third step."""
    killed("checkpoint: renamed", tmp_path / "out", little, bpe, *settings("llama", HALF))
    return tmp_path / "out"


def test_a_changed_corpus_tokenizer_or_recipe_is_not_gone_on_with(
    stopped: Path, corpus: Path, little: Path, bpe: Path, wordpiece: Path
) -> None:
    asked = settings("llama", HALF)
    with pytest.raises(UserError, match="corpus, order changed since"):
        run(stopped, corpus, bpe, *asked)
    other = bpe.parent / "other"
    shutil.copytree(bpe, other, dirs_exist_ok=True)
    spec = json.loads((other / "tokenizer.json").read_text("utf-8"))
    spec["truncation"] = None
    (other / "tokenizer.json").write_text(json.dumps(spec), encoding="utf-8")
    with pytest.raises(UserError, match="tokenizer changed since"):
        run(stopped, little, other, *asked)
    with pytest.raises(UserError, match=r"optimizer.clip \(1.0 before, 0.5 now\) changed since"):
        run(stopped, little, bpe, *asked, "optimizer.clip=0.5")


@pytest.mark.parametrize("shape", ["llama", "bert"])
def test_gradient_checkpointing_computes_layers_again_and_learns_the_same(
    whole: dict[str, tuple[Trained, Path]], corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shape: str
) -> None:
    straight, used = whole[shape]
    calls, forward = [0], torch.nn.functional.scaled_dot_product_attention

    def counted(*told: Any, **named: Any) -> Any:
        calls[0] += torch.is_grad_enabled()
        return forward(*told, **named)

    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", counted)
    seen = []
    for more in ((), ("batch.gradient_checkpointing=true",)):
        calls[0] = 0
        trained = run(tmp_path / f"out{len(more)}", corpus, used, *settings(shape), "budget.tokens=200", *more)
        seen.append((calls[0], losses(trained.out)))
    asked = load_train("quick-start", (*settings(shape), "budget.tokens=200", *more))
    there = prepare(asked, corpus, str(used), tmp_path / "shards", Silent())
    assert report_of(there, "A100-80GB", 1, "none").plan.checkpointing
    assert seen[1][0] == 2 * seen[0][0]
    assert seen[1][1] == pytest.approx(seen[0][1], abs=1e-6)
    assert "Gradient checkpointing" in (trained.out / PAGE).read_text("utf-8")
    assert trained.run["flops_per_token"] == straight.run["flops_per_token"]


def test_a_folder_with_something_else_is_left_alone(corpus: Path, bpe: Path, tmp_path: Path) -> None:
    (tmp_path / "out.training").mkdir()
    (tmp_path / "out.training" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(UserError, match="holds something else"):
        run(tmp_path / "out", corpus, bpe, *settings("llama"))


def test_the_tokenizer_goes_with_the_model_whatever_its_file_is_called(corpus: Path, bpe: Path, tmp_path: Path) -> None:
    there, out = tmp_path / "there", tmp_path / "out"
    out.mkdir()
    shutil.copytree(bpe, there)
    (there / "tokenizer.json").rename(there / "mine.json")
    (there / "chat_template.jinja").write_text("{{ messages }}", encoding="utf-8")
    prepared = prepare(load_train("quick-start"), corpus, str(there / "mine.json"), tmp_path / "store", Silent())
    Pretraining(prepared).beside(out)
    assert open_tokenizer(out).encode(["fever 发热"]) == open_tokenizer(bpe).encode(["fever 发热"])
    assert (out / "chat_template.jinja").is_file()
