"""Questions and lists that a page break parts are found; what a page head says belongs to no question."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.exams.item import ExamItem
from corpus.leaks.breaks import LINES, LONGEST, between, break_of, whole_lines
from corpus.leaks.page import Page
from corpus.leaks.view import bare
from tests.corpus.leaks.conftest import Find
from tests.corpus.leaks.made import CHINESE, CHINESE_SHORT, ENGLISH, SHORT, VIGNETTE, lettered, page

HEADS = {
    "zh": ("- 37 -", "37", "第37页\n内科学 第三章", "灯塔医学（第9版）\n第三章 值班病\n· 37 ·", "37 / 512", "\f",
           "\n\n37\n\f", "灯塔出版社\n\n第 37 页 共 512 页", "第十二章　夜间值班", "灯塔医学丛书",
           "灯塔医学 37", "https://lamp.example/q/1.html 3/10\n2019/5/1 灯塔题库"),
    "en": ("- 37 -", "37", "Page 37\nThe Keeper's Internal Medicine", "Page 37 of 512", "Chapter 3   Night duty", "\f",
           "The Keeper's Handbook\t37", "Copyright 2019 by the Lighthouse Press\n37\n\fThe Keeper's Internal Medicine",
           "The Keeper's Internal Medicine", "xii",
           "37 The Keeper's Handbook", "https://lamp.example/q/1.html  3/10\n5/1/2019  The Keeper's Questions"),
}  # fmt: skip


def head(item: ExamItem, which: int) -> str:
    return HEADS[item.language[:2]][which]


def torn(item: ExamItem, which: int, share: float = 0.5) -> str:
    """The question with a page break in it, at a word's end."""
    at = int(len(item.question) * share)
    if item.language == "en":
        at = item.question.index(" ", at)
    return f"{item.question[:at].strip()}\n{head(item, which)}\n{item.question[at:].strip()}"


@pytest.mark.parametrize("item", [ENGLISH, CHINESE])
@pytest.mark.parametrize("which", range(12))
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_long_question_is_found_on_both_sides_of_a_page_break(
    find: Find, item: ExamItem, which: int, share: float
) -> None:
    text = page(torn(item, which, share), language=item.language)
    (leak,) = find(text)
    assert (leak.item, leak.part) == (item.id, "question")
    assert leak.score >= 0.99
    assert text[leak.start : leak.end] == torn(item, which, share).rstrip("?")


@pytest.mark.parametrize(("line", "found"), [("Step 1 Practice Test", True), ("Sodium 137 mmol per litre", False)])
def test_a_line_without_a_page_is_a_running_head_or_says_something(find: Find, line: str, found: bool) -> None:
    middle = VIGNETTE.index(" because")
    told = f"{VIGNETTE[:middle]}\n{line}\n{VIGNETTE[middle:].strip()}".replace("burning", "dull")
    assert bool(find(page(told))) is found


SAYS = (
    "Sodium 137 mmol per litre", "For personal use only. No other uses without permission.", "[图1-2]", "见表3-2。",
    "注：未见不良反应，剂量为25 mg。", "Not to be sold; see Table 3-2, no. 14.\n\nNo lamp was lit in 12 of them.",
    "Copyright 2019 Elsevier Inc. All rights reserved, including those for text and data mining; no part of it may be "
    "copied without a letter from its 2 publishers.",
)  # fmt: skip


@pytest.mark.parametrize("item", [ENGLISH, SHORT, CHINESE, CHINESE_SHORT])
@pytest.mark.parametrize("lines", SAYS)
def test_between_two_parts_of_a_whole_question_lines_may_say_anything(find: Find, item: ExamItem, lines: str) -> None:
    middle = len(item.question) // 2 if item.language != "en" else item.question.index(" ", len(item.question) // 2)
    torn_question = f"{item.question[:middle]}\n{lines}\n{item.question[middle:].strip()}"
    text = page(f"{torn_question}\n{lettered(item.options)}", language=item.language)
    leaks = {leak.part: leak for leak in find(text)}
    assert set(leaks) == {"question", "options"}
    assert text[leaks["question"].start : leaks["question"].end].rstrip("?") == torn_question.rstrip("?")
    if item in (ENGLISH, CHINESE):
        assert find(page(torn_question, language=item.language))


@pytest.mark.parametrize("item", [ENGLISH, SHORT, CHINESE, CHINESE_SHORT])
@pytest.mark.parametrize("which", range(12))
def test_so_is_a_question_with_options_and_one_parted_from_them(find: Find, item: ExamItem, which: int) -> None:
    options = lettered(item.options)
    for told in (f"{torn(item, which)}\n{options}", f"{item.question}\n{head(item, which)}\n{options}"):
        leaks = find(page(f"{told}", language=item.language))
        assert {(leak.item, leak.part) for leak in leaks} == {(item.id, "question"), (item.id, "options")}


@pytest.mark.parametrize("item", [ENGLISH, SHORT, CHINESE, CHINESE_SHORT])
@pytest.mark.parametrize("which", range(8))
@pytest.mark.parametrize("after", [1, 2, 3])
def test_so_is_a_list_of_options_with_a_page_break_in_it(find: Find, item: ExamItem, which: int, after: int) -> None:
    lines = lettered(item.options).split("\n")
    told = "\n".join([item.question, *lines[:after], head(item, which), *lines[after:]])
    text = page(told, language=item.language)
    leaks = {leak.part: leak for leak in find(text)}
    assert set(leaks) == {"question", "options"}
    for option in item.options:
        assert option in text[leaks["options"].start : leaks["options"].end]


def test_a_changed_word_on_one_side_hides_nothing(find: Find) -> None:
    text = page(torn(ENGLISH, 2).replace("burning", "dull"))
    (leak,) = find(text)
    assert leak.item == ENGLISH.id
    assert 0.9 <= leak.score < 1


@pytest.mark.parametrize(
    "told",
    [
        torn(ENGLISH, 2).replace("52-year-old", "25-year-old"),  # another number
        torn(ENGLISH, 2).replace("most likely", "least likely"),
        VIGNETTE[:90].replace("burning", "dull") + "\nNo pain since\nhe changed them, in 14 days.\n" + VIGNETTE[90:],
        VIGNETTE[:90] + "\nPage 37\n" + "He slept. " * 40 + "\n" + VIGNETTE[90:],  # a page, and not a page break
    ],
)  # fmt: skip
def test_what_makes_another_question_does_so_across_a_page_break(find: Find, told: str) -> None:
    assert find(page(told)) == []


def test_prose_with_a_page_break_is_no_leak(find: Find) -> None:
    told = (
        "In our guideline a burning pain in both heels that began after\nPage 37\nThe Keeper's Medicine\n"
        "he changed his boots is treated with rest. Plants likely to have caused the rash were not found."
    )
    assert find(page(told)) == []


def opened(text: str) -> Page:
    view = bare([text])
    return Page(text, view.string(0), view.origin)


@pytest.mark.parametrize(
    ("lines", "marked"),
    [("37", True), ("- 37 -", True), ("第三页", True), ("Page 37 of 90", True), ("内科学 第三章", True), ("xiv", True),
     ("内科学\t37", True), ("Internal Medicine | 37", True),
     ("© 2019 Lamp Press. All rights reserved.", True), ("5/1/2019 Questions", True), ("2019年灯塔考试", True),
     ("Step 1 Practice Test", False), ("\f", False), ("Internal Medicine", False),
     ("Sodium 137 mmol/L", False), ("A. 37 mg", False)],
)  # fmt: skip
def test_what_tells_of_a_page(lines: str, marked: bool) -> None:
    text = opened(f"one two\n{lines}\nthree four")
    assert (between(text, 6, len(text.bare) - 9) > 0) is marked
    found = [break_of([line]) for line in whole_lines(text, 0, len(text.bare))]
    assert any(one.marked for one in found if one) is marked


LINE = st.text(st.sampled_from("ab7。 第页\f"), max_size=12)


@settings(max_examples=80, deadline=None)
@given(st.lists(LINE, max_size=9), st.integers(0, 60), st.integers(0, 60))
def test_a_break_is_of_few_whole_lines_within_what_was_asked(lines: list[str], low: int, high: int) -> None:
    text = opened("\n".join(lines))
    low, high = min(low, len(text.bare)), min(high, len(text.bare))
    found = whole_lines(text, low, high)
    for first, line in enumerate(found):
        assert low <= line.start < line.end <= high
        start, _ = text.span(line.start, line.end)
        assert text.text[:start].rstrip(" 。")[-1:] in ("", "\n", "\f")
        for last in range(first, len(found)):
            one = break_of(found[first : last + 1])
            if one:
                assert (one.start, one.end) == (line.start, found[last].end)
                assert one.end - one.start <= LONGEST
                assert last - first < LINES
