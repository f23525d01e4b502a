"""MedQA of the United States, MedMCQA, PubMedQA and MMLU are read as they were published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import UserError
from tests.corpus.exams import made


def test_an_entry_of_medqa_is_known_by_letter_and_text(tmp_path: Path) -> None:
    (item,) = made.opened("medqa-us", made.jsonl(tmp_path / "US_test.jsonl", made.MEDQA)).items
    assert (item.id, item.options, item.letters) == ("medqa-us:test:1", ("Gold", "Iron", "Tin"), "B")


def test_an_answer_whose_letter_and_text_disagree_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'B' by its letter and 'Tin' by its text"):
        made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", {**made.MEDQA, "answer": "Tin"}))


def test_an_answer_given_by_its_text_alone_must_be_one_option(tmp_path: Path) -> None:
    row = {name: value for name, value in made.MEDQA.items() if name != "answer_idx"}
    (item,) = made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", row)).items
    assert item.letters == "B"
    with pytest.raises(UserError, match="the text of 0 options"):
        made.opened("medqa-us", made.jsonl(tmp_path / "test.jsonl", {**row, "answer": "Lead"}))


@pytest.mark.parametrize(("cops", "letters"), [((1, 2, 4), "ABD"), ((0, 1, 3), "ABD"), ((0, 2, -1), "AC"), ((4,), "D")])
def test_a_file_of_medmcqa_tells_itself_where_it_counts_from(
    tmp_path: Path, cops: tuple[int, ...], letters: str
) -> None:
    rows = [{**made.MEDMCQA, "id": f"i{number}", "cop": cop} for number, cop in enumerate(cops)]
    exam = made.opened("medmcqa", made.jsonl(tmp_path / "dev.json", *rows))
    assert "".join(item.letters for item in exam.items) == letters
    assert exam.items[0].id == "medmcqa:validation:i0"
    assert all(len(item.answers) == 1 for item in exam.items)  # choice_type "multi" or not


@pytest.mark.parametrize("cops", [(1, 2, 3), (0, 4)])
def test_a_file_of_medmcqa_that_does_not_tell_is_refused_and_read_when_told(
    tmp_path: Path, cops: tuple[int, ...]
) -> None:
    rows = [{**made.MEDMCQA, "id": f"i{number}", "cop": cop} for number, cop in enumerate(cops)]
    path = made.jsonl(tmp_path / "dev.jsonl", *rows)
    with pytest.raises(UserError, match="does not tell whether it counts from 0 or from 1") as raised:
        made.opened("medmcqa", path)
    assert "medmcqa-from-1" in raised.value.mend


def test_the_two_ways_of_counting_can_be_named_and_are_held_to(tmp_path: Path) -> None:
    path = made.jsonl(tmp_path / "dev.jsonl", made.MEDMCQA)
    assert made.opened("medmcqa-from-1", path).items[0].letters == "B"
    assert made.opened("medmcqa-from-0", path).items[0].letters == "C"
    with pytest.raises(UserError, match="cannot be where the first is 0") as raised:
        made.opened("medmcqa-from-0", made.jsonl(path, {**made.MEDMCQA, "cop": 4}))
    assert "medmcqa-from-1" in raised.value.mend


def test_the_test_split_of_medmcqa_has_no_answers(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has an answer"):
        made.opened("medmcqa", made.jsonl(tmp_path / "test.json", {**made.MEDMCQA, "cop": -1}))


def test_an_entry_of_pubmedqa_keeps_its_pmid_and_abstract(tmp_path: Path) -> None:
    path = made.table(tmp_path / "ori_pqal.json", json.dumps({"10808977": made.PUBMEDQA}, indent=1))
    (item,) = made.opened("pubmedqa", path, "train").items
    assert (item.id, item.source_id) == ("pubmedqa:train:10808977", "10808977")
    assert item.context == "Many drink tea.\nWe asked 40 people."
    assert (item.options, item.answers, item.explanation) == (("yes", "no", "maybe"), (2,), "It may help.")


def test_pubmedqas_hub_release_gives_the_same_item(tmp_path: Path) -> None:
    row = {"pubid": 10808977, "question": "Does tea help?", "long_answer": "It may help.", "final_decision": "maybe",
           "context": {"contexts": ["Many drink tea.", "We asked 40 people."], "labels": ["A", "B"]}}  # fmt: skip
    ours = made.table(tmp_path / "ori_pqal.json", json.dumps({"10808977": made.PUBMEDQA}))
    hub = made.parquet(tmp_path / "train-00000-of-00001.parquet", [row])
    assert made.opened("pubmedqa", hub).items == made.opened("pubmedqa", ours, "train").items


TEST_ID, OTHER_ID = "12377809", "10808977"  # of the halves of PQA-L


@pytest.mark.parametrize("hub", [False, True])
def test_of_the_whole_pqal_the_half_that_is_asked_for_is_read(tmp_path: Path, hub: bool) -> None:
    """Whatever the file is called: the hub calls all of it train."""
    if hub:
        rows = [{"pubid": int(one), "question": "Does tea help?", "long_answer": "It may.", "final_decision": "maybe",
                 "context": {"contexts": ["Many drink tea."]}} for one in (TEST_ID, OTHER_ID)]  # fmt: skip
        path = made.parquet(tmp_path / "train-00000-of-00001.parquet", rows)
    else:
        told = json.dumps({TEST_ID: made.PUBMEDQA, OTHER_ID: made.PUBMEDQA})
        path = made.table(tmp_path / "ori_pqal.json", told)
    for asked, split, pmid in (("test", "test", TEST_ID), ("train", "train", OTHER_ID), ("dev", "validation", OTHER_ID),
                               ("validation", "validation", OTHER_ID)):  # fmt: skip
        exam = made.opened("pubmedqa", path, asked)
        assert [item.id for item in exam.items] == [f"pubmedqa:{split}:{pmid}"]
        assert exam.entries == 1
    with pytest.raises(UserError, match=r"these splits: test \(1\), train \(1\)"):
        made.opened("pubmedqa", path)


def test_no_name_and_no_user_makes_a_test_of_what_is_none(tmp_path: Path) -> None:
    path = made.table(tmp_path / "test_set.json", json.dumps({OTHER_ID: made.PUBMEDQA}))
    with pytest.raises(UserError, match=r"holds items of these splits: train \(1\)"):
        made.opened("pubmedqa", path, "test")
    mine = made.table(tmp_path / "mine.json", json.dumps({"1": made.PUBMEDQA}))
    assert made.opened("pubmedqa", mine, "test").items[0].id == "pubmedqa:test:1"
    with pytest.raises(UserError, match="does not tell which split"):
        made.opened("pubmedqa", mine)


def test_the_halves_of_pqal_are_five_hundred_each_and_share_none() -> None:
    from corpus.exams.pqal import OTHERS, TEST

    assert len(TEST) == len(OTHERS) == 500
    assert not TEST & OTHERS
    assert TEST_ID in TEST
    assert all(one.isdigit() and one[0] != "0" for one in TEST | OTHERS)


def test_entries_without_a_decision_are_counted(tmp_path: Path) -> None:
    rows = {"1": made.PUBMEDQA, "2": {**made.PUBMEDQA, "final_decision": None}}
    exam = made.opened("pubmedqa", made.table(tmp_path / "train.json", json.dumps(rows)))
    assert (len(exam.items), len(exam.unanswered)) == (1, 1)


def test_a_decision_that_is_none_of_the_three_is_an_error(tmp_path: Path) -> None:
    text = json.dumps({"7": {**made.PUBMEDQA, "final_decision": "perhaps"}})
    with pytest.raises(UserError, match="yes, no or maybe"):
        made.opened("pubmedqa", made.table(tmp_path / "train.json", text))


def test_mmlu_has_no_header_and_its_hub_release_counts_answers_from_0(tmp_path: Path) -> None:
    made.table(
        tmp_path / "val" / "anatomy_val.csv", '"Which bone, of these?",Hyoid,Femur,Ulna,Radius,A\nQ2,a,b,c,d,D\n'
    )
    first, second = made.opened("mmlu", tmp_path / "val").items
    assert (first.id, first.question, first.letters) == ("mmlu:validation:anatomy:1", "Which bone, of these?", "A")
    assert second.letters == "D"
    hub = {"question": "Q2", "subject": "anatomy", "choices": ["a", "b", "c", "d"], "answer": 3}
    (item,) = made.opened("mmlu", made.parquet(tmp_path / "all" / "validation-00000-of-00001.parquet", [hub])).items
    assert (item.id, item.options, item.letters) == ("mmlu:validation:anatomy:1", ("a", "b", "c", "d"), "D")
    with pytest.raises(UserError, match="a number from 0 to 3"):
        made.opened("mmlu", made.parquet(tmp_path / "all" / "test.parquet", [{**hub, "answer": 4}]))
