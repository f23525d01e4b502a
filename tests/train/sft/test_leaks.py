"""What is to be scored is found among what is to be trained on, by id and by text."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import read_exam
from train.sft.conversation import Conversation, Message, Part
from train.sft.leaks import bare, leaks, leaks_in_text, refuse_leaks, without_leaks
from train.sft.prompts import conversation

OPTIONS = ("观察一小时", "加压包扎", "口服药物", "静脉输液", "手术治疗")


def item(
    name: str, question: str = "外伤后大量出血时应首先采取的措施是", options: tuple[str, ...] = OPTIONS
) -> ExamItem:
    return ExamItem(name, "e", "train", "zh-Hans", "", "", question, options, (1,), "", "")


def test_an_item_is_found_by_its_id_whatever_its_text() -> None:
    (leak,) = leaks([item("e:1")], [item("e:1", "另一题", ("甲", "乙"))])
    assert leak == ("e:1", "e:1", "id")


@pytest.mark.parametrize(
    "question",
    [
        "外伤後大量出血時應首先採取的措施是",
        "外伤后大量出血时，应首先采取的措施是（ ）",
        " 外伤后大量出血时应首先采取的措施是?",
    ],
)
def test_an_item_is_found_by_its_text_in_another_script_and_punctuation(question: str) -> None:
    (leak,) = leaks([item("a:1", question)], [item("b:7")])
    assert leak == ("a:1", "b:7", "text")


def test_an_item_is_found_with_options_shuffled_and_one_less() -> None:
    assert leaks([item("a:1", options=OPTIONS[3::-1])], [item("b:7")])
    assert leaks([item("a:1")], [item("b:7", options=OPTIONS[1:])])


def test_a_question_that_many_items_ask_is_no_leak_where_the_options_differ() -> None:
    ask = "下列说法正确的是"
    assert not leaks([item("a:1", ask)], [item("b:7", ask, ("甲", "乙", "丙", "丁"))])


def test_items_that_differ_in_a_number_are_two() -> None:
    ask = "A child of {} kg has a fever of 38.5. Which dose is right?"
    options = ("1.5 mg", "15 mg", "150 mg", "0.15 mg")
    assert len(set(bare(options))) == 4
    assert not leaks([item("a:1", ask.format(12), options)], [item("b:7", ask.format(21), options)])
    assert leaks([item("a:1", ask.format(12), options)], [item("b:7", ask.format(12), options)])


def test_leaks_can_be_set_aside() -> None:
    training, scored = [item("a:1"), item("a:2", "没有的题")], [item("b:7")]
    assert without_leaks(training, leaks(training, scored)) == training[1:]


@given(st.permutations(range(8)), st.integers(0, 8))
def test_exactly_the_shared_items_are_found(order: list[int], shared: int) -> None:
    many = [item(f"b:{number}", f"第{number}题应首先采取的措施") for number in range(8)]
    training = [many[place]._replace(id=f"a:{place}") for place in order[:shared]] + [item("a:x", "没有的题")]
    assert {leak.trained for leak in leaks(training, many)} == {f"a:{place}" for place in order[:shared]}


def test_an_exam_question_in_an_instruction_is_found() -> None:
    asked = conversation(item("b:7"))
    assert leaks_in_text([asked._replace(id="chat:3")], [item("b:7")]) == [("chat:3", "b:7", "text")]
    without = Conversation("chat:4", (Message("user", (Part("text", "外伤后大量出血时应首先采取的措施是什么？"),)),))
    assert not leaks_in_text([without], [item("b:7")])  # the question without the answer teaches no answer


def test_the_refusal_says_how_many_by_what_and_which() -> None:
    found = leaks(
        [item(f"a:{n}", f"第{n}题应首先") for n in range(8)], [item(f"b:{n}", f"第{n}题应首先") for n in range(7)]
    )
    refuse_leaks([], "train.csv")
    with pytest.raises(
        UserError, match="7 examples to train on stand in the evaluation files, 0 by their id"
    ) as raised:
        refuse_leaks(found, "train.csv")
    assert "a:0 (by text: b:0)" in raised.value.where
    assert "and 2 more" in raised.value.where
    assert raised.value.mend


def test_real_leaks_between_exams_are_found(real_data: Path) -> None:
    """CMExam's validation split and half of MedQA's mainland test share questions."""
    exams = real_data / "amber" / "exam"
    training = read_exam("cmexam", exams / "cmexam_val.csv")
    scored = read_exam("medqa-mainland", exams / "medqa_mcmle_test_half.json")
    found = leaks(training, scored)
    assert len(found) == 34
    assert {leak.by for leak in found} == {"text"}
    rest = without_leaks(training, found)
    assert len(rest) == len(training) - 34
    assert not leaks(rest, scored)
    sample = random.Random(0).sample(training, 50)
    assert len(leaks(sample, training)) == 50
