"""What a file lacks and what it has twice: counted when it is read, in the card, in print and on the page."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rich.console import Console

from corpus.card import Card
from eval.run.exam_notes import counted, lacking, standing_twice
from eval.run.exams import Answered, Asked, notes_by_task, read_answered, read_tasks
from eval.run.page import Told, page
from eval.run.printed import print_scores
from eval.run.recipe import load_suite
from eval.run.scores import SCORE
from tests.corpus.exams import made
from train.model_folder import Written

SUITE = """
name = "two"

[[task]]
name = "cmexam"
form = "cmexam"
path = ["cmexam_val.csv"]

[[generate]]
name = "cmexam"
form = "cmexam"
path = ["cmexam_val.csv"]
limit = 2
"""
ONE = "cmexam: 1 of 4 entries has no answer and is not asked"


def read(folder: Path, text: str, *sets: str) -> tuple[list[Asked], list[Answered]]:
    """The exams of the suite, where the file holds a text."""
    made.table(folder / "cmexam_val.csv", text)
    loaded = load_suite(made.table(folder / "two.toml", SUITE), sets)
    return read_tasks(loaded)[0], read_answered(loaded)[0]


def counts(folder: Path, text: str, *sets: str) -> dict[str, Any]:
    return counted(notes_by_task(*read(folder, text, *sets)).items())


def test_an_entry_without_an_answer_is_counted_and_told_once(tmp_path: Path) -> None:
    found = counts(tmp_path, made.CMEXAM)
    assert found["unanswered"] == {"cmexam": {"entries": 4, "unanswered": 1}}
    assert lacking(found) == [ONE]
    assert standing_twice(found) == []


def test_questions_that_stand_twice_are_asked_and_told_with_the_place_of_the_first_two(tmp_path: Path) -> None:
    head, *lines = made.CMEXAM.replace("。\n久", "。久").splitlines(keepends=True)
    text = head + "".join(lines[:3]) * 2
    tasks, answered = read(tmp_path, text)
    assert len(tasks[0].items) == 6
    found = counted(notes_by_task(tasks, answered).items())
    first = ["cmexam_val.csv, line 2", "cmexam_val.csv, line 5"]
    assert found["asked_twice"]["cmexam"] == {"items": 6, "again": 3, "first": first}
    assert standing_twice(found)[0].startswith(
        "cmexam: 3 of 6 items ask again what others ask, first cmexam_val.csv, line 2 and cmexam_val.csv, line 5: they"
    )


@pytest.mark.parametrize(
    ("sets", "told"),
    [((), ["cmexam"]), (("bits.explanations=0",), ["cmexam, generated"]),
     (("bits.explanations=0", "generate.cmexam.explanations=false"), [])],
)  # fmt: skip
def test_explanations_that_are_asked_for_and_not_there_are_told(
    tmp_path: Path, sets: tuple[str, ...], told: list[str]
) -> None:
    found = counts(tmp_path, "Question,Options,Answer\n题,A 甲\\nB 乙,A\n", *sets)
    assert found["unexplained"] == told
    assert lacking(found) == [f"{name}: no explanations in the file: nothing measured" for name in told]


def test_an_exam_that_never_has_explanations_is_not_said_to_lack_them(tmp_path: Path) -> None:
    made.jsonl(tmp_path / "test.jsonl", made.MEDQA)
    suite = 'name = "us"\n[[task]]\nname = "us"\nform = "medqa-us"\npath = ["test.jsonl"]\n'
    tasks, _ = read_tasks(load_suite(made.table(tmp_path / "us.toml", suite)))
    assert lacking(counted(notes_by_task(tasks, []).items())) == []


def test_all_of_it_stands_in_print_and_on_the_page(tmp_path: Path) -> None:
    found = counts(tmp_path, made.CMEXAM + made.CMEXAM.partition("\n")[2])
    pl.DataFrame(schema=SCORE).write_parquet(tmp_path / "scores.parquet")
    card = Card(kind="score", name="x", identity="i", recipe={}, code="", versions={}, counts=found)
    shown = io.StringIO()
    print_scores(Written(tmp_path, card, False, {}), Console(file=shown, width=60))
    text = page(Told(card, {}, pl.DataFrame(schema=SCORE)))
    assert f"note: {ONE.replace('1 of 4', '2 of 8').replace('has no', 'have no').replace('is not', 'are not')}\n" in (
        shown.getvalue()
    )
    for line in (*lacking(found), *standing_twice(found)):
        assert f"note: {line}\n" in shown.getvalue()
        assert f"{line}." in text


def test_a_card_of_before_has_nothing_to_tell() -> None:
    assert lacking({"items": 3}) == standing_twice({"items": 3}) == []
