"""Our training loop beside the plain Trainer of transformers, on the same model, rows and settings, in one run.

python -m benchmarks.train_loop --corpus CORPUS --tokenizer TOKENIZER [--size 8m] [--steps 40] [--turns 3]

Both train the same fresh model on the same rows by turns, ours first and last by turns too. The plain Trainer is
given the rows as lists in memory, its own collator and no callback; ours reads them from shards, logs every step to
a file and keeps its order. Told: tokens per second of each turn, by its median step; of all steps of all turns the
median of each, and their ratio; and the share of a step that making a batch takes. Medians of steps, because a machine
that others use too slows single ones. Start, evaluation and saving are not counted: the clock runs from the end of the
second step on.
"""

from __future__ import annotations

import argparse
import statistics
import time
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from transformers import Trainer, TrainerCallback, TrainingArguments, default_data_collator

from corpus.progress import Silent
from train.base import initial_model
from train.checkpoint import Checkpoints
from train.data.rows import Batch
from train.prepare import Prepared, prepare
from train.recipe import load_train
from train.setup import loop_for, rows_of

SKIPPED = 2  # steps before the clock starts


class Clock(TrainerCallback):
    """When each step ended."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Called by the Trainer."""
        self.ends.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """Of each step; the last is not full."""
        return [end - start for start, end in pairwise(self.ends[SKIPPED - 1 : -1])]


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--size", default="8m")
    parser.add_argument("--sequence", type=int, default=256)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--turns", type=int, default=3)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    tokens = asked.steps * asked.rows * asked.sequence
    sets = (f"model.size={asked.size}", f"model.sequence={asked.sequence}", f"batch.rows={asked.rows}",
            f"budget.tokens={tokens - asked.sequence}", "evaluate.bytes=0")  # fmt: skip
    with TemporaryDirectory() as name:
        folder = Path(name)
        loaded = load_train("quick-start", sets)
        prepared = prepare(loaded, asked.corpus.absolute(), asked.tokenizer, folder / "store", Silent())
        found: dict[str, list[float]] = {"ours": [], "plain": []}
        for turn in range(asked.turns):
            for kind in ("ours", "plain") if turn % 2 == 0 else ("plain", "ours"):
                seconds = {"ours": ours, "plain": plain}[kind](prepared, folder / f"{kind}{turn}")
                found[kind] += seconds
                print(f"{kind:<6} {rate(prepared, seconds):>10,.0f} tokens/s", flush=True)
        told(prepared, found)


def told(prepared: Prepared, found: dict[str, list[float]]) -> None:
    """Medians, their ratio, and the share of making batches."""
    mine, theirs = (rate(prepared, found[kind]) for kind in ("ours", "plain"))
    print(
        f"{len(found['ours'])} steps each, median {mine:,.0f} against {theirs:,.0f} tokens/s: {mine / theirs:.3f} times"
    )
    rows, batch, start = rows_of(prepared), Batch(prepared.special), time.perf_counter()
    for first in range(0, len(rows) - prepared.rows, prepared.rows):
        batch([rows[row] for row in range(first, first + prepared.rows)])
    making = (time.perf_counter() - start) / max((len(rows) - prepared.rows) // prepared.rows, 1)
    print(f"making a batch takes {1e3 * making:.2f} ms, {making * mine / prepared.tokens_of_step:.2%} of a step")


def rate(prepared: Prepared, seconds: list[float]) -> float:
    """Tokens per second of the median step."""
    return prepared.tokens_of_step / statistics.median(seconds)


def ours(prepared: Prepared, work: Path) -> list[float]:
    """Seconds of the steps of our loop."""
    work.mkdir()
    clock = Clock()
    loop, _ = loop_for(prepared, work, Checkpoints(work / "checkpoints"), Silent())
    loop.add_callback(clock)
    loop.train()
    return clock.seconds


def plain(prepared: Prepared, work: Path) -> list[float]:
    """Seconds of the steps of the plain Trainer."""
    model, _ = initial_model(prepared, Silent())
    rows = rows_of(prepared)
    data = [{name: value.tolist() for name, value in rows[row].items()} for row in range(len(rows))]
    optimizer = prepared.recipe.optimizer
    told = TrainingArguments(
        output_dir=str(work), max_steps=prepared.steps, per_device_train_batch_size=prepared.rows,
        learning_rate=prepared.size.learning_rate, adam_beta1=optimizer.betas[0], adam_beta2=optimizer.betas[1],
        weight_decay=optimizer.weight_decay, max_grad_norm=optimizer.clip, report_to="none", save_strategy="no",
        logging_strategy="no", disable_tqdm=True, use_cpu=True, bf16=False, remove_unused_columns=False,
        lr_scheduler_type="cosine",
    )  # fmt: skip
    clock = Clock()
    Trainer(model, told, default_data_collator, data, callbacks=[clock]).train()
    return clock.seconds


if __name__ == "__main__":
    main()
