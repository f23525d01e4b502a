"""Fine-tuning from recipe to model folder: what is learned from, in both arms, and what is refused."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from corpus.store import sha256_file
from tests.train import tuned as small
from tests.train.small import logged, losses
from tests.train.tuned import item, tuned, write_items
from train.checkpoint import MEASURED
from train.data.special_ids import IGNORED
from train.prepare import prepare
from train.recipe import load_train
from train.run_folder import Trained
from train.sft.command import told_before
from train.sft.conversation import Rendered, shown
from train.sft.prepare import Tuning, counts_sft, prepare_sft
from train.sft.recipe import SHIPPED, load_sft

WITH, WITHOUT = "with_reasoning=true", "with_reasoning=false"
REAL = os.environ.get("MATERIA_REAL_DATA", "")


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recipe beside its base and exams. Not to be changed: copy the folder."""
    return small.ground(tmp_path_factory.mktemp("ground"))


@pytest.fixture
def own(recipe: Path, tmp_path: Path) -> Path:
    """The same, to be changed."""
    shutil.copytree(recipe.parent, tmp_path / "own")
    return tmp_path / "own" / recipe.name


def prepared(recipe: Path, *sets: str) -> Tuning:
    return prepare_sft(load_sft(recipe, sets), Silent())


@pytest.fixture(scope="module")
def arms(recipe: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Trained]:
    """Both arms, trained from one recipe."""
    folder = tmp_path_factory.mktemp("arms")
    return {arm: tuned(recipe, folder / arm.replace("=", "-"), arm, "epochs=4") for arm in (WITH, WITHOUT)}


@pytest.mark.parametrize("arm", [WITH, WITHOUT])
def test_the_loss_falls_and_the_card_names_base_tokenizer_and_every_exam(
    arms: dict[str, Trained], recipe: Path, arm: str
) -> None:
    trained, folder = arms[arm], recipe.parent
    told = losses(trained.out)
    assert len(told) == trained.card.counts["steps"]
    assert sum(told[-3:]) < sum(told[:3])
    assert trained.card.kind == "model"
    assert set(trained.card.parents) == {"base", "tokenizer", "exam invented", "evaluation scored"}
    assert trained.card.parents["tokenizer"] == sha256_file(folder / "base" / "tokenizer.json")
    assert trained.card.parents["exam invented"] == sha256_file(folder / "train.jsonl")
    assert trained.card.parents["evaluation scored"] == sha256_file(folder / "test.jsonl")


def test_both_arms_count_the_same_examples_and_each_names_both(arms: dict[str, Trained]) -> None:
    one, other = (arms[arm].card.counts for arm in (WITH, WITHOUT))
    assert one["arms"] == other["arms"]
    plain, reasoned = one["arms"]["without reasoning"], one["arms"]["with reasoning"]
    assert plain["examples"] == reasoned["examples"] == one["examples"] == 24 - one["held_out"]
    assert plain["epochs"] == reasoned["epochs"] == 4
    assert one["supervised"] == reasoned["supervised"] > other["supervised"] == plain["supervised"]
    assert arms[WITH].card.identity != arms[WITHOUT].card.identity


def test_the_folder_is_a_model_with_its_chat_template_a_log_and_a_page(arms: dict[str, Trained]) -> None:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = arms[WITH].out
    model = AutoModelForCausalLM.from_pretrained(out, use_safetensors=True)
    tokenizer: Any = AutoTokenizer.from_pretrained(out)
    ids = tokenizer.apply_chat_template([{"role": "user", "content": "Iron?"}], return_tensors="pt",
                                        add_generation_prompt=True)["input_ids"]  # fmt: skip
    assert model(input_ids=ids).logits.shape[:2] == ids.shape
    lines = logged(out)
    assert [line["step"] for line in lines if "held_out" in line] == [0, arms[WITH].card.counts["steps"]]
    assert lines[0]["held_out_loss"]["answers"] > lines[-1]["held_out_loss"]["answers"] > 0
    assert lines[-1]["tokens"] == arms[WITH].card.counts["tokens"]
    assert "supervised tokens" in (out / "report.html").read_text("utf-8").lower()
    assert not (out / "README.md").exists()


def test_an_arm_does_not_take_the_place_of_the_other(arms: dict[str, Trained], recipe: Path) -> None:
    with pytest.raises(UserError, match="with-reasoning"):
        tuned(recipe, arms[WITH].out, WITHOUT, "epochs=4")
    assert not tuned(recipe, arms[WITH].out, WITH, "epochs=4").fresh


def test_rows_are_whole_examples_in_the_order_of_the_plan_with_the_labels_of_their_masks(recipe: Path) -> None:
    from train.data.special_ids import special_ids
    from train.sft.rows import LanguageBatch, language_rows

    tuning = prepared(recipe, WITH)
    lesson = tuning.lesson
    assert lesson.arms is not None
    assert np.array_equal(lesson.order, lesson.arms[1].order)
    rows = language_rows(lesson.examples, lesson.order)  # type: ignore[arg-type]
    batch = LanguageBatch(special_ids(tuning.opened))([rows[place] for place in range(4)])
    for place in range(4):
        example = lesson.examples[int(lesson.order[place])]
        assert isinstance(example, Rendered)
        size = len(example.ids)
        assert batch["input_ids"][place, :size].tolist() == example.ids
        assert batch["labels"][place, :size].tolist() == example.labels
        assert batch["attention_mask"][place].tolist() == [1] * size + [0] * (batch["labels"].shape[1] - size)
        assert (batch["labels"][place, size:] == IGNORED).all()
        assert int((batch["labels"][place] != IGNORED).sum()) == example.supervised


def test_the_first_loss_is_that_of_the_supervised_tokens_alone(own: Path, tmp_path: Path) -> None:
    import torch

    from train.model_folder import load_model, open_model

    small.decoder(own.parent / "base", dropout=0.0)
    tuning = prepared(own, WITH)
    model = load_model(open_model(own.parent / "base"), dtype="float32")
    nats = count = 0.0
    for place in tuning.lesson.order[:4]:
        one = tuning.lesson.examples[int(place)]
        assert isinstance(one, Rendered)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([one.ids])).logits[0, :-1]
        told = torch.tensor(one.labels[1:])
        nats += float(torch.nn.functional.cross_entropy(logits, told, ignore_index=IGNORED, reduction="sum"))
        count += one.supervised
    assert losses(tuned(own, tmp_path / "out", WITH).out)[0] == pytest.approx(nats / count, rel=1e-5)


def test_the_held_out_loss_is_that_of_the_supervised_tokens_of_the_model_itself(
    arms: dict[str, Trained], recipe: Path
) -> None:
    import torch

    from train.model_folder import load_model, open_model

    trained, nats, count = arms[WITH], 0.0, 0
    model = load_model(open_model(trained.out))
    held: Any = prepared(recipe, WITH, "epochs=4").lesson.held_out
    for one in held:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([one.ids])).logits[0, :-1]
        told = torch.tensor(one.labels[1:])
        nats += float(torch.nn.functional.cross_entropy(logits, told, ignore_index=IGNORED, reduction="sum"))
        count += one.supervised
    assert logged(trained.out)[-1]["held_out_loss"]["answers"] == pytest.approx(nats / count, rel=1e-5)


def test_what_is_held_out_is_the_same_in_every_arm_and_never_learned(recipe: Path) -> None:
    with_, without, choice = (prepared(recipe, arm) for arm in (WITH, WITHOUT, "head=choice"))
    assert len(with_.lesson.held_out) == len(without.lesson.held_out) == len(choice.lesson.held_out) > 0
    for tuning in (with_, without):
        learned = {tuple(one.ids) for one in tuning.lesson.examples if isinstance(one, Rendered)}
        assert not learned & {tuple(one.ids) for one in tuning.lesson.held_out if isinstance(one, Rendered)}


def test_no_more_is_held_out_than_is_looked_at(recipe: Path) -> None:
    tuning = prepared(recipe, "held_out.most=2", "held_out.share=0.9")
    assert (len(tuning.lesson.held_out), len(tuning.lesson.examples)) == (2, 22)
    assert len(prepared(recipe, "held_out.share=0").lesson.held_out) == 0


def test_equal_supervised_tokens_repeat_the_shorter_arm(recipe: Path) -> None:
    told = counts_sft(prepared(recipe, WITHOUT, "examples.equal=supervised-tokens"))["arms"]
    plain, reasoned = told["without reasoning"], told["with reasoning"]
    assert plain["epochs"] > reasoned["epochs"] == 2
    assert abs(plain["supervised"] - reasoned["supervised"]) < 20


def test_both_arms_are_told_before_the_run(recipe: Path) -> None:
    tuning = prepared(recipe, WITH)
    told = "\n".join(told_before(tuning))
    assert tuning.lesson.arms is not None
    for arm in tuning.lesson.arms:
        assert f"{arm.supervised_seen:,}" in told
    assert "without reasoning" in told
    assert "evaluation: 6 items" in told


@pytest.mark.parametrize("sets", [(WITH,), ("head=choice",)], ids=["language", "choice"])
def test_a_stopped_run_ends_with_the_weights_and_losses_of_one_that_was_not(
    recipe: Path, tmp_path: Path, sets: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens = prepared(recipe, *sets).tokens_of_step
    asked = (*sets, f"save.at=[{7 * tokens}]")  # in the second epoch
    straight = tuned(recipe, tmp_path / "straight", *asked)
    with monkeypatch.context() as patch:
        small.stop_behind_a_checkpoint(patch)
        with pytest.raises(small.Stop):
            tuned(recipe, tmp_path / "stopped", *asked)
    with pytest.raises(UserError, match=r"order, epochs \(2.0 before, 3.0 now\) changed since"):
        tuned(recipe, tmp_path / "stopped", *asked, "epochs=3")
    assert not (tmp_path / "stopped").exists()
    again = tuned(recipe, tmp_path / "stopped", *asked)
    assert logged(again.out) == logged(straight.out)
    looks = [line for line in logged(again.out) if "held_out_loss" in line]
    assert [line["step"] for line in looks] == [0, 7, again.card.counts["steps"]]
    kept = again.out / "checkpoints" / "checkpoint-7"
    assert json.loads((kept / MEASURED).read_bytes()) == looks[1]
    assert (kept / "tokenizer.json").is_file()
    assert (kept / "choice.json").is_file() == (sets == ("head=choice",))
    assert (again.out / "model.safetensors").read_bytes() == (straight.out / "model.safetensors").read_bytes()
    assert not list((straight.out / "checkpoints").rglob("README.md"))


@pytest.mark.parametrize("tables", [True, False])
def test_adapters_are_put_into_the_weights_and_tables_learn_where_asked(
    recipe: Path, tmp_path: Path, tables: bool
) -> None:
    from safetensors.torch import load_file

    from train.convert.merge import merge_adapter

    trained = tuned(recipe, tmp_path / "out", WITH, "lora.rank=2", f"lora.tables={str(tables).lower()}")
    before, after = (load_file(folder / "model.safetensors") for folder in (recipe.parent / "base", trained.out))
    assert set(before) == set(after)
    changed = {name for name in before if not before[name].equal(after[name])}
    assert "model.layers.0.self_attn.q_proj.weight" in changed
    table = {"lm_head.weight", "model.embed_tokens.weight"}
    assert table & changed == (table if tables else set())
    told = losses(trained.out)
    assert sum(told[-3:]) < sum(told[:3])
    merge_adapter(recipe.parent / "base", trained.out, tmp_path / "merged")  # as the help of `train merge` has it
    merged = load_file(tmp_path / "merged" / "model.safetensors")
    assert all(merged[name].allclose(after[name], atol=1e-6) for name in after)


@pytest.mark.parametrize("kind", ["decoder", "encoder"])
def test_a_choice_head_is_trained_and_its_accuracy_logged(own: Path, tmp_path: Path, kind: str) -> None:
    from train.sft.choice import collate, load_choice

    if kind == "encoder":
        shutil.rmtree(own.parent / "base")
        small.encoder(own.parent / "base")
    every = prepared(own, "head=choice").tokens_of_step * 4
    trained = tuned(own, tmp_path / "out", "head=choice", f"held_out.every={every}")
    looks = [line for line in logged(trained.out) if "accuracy" in line]
    assert [line["step"] for line in looks] == [0, 4, 8, trained.card.counts["steps"]]
    assert trained.card.counts["chance"] == 0.25
    model = load_choice(trained.out)
    assert model.kind == ("own" if kind == "encoder" else "last")
    held: Any = prepared(own, "head=choice").lesson.held_out
    found = [model(**collate([one], 1)) for one in held]
    right = sum(int(one.logits.argmax()) == asked.label for one, asked in zip(found, held, strict=True))
    assert looks[-1]["accuracy"]["answers"] == right / len(held)
    nats = sum(float(one.loss.detach()) for one in found) / len(held)
    assert looks[-1]["held_out_loss"]["answers"] == pytest.approx(nats, rel=1e-4)
    text = (trained.out / "report.html").read_text("utf-8")
    assert "of the held-out questions right" in text
    assert "nats per question" in text
    assert "nats per token" not in text


def test_instructions_and_chats_are_learned_beside_exams(own: Path) -> None:
    lines = [{"instruction": f"Say {number}.", "output": str(number)} for number in range(30)]
    (own.parent / "talk.jsonl").write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    more = "data=[{name='talk', form='instructions', path='talk.jsonl'}]"
    tuning = prepared(own, WITH, more)
    assert len(tuning.lesson.examples) + len(tuning.lesson.held_out) == 24 + 30
    assert tuning.files["data talk"] == sha256_file(own.parent / "talk.jsonl")
    assert tuning.lesson.answer_only == 0  # an instruction lacks nothing


def test_evaluation_items_among_the_training_ones_are_refused_by_id_and_text_or_dropped(own: Path) -> None:
    twin = item(4, "test")._replace(id="e:train:other", split="train")
    write_items(own.parent / "train.jsonl", [*(item(number) for number in range(9)), twin])
    with pytest.raises(UserError, match="1 examples to train on stand in the evaluation files, 0 by their id") as told:
        prepared(own)
    assert "e:train:other (by text: e:test:4)" in str(told.value)
    tuning = prepared(own, "leaks=drop")
    assert tuning.left_out == {"in the evaluation files": ["e:train:other"]}
    assert len(tuning.lesson.examples) + len(tuning.lesson.held_out) == 9
    assert counts_sft(tuning)["dropped"] == {"in the evaluation files": 1}
    with pytest.raises(UserError, match="6 examples to train on stand in the evaluation files, 6 by their id"):
        prepared(own, "exam.invented.path=test.jsonl")
    with pytest.raises(UserError, match="all 6 stand in the evaluation files"):
        prepared(own, "exam.invented.path=test.jsonl", "leaks=drop")


def test_an_exam_without_explanations_cannot_be_learned_with_reasoning(own: Path) -> None:
    write_items(own.parent / "train.jsonl", [item(number, explained=False) for number in range(9)])
    with pytest.raises(UserError, match="9 no explanation") as told:
        prepared(own, WITH)
    assert "answer-only" in told.value.mend
    tuning = prepared(own, WITH, "examples.without_explanation=answer-only")
    assert tuning.lesson.answer_only == len(tuning.lesson.examples)


def test_an_example_without_an_answer_is_named_by_its_line(own: Path) -> None:
    (own.parent / "talk.jsonl").write_text('{"instruction": "Say it.", "output": ""}\n', encoding="utf-8")
    with pytest.raises(UserError, match="no answer") as told:
        prepared(own, "data=[{name='talk', form='instructions', path='talk.jsonl'}]")
    assert "talk.jsonl, line 1" in told.value.where


def test_examples_that_are_all_too_long_are_counted_and_none_is_cut(recipe: Path) -> None:
    with pytest.raises(UserError, match="24 too long") as told:
        prepared(recipe, "examples.max_tokens=16")
    assert "raise max_tokens" in told.value.mend


def test_an_example_longer_than_the_base_has_positions_is_too_long(own: Path) -> None:
    config = own.parent / "base" / "config.json"
    told = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**told, "max_position_embeddings": 20}), encoding="utf-8")
    with pytest.raises(UserError, match="24 too long") as told:
        prepared(own, "examples.max_tokens=4000")
    assert "more positions than 20" in told.value.mend  # max_tokens cannot be raised any further


def test_a_base_without_a_tokenizer_or_none_at_all_is_refused(own: Path) -> None:
    (own.parent / "base" / "tokenizer.json").unlink()
    with pytest.raises(UserError, match="no tokenizer"):
        prepared(own)
    with pytest.raises(UserError, match="no model to fine-tune"):
        prepared(own, "base=''")


def test_a_base_that_scores_options_goes_on_as_one_and_not_as_a_writer(own: Path, tmp_path: Path) -> None:
    first = tuned(own, tmp_path / "first", "head=choice", "epochs=0.25")
    base = f"base='{first.out}'"
    with pytest.raises(UserError, match="scores the options of a question"):
        prepared(own, base)
    with pytest.raises(UserError, match="scores the options of a question"):
        prepare(load_train("quick-start", (f"model.base={first.out}",)), None, "", tmp_path, Silent())
    again = tuned(own, tmp_path / "again", "head=choice", "epochs=0.25", base)
    looks = [[line for line in logged(one.out) if "accuracy" in line] for one in (first, again)]
    assert looks[1][0]["held_out_loss"] == pytest.approx(looks[0][-1]["held_out_loss"])


def test_an_encoder_is_asked_for_a_choice_head(own: Path) -> None:
    shutil.rmtree(own.parent / "base")
    small.encoder(own.parent / "base")
    with pytest.raises(UserError, match="encoder") as told:
        prepared(own)
    assert "choice" in told.value.mend


@pytest.mark.parametrize(
    ("sets", "told"),
    [
        (("head=choice", WITH), "writes no reasoning"),
        (("exam=[]",), "nothing to train on"),
        (("evaluation.scored.name=invented",), "two tables are named 'invented'"),
        (("examples.max_tokens=none",), "max_tokens"),
    ],
)
def test_a_recipe_that_does_not_fit_together_says_so(recipe: Path, sets: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        load_sft(recipe, sets)


@pytest.mark.parametrize("name", sorted(path.stem for path in SHIPPED.glob("*.toml")))
def test_a_shipped_recipe_loads(name: str) -> None:
    assert load_sft(name).recipe.evaluation


@pytest.mark.skipif(not REAL, reason="MATERIA_REAL_DATA is not set: no real CMExam")
def test_the_real_cmexam_in_both_arms(own: Path) -> None:
    """Half of the validation file is trained on and half is scored; 9 in 10 of the first are left out for speed."""
    halves = _halves(Path(REAL, "amber", "exam", "cmexam_val.csv"), own.parent)
    sets = ("exam=[{name='half', form='cmexam', path='train.csv', split='train'}]", "examples.max_tokens=4096",
            "evaluation=[{name='rest', form='cmexam', path='test.csv', split='test'}]", "leaks=drop",
            "examples.without_explanation=answer-only")  # fmt: skip
    config = own.parent / "base" / "config.json"
    told = json.loads(config.read_text("utf-8"))
    config.write_text(json.dumps({**told, "max_position_embeddings": 4096}), encoding="utf-8")
    reasoned, plain = prepared(own, *sets, WITH), prepared(own, *sets, WITHOUT)
    counts = counts_sft(reasoned)
    assert reasoned.scored == halves[1]
    assert counts["examples"] + counts["held_out"] + sum(counts["dropped"].values()) == halves[0]
    for tuning in (reasoned, plain):  # counted again from the examples
        seen = [tuning.lesson.examples[int(place)] for place in tuning.lesson.order]
        supervised = sum(sum(one.mask) for one in seen if isinstance(one, Rendered))
        assert supervised == counts["arms"][f"with{'' if tuning is reasoned else 'out'} reasoning"]["supervised"]
    assert counts["arms"]["with reasoning"]["supervised"] > 10 * counts["arms"]["without reasoning"]["supervised"]
    _nothing_to_be_scored(reasoned, own.parent / "test.csv")
    for tuning in (reasoned, plain):
        example = tuning.lesson.examples[0]
        assert isinstance(example, Rendered)
        text = shown(example, tuning.tokenizer)
        given, learned = text.split("⟦")
        assert "问题：" in given
        assert learned.startswith("答案：")
        assert learned.rstrip().endswith("⟧")
        assert ("解释：" in learned) == (tuning is reasoned)


def _halves(file: Path, folder: Path) -> tuple[int, int]:
    """The file's lines in two by the hash of the question, a tenth of the first; returns how many each has."""
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.reader(lines))
    first, second = [rows[0]], [rows[0]]
    for row in rows[1:]:
        number = hashlib.sha256(row[0].encode()).digest()[0]
        if number >= 128:
            second.append(row)
        elif number < 13:
            first.append(row)
    for name, half in (("train.csv", first), ("test.csv", second)):
        with (folder / name).open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows(half)
    return len(first) - 1, len(second) - 1


def _nothing_to_be_scored(tuning: Tuning, file: Path) -> None:
    """No question of the file stands, letter for letter, in an example that is learned from."""
    with file.open(encoding="utf-8", newline="") as lines:
        scored = {f"问题：{row[0].strip()}\n" for row in list(csv.reader(lines))[1:]}
    texts = tuning.tokenizer.batch_decode([one.ids for one in tuning.lesson.examples if isinstance(one, Rendered)])
    assert not [text for text in texts if any(question in text for question in scored)]


@pytest.mark.parametrize("sets", [(), ("lora.rank=2",), ("head=choice",)], ids=["language", "adapters", "choice"])
def test_gradient_checkpointing_learns_the_same(recipe: Path, tmp_path: Path, sets: tuple[str, ...]) -> None:
    asked = (*sets, "epochs=0.4")
    straight = tuned(recipe, tmp_path / "straight", *asked)
    again = tuned(recipe, tmp_path / "again", *asked, "batch.gradient_checkpointing=true")
    assert len(losses(again.out)) > 1
    assert losses(again.out) == pytest.approx(losses(straight.out), abs=1e-6)
    assert again.card.recipe["batch"]["gradient_checkpointing"]


@pytest.mark.parametrize("sets", [(), ("lora.rank=2",)], ids=["whole", "adapters"])
def test_a_checkpoint_is_a_base_for_what_comes_next(recipe: Path, tmp_path: Path, sets: tuple[str, ...]) -> None:
    first = tuned(recipe, tmp_path / "first", "epochs=0.4", "save.at=[1]", *sets)
    checkpoint = first.out / "checkpoints" / "checkpoint-1"
    assert (checkpoint / "chat_template.jinja").is_file()
    second = tuned(recipe, tmp_path / "second", "epochs=0.4", f"base={checkpoint}")
    assert losses(second.out)[0] != losses(first.out)[0]
    if sets:
        with pytest.raises(UserError, match="holds adapters"):
            tuned(recipe, tmp_path / "third", f"base={checkpoint}", "head=choice")
