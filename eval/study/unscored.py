"""Which primary metrics have no scores when all runs are done, so that no verdict rests on them in silence.

Takes the scores of a study (`eval/study/results.py`); told in the verdict, on the page and at the end of the command.
What can be known before is refused before (`eval/study/primary.py`): this is what is left, such as explanations that
are too long for the model of every arm.
"""

from __future__ import annotations

from typing import NamedTuple

import polars as pl

from eval.study.arms import NULL
from eval.study.recipe import PrimaryMetric, Study
from eval.study.ways import KEYS


class Unscored(NamedTuple):
    """A metric as in KEYS, and the arms in which a run lacks it; `whole`: whether no run has it."""

    key: dict[str, str]
    arms: tuple[str, ...]
    whole: bool


def unscored(study: Study, scores: pl.DataFrame) -> list[Unscored]:
    """Of every primary metric and size, where it lacks scores. `scores`: as in `Results`."""
    found = (_of(study, scores, one, size) for one in study.primary for size in study.sizes or ("",))
    return [one for one in found if one.arms]


def null_tested(study: Study, scores: pl.DataFrame) -> bool:
    """Whether there are scores by which the null arm could be told from the first."""
    keys = [_key(one, size) for one in study.primary for size in study.sizes or ("",)]
    return any({NULL, study.arm[0].name} <= set(scores.filter(**key)["arm"]) for key in keys)


def _of(study: Study, scores: pl.DataFrame, one: PrimaryMetric, size: str) -> Unscored:
    key = _key(one, size)
    runs = scores.filter(**key).group_by("arm").agg(pl.col("pair").n_unique())
    there = dict(runs.iter_rows())
    arms = [*(arm.name for arm in study.arm), *([NULL] if study.null else [])]
    return Unscored(key, tuple(arm for arm in arms if there.get(arm, 0) < study.seeds), not there)


def _key(one: PrimaryMetric, size: str) -> dict[str, str]:
    told = {"size": size, **one.model_dump()}
    return {name: told[name] for name in KEYS}
