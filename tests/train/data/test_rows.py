"""What a model is given: the documents' own ids in the run's order, and nothing of one document to another."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import torch

from corpus.progress import Silent
from tokenizer.opened import Opened, open_tokenizer
from train.data.masking import Masking, _begins, begins_word
from train.data.packing import PACKERS
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
    begin = prepared.special.begin
    whole = sorted(prepared.opened.decode(piece[1:-1]) for piece in found
                   if piece[0] == begin and piece[-1] == end and 1 < len(piece) < 32)  # fmt: skip
    short = sorted(text for text in texts.to_list() * 2 if len(prepared.opened.encode([text])[0]) < 30)
    assert set(short) <= set(whole)
    tokens = sum(len(ids) + 2 for ids in prepared.opened.encode(texts.to_list()))
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
    assert prepared.packed.going_on == len(prepared.packed.length) - len(prepared.plan.row) > 0


@pytest.mark.parametrize("packing", ["wrap", "best-fit", "single"])
@pytest.mark.parametrize("bos", [True, False])
def test_a_document_begins_and_ends_with_its_ids_and_its_first_token_is_learned(
    prepared: Prepared, packing: str, bos: bool
) -> None:
    special = prepared.special._replace(bos=7 if bos else None)
    packed = PACKERS[packing](prepared.plan.tokens, 32)
    rows = rows_of(prepared._replace(special=special, packed=packed))
    documents: dict[int, list[tuple[int, list[int], list[int]]]] = {}
    for row in range(len(rows)):
        one, at = rows[row], 0
        for piece in range(int(packed.rows[row]), int(packed.rows[row + 1])):
            upto = at + int(packed.length[piece])
            ids, labels = (one[name][at:upto].tolist() for name in ("input_ids", "labels"))
            documents.setdefault(int(packed.reading[piece]), []).append((int(packed.start[piece]), ids, labels))
            at = upto
    assert len(documents) == len(prepared.plan.row)
    for reading, pieces in documents.items():
        ids = [one for _, some, _ in sorted(pieces) for one in some]
        pool = prepared.plan.pools[int(prepared.plan.pool[reading])]
        told = pool.table.row(int(prepared.plan.row[reading]), named=True)
        own = prepared.shards[told["shard"]].ids[told["start"] : told["start"] + told["tokens"] - 2].tolist()
        assert ids == [7 if bos else special.end, *own, special.end]
        _, first, labels = min(pieces)
        assert labels == [IGNORED, *first[1:]]  # of the document's own first token too, unless the row ends before it


def test_an_encoder_reads_every_token_of_a_document_to_its_last(corpus: Path, wordpiece: Path, tmp_path: Path) -> None:
    loaded = load_train("quick-start", ("model.shape=bert", "model.sequence=32"))
    encoder = prepare(loaded, corpus, str(wordpiece), tmp_path, Silent())
    rows, found = rows_of(encoder), []
    for row in range(len(rows)):
        one = rows[row]
        found += np.where(one["labels"] == IGNORED, one["input_ids"], one["labels"])[1:-1].tolist()
    shards = np.concatenate([shard.ids for shard in encoder.shards])
    assert sorted(found) == sorted(shards.tolist())


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


def masking_of(opened: Opened, share: float = 0.15) -> Masking:
    return Masking(opened, MaskSettings(share=share), mask=0, seed=3)


@pytest.mark.parametrize("text", ["cardiitis and hepatosis " * 12, "患者口服阿司匹林后出现皮疹。" * 8])
@pytest.mark.parametrize("share", [0.15, 0.3])
def test_the_share_that_is_masked_is_the_one_asked_for_and_never_a_whole_row(
    wordpiece: Path, bpe: Path, text: str, share: float
) -> None:
    for folder in (wordpiece, bpe):
        opened = open_tokenizer(folder)
        masking = masking_of(opened, share)
        ids = np.array(opened.encode([text])[0], np.int64)[:100]
        found = np.array([(masking(ids, row)[1] != IGNORED).mean() for row in range(800)])
        assert found.mean() == pytest.approx(share, abs=4 * found.std() / 800**0.5 + 1e-9)
        assert found.std() < 0.06
        for size in range(2, 9):
            short = [(masking(ids[:size], row)[1] != IGNORED) for row in range(40)]
            assert all(one.any() and not one.all() for one in short)
    one = masking(ids[:1], 0)[1] != IGNORED
    assert one.tolist() == [True]  # for a step of such rows would have no loss


def test_byte_level_pieces_begin_a_word_where_their_bytes_do(bpe: Path) -> None:
    opened = open_tokenizer(bpe)
    begins = begins_word(opened)
    for text in ("patients", "naïve", "пациент", "مريض"):
        assert begins[opened.encode([f" {text}"])[0]].sum() <= 2, text  # the space, where it is a piece of its own
        assert not begins[opened.encode([f"x{text}"])[0][1:]].any(), text
    for text in ("患者口服阿司匹林", "ひらがなカタカナ", "ผู้ป่วย"):
        number = sum(not unicodedata.combining(one) and unicodedata.category(one) != "Mn" for one in text)
        pieces = opened.encode([text])[0]
        assert min(number, len(pieces)) <= begins[pieces].sum() <= len(text), text
    for raw, expected in {
        b"\xe6": True,
        b"\xe6\x82": True,
        b"\x82\xa3": False,
        b"\xc3": False,
        b"\xd0\xbf": False,
        b"\xe1\xba": False,
        b"\xf0\x9f": True,
        b" ": True,
        b".": True,
        b"7": True,
    }.items():
        assert _begins(raw) == expected, raw
