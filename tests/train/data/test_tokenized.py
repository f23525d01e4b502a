"""Ids in the store: as NumPy would have written them, made once by runs that want them at once, and whole whoever is
killed. The runs are real processes."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpus.report.folder import open_build
from corpus.store import KILL_VARIABLE, Store
from tokenizer.opened import Opened, open_tokenizer
from train.data.tokenized import TRAIN, Shard, tokenized

PROCESSES = multiprocessing.get_context("forkserver")
SECONDS = 120  # and no more, should one of them hang
Answer = tuple[int, list[str]]  # bytes that a run encoded, hashes of its shards


def encode(
    corpus: Path, tokenizer: Path, store: Path, kind: type[Opened] = Opened, waits: Callable[[], None] = lambda: None
) -> Answer:
    """The shards of the training split."""
    seen = list[int]()
    opened = kind(*open_tokenizer(tokenizer))
    shards = tokenized(open_build(corpus), TRAIN, opened, store, seen.append, waits)
    return sum(seen), [content(shard) for shard in shards]


def content(shard: Shard) -> str:
    """A hash of ids and documents."""
    return hashlib.sha256(shard.ids.tobytes() + shard.documents.write_ipc(None).getvalue()).hexdigest()


def first(kill: str, waiting: Any, answers: Any, *told: Path) -> None:
    """A run that is still encoding when the other finds that it must wait."""

    class Slow(Opened):
        def encode(self, texts: Sequence[str]) -> list[list[int]]:
            assert waiting.wait(SECONDS)
            return super().encode(texts)

    os.environ[KILL_VARIABLE] = kill
    answers.put(encode(told[0], told[1], told[2], Slow))


def second(waiting: Any, answers: Any, *told: Path) -> None:
    """A run that says when it waits."""
    answers.put(encode(told[0], told[1], told[2], waits=waiting.set))


def started(work: Callable[..., None], *told: Any) -> Any:
    process = PROCESSES.Process(target=work, args=told)
    process.start()
    return process


def begun(store: Path) -> None:
    """Wait until a run is encoding."""
    until = time.monotonic() + SECONDS
    while not list(store.glob("tmp/tokens-*")):
        assert time.monotonic() < until
        time.sleep(0.01)


@pytest.mark.parametrize("kill", ["", "tokens:renaming"], ids=["both live", "the first is killed"])
def test_of_two_runs_at_once_one_encodes_and_the_other_waits_for_it(
    corpus: Path, bpe: Path, tmp_path: Path, kill: str
) -> None:
    size, alone = encode(corpus, bpe, tmp_path / "other")
    told = (corpus, bpe, tmp_path / "store")
    waiting, one, other = PROCESSES.Event(), PROCESSES.Queue(), PROCESSES.Queue()
    early = started(first, kill, waiting, one, *told)
    begun(tmp_path / "store")
    late = started(second, waiting, other, *told)
    assert other.get(timeout=SECONDS) == (size if kill else 0, alone)
    if not kill:
        assert one.get(timeout=SECONDS) == (size, alone)
    for process in (early, late):
        process.join(SECONDS)
    assert (early.exitcode, late.exitcode) == (-9 if kill else 0, 0)
    assert waiting.is_set()
    assert encode(*told) == (0, alone)
    Store(tmp_path / "store").sweep()  # as the next run does, when the one that was killed is gone
    assert not list((tmp_path / "store" / "tmp").iterdir())


@pytest.mark.parametrize(("size", "kind"), [(1 << 16, np.uint16), ((1 << 16) + 1, np.uint32)])
def test_ids_lie_as_numpy_writes_them(
    corpus: Path, bpe: Path, tmp_path: Path, size: int, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Opened, "size", size)
    shard = tokenized(open_build(corpus), TRAIN, open_tokenizer(bpe), tmp_path)[0]
    assert shard.ids.dtype == kind
    assert isinstance(shard.ids, np.memmap)
    np.save(tmp_path / "again.npy", np.array(shard.ids))
    assert np.array_equal(np.load(tmp_path / "again.npy"), shard.ids)
    assert (shard.folder / "ids.npy").stat().st_size == (tmp_path / "again.npy").stat().st_size
    assert int(shard.documents["tokens"].sum()) == len(shard.ids)
