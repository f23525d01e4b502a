"""Rows as the model sees them: every token of a row is shown once, in the frame of its document, with what is not
learned in brackets."""

from __future__ import annotations

import io
import re
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from corpus.errors import UserError
from corpus.progress import Silent
from tests.tokenizer.fitted import fit_small
from tests.tokenizer.small import documents
from tests.train.conftest import Ground
from tokenizer.opened import open_tokenizer
from train.data.special_ids import IGNORED
from train.page.preview import OPEN, SHUT, TOLD, Part, masked_text, parts, show_rows, text, written
from train.prepare import Prepared, prepare


def prepared_with(ground: Ground, *sets: str, tokenizer: Path | None = None) -> Prepared:
    return prepare(ground.loaded(*sets), ground.corpus, str(tokenizer or ground.tokenizer), ground.store, Silent())


def printed(prepared: Prepared, rows: int) -> str:
    file = io.StringIO()
    show_rows(prepared, rows, Console(file=file, width=80, highlight=False))
    return file.getvalue()


def plain(told: str) -> str:
    """What stands in the frames, in one line, without brackets; bytes that a bracket parts make a character again."""
    inside = "".join(line[2:-2] for line in told.splitlines() if line.startswith("│"))
    whole = re.sub(rf"[{OPEN}{SHUT}␊\s]", "", inside)
    return re.sub(
        r"(<[0-9A-F]{2}>)+", lambda run: bytes.fromhex(re.sub("[<>]", "", run[0])).decode(errors="replace"), whole
    )


def test_the_rows_of_a_run_read_as_its_documents(ground: Ground) -> None:
    prepared = prepared_with(ground, "model.sequence=2048")
    told = printed(prepared, 2)
    assert told.count("\nrow ") == 2
    pool = prepared.plan.pools[int(prepared.plan.pool[0])]
    first = pool.table["id"][int(prepared.plan.row[0])]
    original = documents(120)[int(first.rpartition("/")[2])]["text"]
    assert re.sub(r"[␊\s]", "", original) in plain(told)
    assert f"{first} ({pool.name}, rows, " in told


def test_each_token_of_a_row_stands_in_one_frame(ground: Ground) -> None:
    from train.setup import rows_of

    prepared = prepared_with(ground, "data.packing=best-fit", "model.sequence=160")
    dataset = rows_of(prepared)
    filled = np.add.reduceat(prepared.packed.length, prepared.packed.rows[:-1])
    short = np.flatnonzero(filled < prepared.packed.size)[:4].tolist()
    padded = 0
    for row in (*range(4), *short):
        told = dataset[row]
        found = parts(prepared, row, told["input_ids"], told["labels"])
        assert np.array_equal(np.concatenate([part.ids for part in found]), told["input_ids"])
        padded += "padding" in found[-1].title
        for part in found:
            assert part.labels[0] == IGNORED  # no token of its document comes before it
            assert ("padding" in part.title) == bool((part.labels == IGNORED).all())
    assert padded >= len(short) > 0


def test_what_is_not_learned_stands_in_brackets(ground: Ground) -> None:
    opened = open_tokenizer(ground.tokenizer)
    ids = np.array(opened.encode(["the patients 患者"])[0])
    labels = ids.copy()
    labels[:2] = IGNORED
    shown = text(opened, Part("", ids, labels)).plain
    assert shown == f"{OPEN}{written(opened, ids[:2].tolist())}{SHUT}{written(opened, ids[2:].tolist())}"
    labels[:] = ids
    assert text(opened, Part("", ids, labels)).plain == "the patients 患者"


def test_of_a_masked_row_it_is_seen_what_is_to_be_told(ground: Ground, tmp_path: Path) -> None:
    fitted = fit_small(ground.corpus, tmp_path / "wordpiece", "algorithm=wordpiece", "vocabulary=400")
    prepared = prepared_with(ground, "model.shape=bert", tokenizer=fitted.out)
    told = printed(prepared, 2)
    assert "[CLS]" in told
    assert f"{OPEN}" in told
    opened = prepared.opened
    ids = np.array(opened.encode(["the patients"])[0])
    masked = ids.copy()
    masked[0] = opened.backend.token_to_id("[MASK]")
    labels = np.where(np.arange(len(ids)) == 0, ids, IGNORED)
    shown = masked_text(opened, Part("", masked, labels)).plain
    assert shown.startswith(f"{OPEN}[MASK]{TOLD} {opened.decode(ids[:1].tolist())}{SHUT}")


def test_bytes_and_controls_and_unknown_ids_are_shown_as_such(ground: Ground) -> None:
    opened = open_tokenizer(ground.tokenizer)
    ids = opened.encode(["\x1b[31m\u202ea\nb"])[0]
    assert written(opened, ids) == "␛[31m[U+202E]a␊\nb"
    whole = opened.encode(["鬱"])[0]
    assert len(whole) == 3
    assert re.fullmatch(r"<[0-9A-F]{2}>", written(opened, whole[:1]))
    assert written(opened, [opened.size + 5]) == f"<id {opened.size + 5}>"


def test_as_many_rows_as_there_are_and_not_fewer_than_one(ground: Ground) -> None:
    prepared = prepared_with(ground, "model.sequence=8192")
    assert printed(prepared, 100).count("\nrow ") == prepared.packed.total
    with pytest.raises(UserError, match="No rows"):
        show_rows(prepared, 0)
