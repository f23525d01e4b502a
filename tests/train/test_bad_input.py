"""Every kind of bad input to training, on each road that it concerns: told with what happened, where and the cure, and
what was trained before is kept. A full disk is in `tests/train/test_full_disk.py`; empty tiers and budgets are besides
in `tests/train/data/test_mixture.py`, examples in `tests/train/sft/test_examples.py`."""

from __future__ import annotations

import json
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from corpus.errors import UserError
from corpus.progress import Silent
from tests.train import tuned as little
from tests.train.small import SHORT, losses, run
from tests.train.tuned import item, tuned, write_items
from train.checkpoint import Checkpoints
from train.loop import Loop
from train.model_folder import load_model, open_model
from train.recipe import load_train
from train.run import Trained
from train.sft.command import told_before
from train.sft.prepare import counts_sft, prepare_sft
from train.sft.recipe import load_sft

EACH = 3  # steps from checkpoint to checkpoint, of 10
ASKED = ("model.shape=llama", *SHORT, f"save.every={EACH * 128}")
ON = (*ASKED, "save.every=0", "optimizer.learning_rate=0.001")  # on from a model


@pytest.fixture(scope="module")
def straight(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A run that nothing stopped."""
    return run(tmp_path_factory.mktemp("straight") / "model", corpus, bpe, *ASKED)


@pytest.fixture(scope="module")
def two_checkpoints(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of a run that stopped behind its second checkpoint. Not to be changed: copy it."""
    out = tmp_path_factory.mktemp("stopped") / "model"
    _stopped(2, lambda: run(out, corpus, bpe, *ASKED))
    return out.with_name("model.training")


@pytest.fixture
def stopped(two_checkpoints: Path, tmp_path: Path) -> Path:
    """The same, to be changed; the output that it would have."""
    shutil.copytree(two_checkpoints, tmp_path / "model.training")
    return tmp_path / "model"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A recipe of fine-tuning beside its base and exams."""
    return little.ground(tmp_path / "ground")


def _stopped(number: int, work: Callable[[], object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        little.stop_behind_a_checkpoint(patch, number)
        with pytest.raises(little.Stop):
            work()


def same(one: Trained, other: Trained) -> bool:
    """Whether two runs ended with the same losses and weights."""
    weights = [(trained.out / "model.safetensors").read_bytes() for trained in (one, other)]
    return losses(one.out) == losses(other.out) and weights[0] == weights[1]


def cut(file: Path) -> None:
    with file.open("r+b") as opened:
        opened.truncate(file.stat().st_size // 2)


def alter(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-100] ^= 1
    file.write_bytes(content)


# --- a corrupt checkpoint


@pytest.mark.parametrize(
    ("name", "damage", "told"),
    [
        ("model.safetensors", cut, " bytes of "),
        ("optimizer.pt", cut, " bytes of "),
        ("model.safetensors", alter, "other bytes than were written"),
        ("optimizer.pt", alter, "other bytes than were written"),
        ("trainer_state.json", Path.unlink, "No such file"),
        ("checkpoint.json", Path.unlink, "No such file"),
        ("checkpoint.json", cut, "line"),
        ("checkpoint.json", lambda file: file.write_text('{"model.safetensors": 1}'), "it names no sizes"),
    ],
)
def test_a_corrupt_checkpoint_is_told_with_the_file_and_what_the_run_then_does(
    stopped: Path, corpus: Path, bpe: Path, name: str, damage: Callable[[Path], object], told: str
) -> None:
    checkpoint = stopped.with_name("model.training") / "checkpoints" / f"checkpoint-{2 * EACH}"
    damage(checkpoint / name)
    with pytest.raises(UserError, match="A checkpoint is not as it was written") as caught:
        run(stopped, corpus, bpe, *ASKED)
    assert caught.value.where.startswith(f"{checkpoint / name}: ")
    assert told in caught.value.where
    assert f"remove {checkpoint}" in caught.value.mend
    assert f"goes on from checkpoint-{EACH}" in caught.value.mend


def test_without_the_corrupt_checkpoint_the_run_goes_on_from_the_one_before_or_begins_anew(
    stopped: Path, straight: Trained, corpus: Path, bpe: Path
) -> None:
    checkpoints = stopped.with_name("model.training") / "checkpoints"
    shutil.rmtree(checkpoints / f"checkpoint-{2 * EACH}")
    cut(checkpoints / f"checkpoint-{EACH}" / "model.safetensors")
    with pytest.raises(UserError, match="not as it was written") as caught:
        run(stopped, corpus, bpe, *ASKED)
    assert "begins anew, as there is no other" in caught.value.mend
    shutil.rmtree(checkpoints / f"checkpoint-{EACH}")
    assert same(run(stopped, corpus, bpe, *ASKED), straight)


def test_a_corrupt_checkpoint_of_a_fine_tuning_is_told(own: Path, tmp_path: Path) -> None:
    _stopped(1, lambda: tuned(own, tmp_path / "model", "save.every=1"))
    alter(tmp_path / "model.training" / "checkpoints" / "checkpoint-1" / "model.safetensors")
    with pytest.raises(UserError, match="not as it was written"):
        tuned(own, tmp_path / "model", "save.every=1")


def test_what_a_stopped_run_was_and_cannot_be_read_is_told(stopped: Path, corpus: Path, bpe: Path) -> None:
    cut(stopped.with_name("model.training") / "state.json")
    with pytest.raises(UserError, match="what it was cannot be read") as caught:
        run(stopped, corpus, bpe, *ASKED)
    assert "state.json" in caught.value.where


def test_checkpoints_without_the_optimizer_are_not_gone_on_from(
    straight: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    asked = (*ASKED, "save.optimizer=false")
    _stopped(1, lambda: run(tmp_path / "model", corpus, bpe, *asked))
    assert not list((tmp_path / "model.training").rglob("optimizer.pt"))
    assert same(run(tmp_path / "model", corpus, bpe, *asked), straight)


# --- changed since it stopped


def test_changed_exams_are_not_gone_on_with(own: Path, tmp_path: Path) -> None:
    _stopped(1, lambda: tuned(own, tmp_path / "model", "save.every=1"))
    write_items(own.parent / "train.jsonl", [item(number) for number in range(25)])
    with pytest.raises(UserError, match="examples, order changed since") as caught:
        tuned(own, tmp_path / "model", "save.every=1")
    assert "remove that folder" in caught.value.mend


def test_a_run_that_left_no_checkpoint_does_not_stand_in_the_way_of_another(
    stopped: Path, straight: Trained, corpus: Path, bpe: Path
) -> None:
    work = stopped.with_name("model.training")
    shutil.rmtree(work / "checkpoints")
    state = json.loads((work / "state.json").read_bytes())
    state["fingerprint"]["corpus"] = "another"
    (work / "state.json").write_text(json.dumps(state), encoding="utf-8")
    assert same(run(stopped, corpus, bpe, *ASKED), straight)


# --- a loss that is no number


@pytest.fixture
def broken_at_five(monkeypatch: pytest.MonkeyPatch) -> None:
    """The loss of the fifth step of every run is no number."""
    whole = Loop.compute_loss

    def then_none(self: Loop, *told: Any, **named: Any) -> Any:
        loss: Any = whole(self, *told, **named)
        return loss * math.nan if self.state.global_step == 4 else loss

    monkeypatch.setattr(Loop, "compute_loss", then_none)


@pytest.mark.usefixtures("broken_at_five")
def test_a_loss_that_is_no_number_stops_and_its_last_good_weights_can_be_gone_on_from(
    corpus: Path, bpe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UserError, match="loss of step 5 is not a number; the last good checkpoint is") as caught:
        run(tmp_path / "model", corpus, bpe, *ASKED)
    last = tmp_path / "model.training" / "checkpoints" / f"checkpoint-{EACH}"
    assert "rows of step 5 of 10" in caught.value.where
    assert f"`--base {last}` of `train continue`" in caught.value.mend
    Checkpoints(last.parent).check(last)
    monkeypatch.undo()
    trained = run(tmp_path / "on", corpus, Path(open_model(last).folder), *ON, f"model.base={last}")
    assert all(math.isfinite(loss) for loss in losses(trained.out))


def test_a_base_whose_weights_are_no_numbers_is_refused_before_the_first_step(
    straight: Trained, corpus: Path, own: Path, tmp_path: Path
) -> None:
    bases = (straight.out, own.parent / "base")
    for place, base in enumerate(bases):
        broken = tmp_path / f"broken{place}"
        shutil.copytree(base, broken)
        weights = load_file(broken / "model.safetensors")
        name = min(name for name in weights if "mlp" in name)
        weights[name][0, :3] = math.nan
        save_file(weights, broken / "model.safetensors", {"format": "pt"})
        (broken / "card.json").unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"weights are broken: of model\.layers\.0.*, 3 of .* are no") as caught:
        run(tmp_path / "model", corpus, tmp_path / "broken0", *ON, f"model.base={tmp_path / 'broken0'}")
    assert caught.value.where == str(tmp_path / "broken0")
    assert "learning_rate" not in caught.value.mend
    for head in ("language", "choice"):
        with pytest.raises(UserError, match="weights are broken"):
            tuned(own, tmp_path / "model", f"base={tmp_path / 'broken1'}", f"head={head}")
    assert not list(tmp_path.glob("*.training"))


def test_a_model_is_not_replaced_by_what_is_made_of_it(
    straight: Trained, corpus: Path, own: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(straight.out, tmp_path / "runs" / "base")
    for out in (base, base.parent):
        with pytest.raises(UserError, match="take the place of what it is made of"):
            run(out, corpus, base, *ON, f"model.base={base}", replace=True)
    with pytest.raises(UserError, match="take the place of what it is made of"):
        tuned(own, own.parent / "base", "with_reasoning=true")
    assert (base / "model.safetensors").is_file()


def test_weights_that_changed_under_their_card_are_another_base(straight: Trained, tmp_path: Path) -> None:
    base = shutil.copytree(straight.out, tmp_path / "base")
    assert open_model(base).identity == straight.card.identity
    weights = load_file(base / "model.safetensors")
    weights["model.norm.weight"] += 0.01
    save_file(weights, base / "model.safetensors", {"format": "pt"})
    assert (base / "model.safetensors").stat().st_size == (straight.out / "model.safetensors").stat().st_size
    changed = open_model(base)
    assert changed.card is None
    assert changed.identity != straight.card.identity


def test_a_copy_of_a_model_is_the_same_model_and_is_hashed_once(straight: Trained, tmp_path: Path) -> None:
    base = shutil.copytree(straight.out, tmp_path / "base")
    os.utime(base / "card.json", (1, 1))  # older than the weights, as where a copy was made file by file
    assert open_model(base).identity == straight.card.identity
    assert (base / "card.json").stat().st_mtime_ns > (base / "model.safetensors").stat().st_mtime_ns


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("instructions", r'{"instruction": "bad \ud800 one", "output": "x"}'),
        ("chats", r'{"messages": [{"role": "user", "content": "a\udc00"}, {"role": "assistant", "content": "b"}]}'),
        ("plain", r'{"question": "bad \ud800", "options": ["a", "b"], "answer": "A", "split": "train"}'),
    ],
)
def test_half_a_character_is_told_with_its_line(own: Path, tmp_path: Path, form: str, line: str) -> None:
    (own.parent / "odd.jsonl").write_text(line + "\n", encoding="utf-8")
    where = f"exam=[{{name='odd', form='{form}', path='odd.jsonl'}}]"
    where = where if form == "plain" else f"data=[{{name='odd', form='{form}', path='odd.jsonl'}}]"
    with pytest.raises(UserError, match="half a character") as caught:
        tuned(own, tmp_path / "model", where)
    assert "odd.jsonl, line 1" in caught.value.where


def test_ids_that_stand_twice_are_told_with_their_files(own: Path, tmp_path: Path) -> None:
    lines = [f'{{"id": "same", "instruction": "ask {number}", "output": "x"}}\n' for number in range(2)]
    (own.parent / "twice.jsonl").write_text("".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match=r"1 id stands more than once .* 'same', in twice.jsonl"):
        tuned(own, tmp_path / "model", "data=[{name='twice', form='instructions', path='twice.jsonl'}]")


def test_a_loss_that_becomes_no_number_by_itself_stops_training_on_from_a_model(
    straight: Trained, corpus: Path, bpe: Path, tmp_path: Path
) -> None:
    wild = ("optimizer.learning_rate=1", "optimizer.weight_decay=1e38", "schedule.warmup=0.0")
    with pytest.raises(UserError, match=r"of step 2 is not a number; there is no checkpoint before it") as caught:
        run(tmp_path / "model", corpus, bpe, *ON, *wild, f"model.base={straight.out}")
    assert caught.value.mend.endswith("optimizer.clip, and run again")


def break_a_weight(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """So many steps break a weight, behind losses and gradients that are numbers."""
    whole = torch.optim.lr_scheduler.LambdaLR.step

    def then_none(self: Any, *told: Any, **named: Any) -> None:
        whole(self, *told, **named)
        if self.last_epoch == step:
            self.optimizer.param_groups[0]["params"][0].data.view(-1)[7] = math.nan

    monkeypatch.setattr(torch.optim.lr_scheduler.LambdaLR, "step", then_none)


@pytest.mark.parametrize("step", [2 * EACH, 10], ids=["checkpoint", "model"])
def test_weights_that_are_no_numbers_are_not_written_as_a_checkpoint_or_a_model(
    corpus: Path, bpe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    break_a_weight(monkeypatch, step)
    good = EACH if step < 10 else 3 * EACH
    with pytest.raises(UserError, match=f"weight after step {step} is not a number; the last good"):
        run(tmp_path / "model", corpus, bpe, *ASKED)
    assert Checkpoints(tmp_path / "model.training" / "checkpoints").steps()[-1] == good
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(("shape", "sequence", "least"), [("llama", 1, 2), ("bert", 3, 4)])
def test_rows_in_which_nothing_can_be_told_are_refused(
    corpus: Path, bpe: Path, wordpiece: Path, tmp_path: Path, shape: str, sequence: int, least: int
) -> None:
    used = bpe if shape == "llama" else wordpiece
    with pytest.raises(UserError, match=f"from rows of {sequence} tokens") as caught:
        run(tmp_path / "model", corpus, used, *ASKED, f"model.shape={shape}", f"model.sequence={sequence}")
    assert f"set it to {least} or more" in caught.value.mend


@pytest.mark.usefixtures("broken_at_five")
@pytest.mark.parametrize("sets", [(), ("lora.rank=2",), ("head=choice",)], ids=["language", "adapters", "choice"])
def test_a_loss_that_is_no_number_stops_a_fine_tuning(own: Path, tmp_path: Path, sets: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="loss of step 5 is not a number; the last good checkpoint is") as caught:
        tuned(own, tmp_path / "model", "save.every=1", *sets)
    checkpoints = Checkpoints(tmp_path / "model.training" / "checkpoints")
    assert checkpoints.steps() == [3, 4]
    assert "--base" in caught.value.mend
    assert ("`train sft --head choice`" in caught.value.mend) == ("head=choice" in sets)


# --- settings with which nothing can be learned


@pytest.mark.parametrize(
    "value",
    ["optimizer.betas=[1.5, 2.0]", "optimizer.betas=[nan, 0.9]", "optimizer.betas=[0.9, 1.0]", "lora.dropout=nan",
     "optimizer.learning_rate=inf", "optimizer.learning_rate=2.0", "optimizer.weight_decay=inf",
     "optimizer.clip=inf", "consolidation.strength=inf", "budget.most_epochs=inf"],
)  # fmt: skip
def test_numbers_that_no_optimizer_can_use_are_refused_with_their_key(value: str) -> None:
    with pytest.raises(UserError, match="cannot be used") as caught:
        load_train("quick-start", (value,))
    assert value.partition("=")[0].rpartition(".")[2] in caught.value.where


# --- a tokenizer that is not the model's, a vocabulary larger than the embedding


def test_another_tokenizer_is_refused_before_a_document_is_encoded(
    straight: Trained, wordpiece: Path, corpus: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"no extension of the model's: 3\d\d of 320 ids moved"):
        run(tmp_path / "model", corpus, wordpiece, *ON, f"model.base={straight.out}")
    assert not (tmp_path / "shards" / "tokens").exists()
    assert not (tmp_path / "model.training").exists()


def other_tokenizer(straight: Trained, wordpiece: Path, to: Path) -> Path:
    """The model with the tokenizer of another in its folder."""
    shutil.copytree(straight.out, to)
    shutil.copyfile(wordpiece / "tokenizer.json", to / "tokenizer.json")
    return to


def test_a_base_whose_tokenizer_was_changed_is_refused_by_its_card(
    straight: Trained, wordpiece: Path, corpus: Path, own: Path, tmp_path: Path
) -> None:
    base = other_tokenizer(straight, wordpiece, tmp_path / "base")
    with pytest.raises(UserError, match=r"tokenizer\.json is not the one that it was trained with") as caught:
        run(tmp_path / "model", corpus, base, *ON, f"model.base={base}")
    assert caught.value.where == str(base / "tokenizer.json")
    with pytest.raises(UserError, match=r"tokenizer\.json is not the one that it was trained with"):
        tuned(own, tmp_path / "model", f"base={base}")


def test_more_ids_than_rows_are_refused_on_every_road(
    straight: Trained, corpus: Path, own: Path, tmp_path: Path
) -> None:
    base = tmp_path / "base"
    shutil.copytree(straight.out, base)
    (base / "card.json").unlink()  # which would tell of another tokenizer
    shutil.copyfile(own.parent / "base" / "tokenizer.json", base / "tokenizer.json")
    shutil.copyfile(own.parent / "base" / "tokenizer_config.json", base / "tokenizer_config.json")
    told = r"The tokenizer has 4\d\d ids, and the model's embedding 320 rows"
    with pytest.raises(UserError, match=told):
        run(tmp_path / "model", corpus, base, *ON, f"model.base={base}")
    for head in ("language", "choice"):
        with pytest.raises(UserError, match=told):
            tuned(own, tmp_path / "model", f"base={base}", f"head={head}")


# --- a recipe that wants CUDA where there is none


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is CUDA here")
def test_a_recipe_that_wants_cuda_is_refused_before_anything_is_read(own: Path, tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    with pytest.raises(UserError, match=r"wants a GPU, and torch .* sees none") as caught:
        run(tmp_path / "model", nowhere, nowhere, *ASKED, "device=cuda")
    assert 'device = "cuda"' in caught.value.where
    assert "--set device=any" in caught.value.mend
    with pytest.raises(UserError, match="wants a GPU"):
        tuned(own, tmp_path / "model", "device=cuda", "base=nowhere")


# --- an example without an answer


def test_an_exam_s_entry_without_an_answer_is_named_or_counted(own: Path, tmp_path: Path) -> None:
    rows = ["Question,Options,Answer,Explanation", "甲？,A 一\\nB 二,A,因为", "乙？,A 一\\nB 二,nan,因为"]
    (own.parent / "train.csv").write_text("\n".join(rows), encoding="utf-8")
    tuning = prepare_sft(
        load_sft(own, ("exam=[{name='cn', form='cmexam', path='train.csv', split='train'}]",)), Silent()
    )
    assert counts_sft(tuning)["dropped"] == {"no answer": 1}
    assert any(
        line.startswith("left out: 1 no answer, the first ") and "line 3" in line for line in told_before(tuning)
    )
    lines = (own.parent / "train.jsonl").read_text("utf-8").splitlines()
    lines[3] = json.dumps({**json.loads(lines[3]), "answer": ""})
    (own.parent / "train.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(UserError, match="no answer") as caught:
        tuned(own, tmp_path / "model")
    assert "train.jsonl, line 4, field 'answer'" in caught.value.where


def test_weights_of_a_checkpoint_are_those_of_the_model_at_that_step(two_checkpoints: Path) -> None:
    checkpoint = two_checkpoints / "checkpoints" / f"checkpoint-{EACH}"
    opened = open_model(checkpoint)
    assert opened.tokenizer is not None
    assert load_model(opened).get_input_embeddings().weight.shape[0] == opened.tokenizer.size


def test_a_base_whose_weights_were_cut_short_is_told_before_a_document_is_encoded(
    straight: Trained, corpus: Path, bpe: Path, own: Path, tmp_path: Path
) -> None:
    shutil.copytree(straight.out, tmp_path / "base")
    for base in (tmp_path / "base", own.parent / "base"):
        cut(base / "model.safetensors")
    with pytest.raises(UserError, match="A weight file is damaged") as caught:
        run(tmp_path / "model", corpus, bpe, *ON, f"model.base={tmp_path / 'base'}")
    assert "model.safetensors" in caught.value.where
    assert not (tmp_path / "shards" / "tokens").exists()
    with pytest.raises(UserError, match="A weight file is damaged"):
        tuned(own, tmp_path / "model")
