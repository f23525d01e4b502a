"""Half of a vignette, and its last sentence with all of its options, are leaks; less than that is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from corpus.leaks.stage import Exams
from corpus.leaks.verify import Leak
from tests.corpus.leaks.conftest import index
from tests.corpus.leaks.made import lettered, page

ENGLISH = ExamItem(
    "made:test:v1", "made", "test", "en", "", "",
    "A 47-year-old keeper of a harbour light is brought in by her brother because of three days of seeing every lamp "
    "twice. She has worked nights for six weeks and has eaten little but salted cod. She smokes a pipe and drinks two "
    "cups of sea-buckthorn tea each evening. Her temperature is 37.2 C, pulse is 88/min, and blood pressure is 132/84 "
    "mm Hg. The lamp reflex is weak on the left side, and the palms are red. The tongue is covered with a fine white "
    "salt. Which of the following is the most likely diagnosis?",
    ("Keeper's palsy", "Foghorn syndrome", "Tidal ataxia", "Harbour fever"), (1,), "", "",
)  # fmt: skip
CHINESE = ExamItem(
    "made:test:v2", "made", "test", "zh-Hans", "", "",
    "患者，女，47岁，灯塔管理员。连续夜间值班6周后出现视物重影3天，平日饮食以咸鳕鱼为主，每晚饮沙棘茶两杯。"
    "查体：体温37.2℃，脉搏88次/分，血压132/84mmHg，左侧灯塔反射减弱，双侧掌心潮红，舌苔带盐，缆绳样步态明显。"
    "听雾试验阳性，眼底未见异常。该患者最可能的诊断是",
    ("灯塔性眼病", "海雾综合征", "潮汐性共济失调", "港口热", "船缆性关节炎"), (1,), "", "",
)  # fmt: skip
ITEMS = (ENGLISH, CHINESE)
LAST = {"en": "Which of the following is the most likely diagnosis?", "zh": "该患者最可能的诊断是"}


@pytest.fixture(scope="module")
def exams(tmp_path_factory: pytest.TempPathFactory) -> Exams:
    return index(tmp_path_factory.mktemp("vignettes") / "index", *ITEMS)


def leaks(exams: Exams, item: ExamItem, *passages: str) -> list[Leak]:
    return found([page(*passages, language=item.language)], [None], exams)[0]


def told(leaks: list[Leak]) -> set[tuple[str, str]]:
    return {(leak.item, leak.part) for leak in leaks}


def half(item: ExamItem, second: bool) -> str:
    middle = len(item.question) // 2 - (6 if second else 0)
    if item.language == "en":
        middle = item.question.index(" ", middle - 12)
    return item.question[middle:].strip() if second else item.question[: middle + 24]


def question_and_options(item: ExamItem) -> set[tuple[str, str]]:
    return {(item.id, "question"), (item.id, "options")}


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("between", ["\n", ", ", "、", "\n\n", "; ", "\t", "　", " | "])
def test_the_last_sentence_with_all_options_is_a_leak(exams: Exams, item: ExamItem, between: str) -> None:
    last = LAST[item.language[:2]]
    told_leaks = leaks(exams, item, f"{last}\n{between.join(item.options)}")
    assert told(told_leaks) == question_and_options(item)
    assert all(0.8 <= leak.score < 1 for leak in told_leaks)


def test_the_last_clause_is_one_in_chinese(exams: Exams, tmp_path: Path) -> None:
    options = "\n".join(CHINESE.options)
    assert leaks(exams, CHINESE, f"诊断是\n{options}") == []  # no whole clause
    item = CHINESE._replace(id="made:test:v7", question=CHINESE.question.replace("。该患者", "，该患者"))
    assert item.question != CHINESE.question
    other = index(tmp_path / "index", item)
    assert told(leaks(other, item, f"{LAST['zh']}\n{options}")) == question_and_options(item)


@pytest.mark.parametrize("before", ["", "12. ", "**", "问题：\n", "见图6.\n", "慎用。6.\n"])
def test_it_begins_a_line(exams: Exams, before: str) -> None:
    told_item = f"最可能的诊断是\n{'、'.join(CHINESE.options)}"
    assert told(leaks(exams, CHINESE, before + LAST["zh"] + told_item[7:])) == question_and_options(CHINESE)


@pytest.mark.parametrize(
    ("item", "before"),
    [(CHINESE, "女，19岁，渡轮水手，登岸后晕眩2小时，双耳听雾减退，"), (CHINESE, "女，19岁，登岸后晕眩2小时。"),
     (ENGLISH, "A 19-year-old deck hand is dizzy on land; of these, ")],
)  # fmt: skip
def test_the_end_of_a_question_about_another_case_with_the_same_options_is_none(
    tmp_path: Path, item: ExamItem, before: str
) -> None:
    last = "最可能的诊断是" if item is CHINESE else "which of the following is the most likely diagnosis?"
    if item is CHINESE:
        item = item._replace(question=item.question.replace("该患者最可能的", "最可能的"))
    text = f"{before}{last}\n" + "\n".join(item.options)
    assert leaks(index(tmp_path / "index", item), item, text) == []


@pytest.mark.parametrize("item", ITEMS)
def test_it_is_none_without_all_options_or_far_from_them(exams: Exams, item: ExamItem) -> None:
    last = LAST[item.language[:2]]
    assert leaks(exams, item, last) == []
    assert leaks(exams, item, f"{last}\n" + "\n".join(item.options[:-1])) == []
    assert leaks(exams, item, last, "\n".join(item.options)) == []
    assert leaks(exams, item, "\n".join(item.options)) == []


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("second", [True, False])
def test_half_a_vignette_with_its_options_is_a_leak(exams: Exams, item: ExamItem, second: bool) -> None:
    found_leaks = leaks(exams, item, f"{half(item, second)}\n" + "\n".join(item.options))
    assert told(found_leaks) == question_and_options(item)
    assert all(0.8 <= leak.score < 1 for leak in found_leaks)


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("second", [True, False])
def test_half_a_vignette_is_a_leak_where_it_is_long(exams: Exams, item: ExamItem, second: bool) -> None:
    text = page(half(item, second), language=item.language)
    (leak,) = found([text], [None], exams)[0]
    assert (leak.item, leak.part) == (item.id, "question")
    assert text[leak.start : leak.end] in item.question
    assert leak.end - leak.start >= len(half(item, second)) - 2


@pytest.mark.parametrize("item", ITEMS)
def test_a_third_of_a_vignette_is_none(exams: Exams, item: ExamItem) -> None:
    third = len(item.question) // 3
    for start in (0, third, 2 * third):
        assert leaks(exams, item, item.question[start : start + third]) == []


@pytest.mark.parametrize(
    ("item", "old", "new"),
    [(ENGLISH, "47-year-old", "74-year-old"), (ENGLISH, "six weeks", "no weeks"), (ENGLISH, "88/min", "58/min"),
     (CHINESE, "47岁", "17岁"), (CHINESE, "88次", "58次"), (CHINESE, "最可能", "最不可能"),
     (CHINESE, "诊断是", "诊断不是")],
)  # fmt: skip
@pytest.mark.parametrize("options", [True, False])
def test_a_vignette_with_another_number_is_not_found_by_its_unchanged_half(
    exams: Exams, item: ExamItem, old: str, new: str, options: bool
) -> None:
    changed = item.question.replace(old, new)
    assert changed != item.question
    assert leaks(exams, item, changed + ("\n" + "\n".join(item.options) if options else "")) == []


def test_so_it_is_with_the_first_number_of_all(tmp_path: Path) -> None:
    item = CHINESE._replace(id="made:test:v4", question=CHINESE.question.replace("患者，女，47岁，", "47岁女性"))
    exams = index(tmp_path / "index", item)
    told_item = f"{item.question}\n" + "\n".join(item.options)
    assert {leak.item for leak in leaks(exams, item, told_item)} == {item.id}
    assert leaks(exams, item, told_item.replace("47岁", "65岁")) == []


@pytest.mark.parametrize(
    ("one", "other"), [("不属于灯塔管理员", "属于灯塔管理员"), ("灯塔管理员升高", "灯塔管理员降低")]
)
def test_so_it_is_with_what_is_changed_at_the_very_ends(tmp_path: Path, one: str, other: str) -> None:
    rest = CHINESE.question.removesuffix("该患者最可能的诊断是")
    question, changed = (
        (one + rest, other + rest) if one.startswith("不") else (f"{rest}{one[-2:]}", f"{rest}{other[-2:]}")
    )
    item = CHINESE._replace(id="made:test:v9", question=question)
    exams, options = index(tmp_path / "index", item), "\n".join(item.options)
    assert told(leaks(exams, item, f"{question}\n{options}")) == question_and_options(item)
    assert leaks(exams, item, f"{changed}\n{options}") == []


def test_a_question_that_repeats_itself_is_found_where_it_stands(tmp_path: Path) -> None:
    question = "已知灯塔上空的雾气温度为零下三度，那么五海里外的灯塔上空的雾气温度约为"
    item = CHINESE._replace(id="made:test:v10", question=question)
    assert told(leaks(index(tmp_path / "index", item), item, question)) == {(item.id, "question")}


@pytest.mark.parametrize("item", ITEMS)
def test_a_vignette_without_its_beginning_is_a_leak_though_a_number_is_gone(exams: Exams, item: ExamItem) -> None:
    told_item = item.question[24 if item.language == "en" else 10 :] + "\n" + "\n".join(item.options)
    assert "47" not in told_item
    assert told(leaks(exams, item, told_item)) == question_and_options(item)


def test_options_of_one_character_or_two_count_where_each_has_a_line(tmp_path: Path) -> None:
    item = CHINESE._replace(id="made:test:v5", options=("雾盲", "港口热", "灯塔性眼病", "盐舌", "12"))
    exams = index(tmp_path / "index", item)
    assert told(leaks(exams, item, f"{LAST['zh']}\n" + "\n".join(item.options))) == question_and_options(item)
    assert leaks(exams, item, f"{LAST['zh']}雾盲的人，港口热的人，灯塔性眼病的人，盐舌的人，12人") == []


@pytest.mark.parametrize("options", [("-5", "-20", "1", "-10"), ("《诗学》", "《诗品》", "《美学》", "《诗艺》")])
def test_marks_before_an_option_do_not_part_it_from_its_letter(tmp_path: Path, options: tuple[str, ...]) -> None:
    item = CHINESE._replace(id="made:test:v11", question="灯塔上空的雾气有多少度", options=options)
    exams = index(tmp_path / "index", item)
    assert told(leaks(exams, item, f"{item.question}\n{lettered(options)}")) == question_and_options(item)


def test_an_option_that_the_question_names_is_not_taken_for_the_first_of_the_list(tmp_path: Path) -> None:
    last = "Given her diet, is it tidal ataxia or which of the following?"
    item = ENGLISH._replace(id="made:test:v8", question=ENGLISH.question.replace(LAST["en"], last))
    exams = index(tmp_path / "index", item)
    assert told(leaks(exams, item, f"{last}\n" + "\n".join(item.options))) == question_and_options(item)


def test_options_that_are_the_same_twice_count_once(tmp_path: Path) -> None:
    item = ENGLISH._replace(id="made:test:v6", options=(*ENGLISH.options[:3], ENGLISH.options[0]))
    exams = index(tmp_path / "index", item)
    assert told(leaks(exams, item, f"{LAST['en']}\n" + "\n".join(item.options))) == question_and_options(item)


def test_of_two_items_with_one_vignette_the_one_that_stands_there_is_named(tmp_path: Path) -> None:
    other = ENGLISH._replace(
        id="made:test:v3", question=ENGLISH.question.replace(LAST["en"], "What should be done first for this keeper?"),
        options=("Rest in a dark room", "A diet without salt", "Ointment for the palms", "A change of the lamp"),
    )  # fmt: skip
    both = index(tmp_path / "both", ENGLISH, other)
    for item in (ENGLISH, other):
        text = page(f"{item.question}\n" + "\n".join(item.options))
        assert {leak.item for leak in found([text], [None], both)[0]} == {item.id}


def question_of(leaks: list[Leak], text: str) -> str:
    return next(text[leak.start : leak.end] for leak in leaks if leak.part == "question")


LONG_LAST = {"en": "Which of the following is the most likely diagnosis in this keeper of a light on the harbour wall?",
             "zh": "该患者入院后应当首先考虑的最可能的临床诊断是下列各项中的"}  # fmt: skip


@pytest.mark.parametrize(
    ("item", "before"),
    [(ENGLISH, "We saw a small series of salt."), (ENGLISH, "The cook used too much asphalt."),
     (CHINESE, "这一组病例均无异常。"), (CHINESE, "作者未见明显异常。")],
)  # fmt: skip
@pytest.mark.parametrize("lasts", [LAST, LONG_LAST])
def test_what_stands_before_a_last_sentence_and_ends_alike_stays(
    tmp_path: Path, item: ExamItem, before: str, lasts: dict[str, str]
) -> None:
    last = lasts[item.language[:2]]
    item = item._replace(question=item.question.replace(LAST[item.language[:2]], last))
    text = page(f"{before} {last}\n" + "\n".join(item.options), language=item.language)
    found_leaks = found([text], [None], index(tmp_path / "index", item))[0]
    assert question_of(found_leaks, text).rstrip("?") == last.rstrip("?")


def test_a_sentence_before_it_that_is_the_questions_goes(exams: Exams) -> None:
    told_item = f"The tongue is covered with a fine white salt. {LAST['en']}"
    text = page(f"Notes of a doctor. {told_item}\n" + "\n".join(ENGLISH.options))
    assert question_of(found([text], [None], exams)[0], text) == told_item.rstrip("?")


@pytest.mark.parametrize("item", ITEMS)
def test_a_half_takes_no_letters_of_the_next_line_or_of_another_word(exams: Exams, item: ExamItem) -> None:
    first = half(item, second=False)
    if item.language == "en":
        first = first[: first.rindex(" ")]
    goes_on = item.question[len(first) :].lstrip()
    for after in (f"\n{goes_on[0]}qzj", f"\n{goes_on[0]}"):
        text = page(first + after, language=item.language)
        told_question = question_of(found([text], [None], exams)[0], text)
        assert first.startswith(told_question)
        assert len(told_question) >= len(first) - 1
