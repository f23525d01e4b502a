"""Items in every disguise are found with part and place, near misses are not."""

from __future__ import annotations

from pathlib import Path

import opencc
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from corpus.leaks.verify import Leak
from tests.corpus.leaks.conftest import Find, index
from tests.corpus.leaks.made import (
    CHINESE,
    CHINESE_SHORT,
    ENGLISH,
    ITEMS,
    PAPER,
    PROSE,
    SHORT,
    VIGNETTE,
    lettered,
    page,
)

WITH_OPTIONS = (ENGLISH, SHORT, CHINESE, CHINESE_SHORT)


def whole(item: ExamItem) -> str:
    return f"{item.question}\n{lettered(item.options)}"


def wide(text: str) -> str:
    return "".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)


def parts(leaks: list[Leak]) -> dict[str, set[str]]:
    told: dict[str, set[str]] = {}
    for leak in leaks:
        told.setdefault(leak.item, set()).add(leak.part)
    return told


@pytest.mark.parametrize("item", [ENGLISH, CHINESE, PAPER])
def test_a_long_question_is_found_alone(find: Find, item: ExamItem) -> None:
    text = page(item.question, language=item.language)
    (leak,) = find(text)
    assert leak.item == item.id
    assert leak.part == "question"
    assert leak.score == 1
    assert text[leak.start : leak.end] in item.question
    assert leak.end - leak.start >= len(item.question) - 1


@pytest.mark.parametrize("item", WITH_OPTIONS)
@pytest.mark.parametrize("form", ["{}. {}", "({}) {}", "{}、{}", "{}\t{}"])
def test_a_question_with_options_is_found_however_they_are_lettered(find: Find, item: ExamItem, form: str) -> None:
    leaks = find(page(f"17. {item.question}\n{lettered(item.options, form)}", language=item.language))
    assert parts(leaks) == {item.id: {"question", "options"}}


@pytest.mark.parametrize("item", WITH_OPTIONS)
def test_options_in_another_order_hide_nothing(find: Find, item: ExamItem) -> None:
    for options in (item.options[::-1], item.options[2:] + item.options[:2]):
        leaks = find(page(f"{item.question}\n{lettered(options)}", language=item.language))
        assert parts(leaks) == {item.id: {"question", "options"}}


@pytest.mark.parametrize("item", WITH_OPTIONS)
def test_full_width_hides_nothing(find: Find, item: ExamItem) -> None:
    assert parts(find(page(wide(whole(item)), language=item.language))) == {item.id: {"question", "options"}}


@pytest.mark.parametrize("item", [CHINESE, CHINESE_SHORT])
def test_traditional_script_hides_nothing(find: Find, item: ExamItem) -> None:
    told = opencc.OpenCC("s2t").convert(whole(item))
    assert told != whole(item)
    assert parts(find(page(told, language="zh"))) == {item.id: {"question", "options"}}


@pytest.mark.parametrize("item", WITH_OPTIONS)
def test_an_item_spread_over_a_page_is_found_with_its_answer(find: Find, item: ExamItem) -> None:
    answer = f"答案：{item.letters}" if item.language != "en" else f"Answer: {item.letters}"
    leaks = find(page(item.question, f"{lettered(item.options)}\n{answer}", language=item.language, times=2))
    assert parts(leaks) == {item.id: {"question", "options", "answer"}}


@pytest.mark.parametrize("item", WITH_OPTIONS)
def test_line_breaks_and_other_punctuation_hide_nothing(find: Find, item: ExamItem) -> None:
    broken = "\n".join(item.question[at : at + 9] for at in range(0, len(item.question), 9))
    broken = broken.replace(",", " ;").replace("，", "、").replace(".", " -")
    told = f"{broken}\n" + "; ".join(f"{n + 1}) {option}" for n, option in enumerate(item.options))
    assert parts(find(page(told, language=item.language))) == {item.id: {"question", "options"}}


@pytest.mark.parametrize(
    ("item", "old", "new"),
    [(ENGLISH, "burning", "dull"), (ENGLISH, "clinic", "clenic"), (SHORT, "reflex", "reflax"),
     (CHINESE, "夜间", "晚间"),
     (CHINESE, "灯塔管理员", "灯塔看守员"), (CHINESE_SHORT, "首发", "早发")],
)  # fmt: skip
def test_a_changed_word_or_character_hides_nothing(find: Find, item: ExamItem, old: str, new: str) -> None:
    assert old in item.question
    leaks = find(page(whole(item).replace(old, new, 1), language=item.language))
    assert parts(leaks) == {item.id: {"question", "options"}}
    assert all(0.8 <= leak.score < 1 for leak in leaks)


@pytest.mark.parametrize("item", [SHORT, CHINESE_SHORT])
def test_options_under_their_letters_are_known_without_the_question(find: Find, item: ExamItem) -> None:
    leaks = find(page(f"Which one?\n{lettered(item.options)}", language=item.language))
    assert parts(leaks) == {item.id: {"options"}}


@pytest.mark.parametrize("item", [SHORT, CHINESE_SHORT])
@pytest.mark.parametrize("marks", ["12345", "①②③④⑤", ["i", "ii", "iii", "iv", "v"]])
@pytest.mark.parametrize("form", ["{}. {}", "({}) {}", "{} {}"])
def test_under_numbers_they_are_a_list_of_a_textbook(find: Find, item: ExamItem, marks: list[str], form: str) -> None:
    listed = "\n".join(form.format(mark, option) for mark, option in zip(marks, item.options, strict=False))
    assert find(page(f"Which one?\n{listed}", language=item.language)) == []
    assert parts(find(page(f"{item.question}\n{listed}", language=item.language))) == {item.id: {"question", "options"}}


def test_a_paper_is_found_by_its_abstract_and_by_its_pmid(find: Find) -> None:
    assert parts(find(page(PAPER.context))) == {PAPER.id: {"context"}}
    text = page("A page of the same paper in other words.")
    assert find(text, PAPER.source_id) == [Leak(PAPER.id, "source", 0, len(text), 1.0)]
    assert find(text, "90000124") == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("52-year-old", "25-year-old"), ("is most likely to have caused", "is least likely to have caused"),
     ("is most likely to have caused", "is not likely to have caused")],
)  # fmt: skip
def test_another_number_or_a_negation_makes_another_question(find: Find, old: str, new: str) -> None:
    changed = VIGNETTE.replace(old, new)
    assert changed != VIGNETTE
    assert find(page(changed)) == []


@pytest.mark.parametrize(("old", "new"), [("三个月", "九个月"), ("最可能的", "最不可能的")])
def test_so_it_is_in_chinese(find: Find, old: str, new: str) -> None:
    changed = CHINESE.question.replace(old, new)
    assert changed != CHINESE.question
    assert find(page(f"{changed}\n{lettered(CHINESE.options)}", language="zh")) == []


@pytest.mark.parametrize(
    ("item", "question"),
    [(CHINESE_SHORT, "港口热的首发症状包括"), (SHORT, "The lamp reflex is not absent in")],
)  # fmt: skip
def test_the_options_of_an_item_under_its_opposite_are_another_question(
    find: Find, item: ExamItem, question: str
) -> None:
    assert find(page(f"{question}\n{lettered(item.options)}", language=item.language)) == []


def test_a_question_that_goes_on_before_or_behind_is_another_one(tmp_path: Path) -> None:
    options = ("鸣笛三声", "降下船旗", "点燃红灯", "检查缆绳")
    aged = "5岁以上儿童登上灯塔时应当注意的安全事项中最重要的是"
    items = (CHINESE._replace(id="made:test:1", question="属于夜间进港步骤的是", options=options),
             CHINESE._replace(id="made:test:2", question=aged))  # fmt: skip
    exams = index(tmp_path / "index", *items)

    def named(text: str) -> set[str]:
        return {leak.item for leak in found([page(text, language="zh")], [None], exams)[0]}

    assert named(f"属于夜间进港步骤的是\n{lettered(options)}") == {"made:test:1"}
    assert named(f"不属于夜间进港步骤的是\n{lettered(options)}") == set()
    assert named(items[1].question) == {"made:test:2"}
    assert named("1" + items[1].question) == set()


@pytest.mark.parametrize(
    "prose",
    [
        "In our guideline a burning pain in both heels that began after a change of boots is treated with rest.",
        "Plants likely to have caused the rash on his left ankle were looked for and not found.",
        "The lamp reflex is absent in most keepers over seventy, and this means nothing.",
        "Giant hogweed, garden nasturtium and sea buckthorn grow along the path to the tower.",
        "The differential diagnosis includes Keeper's palsy, Foghorn syndrome, tidal ataxia and harbour fever.",
        "Which of the following is most likely? All of these plants are.",
    ],
)  # fmt: skip
def test_prose_that_shares_words_with_a_question_is_no_leak(find: Find, prose: str) -> None:
    assert find(page(prose)) == []


@pytest.mark.parametrize(
    "prose",
    ["灯塔管理员夜间值班后常有视物模糊，最可能的诊断为疲劳。", "港口热的首发症状不包括皮疹，多数患者夜间鸣笛。",
     "鉴别诊断包括灯塔性眼病、海雾综合征、潮汐性共济失调、港口热和船缆性关节炎。"],
)  # fmt: skip
def test_so_is_chinese_prose(find: Find, prose: str) -> None:
    assert find(page(prose, language="zh")) == []


@pytest.mark.parametrize("form", ["{}. {}", "{}.{}", "({}) {}", "{}\t{}"])
@pytest.mark.parametrize(("item", "more"), [(SHORT, " of old age"), (CHINESE_SHORT, "明显者")])
def test_options_that_are_parts_of_longer_ones_are_another_list(
    find: Find, form: str, item: ExamItem, more: str
) -> None:
    assert parts(find(page(f"Which?\n{lettered(item.options, form)}", language="zh"))) == {item.id: {"options"}}
    longer = tuple(f"{option}{more}" for option in item.options)
    assert find(page(f"Which?\n{lettered(longer, form)}", language="zh")) == []


def test_a_short_question_far_from_its_options_needs_nearly_all_of_them(find: Find) -> None:
    two = lettered(SHORT.options[:2])
    assert find(page(SHORT.question, two, times=2)) == []
    assert parts(find(page(f"{SHORT.question}\n{two}"))) == {SHORT.id: {"question", "options"}}


def test_of_items_that_ask_nearly_alike_the_one_that_stands_there_is_named(tmp_path: Path) -> None:
    twin = ENGLISH._replace(id="made:test:twin", question=VIGNETTE.replace("burning", "stabbing"))
    both = index(tmp_path / "twins", ENGLISH, twin)
    assert {leak.item for leak in found([page(whole(twin))], [None], both)[0]} == {twin.id}
    same = index(tmp_path / "same", ENGLISH, ENGLISH._replace(id="other:test:en1"))
    assert {leak.item for leak in found([page(whole(ENGLISH))], [None], same)[0]} == {ENGLISH.id, "other:test:en1"}


def test_of_two_that_ask_nearly_alike_each_is_named_where_it_stands(tmp_path: Path) -> None:
    twin = ENGLISH._replace(id="made:test:twin", question=VIGNETTE.replace("burning", "stabbing"))
    text = page(whole(twin), whole(ENGLISH))
    leaks = found([text], [None], index(tmp_path / "twins", ENGLISH, twin))[0]
    told = [(leak.item, leak.score) for leak in leaks if leak.part == "question"]
    assert told == [(twin.id, 1), (ENGLISH.id, 1)]
    for leak in leaks:
        assert ("stabbing" in text[leak.start : leak.end]) is (leak.item == twin.id and leak.part == "question")


@settings(max_examples=60, deadline=None)
@given(item=st.sampled_from(WITH_OPTIONS), at=st.integers(0, 10_000), tongue=st.sampled_from(("en", "zh")))
def test_an_item_is_found_wherever_it_is_planted(find: Find, item: ExamItem, at: int, tongue: str) -> None:
    host = PROSE[tongue] * 6
    at %= len(host) + 1
    text = f"{host[:at]}\n{whole(item)}\n{host[at:]}"
    leaks = find(text)
    assert parts(leaks) == {item.id: {"question", "options"}}
    question = next(leak for leak in leaks if leak.part == "question")
    assert text[question.start : question.end].strip("?") in item.question


@settings(max_examples=60, deadline=None)
@given(
    pieces=st.lists(
        st.one_of(
            st.text(max_size=40), st.sampled_from([one for item in ITEMS for one in (item.question, *item.options)])
        ),
        max_size=12,
    )
)
def test_every_passage_lies_in_the_text(find: Find, pieces: list[str]) -> None:
    text = "\n".join(pieces).encode("utf-8", "ignore").decode()
    for leak in find(text):
        assert 0 <= leak.start < leak.end <= len(text)
        assert 0.8 <= leak.score <= 1
