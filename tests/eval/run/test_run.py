"""`evaluate run` from suite to folder: what is written, that it leads back, and that a killed run ends the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from corpus.card import read_card
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.progress import Silent
from eval.run.cost import line
from eval.run.page import open_told, page
from eval.run.printed import print_scores
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from tests.killed import killed_at
from tests.train import tuned
from train.model_folder import Written, open_model

SUITE = """
name = "little"

[[task]]
name = "metals"
form = "plain"
path = ["elsewhere.jsonl", "test.jsonl"]
formulations = ["letters", "cloze", "subsets"]
shots = 1
examples = ["train.jsonl"]

[[task]]
name = "metals-unshown"
form = "plain"
path = ["test.jsonl"]
"""


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, exam files and a suite."""
    folder = tmp_path_factory.mktemp("ground")
    tuned.ground(folder)
    items = [tuned.item(number, "test") for number in range(6)]
    several = items[0]._replace(id="e:test:90", answers=(0, 2))
    tuned.write_items(folder / "test.jsonl", [*items, several])
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    return folder


def scored(ground: Path, out: Path, *sets: str, model: str = "base", **more: Any) -> Written:
    return evaluate(Wanted(ground / model, load_suite(ground / "suite.toml", sets), out, 4, **more), Silent())


@pytest.fixture(scope="module")
def whole(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A run that nothing stopped."""
    return scored(ground, tmp_path_factory.mktemp("scores") / "whole")


def test_every_item_has_a_row_and_every_task_its_scores_with_intervals(whole: Written) -> None:
    items, scores = (pl.read_parquet(whole.out / f"{name}.parquet") for name in ("items", "scores"))
    counts = dict(items.group_by("task", "formulation").len().select(
        pl.concat_str("task", pl.lit(" "), "formulation"), "len").iter_rows())  # fmt: skip
    # Letters cannot be two: the item with two right answers is asked as a set where the task has sets.
    assert counts == {"metals letters": 6, "metals cloze": 7, "metals subsets": 7, "metals-unshown letters": 7}
    all_items = scores.filter(part="all")
    assert {"accuracy", "accuracy_pmi", "probability", "bits_per_byte"} <= set(all_items["metric"])
    for row in all_items.iter_rows(named=True):
        assert row["low"] <= row["value"] <= row["high"], row
    told = all_items.filter(task="metals", formulation="subsets", metric="accuracy")
    assert told["chance"].to_list() == [pytest.approx(1 / 15)]
    own = items.filter(task="metals", formulation="letters")
    assert all_items.filter(task="metals", formulation="letters", metric="accuracy")["value"].to_list() == [
        own["correct_plain"].mean()
    ]


def test_the_card_leads_to_model_tokenizer_and_exams(ground: Path, whole: Written) -> None:
    card = read_card(whole.out)
    assert card is not None
    assert card.kind == "score"
    assert set(card.parents) == {"model", "file of the tokenizer", "exam test.jsonl", "exam train.jsonl"}
    assert {"items.parquet", "scores.parquet", "bits.parquet"} <= card.outputs.keys()
    assert not (whole.out.parent / "whole.scoring").exists()


def test_what_is_scored_already_is_not_scored_again(ground: Path, whole: Written) -> None:
    assert not scored(ground, whole.out).fresh
    with pytest.raises(UserError, match="A finished score is there, of another run"):
        scored(ground, whole.out, "seed=1")


@pytest.mark.parametrize("point", ["part: metals-letters-00000", "part: written metals-subsets-00000"])
def test_a_killed_run_goes_on_and_ends_the_same(ground: Path, whole: Written, tmp_path: Path, point: str) -> None:
    killed_at(point, scored, ground, tmp_path / "out")
    there = {path.name for path in (tmp_path / "out.scoring").glob("metals-*.parquet")}
    assert "metals-letters-00000.parquet" in there
    assert "metals-subsets-00000.parquet" not in there
    again = scored(ground, tmp_path / "out")
    for name in ("items", "scores", "bits"):
        assert (again.out / f"{name}.parquet").read_bytes() == (whole.out / f"{name}.parquet").read_bytes()
    assert again.card == whole.card


def test_parts_of_another_run_are_not_gone_on_with(ground: Path, tmp_path: Path) -> None:
    killed_at("part: metals-letters-00000", scored, ground, tmp_path / "out")
    one = scored(ground, tmp_path / "out", "task.metals.shots=0")
    items = pl.read_parquet(one.out / "items.parquet")
    assert set(items["shots"]) == {0}


def test_what_cannot_be_asked_is_told_before_anything_is_scored(ground: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The exam of task 'metals' is not there") as caught:
        scored(ground, tmp_path / "out", "task.metals.path=['no.jsonl']")
    assert "--skip-missing" in caught.value.mend
    left = scored(ground, tmp_path / "out", "task.metals.path=['no.jsonl']", leave_out=True)
    assert left.card.recipe["left_out"] == ["metals"]
    assert set(pl.read_parquet(left.out / "items.parquet")["task"]) == {"metals-unshown"}


def test_a_question_that_is_too_long_is_refused_or_left_out_and_never_cut(ground: Path, tmp_path: Path) -> None:
    long = tuned.item(7, "test")
    long = ExamItem(**{**long._asdict(), "id": "e:test:long", "question": "iron and tin " * 100})
    tuned.write_items(ground / "long.jsonl", [tuned.item(1, "test"), long])
    sets = ("task.metals.path=['long.jsonl']", "task.metals.shots=0", "task.metals-unshown.path=['long.jsonl']")
    with pytest.raises(UserError, match="longer than the 256 tokens that the model reads, and none is cut") as caught:
        scored(ground, tmp_path / "out", *sets)
    assert "metals-unshown, letters: e:test:long" in caught.value.where  # all tasks are told of, before any is scored
    assert caught.value.what.startswith("4 questions")
    assert not list(tmp_path.glob("out*"))
    done = scored(ground, tmp_path / "out", *sets, "too_long=drop")
    assert done.card.counts["dropped"]["metals-letters"] == 1
    assert set(pl.read_parquet(done.out / "items.parquet")["item"]) == {"e:test:1"}


def test_texts_that_are_asked_for_and_not_measured_are_counted_and_told(
    ground: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = [tuned.item(number, "test") for number in range(3)]
    long = some[0]._replace(id="e:test:40", explanation="iron and tin " * 100)
    tuned.write_items(ground / "wordy.jsonl", [*some, long])
    sets = ("task.metals.path=['wordy.jsonl']", "task.metals.shots=0", "task.metals-unshown.path=['wordy.jsonl']")
    done = scored(ground, tmp_path / "out", *sets)
    bits = pl.read_parquet(done.out / "bits.parquet").filter(source="metals")
    assert done.card.counts["not_measured"] == {"explanation metals": 1}  # asked in two ways, told once
    assert bits.height + done.card.counts["not_measured"]["explanation metals"] == 4
    print_scores(done)
    assert "1 text of explanation metals not measured" in capsys.readouterr().out


def test_a_model_without_a_tokenizer_is_told(ground: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    for name in ("config.json", "model.safetensors"):
        (bare / name).write_bytes((ground / "base" / name).read_bytes())
    with pytest.raises(UserError, match="tokenizer"):
        evaluate(Wanted(bare, load_suite(ground / "suite.toml"), tmp_path / "out"), Silent())


def test_likelihoods_that_are_no_numbers_are_told_with_the_item(ground: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    broken = tmp_path / "broken"
    broken.mkdir()
    for path in (ground / "base").iterdir():
        (broken / path.name).write_bytes(path.read_bytes())
    weights = load_file(broken / "model.safetensors")
    name = next(name for name in weights if "norm" in name)
    save_file({**weights, name: weights[name] * 1e38}, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match="not a number") as caught:
        evaluate(Wanted(broken, load_suite(ground / "suite.toml"), tmp_path / "out"), Silent())
    assert caught.value.where.startswith("item e:test:")


def test_a_backend_of_the_harness_gives_the_same_likelihoods_and_is_told(ground: Path, tmp_path: Path) -> None:
    ours = scored(ground, tmp_path / "ours")
    theirs = scored(ground, tmp_path / "theirs", backend="hf", arguments="dtype=float32")
    one, other = (pl.read_parquet(done.out / "items.parquet") for done in (ours, theirs))
    assert one["item"].to_list() == other["item"].to_list()
    for mine, its in zip(one["logprobs"], other["logprobs"], strict=True):
        assert its.to_list() == pytest.approx(mine.to_list(), abs=1e-4)
    assert theirs.card.recipe["scored_by"] == "likelihood by hf dtype=float32"
    assert theirs.card.identity != ours.card.identity
    assert theirs.run["flops"] == "unknown"
    assert "parameters" not in theirs.run
    assert line(theirs.run["cost"]["all"]).endswith("what was computed is not known")


@pytest.mark.parametrize(
    ("backend", "arguments", "says"),
    [
        ("hfx", "", "no backend 'hfx' here"), ("dummy", "", "takes no token ids"),
        ("hf", "trust_remote_code=True", "trust_remote_code cannot be set"),
        ("hf", "pretrained=gpt2", "pretrained cannot be set"), ("hf", "dtype=float99", "could not begin"),
    ],
)  # fmt: skip
def test_a_backend_that_cannot_be_is_told(
    ground: Path, tmp_path: Path, backend: str, arguments: str, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        scored(ground, tmp_path / "out", backend=backend, arguments=arguments)
    assert not (tmp_path / "out").exists()


def test_a_gguf_file_is_asked_like_the_model_that_it_was_made_of_and_not_trained(ground: Path, tmp_path: Path) -> None:
    pytest.importorskip("gguf")
    from train.convert.quantize import quantize

    quantize(ground / "base", tmp_path / "half", "gguf-f16", ["iron and tin and zinc"])
    suite = load_suite(ground / "suite.toml")
    whole, half = (pl.read_parquet(evaluate(Wanted(model, suite, tmp_path / f"of-{model.name}"), Silent()).out /
                                   "items.parquet") for model in (ground / "base", tmp_path / "half"))  # fmt: skip
    for one, other in zip(whole["logprobs"], half["logprobs"], strict=True):
        assert other.to_list() == pytest.approx(one.to_list(), rel=0.01)
    with pytest.raises(UserError, match="for asking a model and not for training"):
        open_model(tmp_path / "half")


def test_a_choice_head_is_scored_by_its_own_scores(ground: Path, tmp_path: Path) -> None:
    made = tuned.tuned(
        ground / "little.toml", tmp_path / "choice", "head=choice", "epochs=8", "optimizer.learning_rate=0.01"
    )
    done = evaluate(Wanted(made.out, load_suite(ground / "suite.toml"), tmp_path / "out"), Silent())
    items = pl.read_parquet(done.out / "items.parquet")
    assert set(items["formulation"]) == {"choice"}
    assert done.card.recipe["scored_by"] == "choice head"
    assert done.card.counts["not_measured"] == {"explanation metals": 7}
    assert items["logprobs"].list.eval(pl.element().exp()).list.sum().to_list() == pytest.approx([1.0] * items.height)


def test_held_out_text_is_measured_a_row_a_document(ground: Path, tmp_path: Path) -> None:
    from tests.tokenizer.small import corpus_of, documents

    corpus = corpus_of(tmp_path / "corpus", documents(40), "decide.held_out=0.3")
    done = scored(ground, tmp_path / "out", f"bits.corpora=['{corpus}']")
    bits = pl.read_parquet(done.out / "bits.parquet")
    held = bits.filter(text="held-out")
    assert held.height > 5
    assert held["document"].n_unique() == held.height
    assert (held["nats"] > 0).all()
    assert set(bits["text"]) == {"held-out", "explanation"}
    card = json.loads((done.out / "card.json").read_bytes())
    assert any(name.startswith("corpus ") for name in card["parents"])


def test_how_long_the_stretches_of_text_were_is_in_the_card_and_told(
    ground: Path, whole: Written, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.tokenizer.small import corpus_of, documents

    corpus = corpus_of(tmp_path / "corpus", documents(40), "decide.held_out=0.3")
    done = scored(ground, tmp_path / "out", f"bits.corpora=['{corpus}']")
    assert open_model(ground / "base").positions == 256
    assert done.card.recipe["stretch"] == 248
    print_scores(done)
    said = "held-out text is read in stretches of 248 bytes, each without what stands before it"
    assert f"note: {said}\n" in capsys.readouterr().out
    assert f"H{said[1:]}: the shorter" in page(open_told(done.out))
    assert whole.card.recipe["stretch"] is None  # of explanations each is read whole
    print_scores(whole)
    assert "stretches" not in capsys.readouterr().out + page(open_told(whole.out))
