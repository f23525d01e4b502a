"""The exams of a suite: which items are asked, where they are looked for, and what is told when they are not there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.run.exams import drawn, read_tasks
from eval.run.recipe import load_suite, shipped
from tests.train.tuned import item, write_items

SUITE = """
name = "two"

[[task]]
name = "one"
form = "plain"
path = ["absent.jsonl", "$EXAMS_HERE/test.jsonl"]
limit = 3

[[task]]
name = "read"
form = "plain"
path = ["test.jsonl"]
context = false
"""


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A suite and its exam, each item of which has something to be read first."""
    monkeypatch.setenv("EXAMS_HERE", str(tmp_path))
    write_items(tmp_path / "test.jsonl", [item(number, "test")._replace(context="A metal.") for number in range(9)])
    (tmp_path / "two.toml").write_text(SUITE, encoding="utf-8")
    return tmp_path / "two.toml"


def test_the_first_path_that_is_there_is_read_and_so_many_items_are_drawn(suite: Path) -> None:
    (one, read), missing = read_tasks(load_suite(suite))
    assert len(one.items) == 3
    assert list(one.files) == ["$EXAMS_HERE/test.jsonl"]
    assert {each.context for each in one.items} == {"A metal."}
    assert {each.context for each in read.items} == {""}
    assert missing == []


def test_a_draw_does_not_depend_on_what_else_the_file_holds() -> None:
    items = [item(number, "test") for number in range(60)]
    few, more = drawn(items, 10), drawn(items, 20)
    assert {each.id for each in few} < {each.id for each in more}
    assert drawn(items[::-1], 10) == few[::-1]
    assert drawn(items, 0) == items
    kept = [each for each in items if each.id in {one.id for one in few}]
    assert few == kept  # in the order of the file


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (("task.one.form='plane'",), "no form of exams 'plane'"),
        (("task.one.path=['hub:owner/name']",), "names no file of a data set"),
        (("task.one.path=['no.jsonl']",), "The exam of task 'one' is not there"),
        (("task.one.shots=2",), "shots and no examples"),
        (("task.one.shots=2", "task.one.examples=['no.jsonl']"), "The examples of task 'one' are not there"),
        (("task.one.name=read",), "two [[task]] tables are named 'read'"),
    ],
)
def test_what_cannot_be_read_is_told(suite: Path, sets: tuple[str, ...], says: str) -> None:
    with pytest.raises(UserError) as caught:
        read_tasks(load_suite(suite, sets))
    assert says in caught.value.what


def test_a_missing_exam_is_left_out_where_that_is_asked_for(suite: Path) -> None:
    tasks, missing = read_tasks(load_suite(suite, ("task.one.path=['no.jsonl']",)), leave_out=True)
    assert [one.task.name for one in tasks] == ["read"]
    assert missing == ["one"]


def test_an_exam_that_cannot_be_had_from_the_hub_is_left_out_too_and_a_wrong_name_is_not(
    suite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> str:
        raise OSError("no network")

    monkeypatch.setattr("huggingface_hub.hf_hub_download", gone)
    with pytest.raises(UserError, match="cannot be had from the Hub"):
        read_tasks(load_suite(suite, ("task.one.path=['hub:owner/name/file.jsonl']",)))
    _, missing = read_tasks(load_suite(suite, ("task.one.path=['hub:owner/name/file.jsonl']",)), leave_out=True)
    assert missing == ["one"]
    with pytest.raises(UserError, match="names no file of a data set"):
        read_tasks(load_suite(suite, ("task.one.path=['hub:owner/name']",)), leave_out=True)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "e:test:1", "question": "q?", "options": ["a", "b"], "answer": "C"}', "C"),
        ('{"id": "e:test:1", "options": ["a", "b"], "answer": "A"}', "question"),
    ],
)
def test_an_exam_file_with_a_missing_field_or_an_answer_outside_its_options_is_told(
    suite: Path, line: str, says: str
) -> None:
    (suite.parent / "test.jsonl").write_text(line + "\n", encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_tasks(load_suite(suite, ("task.one.split=test", "task.read.split=test")))
    assert says in f"{caught.value.what} {caught.value.where}"


def test_items_with_several_right_answers_are_asked_as_sets_where_the_task_has_sets(suite: Path) -> None:
    several = ExamItem(
        "e:test:9", "e", "test", "en", "", "", "Which are metals?", ("iron", "air", "tin"), (0, 2), "", ""
    )
    write_items(suite.parent / "test.jsonl", [item(1, "test"), several])
    (one, _), _ = read_tasks(load_suite(suite, ("task.one.formulations=['letters', 'subsets']",)))
    assert [len(one.items_of(wording)) for wording in one.wordings()] == [1, 2]


def test_the_shipped_suites_can_be_read() -> None:
    assert {"medical", "retention", "quick", "smoke"} <= set(shipped())
    for name in shipped():
        assert load_suite(name).suite.task


def test_the_medical_suite_asks_of_the_authors_whole_file_the_test_alone(tmp_path: Path) -> None:
    """Of ori_pqal.json, half of which is for training and choosing; the PMIDs are one of each half."""
    entry = {"QUESTION": "Does tea help?", "CONTEXTS": ["We asked 40 people."], "final_decision": "yes"}
    (tmp_path / "pubmedqa").mkdir()
    told = json.dumps({"12377809": entry, "10808977": entry})
    (tmp_path / "pubmedqa" / "ori_pqal.json").write_text(told, encoding="utf-8")
    loaded = load_suite("medical", (), tmp_path)
    mine = tuple(task for task in loaded.suite.task if task.form == "pubmedqa")
    read, missing = read_tasks(loaded._replace(suite=loaded.suite.model_copy(update={"task": mine})))
    assert [task.name for task in mine] == ["pubmedqa", "pubmedqa-without-abstract"]
    assert missing == []
    assert [[item.id for item in one.items] for one in read] == [["pubmedqa:test:12377809"]] * 2
