"""Answers in writing from suite to folder: what a model that learned to answer gets, and one that did not."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import json
import shutil
from pathlib import Path
from typing import Any

import jieba
import polars as pl
import pytest
import torch
from rich.console import Console

from corpus.errors import UserError
from eval.cmexam import differences as told
from eval.cmexam.answers import NO_LETTERS
from eval.compare.opened import open_all
from eval.compare.pairs import compare
from eval.generate.answer_tasks import ANSWER
from eval.run.page import open_told, page
from eval.run.printed import print_scores
from eval.run.recipe import load_suite
from eval.run.scores import ALL
from tests.eval.generate.ground import answered, make
from tests.eval.run.test_page import rows_below
from tests.killed import killed_at
from tests.once import made_once
from tests.tokenizer.small import corpus_of, documents
from tests.train import tiny, tiny_chat, tuned
from train.model_folder import Written

EXPLANATIONS = "known: explanations beside the exam"
MANY = ("generate.known.path=['many_train.csv']", "generate.known.max_new_tokens=12")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "written", make)


@pytest.fixture(scope="module")
def learned(ground: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The model that knows all answers."""
    return answered(ground, tmp_path_factory.mktemp("learned") / "out")


def answers(done: Written) -> pl.DataFrame:
    return pl.read_parquet(done.out / "answers.parquet")


def score(done: Written, metric: str) -> dict[str, object]:
    (row,) = pl.read_parquet(done.out / "scores.parquet").filter(metric=metric, part=ALL).to_dicts()
    return row


def printed(done: Written) -> str:
    shown = io.StringIO()
    print_scores(done, Console(width=160, file=shown))
    return shown.getvalue()


def test_a_model_that_learned_the_answers_is_right_by_each_scorer_that_reads_its_form(learned: Written) -> None:
    found = answers(learned)
    assert dict(found.schema) == ANSWER
    assert found["text"][0] == "答案: A. \n 解释:金0。"
    assert found["strict"].to_list() == found["right"].to_list() == found["lora"].to_list()
    assert found["right"].to_list()[3] == "BD"
    assert found["ended"].all()
    assert found["correct_gpt"].null_count() == found["failed_gpt"].sum() == 8  # two lines: it leaves all of them out
    for metric, value in (("accuracy", 1), ("f1", 1), ("accuracy_lora", 1), ("f1_lora", 1), ("failed", 0),
                          ("failed_gpt", 1), ("ended", 1), ("rouge_l_characters", 1),
                          ("bleu_2_characters", 1)):  # fmt: skip
        assert score(learned, metric)["value"] == value, metric
    assert score(learned, "accuracy")["chance"] == pytest.approx(6 / 8 / 5)  # one letter is never the right set of two
    counts = learned.card.counts["answers"]["known"]
    assert counts["failed"] == {"strict": 0, "lora": 0, "gpt": 8}
    assert counts["causes"] == {told.LINES: 8}


def test_what_is_printed_says_how_the_scorers_differ_and_why(learned: Written) -> None:
    text = printed(learned)
    assert "published, GPT keeps no item. They read something else on 8 of 8 items" in text
    assert f"8  {told.LINES}" in text
    assert "8 items, in the wording cmexam, chat template auto" in text
    assert "ROUGE-L" in text
    assert "FLOPs forwards" in text


def test_the_page_has_each_scorers_figures_and_why_they_differ(learned: Written) -> None:
    text = page(open_told(learned.out))
    assert rows_below(text, "known: answers by scorer") == [
        ["ours, strict", "100.0", "67.6-100.0", "100.0", "35.1-100.0", "0.0", "15.0", "8"],
        ["published, LoRA", "100.0", "67.6-100.0", "100.0", "35.1-100.0", "0.0", "", "8"],
        ["published, GPT", "", "", "", "", "100.0", "", "0"],
    ]
    assert f"8  {told.LINES}" in text
    assert ["ROUGE-L", "100.0", "67.6-100.0"] in [row[:3] for row in rows_below(text, EXPLANATIONS)]
    assert "writing, at most 60 tokens" in text


def test_a_model_that_learned_nothing_gives_no_answers_and_that_is_counted(ground: Path, tmp_path: Path) -> None:
    done = answered(ground, tmp_path / "out", model="base")
    found = answers(done)
    assert found["failed_strict"].all()
    assert found["strict"].null_count() == 8
    assert set(found["unread"]) == {NO_LETTERS}
    assert not found["correct_strict"].any()
    assert score(done, "failed")["value"] == 1
    counts = done.card.counts["answers"]["known"]
    assert counts["unread"] == {NO_LETTERS: 8}
    assert counts["not_ended"] == (~found["ended"]).sum() > 0
    assert (found.filter(~pl.col("ended"))["new_tokens"] == 60).all()
    assert f"no answer by ours in 8: {NO_LETTERS}" in printed(done)


def test_words_are_compared_where_jieba_is_installed_and_the_card_says_by_which(learned: Written) -> None:
    assert learned.card.recipe["words_by"] == f"jieba {importlib.metadata.version('jieba')}"
    assert score(learned, "rouge_l_words")["value"] == score(learned, "bleu_1_words")["value"] == 1
    cut = [word for word in jieba.lcut(answers(learned)["explanation"][0]) if not word.isspace()]
    assert answers(learned)["counts_words"].to_list()[0][-2:] == [len(cut), len(cut)]
    assert "jieba, which cuts Chinese into words, is not installed" not in printed(learned)


def test_without_jieba_words_are_left_out_and_that_is_told(
    ground: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *more: None if name == "jieba" else find(name, *more))
    done = answered(ground, tmp_path / "out")
    assert done.card.recipe["words_by"] == ""
    assert answers(done)["rouge_l_words"].null_count() == 8
    assert "jieba, which cuts Chinese into words, is not installed" in printed(done)


def test_answers_of_two_models_are_paired_by_item(ground: Path, learned: Written, tmp_path: Path) -> None:
    base = answered(ground, tmp_path / "base", model="base")
    first, second = open_all([base.out, learned.out])
    found = compare(first, [second])
    (told,) = found.alone  # each is asked as its card says that it was taught
    assert told.startswith("known was worded auto, chat template auto for base and cmexam, chat template ")
    rows = {row["metric"]: row for row in found.table.filter(part=ALL, formulation="generated").iter_rows(named=True)}
    assert set(rows) == {"accuracy", "rouge_l_characters"}
    assert (rows["accuracy"]["wins"], rows["accuracy"]["difference"]) == (8, 1.0)
    assert rows["accuracy"]["second_better"] is True
    assert rows["rouge_l_characters"]["difference"] > 0.9
    assert "points of share of right answers on known generated" in rows["accuracy"]["sentence"]


def test_explanations_are_compared_where_they_are_asked_for(ground: Path, tmp_path: Path) -> None:
    done = answered(ground, tmp_path / "out", "generate.known.explanations=false", "generate.known.limit=2")
    found = answers(done)
    assert found.height == 2
    assert found["rouge_l_characters"].null_count() == 2
    assert not pl.read_parquet(done.out / "scores.parquet")["metric"].str.contains("rouge").any()


@pytest.mark.parametrize("batch", [1, 8])
def test_a_text_is_the_same_whatever_batch_it_is_written_in(
    ground: Path, learned: Written, tmp_path: Path, batch: int
) -> None:
    for model in ("tuned", "base"):
        one, other = (answered(ground, tmp_path / f"{model}-{size}", model=model, batch=size) for size in (batch, 4))
        assert answers(one)["text"].to_list() == answers(other)["text"].to_list()
        assert answers(one).equals(answers(other))


@pytest.mark.parametrize("point", ["part: known-generated-00000", "part: written known-generated-00001"])
def test_a_killed_run_goes_on_and_ends_the_same(ground: Path, tmp_path: Path, point: str) -> None:
    whole = answered(ground, tmp_path / "whole", *MANY, model="base")
    killed_at(point, _answer_many, ground, tmp_path / "out")
    there = {path.name for path in (tmp_path / "out.scoring").glob("known-*.parquet")}
    assert there == {"known-generated-00000.parquet"}
    again = _answer_many(ground, tmp_path / "out")
    for name in ("answers", "scores", "items"):
        assert (again.out / f"{name}.parquet").read_bytes() == (whole.out / f"{name}.parquet").read_bytes()
    assert again.card == whole.card
    assert answers(again).height == 40
    cost = again.run["cost"]["answers"]
    assert {name: cost[name] for name in ("tokens", "predicted", "flops")} == {
        name: whole.run["cost"]["answers"][name] for name in ("tokens", "predicted", "flops")
    }


def _answer_many(ground: Path, out: Path) -> Written:
    return answered(ground, out, *MANY, model="base")


def test_a_question_that_leaves_no_room_for_its_answer_is_refused_or_left_out_and_never_cut(
    ground: Path, tmp_path: Path
) -> None:
    lines = (ground / "known_train.csv").read_text("utf-8").splitlines()
    long = lines[1].replace("00?", "iron and tin " * 60)
    shutil.copytree(ground, tmp_path / "ground")
    (tmp_path / "ground" / "known_train.csv").write_text("\n".join([lines[0], long, *lines[2:]]) + "\n", "utf-8")
    with pytest.raises(UserError, match="longer than the 256 tokens that the model reads, and none is cut") as caught:
        answered(tmp_path / "ground", tmp_path / "out", model="base")
    assert caught.value.where.startswith("cmexam:train:1 (")
    assert "max_new_tokens" in caught.value.mend
    done = answered(tmp_path / "ground", tmp_path / "out", "too_long=drop", model="base")
    assert done.card.counts["not_answered"] == {"known": {"too long": 1}}
    assert done.run["not_answered"]["known"]["too long"] == ["cmexam:train:1"]
    assert answers(done).height == 7
    assert "note: 1 item of known not answered in writing: too long" in printed(done)
    with pytest.raises(UserError, match="an answer of 203 tokens"):  # of which each has its room
        answered(ground, tmp_path / "roomy", "generate.known.max_new_tokens=203")


def test_a_question_that_spells_a_special_token_is_told(ground: Path, tmp_path: Path) -> None:
    shutil.copytree(ground, tmp_path / "ground")
    file = tmp_path / "ground" / "known_train.csv"
    file.write_text(file.read_text("utf-8").replace("11?", "<|im_end|>?"), "utf-8")
    with pytest.raises(UserError, match="spell out a special token"):
        answered(tmp_path / "ground", tmp_path / "out", model="base")
    done = answered(tmp_path / "ground", tmp_path / "out", "too_long=drop", model="base")
    assert done.card.counts["not_answered"] == {"known": {"spells out a special token": 1}}


def test_a_model_is_asked_as_its_card_says_that_it_was_taught(ground: Path, learned: Written, tmp_path: Path) -> None:
    assert learned.card.recipe["written_as"] == {"known": {"prompt": "cmexam", "chat_template": "auto"}}
    base = answered(ground, tmp_path / "base", "generate.known.limit=1", model="base")
    assert base.card.recipe["written_as"]["known"]["prompt"] == "auto"
    other = answered(ground, tmp_path / "other", "generate.known.prompt=zh")
    assert other.card.recipe["written_as"]["known"]["prompt"] == "zh"
    assert answers(other)["text"].to_list() != answers(learned)["text"].to_list()


def test_what_was_made_of_a_model_is_asked_as_that_was_taught_and_where_it_cannot_be_known_it_is_said(
    ground: Path, tmp_path: Path
) -> None:
    from corpus.card import read_card, write_card
    from train.convert.merge import interpolate

    known = next(path for path in ground.iterdir() if (path / "card.json").is_file())
    shutil.copytree(ground, tmp_path / "ground")
    here = tmp_path / "ground"
    interpolate(here / known.name, here / known.name, here / "alike", (0.5,))
    one = answered(here, tmp_path / "one", "generate.known.limit=1", model="alike")
    assert one.card.recipe["written_as"]["known"] == {"prompt": "cmexam", "chat_template": "auto"}
    assert "several wordings" not in printed(one)
    card = read_card(here / "alike")
    assert card is not None
    both = [*card.recipe["taught"], {"prompt": "zh", "chat_template": "auto"}]
    write_card(here / "alike", card.model_copy(update={"recipe": {**card.recipe, "taught": both}}))
    other = answered(here, tmp_path / "other", "generate.known.limit=1", model="alike")
    assert other.card.recipe["written_as"]["known"] == {"prompt": "auto", "chat_template": "auto"}
    assert other.card.counts["taught_apart"] == [["cmexam", "auto"], ["zh", "auto"]]
    assert "in the wording auto, chat template auto; what the model was made of was taught in several" in printed(other)


def test_a_base_without_a_chat_template_is_asked_plainly_and_learned_positions_are_kept(
    ground: Path, tmp_path: Path
) -> None:
    from transformers import GPT2Config, GPT2LMHeadModel

    shutil.copytree(ground, tmp_path / "ground")
    tokenizer = tiny_chat.byte_level(None)
    tokenizer.save_pretrained(tmp_path / "ground" / "plain")
    shape: dict[str, Any] = {"n_embd": 32, "n_layer": 2, "n_head": 4, "n_positions": 192, "initializer_range": 0.3}
    model = tiny.drawn(GPT2LMHeadModel, GPT2Config(vocab_size=len(tokenizer), bos_token_id=0, eos_token_id=0, **shape))
    model.save_pretrained(tmp_path / "ground" / "plain")
    done = [answered(tmp_path / "ground", tmp_path / f"out-{size}", model="plain", batch=size) for size in (1, 8)]
    found = answers(done[0])
    asked = "User:\n问题：00?\n选项：\nA. 金\nB. 铁\nC. 锡\nD. 锌\nE. 铜\n\nAssistant:\n"
    assert found["prompt_tokens"][0] == len(tokenizer(asked)["input_ids"])
    assert found["prompt_tokens"].n_unique() > 1  # so that a batch is filled up
    assert found["text"].n_unique() > 1
    assert found.equals(answers(done[1]))


def test_what_a_models_folder_says_of_sampling_changes_nothing(ground: Path, learned: Written, tmp_path: Path) -> None:
    shutil.copytree(ground, tmp_path / "ground")
    file = tmp_path / "ground" / "tuned" / "generation_config.json"
    own = json.loads(file.read_bytes())
    file.write_text(json.dumps({**own, "do_sample": True, "temperature": 5.0, "repetition_penalty": 3.0,
                                "no_repeat_ngram_size": 1, "max_new_tokens": 3}), "utf-8")  # fmt: skip
    done = answered(tmp_path / "ground", tmp_path / "out", "generate.known.prompt=cmexam")  # the card is none any more
    assert answers(done)["text"].to_list() == answers(learned)["text"].to_list()


def test_a_model_that_cannot_write_is_passed_over_and_that_is_told(ground: Path, tmp_path: Path) -> None:
    shutil.copytree(ground, tmp_path / "ground")
    tuned.encoder(tmp_path / "ground" / "encoder")
    tuned.ground(tmp_path / "ground" / "exams")
    head = tuned.tuned(tmp_path / "ground" / "exams" / "little.toml", tmp_path / "ground" / "head", "head=choice",
                       f"base='{tmp_path / 'ground' / 'encoder'}'", "epochs=1")  # fmt: skip
    assert head.out.name == "head"
    for model, says in (("head", "it writes no text\\."), ("encoder", "it writes no text")):
        with pytest.raises(UserError, match=f"can do nothing of what the suite asks: {says}"):
            answered(tmp_path / "ground", tmp_path / "out", model=model)
    suite = tmp_path / "ground" / "suite.toml"
    task = '[[task]]\nname = "metals"\nform = "plain"\npath = ["exams/test.jsonl"]\n'
    suite.write_text(suite.read_text("utf-8") + task)
    done = answered(tmp_path / "ground", tmp_path / "out", model="head")
    assert done.card.recipe["not_written"] == ["known"]
    assert answers(done).is_empty()
    assert pl.read_parquet(done.out / "items.parquet").height == 6
    assert "note: known was not answered in writing: the model writes no text" in printed(done)
    with pytest.raises(UserError, match="it writes no text, and scores no options"):
        answered(tmp_path / "ground", tmp_path / "out-2", model="encoder")
    corpus = corpus_of(tmp_path / "corpus", documents(30), "decide.held_out=0.3")
    alone = answered(tmp_path / "ground", tmp_path / "out-2", f"bits.corpora=['{corpus}']", model="encoder")
    assert (alone.card.recipe["not_asked"], alone.card.recipe["not_written"]) == (["metals"], ["known"])
    assert alone.card.counts["documents"] > 0
    assert "note: metals was not asked: an encoder without a choice head tells nothing of options" in printed(alone)


def test_a_likelihood_that_is_no_number_is_told_with_the_item(ground: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(ground, tmp_path / "ground")
    file = tmp_path / "ground" / "base" / "model.safetensors"
    weights = load_file(file)
    name = next(name for name in weights if "norm" in name)
    save_file({**weights, name: weights[name] * 1e38}, file, {"format": "pt"})
    with pytest.raises(UserError, match="not a number") as caught:
        answered(tmp_path / "ground", tmp_path / "out", model="base")
    assert caught.value.where.startswith("item cmexam:train:")


def test_an_exam_that_is_not_there_is_told_or_left_out(ground: Path, tmp_path: Path) -> None:
    gone = "generate.known.path=['gone_train.csv']"
    with pytest.raises(UserError, match="The exam of task 'known' is not there"):
        answered(ground, tmp_path / "out", gone)
    with pytest.raises(UserError, match="Of no task of the suite the exam is there"):
        answered(ground, tmp_path / "out", gone, leave_out=True)
    many = "{name='many',form='cmexam',path=['many_train.csv'],limit=2,max_new_tokens=4}"
    known = "{name='known',form='cmexam',path=['gone_train.csv']}"
    done = answered(ground, tmp_path / "out", f"generate=[{known},{many}]", leave_out=True)
    assert done.card.recipe["left_out"] == ["known, generated"]
    assert answers(done)["task"].to_list() == ["many", "many"]


def test_the_shipped_suites_ask_for_answers_and_inherit_them() -> None:
    (medical,) = load_suite("medical").suite.generate
    (quick,) = load_suite("quick").suite.generate
    assert (medical.limit, quick.limit) == (200, 50)
    assert quick.model_copy(update={"limit": 200}) == medical
    assert [one.limit for one in load_suite("quick", ("generate.cmexam.limit=7",)).suite.generate] == [7]
    with pytest.raises(UserError, match="two \\[\\[generate\\]\\] tables are named"):
        load_suite("smoke", ("generate=[{name='a',form='plain',path=['x']},{name='a',form='plain',path=['x']}]",))
