"""English signals, against a slow reading of each document by the published definitions."""

from __future__ import annotations

import csv
import math
import re
import unicodedata
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.annotate import english
from corpus.text import codepoints, words
from corpus.text.sentences import terminals
from tests.corpus.annotate.facts import check_columns, equal_facts, same_however_batched
from tests.corpus.text.test_codepoints import pieces_of
from tests.corpus.text.texts import ENGLISH, texts


def annotated(*items: str) -> pl.DataFrame:
    return english.annotate(pl.DataFrame({"text": items, "language.tag": ["en"] * len(items)}))


def tokens_of(text: str) -> list[str]:
    return pieces_of([text], words.read(codepoints.encode([text])).tokens)[0]


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def is_mark(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"


def is_word(token: str) -> bool:
    return any(unicodedata.category(character)[0] not in "PSZC" for character in token)


def ends_sentence(token: str) -> bool:
    return len(token) == 1 and bool(terminals()[ord(token)])


def sentence_count(line: str) -> int:
    count, ended = 1, False
    for token in tokens_of(line):
        if ends_sentence(token):
            ended = True
        elif not all(unicodedata.category(character)[0] == "P" for character in token):
            count += ended
            ended = False
    return count


def of_characters(text: str) -> dict[str, float]:
    solid = [character for character in text if not character.isspace()]
    letters = [character for character in text if character.isalpha()]
    odd = [character for character in solid if unicodedata.category(character)[0] in "CZ"]
    return {
        "characters": len(text),
        "digits": ratio(sum(character in "0123456789" for character in text), len(solid)),
        "capitals": ratio(sum(character.isupper() and character.isalpha() for character in text), len(letters)),
        "punctuation": ratio(sum(map(is_mark, solid)) + len(odd), len(solid)),
        "parentheses": ratio(text.count("(") + text.count(")"), len(solid)),
        "addresses": text.lower().count("://") + text.lower().count("www."),
    }


def of_tokens(text: str) -> dict[str, float]:
    tokens = tokens_of(text)
    spoken = [token for token in tokens if is_word(token)]
    counted = Counter(tokens)
    known = {*english.FUNCTION_WORDS, *(word.capitalize() for word in english.FUNCTION_WORDS)}
    return {
        "tokens": len(tokens),
        "words": len(spoken),
        "mean_word_length": ratio(sum(map(len, spoken)), len(spoken)),
        "longest_word": max(map(len, text.split()), default=0),
        "hashes_per_token": ratio(text.count("#"), len(tokens)),
        "ellipses_per_token": ratio(text.count("...") + text.count("…"), len(tokens)),
        "alphabetic_tokens": ratio(sum(any(c.isalpha() for c in token) for token in tokens), len(tokens)),
        "stop_words": len(set(tokens) & {"the", "be", "to", "of", "and", "that", "have", "with"}),
        "function_words": ratio(sum(token in known for token in tokens), len(spoken)),
        "distinct_words": ratio(len(counted), len(tokens)),
        "token_entropy": -sum(n / len(tokens) * math.log(n / len(tokens)) for n in counted.values()),
    }


def of_lines(text: str) -> dict[str, float]:
    lines = text.splitlines()
    written = [line.strip() for line in lines if line.strip()]
    return {
        "lines": len(written),
        "mean_line_length": ratio(sum(map(len, written)), len(written)),
        "bullet_lines": ratio(sum(line.startswith(("•", "-")) for line in written), len(lines)),
        "ellipsis_lines": ratio(sum(line.endswith(("...", "…")) for line in written), len(lines)),
    }


def ascii_lower(text: str) -> str:
    return re.sub("[A-Z]", lambda match: match[0].lower(), text)


def of_kept_lines(text: str) -> dict[str, float]:
    text = re.sub(english.CITATION, "", text)
    stripped = [line.strip() for line in text.splitlines()]
    read = [line for line in stripped if len(line.split()) >= 3 and max(map(len, line.split())) <= 1000]
    javascript = [line for line in read if "javascript" in ascii_lower(line)]
    policy = [line for line in read if any(phrase in ascii_lower(line) for phrase in english.POLICY)]
    kept = [line for line in read if line not in javascript and line not in policy]
    again = [line for index, line in enumerate(kept) if line in kept[:index]]
    characters = sum(map(len, kept))
    return {
        "javascript_lines": len(javascript),
        "policy_lines": len(policy),
        "lorem_ipsum_lines": sum("lorem ipsum" in ascii_lower(line) for line in read),
        "curly_bracket_lines": sum("{" in line for line in read if line not in javascript),
        "kept_characters": ratio(characters, sum(map(len, stripped))),
        "kept_sentences": sum(map(sentence_count, kept)),
        "kept_punctuated_lines": ratio(sum(ends_sentence(line[-1]) for line in kept), len(kept)),
        "kept_short_lines": ratio(sum(len(line) <= 30 for line in kept), len(kept)),
        "kept_duplicate_line_characters": ratio(sum(map(len, again)), characters),
        "kept_newlines_per_token": ratio(len(kept) - 1, sum(len(tokens_of(line)) for line in kept)) if kept else 0.0,
    }


def reference(text: str) -> dict[str, float]:
    facts = of_characters(text) | of_tokens(text) | of_lines(text) | of_kept_lines(text)
    return {f"english.{name}": value for name, value in facts.items()}


@settings(max_examples=100)
@given(st.lists(texts, min_size=1, max_size=4))
def test_every_signal_equals_a_slow_reading_of_the_text(items):
    equal_facts(annotated(*items), [reference(text) for text in items])


def test_medical_texts_equal_a_slow_reading():
    equal_facts(annotated(*ENGLISH), [reference(text) for text in ENGLISH])


@settings(max_examples=30)
@given(st.lists(st.tuples(texts, st.sampled_from(["en", "en-GB", "zh-Hans", "und", None])), max_size=6))
def test_facts_do_not_depend_on_where_a_batch_is_cut(rows):
    same_however_batched(english, rows)


def test_documents_in_other_languages_have_no_english_facts():
    frame = pl.DataFrame({"text": ["The dose."] * 4, "language.tag": ["en", "en-US", "enm", None]})
    assert english.annotate(frame)["english.words"].to_list() == [2, 2, None, None]


def test_numbers_and_units_lower_the_share_of_tokens_with_letters():
    [share] = annotated("HR 0.62 (95% CI 0.4-0.9; P<0.001)")["english.alphabetic_tokens"]
    assert share == pytest.approx(3 / 12)  # HR, CI and P<0.001 of 12 tokens


def test_c4_reads_a_text_without_its_citations():
    facts = annotated("It was shown before.[12] It was shown again [3].\nHere is [edit] one.")
    assert facts["english.kept_sentences"][0] == 3
    assert facts["english.kept_punctuated_lines"][0] == 1


def test_shops_are_told_by_their_phrases():
    facts = annotated("Add to Cart! FREE SHIPPING. Click here to subscribe.", "The dose was reduced; unsubscribed.")
    assert facts["english.selling_phrases"].to_list() == [4, 0]


def test_a_wrong_decoding_leaves_traces():
    facts = annotated("It\ufffds 5 â€“ 10 Â°C, \ue123", "It’s 5 – 10 °C in São Paulo, Ângela: â, Ã and €.")
    assert facts["english.garbled"].to_list() == [4, 0]


def test_real_abstracts_are_cut_as_spacy_cuts_them(real_data: Path):
    spacy = pytest.importorskip("spacy", reason="spacy comes with .[bench]")
    with (real_data / "amber" / "abstracts_cohen2006" / "ADHD.csv").open(encoding="utf-8", newline="") as file:
        items = [row["abstract"] for row in csv.DictReader(file)][::8]
    found = pieces_of(items, words.read(codepoints.encode(items)).tokens)
    cut = spacy.blank("en").tokenizer
    equal = total = 0
    for text, ours in zip(items, found, strict=True):
        theirs = Counter(token.text for token in cut(text) if token.text.strip())
        total += theirs.total()
        equal += (theirs & Counter(ours)).total()
    assert total > 10_000
    assert equal / total > 0.999


def test_the_columns_are_the_documented_facts():
    check_columns(english)
