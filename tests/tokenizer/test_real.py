"""Real documents: every algorithm fits, text comes back, sentencepiece agrees, and a domain's own tokenizer is better.

Needs MATERIA_REAL_DATA. Two corpora are built from small parts of the archive: medicine (English abstracts, Chinese
drug monographs and consultations) and general text (news, hotel reviews).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
import sentencepiece

from tests.corpus.small import build
from tests.once import made_once
from tests.tokenizer.fitted import fit_small
from tokenizer.opened import Opened, open_tokenizer
from tokenizer.wordpiece import normal_form

MEDICAL = """
name = "medical"
decide = { held_out = 0.05 }

[[source]]
name = "abstracts"
kind = "text"
path = "$MATERIA_REAL_DATA/amber/abstracts_hoc/*[02468].txt"
language = "en"

[[source]]
name = "drugs"
kind = "table"
path = "$MATERIA_REAL_DATA/amber/zh_drug_monographs/drug.json"
language = "zh"

[[source]]
name = "consultations"
kind = "table"
path = "$MATERIA_REAL_DATA/amber/zh_qa_huatuo26m/huatuo26M_test.json"
text = ["instruction", "output"]
language = "zh"
"""

GENERAL = """
name = "general"
decide = { held_out = 0.05 }

[[source]]
name = "news"
kind = "text"
path = "$MATERIA_REAL_DATA/amber/noise_en_bbcnews/business"
language = "en"

[[source]]
name = "hotels"
kind = "table"
path = "$MATERIA_REAL_DATA/amber/noise_zh_reviews/*.csv"
text = "review"
language = "zh"
"""

FIT = """
name = "fit"
vocabulary = 8000

[[part]]
name = "english"
languages = ["en"]
bytes = 1_000_000

[[part]]
name = "chinese"
languages = ["zh"]
bytes = 1_000_000
"""


@pytest.fixture(scope="module")
def folder(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "real", fit_all)


def fit_all(folder: Path) -> None:
    for name, recipe in (("medical", MEDICAL), ("general", GENERAL)):
        (folder / f"{name}.toml").write_text(recipe, encoding="utf-8")
        build(folder / f"{name}.toml", folder / name, workers=1)
    for algorithm in ("bpe", "unigram", "wordpiece"):
        fit_small(folder / "medical", folder / algorithm, f"algorithm={algorithm}", recipe=FIT)
    fit_small(folder / "general", folder / "general-bpe", recipe=FIT)


@pytest.fixture(scope="module")
def held(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "medical" / "data" / "*-held_out-*.parquet")


def test_sentencepiece_and_the_exported_tokenizer_agree_on_ten_thousand_lines(folder: Path) -> None:
    texts = pl.read_parquet(folder / "medical" / "data" / "*.parquet")["text"].to_list()
    lines = [line for text in texts for line in text.split("\n") if line][::2][:10_000]
    assert len(lines) == 10_000
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(folder / "unigram" / "tokenizer.model")).encode(lines)
    ours = open_tokenizer(folder / "unigram").encode(lines)
    assert sum(one != other for one, other in zip(theirs, ours, strict=True)) == 0


@pytest.mark.parametrize("algorithm", ["bpe", "unigram", "wordpiece"])
def test_real_documents_come_back(folder: Path, held: pl.DataFrame, algorithm: str) -> None:
    opened = open_tokenizer(folder / algorithm)
    texts = held["text"].to_list()
    wanted = [normal_form(opened.backend, text) for text in texts] if algorithm == "wordpiece" else texts
    assert [opened.decode(ids) for ids in opened.encode(texts)] == wanted


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_tokenizer_of_the_domain_needs_fewer_tokens_than_a_general_one_of_its_size(
    folder: Path, held: pl.DataFrame, language: str
) -> None:
    texts = held.filter(language=language)["text"].to_list()
    assert len(texts) > 40
    tokens = [sum(map(len, open_tokenizer(folder / name).encode(texts))) for name in ("bpe", "general-bpe")]
    assert tokens[0] < 0.9 * tokens[1]


def whole(opened: Opened, terms: list[str]) -> float:
    return sum(len(ids) == 1 for ids in opened.encode(terms)) / len(terms)


def test_wordpiece_learns_chinese_words_and_terms(folder: Path) -> None:
    wordpiece = open_tokenizer(folder / "wordpiece")
    han = [
        piece
        for piece in wordpiece.backend.get_vocab()
        if len(piece) > 1 and "\u4e00" <= min(piece) <= max(piece) <= "\u9fff"
    ]
    assert len(han) > 1000
    terms = ["高血压", "糖尿病", "感冒", "肺炎", "胃炎", "头痛", "咳嗽", "发热", "过敏", "孕妇", "胶囊", "注射液"]
    assert whole(wordpiece, terms) > 0.8
