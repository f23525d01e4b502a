"""What labels a question or an option is cut with it, and nothing else is."""

from __future__ import annotations

import pytest

from corpus.exams.item import ExamItem
from corpus.leaks.labels import with_letter, with_number
from tests.corpus.leaks.conftest import Find
from tests.corpus.leaks.made import CHINESE, CHINESE_SHORT, ENGLISH, SHORT, lettered, page


@pytest.mark.parametrize(
    ("before", "label"),
    [("", "12. "), ("ends here.\n", "12."), ("ends here.\n", "**12.** "), ("ends here.\n", "Question 12: "),
     ("ends here.\n", "(12) "), ("这里结束。", "12、"), ("这里结束。\n", "第12题 "), ("这里结束。\n", "【12】"),
     ("ends here.\n", "12 "), ("ends here. ", "12. "), ("ends here.\n", "Q12. "), ("ends here.\n", "")],
)  # fmt: skip
def test_the_number_of_a_question(before: str, label: str) -> None:
    text = f"{before}{label}Which lamp is the brightest?"
    assert text[with_number(text, len(before) + len(label)) :] == f"{label}Which lamp is the brightest?"


@pytest.mark.parametrize("before", ["in 12 ", "of 3.5 ", "See Fig. 12. ", "seen in 90.\nIn 12 ", "12 mg. "])
def test_a_number_of_the_text_before_is_none(before: str) -> None:
    assert with_number(f"{before}Which lamp is the brightest?", len(before)) == len(before)


@pytest.mark.parametrize(
    ("before", "label"),
    [("", "A. "), ("seen?\n", "A. "), ("seen?\n", "(A) "), ("seen? ", "a) "), ("见\n", "Ａ．"), ("见", ""),
     ("见\n", "A、"), ("seen?\n", "A\t"), ("seen?\n", "1) "), ("见\n", "① "), ("seen?\n", "**A.** ")],
)  # fmt: skip
def test_the_letter_of_an_option(before: str, label: str) -> None:
    text = f"{before}{label}Giant hogweed"
    assert text[with_letter(text, len(before) + len(label)) :] == f"{label}Giant hogweed"


@pytest.mark.parametrize("before", ["seen in a ", "hepatitis-B. ", "in 12 ", "vitaminA. "])
def test_a_letter_of_the_text_before_is_none(before: str) -> None:
    assert with_letter(f"{before}Giant hogweed", len(before)) == len(before)


@pytest.mark.parametrize("item", [ENGLISH, SHORT, CHINESE, CHINESE_SHORT])
@pytest.mark.parametrize("number", ["12. ", "第12题 ", "12、"])
def test_no_label_is_left_where_question_and_options_stand_apart(find: Find, item: ExamItem, number: str) -> None:
    text = page(f"{number}{item.question}", lettered(item.options), language=item.language, times=1)
    leaks = {leak.part: leak for leak in find(text)}
    assert set(leaks) == {"question", "options"}
    assert text[leaks["question"].start :].startswith(f"{number}{item.question[:4]}")
    assert text[leaks["options"].start :].startswith(f"A. {item.options[0]}")
    assert text[: leaks["question"].start].endswith("\n")


def test_a_list_without_letters_takes_none_of_the_words_before_it(find: Find) -> None:
    text = page(f"{SHORT.question}, as we said of vitamin D, {', '.join(SHORT.options)}.")
    options = next(leak for leak in find(text) if leak.part == "options")
    assert text[options.start :].startswith(SHORT.options[0])


@pytest.mark.parametrize("answer", ["【答案】B", "(Answer: B)", "答案：B", "[Key: B]"])
def test_an_answer_goes_with_its_brackets(find: Find, answer: str) -> None:
    text = page(f"{CHINESE.question}\n{lettered(CHINESE.options)}", answer, language="zh", times=1)
    leak = next(leak for leak in find(text) if leak.part == "answer")
    assert text[leak.start : leak.end] == answer
