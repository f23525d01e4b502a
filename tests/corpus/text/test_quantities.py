"""Quantities: what is a dose, a count, a duration or a limit, in which unit, and which numbers are none of these."""

from __future__ import annotations

import pytest
from hypothesis import given

from corpus.text.fold import folded
from corpus.text.quantities import Quantity, quantities, spelt, substituted
from corpus.text.units import UNITS
from tests.corpus.text.texts import CHINESE, ENGLISH, texts


def found(text: str) -> list[Quantity]:
    """All quantities of a text."""
    view = folded(text)
    return quantities(view, 0, len(view))


def told(text: str) -> list[tuple[float, str]]:
    return [(quantity.value, quantity.unit) for quantity in found(text)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("81 mg", "81mg"), ("81 mg", "81-mg"), ("81 mg", "81 milligrams"), ("81 mg", "８１毫克"), ("81 mg", "81 ㎎"),
        ("5 μg", "5 mcg"), ("5 µg", "5 micrograms"), ("5 μg", "5 微克"), ("2 g", "2 克"), ("5 ml", "5 cc"),
        ("5 mL", "5毫升"), ("1 L", "1 litre"), ("5 μL", "5 ul"), ("70 kg", "70公斤"), ("5 kg", "5千克"),
        ("5 kPa", "5千帕"), ("3 cm", "3厘米"), ("5 IU", "5国际单位"), ("5 U", "5 units"), ("120 mmHg", "120毫米汞柱"),
        ("7 days", "7天"), ("7 d", "7日"), ("2 wk", "2周"), ("3 months", "3个月"), ("65 years", "65岁"),
        ("8 h", "8小时"), ("30 min", "30分钟"), ("3 tablets", "3片"), ("2 capsules", "2粒"), ("5%", "5 percent"),
        ("37 ℃", "37摄氏度"), ("5 mg/kg", "5 mg / kg"), ("5 mg/kg/d", "5 毫克/公斤/天"), ("5 mmol/L", "5毫摩尔/升"),
        ("10 mg/day", "10 mg/d"), ("3 times", "3次"), ("1,500 mg", "1500 mg"), ("1,5 mg", "1.5 mg"),
        ("1.50 mg", "1.5 mg"), ("0.5 mg", ".5 mg"), ("P = 0.05", "P=.05"), ("seven days", "7 days"),
        ("Twelve weeks", "12 weeks"), ("两片", "2片"), ("三钱", "3钱"), ("二十三天", "23天"), ("十天", "10天"),
        ("一百零五例", "105例"), ("半片", "0.5片"), ("三千人", "3000人"), ("一万例", "10000例"),
        ("二十三万例", "230000例"),
    ],
)  # fmt: skip
def test_two_spellings_of_a_quantity_agree(one, other):
    left, right = found(one), found(other)
    assert len(left) == len(right) == 1
    assert left[0].agrees(right[0])
    assert left[0].unit == right[0].unit


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("81 mg", "325 mg"), ("10 mg", "10 g"), ("10 mg", "10 μg"), ("10 mg", "10 mg/kg"), ("10 mg/kg", "10 mg/kg/d"),
        ("5 mg/day", "5 mg/week"), ("1.5 mg", "1,500 mg"), ("5 mg", ".5 mg"), ("0.5 mg", "0.05 mg"), ("p=.05", "p=.5"),
        ("p=.001", "p=.01"), ("7 days", "7 weeks"), ("一周", "两周"), ("三钱", "五钱"), ("2片", "3片"),
        ("37 °C", "37 °F"), ("5 mmol/L", "5 μmol/L"), ("5 mmol/L", "5 mmol"), ("-5 mmol/L", "5 mmol/L"),
        ("T-score -2.5", "T-score 2.5"), ("百分之三十", "百分之五十"), ("三分之一", "三分之二"),
        ("HbA1c 7.5", "HbA1c 8.5"), ("B12", "B6"), ("IL-2", "IL-6"), ("1:100", "1:200"), ("1/2", "1/3"),
        ("5 mg per kg", "5 mg"), ("stage II", "stage III"), ("Ⅱ期", "Ⅲ期"), ("10⁹", "10⁸"),
        ("10 mg weekly", "10 mg daily"), ("每周一次", "每日一次"), ("once a week", "once a day"),
        ("500 mg bid", "500 mg tid"), ("1,2,4,8 mg", "1,2,4,16 mg"), ("twelve weeks", "twenty weeks"),
        ("三天", "十三天"),
    ],
)  # fmt: skip
def test_two_quantities_that_differ_do_not_agree(one, other):
    left, right = substituted(found(one), found(other))
    assert left
    assert right


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Aspirin 81 mg for 7 days", [(81, "mg"), (7, "d")]),
        ("SBP >=140 mmHg", [(140, "mmhg")]),
        ("BP 140/90 mmHg", [(140, ""), (90, "mmhg")]),
        ("5-10 mg", [(5, ""), (10, "mg")]),
        ("1.5-2.5 mg", [(1.5, ""), (2.5, "mg")]),
        ("1000-2000 ml", [(1000, ""), (2000, "ml")]),
        ("血压160/95mmHg", [(160, ""), (95, "mmhg")]),
        ("口服,一次2片,一日3次", [(1, "time"), (2, "tablet"), (1, "d"), (3, "time")]),
        ("甘草三钱,大枣十二枚", [(3, "钱"), (12, "枚")]),
        ("1 in 20 women", [(1, ""), (20, "")]),
        ("(n=120)", [(120, "")]),
        ("(HR 0.62)", [(0.62, "")]),
        ("(P=0.03)", [(0.03, "")]),
        ("[HR 0.62, 0.4-0.9]", [(0.62, ""), (0.4, ""), (0.9, "")]),
        ("[10 mg/kg]", [(10, "mg/kg")]),
        ("5、10、20mg/kg", [(5, ""), (10, ""), (20, "mg/kg")]),
        ("the label reads 10 mg", [(10, "mg")]),
        ("2020 patients", [(2020, "patient")]),
        ("2000 ml", [(2000, "ml")]),
        ("1 ½ tablets", [(1, ""), (1, ""), (2, "tablet")]),
        ("1:20", [(1, ""), (20, "")]),
        ("12345678 IU", [(12345678, "iu")]),
        ("一般情况", []),
        ("m g kg", []),
    ],
)
def test_a_text_has_these_quantities(text, expected):
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "2021年3月5日", "2021-03-05", "2021/3/5", "2021.03.05", "05/03/2021", "May 3, 2021", "3 May 2021",
        "3rd of May 2021", "in 2019 we", "2021年", "10:22:05", "08:30", "5 pm", "Page 3 of 10", "pages 12-15", "第3页",
        "共12页", "p. 312", "浏览次数:1,203", "阅读(123)", "阅读量 3万", "1203次浏览", "评论(3)", "1,234 views",
        "views: 1,234", "1.2k views", "已有1203人阅读", "点赞 56", "1.2万次阅读", "12 comments", "$12.50", "¥30",
        "30元", "1、头痛", "(1) rest", "2) water", "[12]", "[12, 13]", "[3-5]", "Table 4", "Fig. 2", "图3", "表1",
        "Section 4", "Step 2", "NCT01234567", "PMID: 31452104", "国药准字H20044567", "tel 010-12345678",
        "电话:13800138000", "ISBN 9787117", "http://a.b/c/4711.html", "3楼",
    ],
)  # fmt: skip
def test_a_number_that_says_nothing_for_the_patient_is_none(text):
    assert told(text) == []


def test_the_first_spelling_stands_for_all_and_no_spelling_has_two_units():
    assert UNITS["micrograms"] == UNITS["微克"] == UNITS["mcg"] == "μg"
    assert {UNITS[unit] for unit in UNITS.values()} == set(UNITS.values())


def test_a_unit_is_no_part_of_a_word():
    assert told("5 gallbladders and 3 monkeys") == [(5, ""), (3, "")]
    assert told("5 mgs") == [(5, "")]


@pytest.mark.parametrize(("word", "value"), [("someone", None), ("once", 1), ("tenth", None), ("eighteen", 18)])
def test_number_words_are_whole_words(word, value):
    assert [number for number, _ in told(word)] == ([] if value is None else [value])


def test_only_quantities_that_touch_the_span_are_given():
    text = "take 81 mg for 7 days"
    assert spelt(quantities(text, 0, 4)) == ""
    assert spelt(quantities(text, 5, 6)) == "81 mg"
    assert spelt(quantities(text, 8, 10)) == "81 mg"
    assert spelt(quantities(text, 10, 17)) == "7 d"
    assert spelt(quantities(text, 16, 16)) == "7 d"


def test_a_number_is_never_cut_by_the_window():
    text = "x" * 30 + " " + "9" * 40 + " mg " + "y" * 40
    assert quantities(text, 72, 74)[0].start == 31


def test_a_unit_that_only_one_side_names_does_not_part_them():
    assert Quantity(5, "mg", 0, 4).agrees(Quantity(5, "", 7, 8))
    assert not Quantity(5, "mg", 0, 4).agrees(Quantity(5, "g", 0, 3))
    assert not Quantity(5, "mg", 0, 4).agrees(Quantity(6, "mg", 0, 4))


def test_what_agrees_is_taken_away_once_for_once():
    one, other = found("5 mg, 5 mg, 7 d"), found("7 d, 5 mg, 10 mg")
    left, right = substituted(one, other)
    assert (spelt(left), spelt(right)) == ("5 mg", "10 mg")


def test_a_reader_sees_each_quantity_once_and_in_order():
    assert spelt(found("81 mg for 7 days, then 81 mg, 0.5 g")) == "81 mg, 7 d, 0.5 g"


@given(texts)
def test_spans_hold_what_was_found_and_stand_in_order(text):
    view = folded(text)
    every = quantities(view, 0, len(view))
    assert [q.start for q in every] == sorted(q.start for q in every)
    for quantity in every:
        assert 0 <= quantity.start < quantity.end <= len(view)


@given(texts, texts)
def test_what_is_left_of_two_lists_is_the_same_from_either_side(one, other):
    left, right = substituted(found(one), found(other))
    again = substituted(found(other), found(one))
    assert (len(left), len(right)) == (len(again[1]), len(again[0]))


def test_every_quantity_of_a_text_is_found_at_its_own_place_too():
    for text in map(folded, (*ENGLISH, *CHINESE)):
        for quantity in quantities(text, 0, len(text)):
            assert quantity in quantities(text, quantity.start, quantity.end)
