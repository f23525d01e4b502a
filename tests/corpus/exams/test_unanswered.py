"""A file whose answers are under another name, or are not there: told by what the file has, and never as the other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UserError
from tests.corpus.exams import made

CHINESE = "Question,A,B,C,D\n题,甲,乙,丙,丁\n"
SMALL = {key: value for key, value in made.MEDQA.items() if key not in ("answer", "answer_idx")}
NO_COP = {key: value for key, value in made.MEDMCQA.items() if key != "cop"}
UNDECIDED = {key: value for key, value in made.PUBMEDQA.items() if key != "final_decision"}


def without_answer(form: str, folder: Path) -> Path:
    """A file of the form that has everything but the field of the answer."""
    rows: dict[str, Any] = {"medqa-us": SMALL, "medqa-mainland": SMALL, "medmcqa": NO_COP, "medmcqa-from-0": NO_COP,
                            "pubmedqa": {**UNDECIDED, "key": "1"}}  # fmt: skip
    if form in rows:
        return made.jsonl(folder / "x_test.jsonl", rows[form], rows[form])
    text = {"cmexam": "Question,Options,Explanation\n题,A 甲\\nB 乙,因为。\n", "cmmlu": CHINESE,
            "ceval": CHINESE.replace("Question", "question")}  # fmt: skip
    return made.table(folder / "x_test.csv", text[form])


@pytest.mark.parametrize(
    ("form", "field"),
    [("cmexam", "Answer"), ("medqa-us", "answer_idx"), ("medqa-mainland", "answer"), ("medmcqa", "cop"),
     ("medmcqa-from-0", "cop"), ("pubmedqa", "final_decision"), ("cmmlu", "Answer"), ("ceval", "answer")],
)  # fmt: skip
def test_a_file_without_the_field_of_its_answers_is_told_by_the_field(tmp_path: Path, form: str, field: str) -> None:
    file = without_answer(form, tmp_path)
    with pytest.raises(UserError, match="No entry of the file has the field") as caught:
        made.opened(form, file)
    assert repr(field) in caught.value.what
    assert str(file) in caught.value.where
    assert "question" in caught.value.where.lower()  # one of the fields that are there
    assert "not published" in caught.value.mend


def test_a_field_of_nearly_the_name_is_asked_about(tmp_path: Path) -> None:
    file = made.table(tmp_path / "val.csv", made.CMEXAM.replace("Answer,", "answers,"))
    with pytest.raises(UserError, match="has the field 'Answer'") as caught:
        made.opened("cmexam", file)
    assert caught.value.mend.startswith("did you mean 'answers'? ")


def test_many_fields_are_not_all_named(tmp_path: Path) -> None:
    row = {**SMALL, **{f"more_{number}": "x" for number in range(40)}}
    with pytest.raises(UserError) as caught:
        made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", row))
    assert "and 31 more" in caught.value.where


def test_a_field_that_is_there_and_empty_is_a_test_without_answers(tmp_path: Path) -> None:
    file = made.jsonl(tmp_path / "test.jsonl", {**NO_COP, "cop": None}, NO_COP)
    with pytest.raises(UserError, match="None of the 2 entries has an answer: this is a test whose answers are not"):
        made.opened("medmcqa", file)


def test_one_table_of_a_folder_without_the_field_is_no_subject_without_answers(tmp_path: Path) -> None:
    made.table(tmp_path / "dev" / "anatomy.csv", CHINESE.replace("D\n", "D,Answer\n").replace("丁\n", "丁,C\n"))
    made.table(tmp_path / "dev" / "virology.csv", CHINESE)
    with pytest.raises(UserError, match="has the field 'Answer'") as caught:
        made.opened("cmmlu", tmp_path / "dev")
    assert "virology.csv" in caught.value.where


@pytest.mark.parametrize("cop", [9, 5, -2])
def test_a_right_option_that_cannot_be_is_told_and_not_how_it_is_counted(tmp_path: Path, cop: int) -> None:
    file = made.jsonl(tmp_path / "dev.jsonl", *({**made.MEDMCQA, "id": str(n), "cop": cop} for n in range(3)))
    with pytest.raises(UserError, match=f"The right option is {cop}, which none of four can be") as caught:
        made.opened("medmcqa", file)
    assert "line 1, field 'cop'" in caught.value.where


def test_entries_without_an_answer_are_counted_of_the_split_that_is_asked_for(tmp_path: Path) -> None:
    """Of ori_pqal.json; the PMIDs are one of each half, and the one that is no test has no decision."""
    text = made.jsonl(tmp_path / "p.jsonl", {**made.PUBMEDQA, "key": "12377809"}, {**UNDECIDED, "key": "10808977"})
    exam = made.opened("pubmedqa", text, "test")
    assert (exam.entries, exam.unanswered) == (1, ())
