"""Checkpoints and looks at what is held out come after so many tokens as were read, padding not counted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from tests.train.small import SHORT
from train.assemble import Pace, moments
from train.checkpoint import steps_at, steps_each
from train.prepare import prepare
from train.recipe import SaveSettings, load_train
from train.run import Asked, train
from train.setup import rows_of

READ = [100, 180, 300, 310]


def test_a_count_is_reached_by_the_first_step_that_has_read_as_many() -> None:
    assert steps_at([1, 100, 101, 300, 301, 310], READ) == {1, 2, 3, 4}
    assert steps_at([101], READ) == {2}
    assert steps_at([301, 311, 750_000_000], READ) == {4}
    assert steps_at([311], READ) == frozenset()


def test_every_so_many_tokens_is_the_step_that_passes_each_multiple() -> None:
    assert steps_each(150, READ) == {2, 3}
    assert steps_each(1, READ) == {1, 2, 3, 4}
    assert steps_each(0, READ) == steps_each(311, READ) == frozenset()
    made = moments(SaveSettings(every=150, at=(310,)), Pace(4, 8, READ, 300, 0.1))
    assert [set(made.save), set(made.evaluate)] == [{2, 3, 4}, {2, 3, 4}]  # at every checkpoint too


@pytest.mark.parametrize("sets", [("model.shape=bert",), ("data.packing=best-fit",), ("data.packing=wrap",)])
def test_tokens_read_are_those_in_the_rows_and_no_padding(
    corpus: Path, wordpiece: Path, bpe: Path, tmp_path: Path, sets: tuple[str, ...]
) -> None:
    tokenizer = wordpiece if "model.shape=bert" in sets else bpe
    loaded = load_train("quick-start", ("model.sequence=48", "batch.rows=5", *sets))
    prepared = prepare(loaded, corpus, str(tokenizer), tmp_path, Silent())
    rows = rows_of(prepared)
    found = [
        len(one["input_ids"]) - 2 if prepared.masked else int(prepared.packed.filled[row])
        for row, one in ((row, rows[row]) for row in range(len(rows)))
    ]
    steps = [sum(found[start : start + 5]) for start in range(0, len(found), 5)]
    assert prepared.read.tolist() == np.cumsum(steps).tolist()
    assert len(steps) == prepared.steps
    assert prepared.read[-1] == prepared.packed.tokens


@pytest.mark.parametrize("count", [0, -5])
def test_a_checkpoint_at_no_token_or_fewer_is_refused(count: int) -> None:
    with pytest.raises(UserError, match="must be at least 1"):
        load_train("quick-start", (f"save.at=[{count}]",))


def test_a_checkpoint_beyond_the_run_is_told_before_it_and_not_written(corpus: Path, bpe: Path, tmp_path: Path) -> None:
    said: list[str] = []

    class Heard(Silent):
        def say(self, text: str) -> None:
            said.append(text)

    loaded = load_train("quick-start", (*SHORT, "budget.tokens=300", "save.at=[200, 750000000]"))
    trained = train(Asked(loaded, tmp_path / "model", tmp_path / "shards", corpus, str(bpe)), Heard())
    assert "save.at 750,000,000: beyond the 300 tokens of the run, so no checkpoint there" in said
    assert [path.name for path in (trained.out / "checkpoints").glob("checkpoint-*")] == ["checkpoint-2"]
