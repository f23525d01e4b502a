"""The matching view: what a reader takes for the same text is folded to one, and no number is ever touched."""

from __future__ import annotations

import re
import unicodedata

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.text.fold import fold, folded
from corpus.text.han_forms import one_form
from tests.corpus.text.texts import CHINESE, ENGLISH, texts

PARAGRAPH = (
    "患者女,六十八岁,头发干燥,面部浮肿,复查发现肝脏轻度肿大,血压偏高,建议后续每周随访一次。医生嘱咐其在饭后服用药物,"
    "里面含有利尿剂,台阶不宜多爬,并注意观察有无皮疹、恶心、呕吐与关节疼痛。若出现胸闷、气喘或者意识模糊,应当立即停药,"
    "联系急诊科的护士,准备输液与吸氧。该范围内的检查项目只包括心电图、胸部线片以及尿液分析,不制订新的治疗计划。"
)


def strings(batch: list[str]) -> list[str]:
    """The views of a batch as strings."""
    view = fold(batch)
    whole = view.codes.astype("<u4").tobytes().decode("utf-32-le")
    return [whole[start:end] for start, end in zip(view.starts.tolist(), view.ends.tolist(), strict=True)]


@pytest.mark.parametrize("direction", ["s2t", "s2tw", "s2hk"])
def test_a_paragraph_in_traditional_script_folds_to_the_simplified_one(direction):
    written = opencc.OpenCC(direction).convert(PARAGRAPH)
    assert sum(one != other for one, other in zip(written, PARAGRAPH, strict=True)) > 50
    assert folded(written) == folded(PARAGRAPH)


@pytest.mark.parametrize(
    "forms",
    [
        "裡裏里",
        "复復覆",
        "了瞭",
        "颚顎腭",
        "檗蘗",
        "苏蘇甦",
        "藥药",
        "臺台",
        "髮發发",
        "乾幹干",
        "后後",
        "台颱",
        "著着",
        "爲為为",
    ],
)
def test_every_form_of_a_character_becomes_one(forms):
    assert len({folded(form) for form in forms}) == 1


def test_no_form_of_a_character_has_a_form_itself():
    forms = one_form()
    assert len(forms) > 4000
    assert not forms.keys() & set(forms.values())


def test_different_characters_of_one_script_stay_different():
    characters = "药要钱前肝肾心肺血压糖尿病人医生高低升降左右男女热寒"
    assert len({folded(character) for character in characters}) == len(characters)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ASPIRIN Daily", "aspirin daily"),
        ("Ｐ＜０．０５（ｎ＝１２）", "p<0.05(n=12)"),
        ("血压：１４０／９０ｍｍＨｇ", "血压:140/90mmhg"),
        ("Ménière, Sjögren, Crohn’s", "meniere, sjogren, crohn's"),
        ("Me\u0301nie\u0300re", "Ménière"),
        ("anti–inflammatory — 5‑10", "anti-inflammatory - 5-10"),
        ("−5 ﹣5 －5", "-5 -5 -5"),
        ("“quoted” „quoted‟ «quoted» 「引」『文』", '"quoted" "quoted" "quoted" "引""文"'),
        ("µg μg ㎍", "μg μg μg"),
        ("37 ℃, Å, Ω", "37 °c, a, ω"),
        ("ﬁve ﬂuid oﬃce", "five fluid office"),
        ("CO₂ and H₂O", "co2 and h2o"),
        ("5㎎ ①", "5mg 1"),
        ("İstanbul", "istanbul"),
        ("\u2f00\uf900", "一岂"),
    ],
)
def test_two_spellings_of_one_text_are_one(one, other):
    assert folded(one) == folded(other)


def test_the_view_is_what_the_docstring_says():
    assert folded("WBC 10⁹/L, １½ Tablets") == "wbc 10^9/l, 1 1/2 tablets"
    assert folded("") == folded(" \n\t\u3000\ufeff") == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [("10⁹", "109"), ("10⁹", "10⁸"), ("1½", "11/2"), ("1½", "½"), ("x²", "x2"), ("10⁻³", "10³"), ("5 10", "510"),
     ("81 mg", "8l mg"), ("0.5", "05"), ("≥140", "≤140"), ("１０", "１００")],
)  # fmt: skip
def test_numbers_that_differ_stay_apart(one, other):
    assert folded(one) != folded(other)


@pytest.mark.parametrize(("raised", "plain"), [("10¹²/L", "10^12/L"), ("10⁻⁹", "10^-9"), ("Ca²⁺", "Ca^2+")])
def test_a_superscript_of_several_characters_has_one_caret_as_markup_writes_it(raised, plain):
    assert folded(raised) == folded(plain)


@pytest.mark.parametrize(
    ("written", "view"),
    [
        ("a  b\t\n c\u00a0d\u3000e", "a b c d e"),
        ("  a  ", "a"),
        ("每日 3 次 ， 共 7 天 。", "每日3次,共7天。"),
        ("用 aspirin  100 mg 治疗", "用aspirin 100 mg治疗"),
        ("肝\n脏", "肝脏"),
        ("a 𠀀 b", "a𠀀b"),
        ("ab\u00adc\u200bd\u200de\ufefff\ufe0f", "abcdef"),
        ("a \u200b b", "a b"),
        ("中 \u200b b", "中b"),
        ("x\x00y\x01z\x07", "xyz"),
    ],
)
def test_spaces_and_invisible_characters(written, view):
    assert folded(written) == view


@given(texts)
def test_folding_twice_is_folding_once(text):
    assert folded(folded(text)) == folded(text)


def test_every_character_of_unicode_is_folded_in_one_step():
    every = [f"a{chr(code)}b" for code in range(0x110000) if not 0xD800 <= code < 0xE000]
    once = strings(every)
    assert strings(once) == once


def test_compatibility_forms_are_those_of_unicode_but_for_superscripts_fractions_and_punctuation():
    written_out = {"<super>", "<fraction>"}
    for code in [*range(0x2000, 0x3400), *range(0xF900, 0xFB07), *range(0xFF00, 0xFFF0), *range(0x2F800, 0x2FA1E)]:
        character = chr(code)
        is_mark = unicodedata.category(character)[0] == "P"
        if not is_mark and unicodedata.decomposition(character).partition(" ")[0] not in written_out:
            assert folded(f"a{character}b") == folded(f"a{unicodedata.normalize('NFKC', character)}b"), hex(code)


@given(st.lists(texts, max_size=8))
def test_a_text_folds_the_same_whatever_else_is_in_the_batch(batch):
    assert strings(batch) == [folded(text) for text in batch]


def test_a_text_with_expansions_changes_none_of_its_neighbours():
    batch = ["plain 1/2", "1½ ㎎", "", "½", "plain"]
    assert strings(batch) == ["plain 1/2", "1 1/2 mg", "", "1/2", "plain"]


@given(st.lists(texts, max_size=8))
def test_every_view_lies_between_newlines_and_holds_none(batch):
    view = fold(batch)
    assert view.codes[0] == view.codes[-1] == ord("\n")
    assert (view.codes[view.starts - 1] == ord("\n")).all()
    assert (view.codes[view.ends] == ord("\n")).all()
    assert (view.codes == ord("\n")).sum() == len(batch) + 1
    assert view.size == len(batch)


@given(st.text(st.characters(max_codepoint=127)))
def test_the_digits_of_an_ascii_text_survive_in_order(text):
    assert re.findall(r"\d", folded(text)) == re.findall(r"\d", text)


@given(st.text(st.sampled_from("0123456789.,/-% mgx")))
def test_numbers_are_neither_joined_nor_cut(text):
    assert re.findall(r"[\d.,]+", folded(text)) == re.findall(r"[\d.,]+", text)


def test_the_texts_of_medicine_keep_their_numbers():
    for text in (*ENGLISH, *CHINESE):
        assert re.findall(r"\d+", folded(text)) == re.findall(r"\d+", unicodedata.normalize("NFKC", text))
