"""Runs beside each other: pairs by item, families of comparisons, refusals, and what the command says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from corpus.card import Card, hash_outputs, read_card, write_card
from corpus.errors import UserError
from eval.compare.opened import Scored, open_all, open_scores
from eval.compare.pairs import compare
from eval.generate.answer_tasks import ANSWER
from eval.likelihood.scorer import TEXT_ALONE
from eval.run.measure_bits import BITS
from eval.run.rows import ROW
from eval.run.run import VERSION, identity_of
from eval.run.score_tasks import TASK
from eval.tasks.categories import fields


def run_of(folder: Path, right: np.ndarray, bits: float = 1.2, task: str = "medqa", exam: str = "medqa-us",
           subjects: tuple[str, ...] = ("",), version: int = VERSION, digest: str = "e") -> Path:  # fmt: skip
    """A folder of scores: items right or wrong as told, twenty documents of so many bits per byte."""
    folder.mkdir(parents=True)
    rows = [{"task": task, "formulation": "letters", "shots": 0, "item": f"{exam}:test:{number}", "exam": exam,
             "split": "test", "language": "en", "subject": subjects[number % len(subjects)], "options": 4,
             "answers": [0], "right": [0], "chance": 0.25, "chance_probability": 0.25,
             "correct_plain": bool(one), "probability": 0.2 + 0.4 * one,
             "logprobs": [-1.0] * 4, "unconditional": [], "tokens": [1] * 4, "characters": [1] * 4, "bytes": [1] * 4}
            for number, one in enumerate(right.tolist())]  # fmt: skip
    pl.DataFrame(rows, schema={**TASK, **ROW}).write_parquet(folder / "items.parquet")
    sizes = np.linspace(500, 3000, 20).astype(int)
    noise = np.random.default_rng(0).normal(0, 0.1, 20)
    texts = [{"text": "held-out", "document": f"d{number}", "source": "s", "tier": "high", "language": "en",
              "nats": float(size * (bits + noise[number]) * math.log(2)), "bytes": int(size), "tokens": int(size) // 4}
             for number, size in enumerate(sizes)]  # fmt: skip
    pl.DataFrame(texts, schema=BITS).write_parquet(folder / "bits.parquet")
    recipe, parents = {"version": version, "exams": {task: [digest]}}, {"model": folder.name}
    card = Card(kind="score", name="x", identity=identity_of(recipe, parents, "c", {}), parents=parents, recipe=recipe,
                code="c", versions={}, outputs=hash_outputs(folder))  # fmt: skip
    write_card(folder, card)
    return folder


def rewrite(folder: Path, **changed: object) -> Path:
    """The run's card with these fields, as a run that was so would have it."""
    card = read_card(folder)
    assert card is not None
    card = card.model_copy(update={"outputs": hash_outputs(folder), **changed})
    identity = identity_of(card.recipe, card.parents, card.code, card.versions)
    write_card(folder, card.model_copy(update={"identity": identity}))
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """The second is right on 60 more of 500 items, and 0.1 bits per byte better on every text."""
    first = np.zeros(500)
    first[:150] = 1
    second = first.copy()
    second[150:210] = 1
    return run_of(tmp_path / "base", first), run_of(tmp_path / "mine", second, bits=1.1)


def row(table: pl.DataFrame, metric: str, part: str = "all") -> dict[str, object]:
    (found,) = table.filter(metric=metric, part=part).to_dicts()
    return found


def test_a_difference_is_told_by_item_with_wins_and_losses(pair: tuple[Path, Path]) -> None:
    first, second = open_all(list(pair))
    found = compare(first, [second])
    told = row(found.table, "accuracy")
    assert (told["first_value"], told["second_value"]) == (0.3, 0.42)
    assert told["difference"] == pytest.approx(0.12)
    assert (told["wins"], told["ties"], told["losses"]) == (60, 440, 0)
    assert told["second_better"] is True
    assert str(told["sentence"]).startswith("mine beats base by 12.0 points of share of right answers on medqa letters")
    assert row(found.table, "bits_per_byte")["difference"] == pytest.approx(-0.1)
    bits = row(found.table, "bits_per_byte")
    assert bits["second_better"] is True
    assert (bits["wins"], bits["ties"], bits["losses"]) == (20, 0, 0)  # of bits fewer are better
    assert found.alone == []


def test_the_same_model_twice_is_no_difference(pair: tuple[Path, Path], tmp_path: Path) -> None:
    first, other = open_all([pair[0], run_of(tmp_path / "again", np.repeat([1.0, 0.0], [150, 350]))])
    found = compare(first, [other]).table
    assert set(found["second_better"].to_list()) == {None}
    assert row(found, "accuracy")["difference"] == 0
    assert "No difference is shown" in str(row(found, "accuracy")["sentence"])


def test_p_values_of_whole_tasks_are_adjusted_among_themselves(pair: tuple[Path, Path]) -> None:
    first, second = open_all(list(pair))
    found = compare(first, [second]).table.filter(part="all")
    least = found.sort("p").row(0, named=True)
    assert least["p_adjusted"] == pytest.approx(min(least["p"] * found.height, 1))


def test_items_that_only_one_run_has_are_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    fewer = run_of(tmp_path / "fewer", np.zeros(480))
    first, second = open_all([pair[0], fewer])
    assert compare(first, [second]).alone == ["20 items of base are not in the other run"]


def test_what_is_forgotten_is_told_by_field(tmp_path: Path) -> None:
    subjects = ("anatomy", "philosophy", "econometrics", "virology")
    first = run_of(tmp_path / "a", np.ones(400), task="mmlu", exam="mmlu", subjects=subjects)
    second = np.ones(400)
    second[1::4] = 0  # philosophy is forgotten
    runs = open_all([first, run_of(tmp_path / "b", second, task="mmlu", exam="mmlu", subjects=subjects)])
    found = compare(runs[0], [runs[1]]).table
    assert row(found, "accuracy", "field humanities")["difference"] == -1.0
    assert row(found, "accuracy", "field humanities")["second_better"] is False
    assert row(found, "accuracy", "field STEM")["difference"] == 0.0


def test_fields_are_those_of_the_publishers() -> None:
    assert fields("mmlu", "virology") == ("other",)
    assert fields("mmlu", "anatomy") == ("STEM",)
    assert fields("cmmlu", "virology") == ("STEM",)
    assert fields("cmmlu", "traditional_chinese_medicine") == ("other", "China specific")
    assert fields("medqa-us", "anatomy") == ()


def test_every_subject_has_a_field() -> None:
    from importlib.resources import files

    names = [path.name for path in (files("lm_eval") / "tasks" / "mmlu" / "default").iterdir()]
    subjects = [name[5:-5] for name in names if name.startswith("mmlu_")]
    assert len(subjects) == 57
    assert all(fields("mmlu", subject) for subject in subjects)


def test_what_cannot_be_compared_is_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="version 0 of the suite"):
        open_scores(run_of(tmp_path / "old", np.ones(3), version=0))
    with pytest.raises(UserError, match="holds no scores"):
        open_scores(tmp_path)
    with pytest.raises(UserError, match="given twice"):
        open_all([pair[0], pair[0]])
    first, other = open_all([pair[0], run_of(tmp_path / "other", np.ones(3), digest="f")])
    with pytest.raises(UserError, match="different files for one exam"):
        compare(first, [other])
    with (pair[1] / "items.parquet").open("ab") as opened:
        opened.write(b"x")
    with pytest.raises(UserError, match="not as they were written"):
        open_scores(pair[1])


def told_of(run: Scored, **recipe: object) -> Scored:
    """The run, as if its card said so."""
    return run._replace(card=run.card.model_copy(update={"recipe": {**run.card.recipe, **recipe}}))


def test_items_of_which_other_answers_are_right_are_refused_whatever_their_file_is_called(
    pair: tuple[Path, Path],
) -> None:
    first, second = open_all(list(pair))
    changed = second.items.with_columns(right=pl.when(pl.col("item") == "medqa-us:test:7").then([1]).otherwise("right"))
    with pytest.raises(UserError, match="other answers right for 1 of their items") as caught:
        compare(first, [second._replace(items=changed.cast({"right": first.items.schema["right"]}))])
    assert "medqa-us:test:7" in caught.value.where


def test_a_task_that_was_asked_in_two_ways_is_refused(pair: tuple[Path, Path]) -> None:
    first, second = (told_of(run, suite={"task": [{"name": "medqa", "form": "pubmedqa", "context": context}]})
                     for run, context in zip(open_all(list(pair)), (True, False), strict=True))  # fmt: skip
    with pytest.raises(UserError, match="asked task 'medqa' in two ways: context differ"):
        compare(first, [second])


def test_a_card_that_was_changed_is_not_believed(pair: tuple[Path, Path]) -> None:
    card = read_card(pair[1])
    assert card is not None
    write_card(pair[1], card.model_copy(update={"parents": {"model": "another"}}))
    with pytest.raises(UserError, match="not as they were written"):
        open_scores(pair[1])


WRITTEN = {"form": "cmexam", "context": True, "split": "test", "max_new_tokens": 16}


def answering(run: Scored, right: str, prompt: str, **asked: object) -> Scored:
    """The run, as if it had answered three items in writing."""
    answers = pl.DataFrame([{"task": "cmexam", "item": f"c:{number}", "exam": "cmexam", "language": "zh", "subject": "",
                             "right": right, "correct_strict": number < 2, "rouge_l_characters": 0.1 * number}
                            for number in range(3)], schema=ANSWER)  # fmt: skip
    told = told_of(run, suite={"generate": [{"name": "cmexam", **WRITTEN, **asked}]},
                   written_as={"cmexam": {"prompt": prompt, "chat_template": "auto"}})  # fmt: skip
    return told._replace(answers=answers)


def test_answers_in_writing_are_compared_of_one_exam_asked_in_one_way(pair: tuple[Path, Path]) -> None:
    first, second = open_all(list(pair))
    base = answering(first, "A", "cmexam")
    same = compare(base, [answering(second, "A", "cmexam")])
    assert not same.table.filter(formulation="generated").is_empty()
    assert same.alone == []
    with pytest.raises(UserError, match="other answers right for 3"):
        compare(base, [answering(second, "B", "cmexam")])
    with pytest.raises(UserError, match="asked task 'cmexam' in two ways: max_new_tokens differ"):
        compare(base, [answering(second, "A", "cmexam", max_new_tokens=8)])


def test_a_model_that_was_asked_in_another_wording_is_compared_and_that_is_told(pair: tuple[Path, Path]) -> None:
    first, second = open_all(list(pair))
    found = compare(answering(first, "A", "auto"), [answering(second, "A", "cmexam")])
    assert found.alone == ["cmexam was worded auto, chat template auto for base and cmexam, chat template auto for "
                           "mine: a part of the difference may be that"]  # fmt: skip


def test_bits_of_an_encoder_are_not_compared_with_those_of_a_decoder(pair: tuple[Path, Path]) -> None:
    first, second = open_all(list(pair))
    found = compare(first, [told_of(second, scored_by=TEXT_ALONE)])
    assert found.table.filter(metric="bits_per_byte").is_empty()
    assert any("one is an encoder" in line for line in found.alone)
    assert not compare(first, [second]).table.filter(metric="bits_per_byte").is_empty()


def test_runs_without_a_common_item_are_refused(pair: tuple[Path, Path], tmp_path: Path) -> None:
    other = run_of(tmp_path / "other", np.ones(3), task="cmexam")
    pl.DataFrame(schema=BITS).write_parquet(other / "bits.parquet")
    rewrite(other)
    with pytest.raises(UserError, match="no item and no document in common"):
        compare(*(lambda runs: (runs[0], runs[1:]))(open_all([pair[0], other])))


def test_the_command_says_it_in_words_and_writes_every_difference(pair: tuple[Path, Path], tmp_path: Path) -> None:
    from eval.cli import app

    told = CliRunner().invoke(app, ["compare", *map(str, pair), "--out", str(tmp_path / "d.parquet")])
    assert told.exit_code == 0, told.output
    assert "mine beside base: better in 3, worse in 0, no difference shown in 0 of 3 comparisons" in told.output
    assert pl.read_parquet(tmp_path / "d.parquet").height >= 3
    printed = CliRunner().invoke(app, ["compare", *map(str, pair), "--json"])
    assert len(json.loads(printed.stdout)["differences"]) >= 3


def test_what_would_have_been_seen_is_seen_in_eight_of_ten_such_comparisons_after_correction(tmp_path: Path) -> None:
    """By simulation: the same comparison again and again, with a true difference of the size that is said to be seen,
    beside others that differ in nothing."""
    from eval.statistics.many import LEVEL, detectable_of_items, holm
    from eval.statistics.paired import of_items

    drawn, n, others = np.random.default_rng(0), 400, 9
    size = detectable_of_items(1.0, n, LEVEL / (others + 1))
    seen = []
    for _ in range(300):
        mine = of_items(np.zeros(n), drawn.normal(size, 1, n), 200).p
        seen.append(holm([mine, *drawn.uniform(0, 1, others).tolist()])[0] < LEVEL)
    assert 0.74 < np.mean(seen) < 0.87


def test_the_more_is_compared_the_larger_must_be_what_is_seen(pair: tuple[Path, Path], tmp_path: Path) -> None:
    third = run_of(tmp_path / "third", np.repeat([1.0, 0.0], [100, 400]), bits=1.3)
    first, second, more = open_all([*pair, third])
    alone, beside = (
        compare(first, some).table.filter(second="mine", part="all") for some in ([second], [second, more])
    )
    for metric in ("accuracy", "bits_per_byte"):
        few, many = (row(one, metric)["detectable"] for one in (alone, beside))
        assert isinstance(few, float)
        assert isinstance(many, float)
        assert few < many < 1.5 * few
