"""Which documents are examples of what: the labels of a recipe held against the facts, and a bounded, fair choice.

Facts come from the store, the census and the groups of related documents from `corpus/decide.py`; the choice goes to
`corpus/learn/stage.py`. Of a text that several documents have only one is an example. Which documents are chosen, and
which are held back from training, is told by hashes of text and record: it does not change as a corpus grows, but where
a limit is reached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from corpus.annotate.learned import TASKS, language_of
from corpus.errors import UserError
from corpus.judge import CHUNK_ROWS, holds, signals
from corpus.learn.settings import Label, LearnSettings
from corpus.resolve import Shard
from corpus.store import Store

FEWEST = 50  # documents of either value that a classifier needs
SHORTEST = 64  # shingles: a headline is no example of anything
PARTS = ("train", "calibrate", "test")
CALIBRATE = 0.2  # share of what is not held back that sets the calibration

EXAMPLES: Any = {
    "shard": pl.UInt32, "row": pl.UInt32, "task": pl.String, "language": pl.String, "label": pl.String,
    "positive": pl.Boolean, "group": pl.Int32, "part": pl.String, "lot": pl.UInt64,
}  # fmt: skip


def marked(
    shards: Sequence[Shard], facts: Sequence[Mapping[str, str]], genres: Mapping[str, str], labels: Sequence[Label],
    store: Store,
) -> pl.DataFrame:  # fmt: skip
    """Every document that some label speaks of: `shard, row, language` and, by task, the name of its label or null."""
    wanted = {"language.tag", *(condition.signal for label in labels for condition in label.when)}
    parts = [pl.DataFrame(schema={"shard": pl.UInt32, "row": pl.UInt32, "language": pl.String}
                          | dict.fromkeys(TASKS, pl.String))]  # fmt: skip
    for number, (shard, keys) in enumerate(zip(shards, facts, strict=True)):
        documents = int(store.entry("ingest", shard.key).counts["documents"])
        for start in range(0, documents, CHUNK_ROWS):
            frame = signals(store, shard.key, dict(keys), genres[shard.source], start, wanted)
            spoken = pl.Series("language", [language_of(tag) for tag in frame["language.tag"].to_list()], pl.String)
            places = pl.int_range(start, start + frame.height, dtype=pl.UInt32, eager=True).alias("row")
            rows = frame.select(_label(labels, task) for task in TASKS)
            rows = rows.select(pl.lit(number, pl.UInt32).alias("shard"), places, spoken, *TASKS)
            parts.append(rows.filter(pl.any_horizontal(pl.col(task).is_not_null() for task in TASKS)))
    return pl.concat(parts)


def _label(labels: Sequence[Label], task: str) -> pl.Expr:
    """The name of the first label of a task all of whose conditions hold."""
    expression: Any = pl.lit(None, pl.String)
    for label in reversed([label for label in labels if label.task == task]):
        expression = (
            pl.when(pl.all_horizontal([holds(c) for c in label.when])).then(pl.lit(label.name)).otherwise(expression)
        )
    return pl.Expr.alias(expression, task)


def examples(
    found: pl.DataFrame, documents: pl.DataFrame, labels: Sequence[Label], settings: LearnSettings
) -> pl.DataFrame:
    """The documents to learn from, as EXAMPLES. `documents`: standing ones of the grouped census.

    Raises `UserError` where a task has many examples of one value in a language and too few of the other.
    """
    values = pl.DataFrame({"label": [label.name for label in labels], "task": [label.task for label in labels],
                           "positive": [label.value == "positive" for label in labels]})  # fmt: skip
    long = found.unpivot(TASKS, index=["shard", "row", "language"], variable_name="task", value_name="label")
    long = long.drop_nulls("label").filter(pl.col("language").is_in(settings.languages))
    long_enough = documents.filter(pl.col("sketch.shingles") >= SHORTEST)
    long = long.join(values, on=["label", "task"], how="left").join(long_enough, on=["shard", "row"], how="inner")
    # The hash of a text is as good as a lot; ties are copies of one text, of which the first by id stays.
    long = long.sort("sketch.low", "sketch.high", "id").with_columns(lot="sketch.low")
    long = long.unique(["task", "sketch.low", "sketch.high"], keep="first", maintain_order=True)
    # Sources take turns, so that a large one does not stand for all.
    turn = pl.int_range(pl.len()).over("task", "language", "label", "source")
    long = long.with_columns(turn=turn).sort("turn", "lot")
    rank = pl.int_range(pl.len()).over("task", "language", "label")
    chosen = long.filter(rank < settings.per_label).pipe(_parted, settings.held_back)
    _refuse_one_sided(chosen, settings)
    return chosen.select(list(EXAMPLES)).cast(EXAMPLES).sort("task", "language", "lot")


def _parted(chosen: pl.DataFrame, held_back: float) -> pl.DataFrame:
    """With `part`: groups of related documents stay together, by the hash of their first record."""
    first = chosen.group_by("group").agg(pl.col("record").min())
    lots = np.array([lot(record) for record in first["record"].to_list()])
    edge = held_back + (1 - held_back) * CALIBRATE
    part = np.where(lots < held_back, "test", np.where(lots < edge, "calibrate", "train"))
    return chosen.join(first.select("group", part=pl.Series(part, dtype=pl.String)), on="group", how="left")


def lot(record: str) -> float:
    """A number from 0 to 1 that has nothing to do with the held-out split."""
    return int.from_bytes(hashlib.sha256(f"learn\0{record}".encode()).digest()[:8], "big") / 2**64


def _refuse_one_sided(chosen: pl.DataFrame, settings: LearnSettings) -> None:
    """Both values or neither; a build whose labels teach nothing must not look as if they had."""
    for task in TASKS:
        for language in settings.languages:
            here = chosen.filter((pl.col("task") == task) & (pl.col("language") == language))
            counts = {value: int((here["positive"] == value).sum()) for value in (True, False)}
            if max(counts.values()) >= FEWEST > min(counts.values()):
                few, many = ("positive", "negative") if counts[True] < counts[False] else ("negative", "positive")
                raise UserError(
                    f"The labels give {task} in {language!r} {max(counts.values()):,} {many} documents and "
                    f"{min(counts.values()):,} {few}; a classifier needs at least {FEWEST} of each.",
                    where="[[label]]",
                    mend=f"add a label with value = {few!r} that has documents in that language, or leave "
                    f"{language!r} out of learn.languages",
                )


def trainable(chosen: pl.DataFrame) -> list[tuple[str, str]]:
    """The tasks and languages that have enough examples of both values, in every part."""
    pairs = chosen.select("task", "language").unique().sort("task", "language").rows()
    return [(task, language) for task, language in pairs if not _short(chosen.filter(task=task, language=language))]


def wanting(chosen: pl.DataFrame, settings: LearnSettings) -> list[tuple[str, str]]:
    """Every task and language that gets no classifier: the task, and why as a phrase."""
    found = [(task, language, _short(chosen.filter(task=task, language=language)))
             for task in TASKS for language in settings.languages]  # fmt: skip
    return [(task, f"in {language!r} {why}") for task, language, why in found if why]


def _short(here: pl.DataFrame) -> str:
    """What the examples of a task and language lack for a classifier; empty when nothing."""
    positive = int(here["positive"].sum())
    told = f"{positive:,} positive and {here.height - positive:,} negative examples"
    if min(positive, here.height - positive) < FEWEST:
        return f"{told} ({FEWEST} of each are needed)"
    if here.select("positive", "part").n_unique() == 2 * len(PARTS):
        return ""
    families = here["group"].n_unique()
    told += f" in {families} {'family' if families == 1 else 'families'} of related documents"
    return f"{told} (a family stays together, and some of either value must be held back)"
