"""Chinese signals, against a slow reading of each document, character by character."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from itertools import groupby

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.annotate import chinese
from corpus.text.sentences import terminals
from tests.corpus.annotate.facts import check_columns, equal_facts, same_however_batched
from tests.corpus.text.texts import CHINESE, ENGLISH, texts


def annotated(*items: str) -> pl.DataFrame:
    return chinese.annotate(pl.DataFrame({"text": items, "language.tag": ["zh-Hans"] * len(items)}))


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def kind(character: str) -> str:
    category = unicodedata.category(character)
    if character.isspace():
        return "space"
    if category in ("Cc", "Co") or character == "�":
        return "garbled"
    if category[0] in "PS":
        return "sign"
    if character in "0123456789":
        return "digit"
    if re.fullmatch("[A-Za-z]", character):
        return "latin"
    if re.fullmatch("[〇㐀-䶿一-鿕𠀀-𳎯]", character):
        return "han"
    return "letter" if character.isalpha() else "other"


def of_words(text: str) -> dict[str, float]:
    """0.43 words a Han character, 0.5 more for grammar words, 0.3 a run; a run of Latin letters and digits is one."""
    runs = re.findall(r"(?:[A-Za-z0-9]|(?<=[0-9])\.(?=[0-9]))+%?", text)
    joined = sum(run.count(".") for run in runs)
    percent = len(re.findall("[0-9]%", text))
    counted = Counter(map(kind, text))
    grammar = sum(character in chinese.FUNCTION_CHARACTERS for character in text)
    han_runs = sum(same for same, _ in groupby(kind(character) == "han" for character in text))
    han = 0.43 * counted["han"] + 0.5 * grammar + 0.3 * han_runs
    words = han + len(runs) + counted["letter"]
    signs = counted["sign"] + counted["garbled"] - joined - percent
    alphabetic = sum(bool(re.search("[A-Za-z]", piece)) for piece in re.findall("[A-Za-z0-9]+", text))
    tokens = words + signs
    characters = counted["han"] + counted["letter"] + counted["latin"] + counted["digit"]
    return {
        "tokens": tokens,
        "words": words,
        "mean_word_length": ratio(characters, words),
        "alphabetic_tokens": ratio(han + alphabetic + counted["letter"], tokens),
        "hashes_per_token": ratio(text.count("#"), tokens),
        "ellipses_per_token": ratio(text.count("...") + text.count("…"), tokens),
        "brackets_per_token": ratio(text.count("【") + text.count("】"), tokens),
    }


def of_characters(text: str) -> dict[str, float]:
    counted = Counter(map(kind, text))
    solid = len(text) - counted["space"]
    characters = Counter(character for character in text if not character.isspace())
    functions = sum(character in chinese.FUNCTION_CHARACTERS for character in text)
    return {
        "characters": len(text),
        "han": ratio(counted["han"], solid),
        "digits": ratio(counted["digit"], solid - counted["sign"]),
        "latin": ratio(counted["latin"], solid),
        "punctuation": ratio(counted["sign"], solid),
        "garbled": counted["garbled"],
        "stop_characters": len(set(text) & set(chinese.STOP_CHARACTERS)),
        "function_characters": ratio(functions, counted["han"]),
        "longest_run": max((len(list(run)) for each, run in groupby(text) if each != "\n"), default=0),
        "distinct_characters": ratio(len(characters), solid),
        "character_entropy": -sum(n / solid * math.log(n / solid) for n in characters.values()),
    }


def sentence_count(text: str) -> int:
    ends = "".join(map(chr, np.flatnonzero(terminals()))).replace(".", "").replace("．", "") + "\n"
    pieces = re.split(f"[{re.escape(ends)}]", text)
    return sum(any(kind(character) in ("han", "latin", "digit", "letter") for character in piece) for piece in pieces)


def of_lines(text: str, tokens: float) -> dict[str, float]:
    written = [line for line in text.split("\n") if line.strip()]
    again = [line for index, line in enumerate(written) if line in written[:index]]
    stripped = [line.strip() for line in written]
    every = len(text.splitlines())
    return {
        "sentences": sentence_count(text),
        "lines": len(written),
        "mean_line_length": ratio(sum(map(len, stripped)), len(written)),
        "punctuated_lines": ratio(sum(bool(terminals()[ord(line[-1])]) for line in written), len(written)),
        "short_lines": ratio(sum(len(line) <= 10 for line in stripped), len(written)),
        "bullet_lines": ratio(sum(line.startswith(("•", "-")) for line in stripped), every),
        "ellipsis_lines": ratio(sum(line.endswith(("...", "…")) for line in stripped), every),
        "duplicate_line_characters": ratio(sum(map(len, again)), len(text) - text.count("\n")),
        "newlines_per_token": ratio(text.count("\n"), tokens),
    }


def reference(text: str) -> dict[str, float]:
    words = of_words(text)
    facts = words | of_characters(text) | of_lines(text, words["tokens"])
    return {f"chinese.{name}": value for name, value in facts.items()}


@settings(max_examples=60)
@given(st.lists(texts, min_size=1, max_size=4))
def test_every_signal_equals_a_slow_reading_of_the_text(items):
    equal_facts(annotated(*items), [reference(text) for text in items])


@pytest.mark.parametrize("items", [CHINESE, ENGLISH])
def test_medical_texts_equal_a_slow_reading(items):
    equal_facts(annotated(*items), [reference(text) for text in items])


@settings(max_examples=30)
@given(st.lists(st.tuples(texts, st.sampled_from(["zh", "zh-Hans", "zh-Hant", "lzh", "en", None])), max_size=6))
def test_facts_do_not_depend_on_where_a_batch_is_cut(rows):
    same_however_batched(chinese, rows)


def test_documents_in_other_languages_have_no_chinese_facts():
    tags = ["zh-Hans", "zh-Hant", "zh", "lzh", "ja", "en", None]
    frame = pl.DataFrame({"text": ["患者。"] * len(tags), "language.tag": tags})
    assert chinese.annotate(frame)["chinese.characters"].to_list() == [3, 3, 3, 3, None, None, None]


def test_a_dose_is_one_word_and_a_percentage_too():
    words = 8 * 0.43 + 0.5 + 2 * 0.3 + 2  # eight characters, one of them grammar (给), in two runs, and two numbers
    facts = annotated("给予阿司匹林100mg，0.5%溶液。")
    assert facts["chinese.words"][0] == pytest.approx(words)
    assert facts["chinese.tokens"][0] == pytest.approx(words + 2)


def test_advertising_and_spam_are_told_by_their_phrases():
    facts = annotated(
        "加微信：abc，电话13800138000，QQ：12345678，扫码关注客服。",
        "限时优惠，包邮，点击下载，立即购买！",
        "澳门威尼斯人娱乐城，真人荷官，百家乐投注。",
        "阿司匹林13800毫克，编号1380013800012345，每日1次。",
    )
    assert facts["chinese.contacts"].to_list() == [5, 0, 0, 0]
    assert facts["chinese.selling_phrases"].to_list() == [0, 5, 0, 0]
    assert facts["chinese.spam_phrases"].to_list() == [0, 0, 5, 0]


def test_lines_that_ask_for_a_click_to_read_on_are_counted():
    assert annotated("第一行\n展开\n查看更多>>\nRead More\n最后一行更多内容")["chinese.more_lines"][0] == 3 / 5


def test_a_wrong_decoding_leaves_garbled_characters():
    assert annotated("糖尿\ufffd病\ue123\x01。")["chinese.garbled"][0] == 3


def test_replacement_characters_that_were_decoded_once_more_count_as_garbled():
    assert annotated("血压锟斤拷锟斤拷升高，烫烫烫。")["chinese.garbled"][0] == 9


@pytest.mark.parametrize("text", ["血压140", "血型A", "140", "A", ""])
def test_a_text_may_end_in_a_digit_or_a_letter(text):
    assert annotated(text)["chinese.characters"][0] == len(text)


def test_the_columns_are_the_documented_facts():
    check_columns(chinese)
