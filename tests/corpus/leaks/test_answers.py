"""Answers in their usual forms go with the item; words that only look like one stay."""

from __future__ import annotations

import pytest

from tests.corpus.leaks.conftest import Find
from tests.corpus.leaks.made import CHINESE, ENGLISH, SHORT, lettered, page


def answer(find: Find, item: str, after: str, language: str = "en") -> list[str]:
    text = page(item + after, language=language, times=1)
    return [text[leak.start : leak.end] for leak in find(text) if leak.part == "answer"]


WHOLE = f"{ENGLISH.question}\n{lettered(ENGLISH.options)}\n"
HAN = f"{CHINESE.question}\n{lettered(CHINESE.options)}\n"


@pytest.mark.parametrize(
    "told",
    ["Ans. C", "Ans: C", "Correct option: C", "The correct answer is C", "C is correct", "(C) is the best answer",
     "Answer: C", "ANSWER: C", "Answer (C)", "**Answer:** C", "Key: C", "answer: c", "Answers: A, C and D",
     "Answer: A. Giant hogweed", "Answer: A) Giant hogweed", "Answer: Giant hogweed",
     "Correct answer: (A) Giant hogweed", "Answer - C", "Option C is correct", "Ans. is 'c'", "Ans is (C)",
     "Ans. (c)", "Answer: 'A'", "Answer- C", "Answer- A. Giant hogweed"],
)  # fmt: skip
def test_an_answer_in_english_goes(find: Find, told: str) -> None:
    assert answer(find, WHOLE, f"{told}.\nThe keeper") == [told]


@pytest.mark.parametrize(
    "told",
    ["答:B", "答：B", "选B", "故选B", "答案：Ｂ", "答 案：B", "答案：②", "答案是B", "答案为：B", "参考答案：ABD",
     "【答案】B", "答案：B.海雾综合征", "答案：海雾综合征", "答案选B", "正确答案：Ａ、Ｂ"],
)  # fmt: skip
def test_an_answer_in_chinese_goes(find: Find, told: str) -> None:
    assert answer(find, HAN, f"{told}。\n本题考查", "zh") == [told]


def test_so_does_what_says_it_again(find: Find) -> None:
    assert answer(find, HAN, "【答案】B\n海雾致重影，故选B。\n", "zh") == ["【答案】B", "故选B"]


def test_the_answer_of_a_list_without_its_question_goes(find: Find) -> None:
    assert answer(find, f"Which one?\n{lettered(SHORT.options)}\n", "Answer: C. Tidal ataxia\n") == [
        "Answer: C. Tidal ataxia"
    ]


@pytest.mark.parametrize(
    "prose",
    ["He answered a few of them", "unanswered: a riddle", "A monkey had a banana", "the key age group", "a key: a lamp",
     "I could answer. I agree", "They answer each of them", "The answer is a mystery", "Answer: I do not know",
     "Vitamin C is correct for sailors", "turkey: b"],
)  # fmt: skip
def test_prose_after_an_item_stays(find: Find, prose: str) -> None:
    assert answer(find, WHOLE, f"{prose}.\n") == []


@pytest.mark.parametrize("prose", ["首选A组", "备选B。", "回答：A组不同", "选项B。", "答案A组不同", "选择A组的患者"])
def test_chinese_prose_after_an_item_stays(find: Find, prose: str) -> None:
    assert answer(find, HAN, f"{prose}", "zh") == []


def test_a_choice_far_from_the_item_is_none(find: Find) -> None:
    assert answer(find, HAN, "海雾。" * 120 + "故选B。", "zh") == []
