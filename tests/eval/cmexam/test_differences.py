"""Cases made so that the three scorers disagree, each with its cause."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.exams.read import read_exam
from eval.cmexam import differences as told
from eval.cmexam.differences import Differences, differences
from tests.eval.cmexam.items import item


def of(letters: str, text: str) -> told.Item | None:
    found = differences([item(letters)], [text]).items
    return found[0] if found else None


def causes(letters: str, text: str) -> tuple[str, ...]:
    found = of(letters, text)
    assert found is not None
    return found.causes


def test_all_three_agree_on_the_one_form_that_each_of_them_reads() -> None:
    found = differences([item("BD")], ["答案：BD，解释：理由"])
    assert (found.strict.accuracy, found.lora.accuracy, found.gpt.accuracy) == (1, 1, 1)
    assert not found.items
    assert found.counts == {}


def test_lora_adds_a_letter_of_a_latin_word_to_a_right_answer() -> None:
    """答案：B, and CT in the same line: C is found in it. Strict B, LoRA BC and wrong, GPT right."""
    found = of("B", "答案：B，解释：CT可见")
    assert found is not None
    assert (found.strict, found.lora, found.gpt, found.correct) == ("B", "BC", "B", (True, False, True))
    assert found.causes == (told.IN_WORD,)


@pytest.mark.parametrize("word", ["ECG", "HBA", "MRC", "Ca"])
def test_a_word_is_no_run_of_letters_of_options(word: str) -> None:
    assert causes("D", f"答案：D，解释：{word}可见") == (told.IN_WORD,)


def test_lora_adds_an_option_that_the_explanation_names() -> None:
    """The text of C, 补钾, stands in the line: chosen too, though it is only spoken of."""
    assert causes("B", "答案：B，解释：补钾无效") == (told.BY_TEXT,)


def test_lora_holds_an_options_text_for_an_answer_that_names_no_letter() -> None:
    """No letter: no answer for strict and GPT, a right one for LoRA."""
    found = of("B", "应当加压包扎")
    assert found is not None
    assert (found.strict, found.lora, found.gpt, found.correct) == ("", "B", "", (False, True, None))
    assert found.causes == (told.BY_TEXT,)


def test_lora_takes_a_letter_that_is_refused_for_chosen() -> None:
    """不选A，选B: strict B, LoRA AB, GPT leaves it out."""
    assert causes("B", "不选A，选B。") == (told.IN_PROSE, told.FORM)


def test_lora_takes_two_answers_for_a_set() -> None:
    """答案：A或B is no answer for strict, and the right AB for LoRA."""
    found = of("AB", "答案：A或B，解释：都行")
    assert found is not None
    assert (found.strict, found.lora, found.gpt, found.correct) == ("", "AB", "A或B", (False, True, False))
    assert found.causes == (told.NO_SET, told.UNREAD)


def test_lora_does_not_see_an_answer_behind_its_explanation() -> None:
    """Reasoning first: with 解释 in it, only the first line is read. GPT reads no second line at all."""
    found = of("B", "解释：先止血\n答案：B")
    assert found is not None
    assert (found.lora, found.correct) == ("无答案", (True, False, None))
    assert found.causes == (told.NOT_THERE, told.LINES)


def test_only_strict_reads_full_width_letters() -> None:
    """答案：Ｂ is B for strict, nothing for LoRA, another string for GPT."""
    found = of("B", "答案：Ｂ，解释：先止血")
    assert found is not None
    assert found.correct == (True, False, False)
    assert found.causes == (told.WIDTH, told.SPELT)


def test_gpt_leaves_an_answer_in_another_form_out_of_its_denominator() -> None:
    """Of B and C one is right; GPT reads the first alone and has 1.0 where strict and LoRA have 0.5."""
    found = differences([item("B", 1), item("B", 2)], ["答案：B，解释：理由", "C"])
    assert (found.strict.accuracy, found.lora.accuracy, found.gpt.accuracy) == (0.5, 0.5, 1)
    assert found.counts == {told.FORM: 1}


def test_gpt_reads_on_to_the_last_comma_of_the_explanation() -> None:
    found = of("B", "答案：B，解释：理由一，理由二")
    assert found is not None
    assert (found.gpt, found.correct) == ("B，解释：理由一", (True, True, False))
    assert found.causes == (told.COMMA,)
    assert causes("B", "答案：B,解释：理由一，理由二") == (told.COMMA,)  # with the comma that its prompt asks for


def test_gpt_holds_letters_with_signs_between_them_for_another_answer() -> None:
    assert causes("AC", "答案：A,C，解释：理由") == (told.SPELT,)


def test_counts_are_items_by_cause_and_no_answer_is_told_by_strict() -> None:
    found = differences([item("B", 1), item("B", 2), item("A", 3)], ["B", "不知道", "加压包扎"])
    assert found.counts == {told.BY_TEXT: 1, told.FORM: 1}
    assert found.strict.failed == pytest.approx(2 / 3)


@given(st.lists(st.text("AＢC答案：，解释: 选或\n补钾CT", max_size=25), min_size=1, max_size=5))
def test_every_item_on_which_correctness_differs_is_listed_with_a_cause(texts: list[str]) -> None:
    found: Differences = differences([item("B", number) for number in range(len(texts))], texts)
    listed = {one.item for one in found.items}
    for number in range(len(texts)):
        gpt = found.gpt.correct[number]
        if found.strict.correct[number] != found.lora.correct[number] or gpt not in (
            None,
            found.strict.correct[number],
        ):
            assert f"cmexam:test:{number}" in listed
    assert all(one.causes for one in found.items)
    assert set(found.counts) <= set(told.CAUSES)


def test_right_answers_of_the_real_exam_are_wrong_for_a_scorer_that_was_made_for_another_form(real_data: Path) -> None:
    exam = read_exam("cmexam", real_data / "amber" / "exam" / "cmexam_val.csv")
    items = [one for one in exam if one.explanation][::10]
    line = differences(items, [f"答案：{one.letters}，解释：{one.explanation}" for one in items])
    lines = differences(items, [f"答案: {one.letters}. \n 解释:{one.explanation}" for one in items])
    assert min(line.strict.accuracy, lines.strict.accuracy, lines.lora.accuracy) > 0.995
    assert line.lora.accuracy < 0.25
    assert line.gpt.accuracy is not None
    assert line.gpt.accuracy < 0.1
    assert lines.gpt.kept == 0
