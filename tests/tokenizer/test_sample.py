"""A sample is drawn by content: not by how the corpus is cut into files, never from what is held out."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from corpus.errors import UserError
from corpus.report.folder import open_build
from tests.tokenizer.small import corpus_of, documents
from tokenizer.recipe import Part
from tokenizer.sample import HELD_OUT, draw


def texts(corpus: Path, *parts: Part, seed: int = 0, split: str = "train") -> list[str]:
    sample = draw(open_build(corpus), parts, seed, split)
    return [text for group in sample.texts() for text in group]


def held(corpus: Path, split: str) -> pl.DataFrame:
    return pl.read_parquet(corpus / "data" / f"*-{split}-*.parquet")


ALL = Part(name="all", bytes=10**9)


def test_the_training_split_is_sampled_and_no_document_that_is_held_out(corpus: Path) -> None:
    drawn = set(texts(corpus, ALL))
    assert drawn == set(held(corpus, "train")["text"])
    assert not drawn & set(held(corpus, "held_out")["text"])
    assert set(texts(corpus, ALL, split=HELD_OUT)) == set(held(corpus, "held_out")["text"])


def test_a_sample_does_not_depend_on_how_the_corpus_is_cut_into_files(tmp_path: Path) -> None:
    rows = documents(60)
    one = corpus_of(tmp_path / "one", rows)
    many = corpus_of(tmp_path / "many", rows, "export.shard_bytes=3000")
    assert len(list(many.glob("data/*.parquet"))) > len(list(one.glob("data/*.parquet")))
    part = Part(name="some", bytes=9000)
    assert sorted(texts(one, part)) == sorted(texts(many, part))


@pytest.mark.parametrize("size", [1, 500, 5000, 20000])
def test_a_part_has_just_the_bytes_that_were_asked_for(corpus: Path, size: int) -> None:
    sample = draw(open_build(corpus), (Part(name="p", languages=("en",), bytes=size),), 0)
    assert sample.bytes == sum(len(text.encode()) for group in sample.texts() for text in group) == size


def test_a_character_is_not_cut_in_two(corpus: Path) -> None:
    part = Part(name="p", languages=("zh",), bytes=1000)  # three bytes a character
    assert sum(len(text.encode()) for text in texts(corpus, part)) in (998, 999, 1000)


def test_a_larger_sample_holds_the_smaller_one(corpus: Path) -> None:
    small = texts(corpus, Part(name="p", bytes=6000))
    large = texts(corpus, Part(name="p", bytes=12000))
    whole = set(large)
    assert sum(text not in whole for text in small) <= 1  # the last document of the smaller one is cut


def test_another_seed_draws_another_sample(corpus: Path) -> None:
    part = Part(name="p", bytes=6000)
    assert set(texts(corpus, part)) != set(texts(corpus, part, seed=1))


def test_parts_choose_by_language_tier_and_source(corpus: Path) -> None:
    data = held(corpus, "train")
    english = data.filter(pl.col("language") == "en")
    assert set(texts(corpus, Part(name="p", languages=("en",), bytes=10**9))) == set(english["text"])
    high = english.filter(pl.col("tier") == "high")
    part = Part(name="p", languages=("en",), tiers=("high",), sources=("rows",), bytes=10**9)
    assert set(texts(corpus, part)) == set(high["text"])


@pytest.mark.parametrize("asked", [{"languages": ("fr",)}, {"tiers": ("best",)}, {"sources": ("pubmed",)}])
def test_a_part_without_text_is_refused_with_what_the_corpus_has(corpus: Path, asked: dict[str, tuple[str]]) -> None:
    with pytest.raises(UserError) as caught:
        draw(open_build(corpus), (Part.model_validate({"name": "wish", "bytes": 10, **asked}),), 0)
    assert "'wish'" in caught.value.what
    assert "languages en, zh-Hans; tiers basic, high; sources rows" in caught.value.where


def test_a_corpus_without_a_held_out_split_says_how_to_get_one(tmp_path: Path) -> None:
    out = corpus_of(tmp_path, documents(20), "decide.held_out=0")
    with pytest.raises(UserError, match="no held-out documents") as caught:
        draw(open_build(out), (ALL,), 0, HELD_OUT)
    assert "decide.held_out" in caught.value.mend


def test_a_damaged_data_file_is_named(tmp_path: Path) -> None:
    out = corpus_of(tmp_path, documents(20))
    file = next(out.glob("data/*-train-*.parquet"))
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(UserError, match="damaged") as caught:
        draw(open_build(out), (ALL,), 0)
    assert file.name in caught.value.where


def test_a_part_that_is_not_needed_may_be_missing_but_not_every_part(corpus: Path) -> None:
    french = Part(name="french", languages=("fr",), bytes=10, needed=False)
    sample = draw(open_build(corpus), (ALL, french), 0)
    assert [told["bytes"] > 0 for told in sample.told] == [True, False]
    with pytest.raises(UserError, match="no text for any part"):
        draw(open_build(corpus), (french,), 0)
