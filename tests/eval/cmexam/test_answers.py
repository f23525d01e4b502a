"""The strict parser finds what says one answer, and nothing in what says none or several."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.exams.item import LETTERS
from eval.cmexam.answers import explanation, parse
from tests.eval.cmexam.items import OPTIONS

WAYS = (
    "答案：{joined}",
    "答案: {joined}。",
    "答案是{joined}",
    "正确答案为 {joined}\n解释：因为如此",
    "选{joined}",
    "故选{joined}。",
    "应选择{joined}，理由如下",
    "{joined}",
    "{joined}。",
    "{commas}",
    "答案：{commas}",
    "答案：【{joined}】",
    "Answer: {commas}.",
    "The answer is ({joined})",
    "出血时先止血，故本题选{joined}。",
    "先说理由：休克时应补液。\n答案：{joined}",
    "理由在此\n\n{joined}",
    "答案：{wide}",
    "{wide}。",
    "答案{joined}。",
    "答案: {joined}. \n 解释:止血最要紧。",
    "{spaced}",
    "答案：{pauses}",
)


@given(places=st.sets(st.integers(0, 4), min_size=1), way=st.sampled_from(WAYS))
def test_every_set_is_found_in_every_way_of_writing_it(places: set[int], way: str) -> None:
    letters = "".join(LETTERS[place] for place in sorted(places))
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in letters)
    text = way.format(joined=letters, commas=",".join(letters), wide=wide, spaced=" ".join(letters),
                      pauses="、".join(letters))  # fmt: skip
    assert parse(text, OPTIONS) == tuple(sorted(places))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("答案: B 加压包扎", (1,)),
        ("B 加压包扎", (1,)),
        ("B. 加压包扎\n理由", (1,)),
        ("答案：B加压包扎", (1,)),
        ("答案：B项正确", (1,)),
        ("AC 观察 补钾", (0, 2)),
        ("选项A错误，选项C错误，故选B", (1,)),
        ("不选A，选B。", (1,)),
        ("答案：B。因为C反应蛋白升高", (1,)),
        ("答案：CA", (0, 2)),
        ("答案A错误，故选B", (1,)),
        ("Answer: DNAse is cut.\n答案：B", (1,)),
        ("Answer: Aspirin.\n答案：B", (1,)),
    ],
)
def test_one_answer_is_read_among_other_letters(text: str, expected: tuple[int, ...]) -> None:
    assert parse(text, OPTIONS) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   \n",
        "不知道",
        "加压包扎",  # an option's text is no letter
        "答案：F",  # there are five options
        "答案：A或B",
        "答案：A、B或C",
        "答案：A-C",
        "答案：A、B1受体",
        "A+",
        "答案：A\n答案：B",
        "选A……选B",
        "答案：AAB",
        "答案：C反应蛋白",
        "答案不是A",
        "答案A错误",
        "维生素C缺乏",
        "CT 检查",
        "B族维生素",
        "The answer is a beta blocker",
        "A patient should lie down",
        "A\n理由\nB",
        "下列选项A和B都有道理",
    ],
)
def test_what_says_no_answer_or_several_has_none(text: str) -> None:
    assert parse(text, OPTIONS) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("答案：A反应蛋白", (0,)),
        ("答案: B P波", (1,)),
        ("C A+B", (2,)),
        ("BC P波 A+B", (1, 2)),
        ("A B", (0, 1)),
        ("D M", (3,)),
    ],
)
def test_letters_before_an_options_own_text_are_its_letter_and_those_in_it_are_not(
    text: str, expected: tuple[int, ...]
) -> None:
    assert parse(text, ("反应蛋白", "P波", "A+B", "M")) == expected


@pytest.mark.parametrize(
    "text",
    ["答案" + " " * 20_000 + "x", "A " * 20_000, "选" * 20_000, "A," * 20_000, "答案：(" * 6_000, "答案是是" * 5_000],
)
def test_a_text_that_repeats_itself_for_long_is_read_in_no_time(text: str) -> None:
    started = time.process_time()
    assert parse(text, OPTIONS) is None
    assert explanation(text) is not None
    assert time.process_time() - started < 2


@given(st.text(max_size=80))
def test_any_text_has_a_set_of_the_options_or_none(text: str) -> None:
    read = parse(text, OPTIONS)
    assert read is None or (read and sorted(set(read)) == list(read) and set(read) <= set(range(5)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("答案：B\n解释：先止血。\n再补液。", "先止血。\n再补液。"),
        ("答案：B\n先止血。", "先止血。"),
        ("先止血，故选B", "先止血，故选B"),
        ("AC。", ""),
    ],
)
def test_the_explanation_is_what_is_said_beside_the_answer(text: str, expected: str) -> None:
    assert explanation(text) == expected
