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
from corpus.exams.same import ExamIndex, bare
from train.sft.conversation import Conversation, Message, Part
from train.sft.leaks import Leak, leaks_in_text, refuse_leaks, without_leaks
from train.sft.leaks import leaks as leaks_of
from train.sft.prompts import conversation

OPTIONS = ("观察一小时", "加压包扎", "口服药物", "静脉输液", "手术治疗")


def item(
    name: str, question: str = "外伤后大量出血时应首先采取的措施是", options: tuple[str, ...] = OPTIONS
) -> ExamItem:
    return ExamItem(name, "e", "train", "zh-Hans", "", "", question, options, (1,), "", "")


def leaks(training: list[ExamItem], scored: list[ExamItem]) -> list[Leak]:
    return leaks_of(training, ExamIndex(scored))


def chat(asked: str, reply: str) -> Conversation:
    return Conversation(
        "chat:3", (Message("user", (Part("text", asked),)), Message("assistant", (Part("text", reply),)))
    )


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
    assert leaks_in_text([asked._replace(id="chat:3")], ExamIndex([item("b:7")])) == [("chat:3", "b:7", "text")]
    without = Conversation("chat:4", (Message("user", (Part("text", "外伤后大量出血时应首先采取的措施是什么？"),)),))
    assert not leaks_in_text([without], ExamIndex([item("b:7")]))  # the question without the answer teaches no answer


def test_numbers_of_lines_in_two_files_are_no_ids() -> None:
    """Two parts of one file, both numbered from 1: nothing of the one stands in the other."""
    ours, theirs = (
        item("e:train:1", ask)._replace(numbered=True) for ask in ("另一题问的是什么病", "这一题问的是什么药")
    )
    assert not leaks([ours], [theirs])
    (leak,) = leaks([theirs], [theirs])
    assert leak.by == "text"


SHORT = "心包的募穴是"
POINTS = ("巨阙", "膻中", "中府", "期门", "章门")


@pytest.mark.parametrize("before", ["", "12. ", "第3题："])
@pytest.mark.parametrize("question", [SHORT, "外伤后大量出血时应首先采取的措施是"])
def test_a_question_of_any_length_is_found_in_a_chat_with_its_options(before: str, question: str) -> None:
    options = POINTS if question == SHORT else OPTIONS
    asked = before + question + "\n" + "\n".join(f"{a}. {b}" for a, b in zip("ABCDE", options, strict=True))
    index = ExamIndex([item("b:7", question, options)])
    assert leaks_in_text([chat(asked, "答案：B")], index)
    assert leaks_in_text([chat(before + question, "答案：B")], index) == [] if question == SHORT else True


@pytest.mark.parametrize("reply", ["答案：B", "B", "加压包扎", "应选B。"])
@pytest.mark.parametrize("question", ["12. 外伤后大量出血时应首先采取的措施是？", "外伤后大量出血时应首先采用的措施是"])
def test_a_question_with_an_answer_alone_is_found_in_a_chat(question: str, reply: str) -> None:
    assert leaks_in_text([chat(question, reply)], ExamIndex([item("b:7")]))
    assert not leaks_in_text([chat(question, "答案：D")], ExamIndex([item("b:7")])) or question.startswith("12")


def test_a_changed_character_hides_no_item_and_a_negation_makes_another() -> None:
    ask = "下列属于慢性胃炎常见病因的是"
    assert leaks([item("a:1", ask.replace("常见", "常有"))], [item("b:7", ask)])
    assert leaks([item("a:1", "12. " + ask + "甲")], [item("b:7", ask)])
    assert not leaks([item("a:1", ask.replace("属于", "不属于"))], [item("b:7", ask)])
    other = item("a:1", ask.replace("常见", "常有"))._replace(answers=(2,))
    assert not leaks([other], [item("b:7", ask)])  # another answer to a like question: another question


WRITTEN = "外伤后大量出血时应首先采取的措施是？\nA 观察一小时\nB 加压包扎\nC 口服药物\nD 静脉输液\nE 手术治疗\n"


@pytest.mark.parametrize("reply", [WRITTEN + "答案：B", WRITTEN, "外伤后大量出血时应首先采取的措施是？答案：加压包扎"])
def test_an_item_that_the_assistant_writes_is_found(reply: str) -> None:
    (leak,) = leaks_in_text([chat("请写一道考试题。", reply)], ExamIndex([item("b:7")]))
    assert leak == ("chat:3", "b:7", "text")


def test_an_item_that_the_assistant_asks_and_the_user_answers_is_found() -> None:
    turns = (("user", "考我一题。"), ("assistant", WRITTEN), ("user", "B"), ("assistant", "对。"))
    talk = Conversation("chat:3", tuple(Message(role, (Part("text", text),)) for role, text in turns))
    assert leaks_in_text([talk], ExamIndex([item("b:7")]))


def test_a_text_that_begins_with_a_letter_answers_nothing_by_it() -> None:
    one = item(
        "b:7", "What is the most likely diagnosis in this man of forty with fever", ("Mumps", "Measles", "Rubella")
    )
    asked = "A question: what is the most likely diagnosis in this man of forty with fever?"
    first = one._replace(answers=(0,))
    assert not leaks_in_text([chat(asked, "Nobody can tell without seeing him.")], ExamIndex([first]))
    assert leaks_in_text([chat(asked, "A")], ExamIndex([first]))


def test_a_stem_that_every_exam_asks_with_is_no_leak_without_its_options() -> None:
    ask = "下列说法哪种是正确的"
    index = ExamIndex([item("b:7", ask)])
    assert not leaks_in_text([chat(ask + "\nA. 甲\nB. 乙", "答案：B")], index)
    assert leaks_in_text([chat(ask + "\nA. 观察一小时\nB. 加压包扎\nC. 口服药物", "答案：B")], index)


def test_letters_of_a_picture_are_no_options_that_a_text_could_hold() -> None:
    scored = item("b:7", "Which of the marked muscles is involved in opening of the jaw?", ("A", "B", "C", "D"))
    asked = "Cytotoxic T cells are activated via which of the following?\nA. A bad virus\nB. A cab"
    assert not leaks_in_text([chat(asked, "Answer: B")], ExamIndex([scored]))
    assert leaks_in_text([chat(scored.question, "Answer: B")], ExamIndex([scored]))


def test_what_cannot_be_looked_for_is_counted() -> None:
    assert ExamIndex([item("b:7", "LDL"), item("b:8")]).unsought == ["b:7"]


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
    assert len(found) == 66
    assert {leak.by for leak in found} == {"text"}
    rest = without_leaks(training, found)
    assert len(rest) == len(training) - 66
    assert not leaks(rest, scored)
    sample = random.Random(0).sample(training, 50)
    assert len(leaks(sample, training)) == 50
