"""From written answers to scores with intervals, as rows of `scores.parquet`.

Takes `answers.parquet` (`eval/generate/rows.py`); gives rows of `eval/run/scores.py` to `eval/run/run.py`, with the
formulation `generated`. Intervals are of 95 %, over items.

    accuracy, f1                of the sets of letters, by our strict scorer: an item without an answer is wrong
    accuracy_lora, f1_lora      by the published scorer of fine-tuned models
    accuracy_gpt, f1_gpt        by that of GPT models, over the items that it keeps: `n` tells how many
    failed, failed_lora, _gpt   share of items in which each found no answer
    ended                       share of answers that the model ended itself
    bleu_1 ... bleu_4           of all explanations together, on `_characters` and on `_words`
    rouge_1, rouge_2, rouge_l   the mean over items, the same
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from eval.generate.answer_tasks import GENERATED
from eval.generate.bleu_intervals import bleu_intervals
from eval.generate.rows import ROUGES, SCORERS, STRICT, UNITS, WORDS
from eval.run.constant import most_frequent
from eval.run.scores import HIGHER, LOWER, SCORE, parts_of
from eval.statistics.bootstrap import Interval, f1_interval, mean_interval

BLEUS = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
NO_ANSWER = ""  # a class of its own, as in `eval/cmexam/strict.py`


def answer_scores(answers: pl.DataFrame, resamples: int, seed: int) -> pl.DataFrame:
    """All scores, as SCORE: of each task as a whole, and by language and subject where it has several."""
    rows = []
    for (task,), group in answers.group_by("task", maintain_order=True):
        for part, some in parts_of(group, ("language", "subject")):
            named = {"task": task, "formulation": GENERATED, "shots": 0, "part": part}
            rows += [{**named, **told} for told in (*_read(some, resamples, seed), *_explained(some, resamples, seed))]
    return pl.DataFrame(rows, schema=SCORE)


def metrics_of(published: bool, explained: bool, words: bool) -> list[str]:
    """What is scored of written answers. `published`: whether there are items that the published scorers read;
    `explained`: whether explanations are compared; `words`: whether text can be cut into words."""
    readers = SCORERS if published else (STRICT,)
    letters = [f"{metric}{_after(name)}" for name in readers for metric in ("accuracy", "f1", "failed")]
    units = [unit for unit in UNITS if explained and (words or unit != WORDS)]
    return [*letters, "ended", *(f"{name}_{unit}" for unit in units for name in (*BLEUS, *ROUGES))]


def _after(scorer: str) -> str:
    """What stands behind a metric's name when it is that scorer's."""
    return "" if scorer == STRICT else f"_{scorer}"


def _read(items: pl.DataFrame, resamples: int, seed: int) -> Iterator[dict[str, Any]]:
    """Of the letters, by each scorer that read the exam."""
    for name in SCORERS:
        after = _after(name)
        kept = items.filter(pl.col(f"correct_{name}").is_not_null())
        if not kept.is_empty():
            right = kept[f"correct_{name}"].cast(pl.Float64).to_numpy()
            levels = float(kept["chance"].to_numpy().mean()), most_frequent(kept["right"], kept.height)
            yield _told(f"accuracy{after}", mean_interval(right, resamples, seed), *levels)
            classes = _classes(kept["right"], kept[name])
            yield _told(f"f1{after}", f1_interval(*classes, resamples, seed))
        if items[f"failed_{name}"].count():
            failed = items[f"failed_{name}"].cast(pl.Float64).to_numpy()
            yield _told(f"failed{after}", mean_interval(failed, resamples, seed), better=LOWER)
    yield _told("ended", mean_interval(items["ended"].cast(pl.Float64).to_numpy(), resamples, seed))


def _classes(right: pl.Series, read: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Answers as numbers."""
    spelt = [right.to_list(), read.fill_null(NO_ANSWER).to_list()]
    numbers = {answer: number for number, answer in enumerate(dict.fromkeys([*spelt[0], *spelt[1]]))}
    one, other = (np.array([numbers[answer] for answer in some], np.int64) for some in spelt)
    return one, other


def _explained(items: pl.DataFrame, resamples: int, seed: int) -> Iterator[dict[str, Any]]:
    for unit in UNITS:
        known = items.filter(pl.col(f"counts_{unit}").is_not_null())
        if known.is_empty():
            continue
        counts = np.array(known[f"counts_{unit}"].to_list(), np.int64)
        for name, found in zip(BLEUS, bleu_intervals(counts, resamples, seed), strict=True):
            yield _told(f"{name}_{unit}", found)
        for name in ROUGES:
            values = known[f"{name}_{unit}"].to_numpy()
            yield _told(f"{name}_{unit}", _bounded(mean_interval(values, resamples, seed)))


def _bounded(found: Interval) -> Interval:
    """From 0 to 1, which a studentised interval does not know. One item has none."""
    return found if found.method == "none" else found._replace(low=max(found.low, 0.0), high=min(found.high, 1.0))


def _told(
    metric: str, found: Interval, chance: float | None = None, constant: float | None = None, better: str = HIGHER
) -> dict[str, Any]:
    return {"metric": metric, "value": found.value, "low": found.low, "high": found.high, "n": found.n,
            "chance": chance, "constant": constant, "better": better, "method": found.method}  # fmt: skip
