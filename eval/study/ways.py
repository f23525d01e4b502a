"""How arms learned on the way: the primary scores of the checkpoints that a study looked at, and of the end.

Reads the folders of looks that `eval/study/steps.py` filled; goes to `eval/study/results.py`, and is drawn by
`eval/study/page.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from corpus.card import read_card
from eval.study.arms import MODEL, Places, Run
from eval.study.recipe import LoadedStudy
from eval.study.steps import tokens_at
from train.checkpoint import Checkpoints
from train.run_folder import CHECKPOINTS

KEYS = ["size", "task", "formulation", "metric", "part"]
WAY = {"arm": pl.String, "pair": pl.Int64, "tokens": pl.Int64, **dict.fromkeys(KEYS, pl.String), "value": pl.Float64}


def ways(loaded: LoadedStudy, places: Places, all_runs: Sequence[Run]) -> pl.DataFrame:
    """A row an arm, seed, look and primary metric, as WAY; empty where no looks were asked for. Where an arm is
    fine-tuned or merged behind its training, its way is that of the training."""
    rows = [row for run in all_runs for row in _of(loaded, places, run)] if loaded.study.curve else []
    return pl.DataFrame(rows, schema=WAY, orient="row")


def _of(loaded: LoadedStudy, places: Places, run: Run) -> Iterator[dict[str, Any]]:
    study = loaded.study
    model = places.made(study, run, MODEL)
    seen = [(tokens_at(model, step), places.look(study, run, step))
            for step in Checkpoints(model / CHECKPOINTS).steps()]  # fmt: skip
    card = read_card(model)
    if not study.tune and run.arm.merge == 1 and card is not None:
        seen.append((int(card.counts["tokens"]), places.scores(run)))
    wanted = [(one.task, one.formulation, one.metric, one.part) for one in study.primary]
    for tokens, folder in seen:
        found = pl.read_parquet(folder / "scores.parquet")
        for key in wanted:
            told = dict(zip(KEYS[1:], key, strict=True))
            for value in found.filter(**told)["value"]:
                yield {"arm": run.name, "pair": run.pair, "tokens": tokens, "size": run.size, **told, "value": value}


def means(found: pl.DataFrame) -> pl.DataFrame:
    """Means over seeds: of each arm and metric a row a look, its tokens the mean of those of the seeds."""
    looks = found.sort("tokens").with_columns(look=pl.int_range(pl.len()).over("arm", "pair", *KEYS))
    return looks.group_by("arm", *KEYS, "look", maintain_order=True).agg(
        tokens=pl.col("tokens").mean(), value=pl.col("value").mean(), low=pl.col("value").min(),
        high=pl.col("value").max(), seeds=pl.len(),
    )  # fmt: skip
