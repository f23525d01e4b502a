"""Splits are kept apart, ids stay what they are, the plain form gives back what was written, real files count right."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UserError
from corpus.exams.item import LETTERS, ExamItem, as_json
from corpus.exams.read import FORMS, open_exam, read_exam
from tests.corpus.exams import made

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).map(lambda t: f"t{t}t")


@st.composite
def items(draw: st.DrawFn) -> ExamItem:
    options = tuple(draw(st.lists(TEXT, min_size=2, max_size=6)))
    answers = draw(st.sets(st.integers(0, len(options) - 1), min_size=1))
    key, explanation = draw(st.integers(1, 999)), draw(st.one_of(st.just(""), TEXT))
    return ExamItem(f"ward:train:{key}", "ward", "train", "en", "", draw(TEXT), draw(TEXT), options,
                    tuple(sorted(answers)), explanation, "")  # fmt: skip


@settings(max_examples=30)
@given(st.lists(items(), min_size=1, max_size=4, unique_by=lambda item: item.id))
def test_the_plain_form_gives_back_every_item(
    tmp_path_factory: pytest.TempPathFactory, written: list[ExamItem]
) -> None:
    path = tmp_path_factory.mktemp("plain") / "items.jsonl"
    path.write_text("".join(as_json(item) + "\n" for item in written), "utf-8")
    assert made.opened("plain", path).items == written


@pytest.mark.parametrize("answer", [None, "", [], "missing"])
def test_an_example_without_an_answer_is_refused(tmp_path: Path, answer: object) -> None:
    row = {**made.PLAIN, "answer": answer}
    if answer == "missing":
        del row["answer"]
    with pytest.raises(UserError, match="has no answer") as raised:
        made.opened("plain", made.jsonl(tmp_path / "items.jsonl", made.PLAIN, row))
    assert "items.jsonl, line 2, field 'answer'" in raised.value.where
    assert '"answer": "B"' in raised.value.mend


def test_an_answer_that_is_a_number_is_refused_and_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="may count from 0 or from 1"):
        made.opened("plain", made.jsonl(tmp_path / "items.jsonl", {**made.PLAIN, "answer": 1}))


def test_items_of_two_splits_are_not_mixed(tmp_path: Path) -> None:
    rows = [made.PLAIN, {**made.PLAIN, "id": "w-2", "split": "test"}]
    path = made.jsonl(tmp_path / "items.jsonl", *rows)
    with pytest.raises(UserError, match=r"test \(1\), train \(1\)"):
        made.opened("plain", path)
    assert [item.id for item in read_exam("plain", path, "test")] == ["ward:test:w-2"]


def test_a_file_that_does_not_tell_its_split_must_be_told(tmp_path: Path) -> None:
    path = made.jsonl(tmp_path / "questions.jsonl", made.MEDQA)
    with pytest.raises(UserError, match="does not tell which split"):
        made.opened("medqa-us", path)
    assert made.opened("medqa-us", path, "train").items[0].split == "train"


def test_a_split_that_contradicts_the_name_of_the_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'test' by its name, and was asked for as 'train'"):
        made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", made.MEDQA), "train")


def test_dev_is_the_validation_split_but_of_exams_that_have_both(tmp_path: Path) -> None:
    assert made.opened("medqa-us", made.jsonl(tmp_path / "dev.jsonl", made.MEDQA)).items[0].split == "validation"
    made.table(tmp_path / "mmlu" / "anatomy_dev.csv", "Q,a,b,c,d,A\n")
    made.table(tmp_path / "mmlu" / "anatomy_val.csv", "Q2,a,b,c,d,A\n")
    assert [item.split for item in read_exam("mmlu", tmp_path / "mmlu", "dev")] == ["dev"]
    with pytest.raises(UserError, match="dev, validation; one is to be read"):
        read_exam("mmlu", tmp_path / "mmlu")


def test_an_id_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'ward:train:w-1'"):
        made.opened("plain", made.jsonl(tmp_path / "items.jsonl", made.PLAIN, made.PLAIN))


def test_an_entry_without_an_answer_moves_no_id(tmp_path: Path) -> None:
    rows = {"a": {**made.MEDQA}, "b": {**made.MEDQA, "answer": "", "answer_idx": ""}}
    exam = made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", rows["b"], rows["a"]))
    assert [item.id for item in exam.items] == ["medqa-us:test:2"]


@pytest.mark.parametrize(
    ("form", "name", "what"),
    [("cmexan", "val.csv", "no form of exams"), ("cmexam", "none.csv", "no such file"), ("cmexam", "", "a folder"),
     ("cmexam", "empty_val.csv", "no entry"), ("medqa-us", "bad_test.jsonl", "cannot be read")],
)  # fmt: skip
def test_what_is_no_exam_is_a_sentence(tmp_path: Path, form: str, name: str, what: str) -> None:
    (tmp_path / "empty_val.csv").touch()
    (tmp_path / "bad_test.jsonl").write_bytes(b'{"question": ')
    with pytest.raises(UserError, match=what):
        open_exam(form, tmp_path / name)


def test_options_have_letters_enough() -> None:
    assert len(LETTERS) == 26


def test_a_folder_of_folders_is_told_by_what_it_holds(tmp_path: Path) -> None:
    (tmp_path / "cmmlu" / "dev").mkdir(parents=True)
    with pytest.raises(UserError, match="holds no table itself; it holds dev") as caught:
        open_exam("cmmlu", tmp_path / "cmmlu")
    assert "the folder in which the tables of one split lie" in caught.value.mend


def test_reading_exams_needs_no_torch() -> None:
    code = "import sys, corpus.exams.read; sys.exit(bool({'torch', 'transformers'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


REAL = [  # form, file, split; items, entries without an answer, with several right ones, with an explanation
    ("cmexam", "amber/exam/cmexam_val.csv", "", (6810, 1, 210, 5771)),
    ("medqa-us", "amber/exam/medqa_us_4opt_test_half.jsonl", "", (628, 0, 0, 0)),
    ("medqa-mainland", "amber/exam/medqa_mcmle_test_half.json", "", (1712, 0, 0, 0)),
    ("medmcqa", "amber/exam/medmcqa_dev_half.jsonl", "", (2119, 0, 0, 1111)),
    ("pubmedqa", "green/exam/pubmedqa_pqal_nontest500.json", "train", (500, 0, 0, 500)),
    ("mmlu", "green/exam/mmlu/dev", "", (285, 0, 0, 0)),
    ("mmlu", "green/exam/mmlu/val", "", (1531, 0, 0, 0)),
    ("cmmlu", "amber/exam/cmmlu/dev", "", (335, 0, 0, 0)),
    ("cmmlu", "amber/exam/cmmlu/test", "", (5859, 0, 0, 0)),
    ("ceval", "amber/exam/ceval/dev", "", (260, 0, 0, 260)),
]


@pytest.mark.parametrize(
    ("form", "name", "split", "counts"), REAL, ids=[f"{form}-{name[-9:]}" for form, name, *_ in REAL]
)
def test_real_files_count_right(real_data: Path, form: str, name: str, split: str, counts: tuple[int, ...]) -> None:
    exam = made.opened(form, real_data / name, split)
    several = sum(len(item.answers) > 1 for item in exam.items)
    explained = sum(bool(item.explanation) for item in exam.items)
    assert (len(exam.items), len(exam.unanswered), several, explained) == counts


def test_explanations_of_the_real_medmcqa_agree_with_its_count_from_1(real_data: Path) -> None:
    """The evidence for what `corpus/exams/medmcqa.py` says: an explanation that begins with `Ans. C` is of option C."""
    import re

    begins = re.compile(r"\s*ans(?:wer)?[\s.:\-]*(?:is)?[\s.:\-'\"]*\(?([A-D])\)?\b", re.IGNORECASE)
    exam = open_exam("medmcqa", real_data / "amber/exam/medmcqa_dev_half.jsonl")
    said = [(found[1].upper(), item.letters) for item in exam.items if (found := begins.match(item.explanation))]
    assert len(said) == 554
    assert all(letter == letters for letter, letters in said)


def test_every_form_is_listed_with_a_reader() -> None:
    assert {"cmexam", "medqa-us", "medqa-mainland", "medmcqa", "pubmedqa", "mmlu", "cmmlu", "ceval", "plain"} <= set(
        FORMS
    )


@pytest.mark.parametrize("options", [[], {}, "", None, "missing"])
def test_an_entry_without_options_is_told_so(tmp_path: Path, options: object) -> None:
    row = {**made.PLAIN, "options": options}
    if options == "missing":
        del row["options"]
    with pytest.raises(UserError) as raised:
        made.opened("plain", made.jsonl(tmp_path / "items.jsonl", made.PLAIN, row))
    assert raised.value.what == "The entry has no options; a question needs two to 26."
    assert raised.value.where == f"{tmp_path / 'items.jsonl'}, line 2, field 'options'"


@pytest.mark.parametrize("many", [1, 27, 30])
def test_too_few_options_and_too_many_are_counted_right(tmp_path: Path, many: int) -> None:
    row = {**made.PLAIN, "options": [f"metal {number}" for number in range(many)], "answer": "A"}
    with pytest.raises(UserError, match=rf"needs two to 26 options, and this has {many}\."):
        made.opened("plain", made.jsonl(tmp_path / "items.jsonl", row))


def test_an_id_that_stands_twice_is_told_with_both_lines(tmp_path: Path) -> None:
    path = made.jsonl(tmp_path / "items.jsonl", made.PLAIN, {**made.PLAIN, "id": "w-2"}, made.PLAIN)
    with pytest.raises(UserError) as raised:
        made.opened("plain", path)
    assert raised.value.what == "One id stands more than once: 'ward:train:w-1', in line 1 and line 3."
    assert raised.value.where == str(path)
    path = made.jsonl(tmp_path / "items.jsonl", *[{**made.PLAIN, "id": name} for name in ("a", "b", "b", "a", "a")])
    with pytest.raises(UserError) as raised:
        made.opened("plain", path)
    assert raised.value.what == "2 ids stand more than once; the first is 'ward:train:a', in line 1, line 4 and line 5."


def test_an_option_that_stands_twice_is_counted_and_named_and_costs_nothing(tmp_path: Path) -> None:
    twice = {**made.PLAIN, "id": "w-2", "options": ["Gold", "Iron", "Gold "]}
    path = made.jsonl(tmp_path / "items.jsonl", made.PLAIN, twice, {**made.PLAIN, "id": "w-3", "options": ["a", "A"]})
    exam = made.opened("plain", path)
    assert len(exam.items) == 3
    assert exam.repeated == (f"{path}, line 2",)


REPEATED = [  # form, file, split, questions with an option that stands twice
    ("cmexam", "amber/exam/cmexam_val.csv", "", 7),
    ("medqa-us", "amber/exam/medqa_us_4opt_test_half.jsonl", "", 0),
    ("medqa-mainland", "amber/exam/medqa_mcmle_test_half.json", "", 3),
    ("medmcqa", "amber/exam/medmcqa_dev_half.jsonl", "", 6),
    ("mmlu", "green/exam/mmlu/val", "", 3),
    ("cmmlu", "amber/exam/cmmlu/test", "", 1),
]


@pytest.mark.parametrize(("form", "name", "split", "many"), REPEATED, ids=[one[0] for one in REPEATED])
def test_real_exams_have_options_twice(real_data: Path, form: str, name: str, split: str, many: int) -> None:
    assert len(made.opened(form, real_data / name, split).repeated) == many
