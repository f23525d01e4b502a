"""Repetition, against a slow reading of each document by the published definitions."""

from __future__ import annotations

import re
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.annotate import repetition
from corpus.text import codepoints, words
from tests.corpus.annotate.facts import check_columns, equal_facts, same_however_batched
from tests.corpus.text.test_codepoints import pieces_of
from tests.corpus.text.texts import CHINESE, ENGLISH, texts


def annotated(items: list[str], tag: str) -> pl.DataFrame:
    return repetition.annotate(pl.DataFrame({"text": items, "language.tag": [tag] * len(items)}))


def duplicates(pieces: list[str]) -> tuple[int, int]:
    """How many pieces stood earlier, and their characters."""
    again = [piece for index, piece in enumerate(pieces) if piece in pieces[:index]]
    return len(again), sum(map(len, again))


def top(units: list[str], n: int, gap: int) -> int:
    """Characters of the most frequent n-gram, the first of equals, times its count."""
    grams = [tuple(units[i : i + n]) for i in range(len(units) - n + 1)]
    if not grams:
        return 0
    gram, count = Counter(grams).most_common(1)[0]
    return (sum(map(len, gram)) + gap * (n - 1)) * count


def repeated(units: list[str], n: int) -> int:
    """Characters in n-grams seen before, reading on behind each repeat."""
    seen, characters, at = set(), 0, 0
    while at < len(units) - n + 1:
        gram = tuple(units[at : at + n])
        if gram in seen:
            characters += sum(map(len, gram))
            at += n
        else:
            seen.add(gram)
            at += 1
    return characters


def reference(text: str, by_character: bool) -> dict[str, float]:
    if by_character:
        units, sizes, gap = list("".join(text.split())), repetition.CHARACTERS, 0
    else:
        units = pieces_of([text], words.read(codepoints.encode([text])).tokens)[0]
        sizes, gap = {n: n for n in range(2, 11)}, 1
    lines = [line for line in re.split("\n+", text) if line]
    paragraphs = re.split(r"\n{2,}", text.strip()) if text.strip() else []
    length = max(len(text), 1)
    facts = {
        "repetition.duplicate_lines": duplicates(lines)[0] / max(len(lines), 1),
        "repetition.duplicate_line_characters": duplicates(lines)[1] / length,
        "repetition.duplicate_paragraphs": duplicates(paragraphs)[0] / max(len(paragraphs), 1),
        "repetition.duplicate_paragraph_characters": duplicates(paragraphs)[1] / length,
    }
    facts |= {f"repetition.top_{n}_gram": top(units, sizes[n], gap) / length for n in (2, 3, 4)}
    return facts | {f"repetition.duplicate_{n}_grams": repeated(units, sizes[n]) / length for n in range(5, 11)}


pieces = st.sampled_from(["a", "b", "c ", " ", "\n", "\n\n", "中", "文", "。", "ab c"])
repetitive = st.lists(pieces, max_size=120).map("".join)


@settings(max_examples=100)
@given(st.lists(texts | repetitive, min_size=1, max_size=4), st.sampled_from(["en", "zh-Hans"]))
def test_every_share_equals_a_slow_reading_of_the_text(items, tag):
    equal_facts(annotated(items, tag), [reference(text, tag != "en") for text in items])


@pytest.mark.parametrize(("items", "tag"), [(ENGLISH, "en"), (ENGLISH, "de"), (CHINESE, "zh-Hant"), (CHINESE, "lzh")])
def test_medical_texts_equal_a_slow_reading(items, tag):
    equal_facts(annotated(list(items), tag), [reference(text, tag not in ("en", "de")) for text in items])


@settings(max_examples=30)
@given(st.lists(st.tuples(texts | repetitive, st.sampled_from(["en", "zh-Hans", "ja", "und", None])), max_size=6))
def test_facts_do_not_depend_on_where_a_batch_is_cut(rows):
    same_however_batched(repetition, rows)


def test_a_chinese_text_is_measured_on_characters_and_a_german_one_on_words():
    text = "阿司匹林每日一次口服共七天。" * 3
    assert annotated([text], "zh-Hans")["repetition.duplicate_5_grams"][0] > 0.5
    assert annotated([text], "de")["repetition.duplicate_5_grams"][0] == 0


def test_a_repeat_inside_a_repeat_is_counted_once():
    [share] = annotated(["a b c d e " * 4], "en")["repetition.duplicate_5_grams"]
    assert share == 15 / 40


def test_the_columns_are_the_documented_facts():
    check_columns(repetition)
