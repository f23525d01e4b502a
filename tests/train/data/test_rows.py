"""What a model is given: the documents' own ids in the run's order, and nothing of one document to another."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from corpus.progress import Silent
from tests.train import small
from tokenizer.opened import open_tokenizer
from train.data.masking import Masking, begins_word
from train.data.rows import Batch, PackedRows
from train.data.special_ids import IGNORED, SpecialIds
from train.models import build_model, config_of
from train.prepare import Prepared, prepare
from train.recipe import MaskSettings, load_train
from train.setup import rows_of
from train.sizes import size_of


@pytest.fixture(scope="module")
def prepared(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    loaded = load_train("quick-start", ("model.sequence=32", "data.packing=best-fit", "slice.everything.epochs=2"))
    return prepare(loaded, corpus, str(bpe), tmp_path_factory.mktemp("store"), Silent())


def test_rows_hold_the_text_of_the_corpus_once_for_each_reading(prepared: Prepared, corpus: Path) -> None:
    import polars as pl

    rows = rows_of(prepared)
    texts = pl.concat([pl.read_parquet(file) for file in sorted((corpus / "data").glob("*-train-*.parquet"))])["text"]
    end, found = prepared.special.end, []
    for row in range(len(rows)):
        one = rows[row]
        starts = np.flatnonzero(one["position_ids"] == 0).tolist()
        for start, stop in zip(starts, [*starts[1:], len(one["input_ids"])], strict=True):
            found.append(one["input_ids"][start:stop].tolist())
    whole = sorted(prepared.opened.decode(piece[:-1]) for piece in found if piece[-1] == end and len(piece) < 32)
    short = sorted(text for text in texts.to_list() * 2 if len(prepared.opened.encode([text])[0]) < 31)
    assert set(short) <= set(whole)
    tokens = sum(len(ids) + 1 for ids in prepared.opened.encode(texts.to_list()))
    assert prepared.packed.tokens == 2 * tokens


def test_only_what_follows_a_token_of_its_own_document_is_learned(prepared: Prepared) -> None:
    rows = rows_of(prepared)
    learned = 0
    for row in range(len(rows)):
        one = rows[row]
        first = one["position_ids"] == 0
        assert (one["labels"][first] == IGNORED).all()
        told = one["labels"] != IGNORED
        assert (one["labels"][told] == one["input_ids"][told]).all()
        learned += int(told.sum())
    assert learned == prepared.packed.tokens - len(prepared.packed.length)


@pytest.mark.parametrize("shape", ["llama", "gpt2"])
def test_documents_in_one_row_do_not_see_each_other(prepared: Prepared, shape: str) -> None:
    rows = rows_of(prepared)
    assert isinstance(rows, PackedRows)
    one = next(rows[n] for n in range(len(rows)) if (rows[n]["position_ids"] == 0).sum() >= 2)
    border = int(np.flatnonzero(one["position_ids"] == 0)[1])
    other = {**one, "input_ids": one["input_ids"].copy()}
    other["input_ids"][:border] = (other["input_ids"][:border] + 7) % 300
    config = config_of(shape, size_of("tiny"), prepared.opened.size, SpecialIds(), sequence=32)
    model = build_model(config, 0).eval()
    with torch.no_grad():
        told = [
            model(**{key: value for key, value in Batch(prepared.special)([x, x]).items() if key != "labels"}).logits
            for x in (one, other)
        ]
    assert torch.equal(told[0][:, border:], told[1][:, border:])
    assert not torch.equal(told[0][:, :border], told[1][:, :border])


def test_a_tokenizer_without_an_end_of_text_is_refused(corpus: Path, wordpiece: Path, tmp_path: Path) -> None:
    from corpus.errors import UserError
    from train.data.special_ids import special_ids

    opened = open_tokenizer(wordpiece)
    assert special_ids(opened, masked=True).mask is not None
    bare = opened._replace(config={})
    with pytest.raises(UserError, match="no eos_token"):
        special_ids(bare)
    with pytest.raises(UserError, match="no cls_token"):
        special_ids(bare, masked=True)


def test_whole_words_are_masked_in_their_share_and_the_same_for_the_same_row(wordpiece: Path) -> None:
    opened = open_tokenizer(wordpiece)
    mask = opened.backend.token_to_id("[MASK]")
    assert mask is not None
    masking = Masking(opened, MaskSettings(), mask, seed=3)
    ids = np.array(opened.encode(["cardiitis and hepatosis " * 40])[0], np.int64)
    chosen = []
    for row in range(30):
        masked, labels = masking(ids, row)
        told = labels != IGNORED
        assert (labels[told] == ids[told]).all()
        assert (masked[~told] == ids[~told]).all()
        word = np.cumsum(begins_word(opened)[ids])
        assert all(told[word == number].all() for number in np.unique(word[told]))
        chosen.append(told.mean())
        again = masking(ids, row)
        assert (again[0] == masked).all()
    assert np.mean(chosen) == pytest.approx(0.15, abs=0.02)
    assert small.SHORT
