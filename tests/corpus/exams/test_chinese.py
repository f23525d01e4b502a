"""CMExam, MedQA of the mainland, CMMLU and C-Eval are read as they were published."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from tests.corpus.exams import made


def test_an_entry_of_cmexam_has_its_options_answers_and_explanation(tmp_path: Path) -> None:
    first, several, bare = made.opened("cmexam", made.table(tmp_path / "val.csv", made.CMEXAM)).items
    assert first.id == "cmexam:validation:1"
    assert first.options == ("观察", "加压包扎", "服药", "输液", "手术")
    assert (first.answers, first.letters, first.explanation) == ((1,), "B", "加压包扎可止血（B对）。")
    assert (several.letters, several.answers) == ("ABD", (0, 1, 3))
    assert "\n" in several.explanation  # a line break within quotes is text
    assert bare.explanation == ""  # pandas wrote `nan` where there was none


def test_the_entry_of_cmexam_whose_answer_is_nan_is_counted_and_gives_no_item(tmp_path: Path) -> None:
    exam = made.opened("cmexam", made.table(tmp_path / "val.csv", made.CMEXAM))
    assert exam.entries == 4
    assert len(exam.unanswered) == 1
    assert "line 6" in exam.unanswered[0]


def test_the_letters_of_cmexam_are_looked_up_and_not_counted(tmp_path: Path) -> None:
    text = "Question,Options,Answer,Explanation\n题,B 甲\\nC 乙\\nE 丙,E,解释\n"
    (item,) = made.opened("cmexam", made.table(tmp_path / "val.csv", text)).items
    assert item.options[item.answers[0]] == "丙"


def test_options_of_cmexams_hub_release_are_a_list_of_keys_and_values(tmp_path: Path) -> None:
    row = {"Question": "题", "Options": [{"key": "A", "value": "甲"}, {"key": "B", "value": "乙"}], "Answer": "B",
           "Explanation": "因为乙。"}  # fmt: skip
    for path in (made.jsonl(tmp_path / "train.json", row), made.parquet(tmp_path / "train.parquet", [row])):
        (item,) = made.opened("cmexam", path).items
        assert (item.options, item.letters, item.split) == (("甲", "乙"), "B", "train")


@pytest.mark.parametrize(
    ("row", "field", "what"),
    [
        ("题,A 甲\\nB 乙,C,解", "Answer", "none of the options"),
        ("题,A 甲\\nB 乙,AA,解", "Answer", "none of the options"),
        ("题,A 甲\\nA 乙,A,解", "Options", "each once"),
        ("题,A 甲,A,解", "Options", "two to 26"),
        ("题,A 甲\\n乙,A,解", "Options", "begin with its letter"),
        (",A 甲\\nB 乙,A,解", "Question", "has no 'Question'"),
    ],
)
def test_a_broken_entry_is_an_error_with_file_line_field_and_cure(
    tmp_path: Path, row: str, field: str, what: str
) -> None:
    path = made.table(tmp_path / "val.csv", made.CMEXAM + row + "\n")
    with pytest.raises(UserError) as raised:
        made.opened("cmexam", path)
    assert what in raised.value.what
    assert "val.csv, line 7" in raised.value.where
    assert repr(field) in raised.value.where
    assert raised.value.mend


def test_a_comma_that_is_not_quoted_is_an_error_and_no_other_question(tmp_path: Path) -> None:
    path = made.table(tmp_path / "val.csv", "Question,Options,Answer,Explanation\n题,A 甲\\nB 乙,A,一,二\n")
    with pytest.raises(UserError, match="cannot be read"):
        made.opened("cmexam", path)


def test_the_mainland_exam_is_read_in_three_forms(tmp_path: Path) -> None:
    authors = {"question": "题", "options": {"A": "甲", "B": "乙"}, "answer": "乙", "meta_info": "卫生法规",
               "answer_idx": "B"}  # fmt: skip
    hub = {**authors, "options": [{"key": "A", "value": "甲"}, {"key": "B", "value": "乙"}]}
    packed = {"question": "题", "options": "(A) 甲.\n(B) 乙.", "answer": "(B)", "source": "medqa-mcmle"}
    for row in (authors, hub, packed):
        (item,) = made.opened("medqa-mainland", made.jsonl(tmp_path / "test.jsonl", row)).items
        assert (item.options, item.letters, item.language) == (("甲", "乙"), "B", "zh-Hans")


def test_exams_by_subject_name_it_by_the_file(tmp_path: Path) -> None:
    made.table(tmp_path / "dev" / "anatomy.csv", ",Question,A,B,C,D,Answer\n0,题,甲,乙,丙,丁,C\n")
    (item,) = made.opened("cmmlu", tmp_path / "dev").items
    assert (item.id, item.subject, item.letters) == ("cmmlu:dev:anatomy:1", "anatomy", "C")
    text = "id,question,A,B,C,D,answer,explanation\n0,题____,甲,乙,丙,丁,A,因为甲。\n"
    made.table(tmp_path / "ceval" / "physician_val.csv", text)
    (item,) = made.opened("ceval", tmp_path / "ceval").items
    assert (item.id, item.letters, item.explanation) == ("ceval:validation:physician:1", "A", "因为甲。")


def test_a_test_split_whose_answers_are_hidden_is_refused_and_not_read_as_empty(tmp_path: Path) -> None:
    path = made.table(
        tmp_path / "physician_test.csv", "id,question,A,B,C,D,answer\n0,题,甲,乙,丙,丁,\n1,题二,甲,乙,丙,丁,\n"
    )
    with pytest.raises(UserError, match="None of the 2 entries has an answer"):
        made.opened("ceval", path)
