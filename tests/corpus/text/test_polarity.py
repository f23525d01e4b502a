"""Negations and opposites: which words turn a statement round, and which only look as if they did."""

from __future__ import annotations

import pytest
from hypothesis import given

from corpus.text.fold import folded
from corpus.text.polarity import negations, opposed
from tests.corpus.text.texts import texts


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is not safe", 1), ("no pain, no gain", 2), ("neither fever nor cough", 2), ("without fever", 1),
        ("cannot and don’t", 2), ("It isn't", 1), ("unable to walk", 1), ("lack of evidence", 1),
        ("absence of fever", 1), ("Never, none", 2), ("Note the nodes, knot, nothing, another", 0),
        ("noradrenaline", 0), ("non-smokers", 1), ("nonetheless normal", 0), ("孕妇不宜服用", 1),
        ("无发热,未见皮疹", 2), ("禁用", 1), ("忌辛辣", 1), ("勿擅自停药", 1), ("没有疼痛", 1), ("非常有效", 0),
        ("病情不断加重", 0), ("不仅有效", 0), ("无论男女", 0), ("未来十年", 0), ("不同剂量", 0), ("", 0),
        ("安全有效", 0), ("阿莫西林与莫西沙星", 0), ("没药", 0),
    ],
)  # fmt: skip
def test_negations_are_counted_and_words_that_only_hold_one_are_not(text, count):
    assert negations(folded(text)) == count


@pytest.mark.parametrize(
    ("one", "other", "pair"),
    [
        ("increased", "decreased", "increas/decreas"), ("hypertension", "hypotension", "hyper/hypo"),
        ("Higher risk", "lower risk", "higher/lower"), ("before meals", "after meals", "before/after"),
        ("left lung", "right lung", "left/right"), ("effective", "ineffective", "effective/ineffective"),
        ("indicated", "contraindicated", "indicated/contraindicated"), ("positive", "negative", "positive/negative"),
        ("an agonist", "an antagonist", "agonist/antagonist"), ("血压上升", "血压下降", "升/降"),
        ("饭前", "饭后", "前/后"), ("左侧", "右侧", "左/右"), ("阳性", "阴性", "阳/阴"),
        ("妊娠期", "哺乳期", "妊娠/哺乳"),
    ],
)  # fmt: skip
def test_an_opposite_in_the_place_of_a_word_is_told_from_either_side(one, other, pair):
    assert opposed(folded(one), folded(other)) == pair
    assert opposed(folded(other), folded(one)) == "/".join(reversed(pair.split("/")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("increased risk", "reduced risk"), ("elevated levels", "reduced levels"), ("p<0.05", "p>0.05"), ("<", ">"),
        ("≥140", "≤140"), ("大于140", "小于140"), ("rising", "declining"), ("急", "慢"), ("良", "恶"),
        ("急性", "慢性"), ("良性", "恶性"),
    ],
)  # fmt: skip
def test_these_are_opposites_too(one, other):
    assert opposed(folded(one), folded(other))
    assert opposed(folded(other), folded(one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("increased", "increased"), ("increased", "rose"), ("", "decreased"), ("high and low", "low"), ("thigh", "low"),
        ("effective", "effectively"), ("升高与降低", "降低"), ("bright", "left"), ("copyright", "left"), ("", ""),
        ("unsafe", "unsafe"), ("female", "women"), ("below", "lower"),
    ],
)  # fmt: skip
def test_what_both_sides_name_or_only_one_side_names_is_no_contradiction(one, other):
    assert opposed(one, other) == opposed(other, one) == ""


@given(texts, texts)
def test_whether_two_texts_are_opposed_does_not_depend_on_their_order(one, other):
    left, right = folded(one), folded(other)
    assert bool(opposed(left, right)) == bool(opposed(right, left))


@given(texts)
def test_no_text_is_opposed_to_itself(text):
    assert opposed(text, text) == ""
