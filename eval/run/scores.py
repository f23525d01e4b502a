"""From rows of items and documents to scores with intervals: by task, formulation, language and subject.

Takes `items.parquet` (`eval/run/rows.py`) and `bits.parquet` (`eval/run/measure_bits.py`); gives `scores.parquet` to
`eval/run/run.py`, which `eval/run/printed.py` and `eval/compare` read. Intervals are of 95 %, over items, or over
documents for bits per byte (`eval/statistics/bootstrap.py`).

    accuracy, accuracy_characters, accuracy_bytes, accuracy_pmi   share of items whose right answer was chosen
    f1             weighted F1 over the answers as classes, as CMExam's authors report it (where sets are asked for)
    probability    of the right answer, normalised over the answers: moves before accuracy does
    bits_per_byte  of the right answer's text after its question (cloze), of documents, of explanations

`chance` is the level of a guess, and `constant` what always giving the most frequent right answer gets on these items
(`eval/run/constant.py`); null where there is no such level.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from corpus.exams.item import LETTERS
from eval.run.constant import constant
from eval.run.rows import WAYS
from eval.statistics.bootstrap import f1_interval, mean_interval, ratio_interval
from eval.tasks.ask import subsets
from eval.tasks.question import CLOZE, SUBSETS

SCORE = {"task": pl.String, "formulation": pl.String, "shots": pl.UInt16, "metric": pl.String, "part": pl.String,
         "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.UInt32, "chance": pl.Float64,
         "constant": pl.Float64, "better": pl.String, "method": pl.String}  # fmt: skip
ALL = "all"
CORPUS = "corpus"  # of a text: what stands before "/" in its source
OF_ITEMS, OF_TEXTS = ("language", "subject"), (CORPUS, "source", "tier", "language")  # by which there are parts
HIGHER, LOWER = "higher", "lower"


class Metric(NamedTuple):
    """`values`: of each row, a mean of which is the score, or numerator and denominator, the ratio of whose sums it is.
    `chance`: the level of a guess, by column."""

    name: str
    numerator: pl.Expr
    denominator: pl.Expr | None = None
    chance: str = ""
    better: str = HIGHER


ACCURACIES = {"accuracy" if way == "plain" else f"accuracy_{way}": f"correct_{way}" for way in WAYS}
BITS = Metric("bits_per_byte", pl.col("nats") / math.log(2), pl.col("bytes"), better=LOWER)


def scores(items: pl.DataFrame, bits: pl.DataFrame, resamples: int, seed: int) -> pl.DataFrame:
    """All scores, as SCORE: of each task and formulation as a whole, and by language and subject where it has several;
    of each kind of text as a whole, and by corpus, source, tier and language."""
    rows = [*_of_items(items, resamples, seed), *_of_texts(bits, resamples, seed)]
    return pl.DataFrame(rows, schema=SCORE)


def metrics_of(formulation: str) -> list[Metric]:
    """What is scored of the items of a formulation."""
    found = [Metric(name, pl.col(column).cast(pl.Float64), chance="chance") for name, column in ACCURACIES.items()]
    found.append(Metric("probability", pl.col("probability"), chance="chance_probability"))
    if formulation == CLOZE:
        gold = pl.col("right").list.first()
        nats = -pl.col("logprobs").list.get(gold) / math.log(2)
        found.append(Metric("bits_per_byte", nats, pl.col("bytes").list.get(gold), better=LOWER))
    return found


def _of_items(items: pl.DataFrame, resamples: int, seed: int) -> Iterator[dict[str, Any]]:
    keys = ["task", "formulation", "shots"]
    for (task, formulation, shots), group in items.group_by(keys, maintain_order=True):
        named = {"task": task, "formulation": formulation, "shots": shots}
        for metric in metrics_of(str(formulation)):
            for part, rows in parts_of(group, OF_ITEMS):
                if (told := _score(rows, metric, resamples, seed)) is not None:
                    same = constant(rows["answers"], str(formulation), metric.name) if metric.chance else None
                    yield {**named, "part": part, **told, "constant": same}
        if formulation == SUBSETS:
            for part, rows in parts_of(group, OF_ITEMS):
                yield {**named, "part": part, **_f1(rows, resamples, seed)}


def _f1(items: pl.DataFrame, resamples: int, seed: int) -> dict[str, Any]:
    """Over the sets of letters as classes, as CMExam's authors have it. A set is its number among those of as many
    options: items of five options and of four count the same sets differently, so that it is spelt first."""
    spelt = [["".join(sorted(_letters(number, options))) for number, options in zip(items[column].list.first(),
              items["options"], strict=True)] for column in ("right", "predicted_plain")]  # fmt: skip
    numbers = {letters: number for number, letters in enumerate(dict.fromkeys([*spelt[0], *spelt[1]]))}
    right, predicted = (np.array([numbers[one] for one in some], np.int64) for some in spelt)
    found = f1_interval(right, predicted, resamples, seed)
    return {"metric": "f1", "value": found.value, "low": found.low, "high": found.high, "n": found.n, "chance": None,
            "constant": None, "better": HIGHER, "method": found.method}  # fmt: skip


def _letters(number: int, options: int) -> tuple[str, ...]:
    return _sets(options)[number]


@functools.cache
def _sets(options: int) -> tuple[tuple[str, ...], ...]:
    return tuple(subsets(LETTERS[:options]))


def _of_texts(bits: pl.DataFrame, resamples: int, seed: int) -> Iterator[dict[str, Any]]:
    for (text,), group in with_corpus(bits).group_by("text", maintain_order=True):
        for part, rows in parts_of(group, OF_TEXTS):
            if (told := _score(rows, BITS, resamples, seed)) is not None:
                yield {"task": text, "formulation": "", "shots": 0, "part": part, **told}


def with_corpus(rows: pl.DataFrame) -> pl.DataFrame:
    """The column CORPUS besides `source`, null of what is of no corpus."""
    corpus = pl.when(pl.col("source").str.contains("/")).then(pl.col("source").str.extract("^([^/]*)/")).otherwise(None)
    return rows.with_columns(corpus.alias(CORPUS))


def parts_of(rows: pl.DataFrame, columns: tuple[str, ...]) -> Iterator[tuple[str, pl.DataFrame]]:
    """All rows, and those of each value of a column that has several."""
    yield ALL, rows
    for column in columns:
        if rows[column].n_unique() > 1:
            for (value,), some in rows.group_by(column, maintain_order=True):
                yield f"{column} {value or 'none'}", some


def _score(rows: pl.DataFrame, metric: Metric, resamples: int, seed: int) -> dict[str, Any] | None:
    named = rows.select(top=metric.numerator, under=metric.denominator if metric.denominator is not None else pl.lit(1))
    guess = rows[metric.chance].alias("chance") if metric.chance else pl.lit(None, pl.Float64).alias("chance")
    known = named.with_columns(guess)
    known = known.filter(pl.col("top").is_not_null())
    if known.is_empty():
        return None
    top, under = known["top"].to_numpy(), known["under"].to_numpy()
    found = mean_interval(top, resamples, seed) if metric.denominator is None else \
        ratio_interval(top, under, resamples, seed)  # fmt: skip
    return {"metric": metric.name, "value": found.value, "low": found.low, "high": found.high, "n": known.height,
            "chance": known["chance"].mean(), "constant": None, "better": metric.better,
            "method": found.method}  # fmt: skip
