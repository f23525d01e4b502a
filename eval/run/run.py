"""One evaluation from suite and model to a folder of scores. The table of contents of this room.

Reads a suite (`eval/run/recipe.py`) and its exams (`eval/run/exams.py`), opens the model (`eval/likelihood/scorer.py`),
scores every item (`eval/run/score_tasks.py`) and every text (`eval/run/measure_bits.py`), and writes a folder: a row an
item in `items.parquet`, a row a document in `bits.parquet`, scores with their intervals in `scores.parquet`
(`eval/run/scores.py`), and a card that leads to the model and through it to tokenizer and corpus.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.card import Card
from corpus.closure import code_identity, library_versions
from corpus.progress import Silent
from corpus.store import sha256_json
from eval.likelihood.scorer import BATCH, Scorer, open_scorer
from eval.run.exams import Asked, read_tasks
from eval.run.lineage import lineage
from eval.run.measure_bits import Texts, measure_bits, not_measured, texts_of
from eval.run.parts import Parts
from eval.run.recipe import LoadedSuite
from eval.run.score_tasks import Cost, score_tasks
from eval.run.scores import scores
from train.model_folder import Written, writing, written

LIBRARIES = ("lm-eval", "numpy", "polars", "safetensors", "tokenizers", "torch", "transformers")
ITEMS, BITS, SCORES = "items.parquet", "bits.parquet", "scores.parquet"
VERSION = 1  # of what is asked and how it is scored: scores of another are not compared


class Wanted(NamedTuple):
    """What is asked for. `leave_out`: whether tasks whose exam is not there are left out, which is told."""

    model: Path
    loaded: LoadedSuite
    out: Path
    batch: int = BATCH
    leave_out: bool = False
    replace: bool = False


def evaluate(wanted: Wanted, watch: Silent) -> Written:
    """Evaluate. Raises `UserError` for what the user must mend."""
    tasks, missing = read_tasks(wanted.loaded, wanted.leave_out)
    texts = texts_of(wanted.loaded, tasks)
    for name in missing:
        watch.say(f"task {name} is left out: its exam is not there")
    scorer = open_scorer(wanted.model, wanted.batch)
    card = card_of(wanted.loaded, scorer, tasks, texts, missing)
    started = time.monotonic()
    with writing(wanted.out, card, wanted.replace) as making:
        if not isinstance(making, Written):
            parts = Parts(wanted.out.with_name(f"{wanted.out.name}.scoring"), card.identity)
            drop = wanted.loaded.suite.too_long == "drop"
            items, cost = score_tasks(scorer, tasks, parts, watch, drop)
            bits = measure_bits(scorer, texts, parts, watch)
            making.counts = _fill(making.folder, wanted.loaded, items, bits, cost)
            making.counts["not_measured"] = not_measured(scorer, texts, bits)
            making.run = {**_told(scorer, cost, time.monotonic() - started), **lineage(scorer)}
    done = written(wanted.out, making)
    Parts(wanted.out.with_name(f"{wanted.out.name}.scoring"), card.identity).remove()
    return done


def card_of(loaded: LoadedSuite, scorer: Scorer, tasks: list[Asked], texts: Texts, missing: list[str]) -> Card:
    """The card, but for counts and files: enough to know whether the work is done. Its parents are the model, the exam
    files and the corpora of texts."""
    suite = loaded.suite.model_dump(mode="json")
    exams = {f"exam {name}": digest for asked in tasks for name, digest in asked.files.items()}
    parents = {"model": scorer.folder.identity, "tokenizer": scorer.opened.identity, **exams, **texts.parents}
    recipe = {"suite": suite, "left_out": missing, "scored_by": scorer.kind, "version": VERSION}
    code, versions = code_identity("eval.run.run"), library_versions(LIBRARIES)
    identity = sha256_json({"recipe": recipe, "parents": parents, "code": code, "versions": versions})
    return Card(kind="score", name=f"{scorer.folder.name} {loaded.suite.name}", identity=identity, parents=parents,
                recipe=recipe, code=code, versions=versions)  # fmt: skip


def _fill(folder: Path, loaded: LoadedSuite, items: pl.DataFrame, bits: pl.DataFrame, cost: Cost) -> dict[str, Any]:
    suite = loaded.suite
    found = scores(items, bits, suite.resamples, suite.seed)
    for name, table in ((ITEMS, items), (BITS, bits), (SCORES, found)):
        table.write_parquet(folder / name)
    return {"items": items.height, "documents": bits.height, "scores": found.height,
            "dropped": {name: len(ids) for name, ids in cost.dropped.items()}}  # fmt: skip


def _told(scorer: Scorer, cost: Cost, seconds: float) -> dict[str, Any]:
    """What differs from run to run."""
    return {"seconds": round(seconds, 2), "scoring_seconds": cost.seconds, "tokens_computed": cost.computed,
            "tokens_without_sharing": cost.plain, "dropped": cost.dropped, "device": str(scorer.model.device)
            if hasattr(scorer.model, "device") else str(next(scorer.model.parameters()).device)}  # fmt: skip
