"""A corpus, tokenizers and runs small enough for tests of training."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.progress import Silent
from tests.killed import killed_at
from tokenizer.fit import fit
from tokenizer.recipe import load_fit
from train.recipe import load_train
from train.run import Asked, Trained, train

SHORT = ("model.sequence=32", "batch.rows=4", "batch.device_rows=2", "evaluate.bytes=2000", "budget.most_epochs=100",
         "budget.tokens=1200", "slice.everything.weight=1")  # fmt: skip


def tokenizer(corpus: Path, out: Path, recipe: str = "quick-start", *sets: str) -> Path:
    """A tokenizer fitted to a corpus."""
    fit(load_fit(recipe, sets), corpus, out, Silent())
    return out


def run(
    folder: Path, corpus: Path, tokenizer: Path, *sets: str, recipe: str | Path = "quick-start", replace: bool = False
) -> Trained:
    """A short run into a folder; its shards lie beside."""
    asked = Asked(load_train(recipe, sets), folder, folder.parent / "shards", corpus, str(tokenizer))
    return train(asked._replace(replace=replace), Silent())


def killed(point: str, *told: Any) -> None:
    """The same in a process of its own, killed with -9 at a named moment."""
    killed_at(point, run, *told)


def logged(folder: Path) -> list[dict[str, Any]]:
    """The lines of a run's log, without what differs from run to run: times and memory."""
    aside = {"tokens_per_second", "utilisation", "memory_gib", "seconds"}
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines()]
    for line in lines:
        for told in (line, line.get("hook", {})):
            for name in aside & set(told):
                del told[name]
    return lines


def losses(folder: Path) -> list[float]:
    """The loss of each step."""
    lines = (json.loads(line) for line in (folder / "log.jsonl").read_text("utf-8").splitlines())
    return [line["loss"] for line in lines if "loss" in line]
