"""Held-out text is that of the documents which a slice speaks of, and has the name of its corpus and slice."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from corpus.progress import Silent
from corpus.report.folder import open_build
from tests.train.conftest import Ground
from train.data.held_out import held_out_of
from train.prepare import held_out_texts, not_held_out, prepare
from train.recipe import Slice

MUCH = 1 << 30


def held_out_documents(corpus: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(file) for file in (corpus / "data").glob("*-held_out-*.parquet")])


def test_slices_that_share_a_corpus_are_measured_each_on_its_own_documents(ground: Ground) -> None:
    prepared = prepare(ground.loaded(), ground.corpus, str(ground.tokenizer), ground.store, Silent())
    found = held_out_texts(prepared.recipe, prepared.corpora, MUCH)
    assert list(found) == ["small/english", "small/chinese"]
    documents = held_out_documents(ground.corpus)
    for name, language in (("small/english", "en"), ("small/chinese", "zh")):
        mine = documents.filter(pl.col("language").str.starts_with(language))["text"].to_list()
        assert sorted(found[name]) == sorted(mine) != []


@pytest.mark.parametrize("column", ["tier", "source"])
def test_tiers_and_sources_of_a_slice_are_those_of_its_held_out_text(corpus: Path, column: str) -> None:
    documents = held_out_documents(corpus)
    value = documents[column].sort()[0]
    part = Slice.model_validate({"name": "one", f"{column}s": [value]})
    mine = documents.filter(pl.col(column) == value)["text"].to_list()
    assert sorted(held_out_of(open_build(corpus), part, MUCH, 0)) == sorted(mine)


def test_a_slice_of_which_nothing_is_held_out_has_no_text_and_is_named(ground: Ground) -> None:
    prepared = prepare(ground.loaded(), ground.corpus, str(ground.tokenizer), ground.store, Silent())
    english, chinese = prepared.recipe.slice
    recipe = prepared.recipe.model_copy(update={"slice": (english, chinese.model_copy(update={"languages": ("fr",)}))})
    found = held_out_texts(recipe, prepared.corpora, 2000)
    assert list(found) == ["small/english"]
    assert not_held_out(recipe, prepared.corpora, found) == ["small/chinese"]
    assert held_out_texts(recipe, prepared.corpora, 0) == {}
