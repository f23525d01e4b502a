"""The stages up to the point where something is chosen: read, measured, related, learned, judged.

Called by `corpus/build.py` and `corpus/quality.py`. Every stage deals its work out to the engine and does only what the
store does not hold yet; the work itself is in the module that the stage names.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate.settings import LearnedModels
from corpus.annotate.stage import fact_keys
from corpus.census import census, standing
from corpus.decide import grouped
from corpus.engine import Engine
from corpus.ingest import groups, unit
from corpus.inputs import Inputs, refuse_changed
from corpus.judge import verdict_key
from corpus.leaks.settings import ExamIndexFile
from corpus.learn.stage import Learned, from_folder, learn
from corpus.progress import Silent
from corpus.recipe import Recipe
from corpus.relate.bands import Pairs
from corpus.relate.stage import Relations, compare, relate
from corpus.resolve import Resolved, Shard, resolve


class Known(NamedTuple):
    """All that is known before anything is chosen. `facts` maps annotators to store keys, by shard; `documents` is the
    grouped census of every document ever read."""

    shards: list[Shard]
    facts: list[dict[str, str]]
    resolved: Resolved
    documents: pl.DataFrame
    relations: Relations
    learned: Learned


def know(
    recipe: Recipe, inputs: Inputs, term_files: list[Path], given: Learned | None, exams: ExamIndexFile | None,
    engine: Engine, watch: Silent,
) -> Known:  # fmt: skip
    """Read, measure, relate and learn. `given`: the classifiers; None when they are to be learned from labels.
    `exams`: the items that documents may leak; None when the recipe names none."""
    shards = ingest_stage(recipe, inputs, engine, watch)
    facts = annotate_stage(recipe, shards, given and given.models, exams, engine, watch)
    resolved = resolve(shards)
    everything = census(shards, facts, engine.store, resolved)
    relations = relate(standing(everything), shards, facts, term_files, engine, watch)
    everything = grouped(everything, relations)
    learned = given or learn_stage(recipe, shards, facts, everything, engine, watch)
    facts = annotate_stage(recipe, shards, learned.models, exams, engine, watch)
    return Known(shards, facts, resolved, everything, relations, learned)


def ingest_stage(recipe: Recipe, inputs: Inputs, engine: Engine, watch: Silent) -> list[Shard]:
    """Read every group of files that the store does not hold."""
    units = []
    for source in recipe.source:
        alone = source.kind == "pubmed"  # an update file must reread only itself
        for files in groups(inputs[source.name], alone):
            units.append((source, unit(source, files)))
        for files in groups(inputs.get(f"{source.name}:deleted", []), alone=True):
            units.append((source, unit(source, files, reader="deleted_pmids")))
    done = do("ingest", "corpus.ingest:ingest", [u for _, u in units], engine, watch, unit="records")
    if done:
        refuse_changed(inputs, done, engine.store)
    for _, payload in units:
        engine.store.file("ingest", payload["key"], "records.parquet")  # checked here, read by `resolve`
    return [
        Shard(payload["key"], engine.store.folder("ingest", payload["key"]), source.name, source.kind)
        for source, payload in units
    ]


def annotate_stage(
    recipe: Recipe, shards: list[Shard], models: LearnedModels | None, exams: ExamIndexFile | None, engine: Engine,
    watch: Silent,
) -> list[dict[str, str]]:  # fmt: skip
    """Compute every missing fact of every shard; returns annotator to store key, by shard. Without `models` the learned
    signals have to wait."""
    keys = [fact_keys(engine.store.entry("ingest", shard.key), recipe.annotate, models, exams) for shard in shards]
    payloads = [
        {"shard": shard.key, "keys": names, "settings": recipe.annotate, "models": models,
         "exams": exams, "stage_keys": list(names.values())}
        for shard, names in zip(shards, keys, strict=True)
    ]  # fmt: skip
    shown = "annotate" if models is None or not recipe.label else "score"
    do("annotate", "corpus.annotate.stage:annotate", payloads, engine, watch, shown=shown)
    return keys


def given_models(recipe: Recipe, base: Path) -> Learned | None:
    """The classifiers of the recipe; None when they are to be learned from its labels."""
    if recipe.annotate.learned.models:
        return from_folder(recipe.annotate.learned.models, base)
    return None if recipe.label else Learned(LearnedModels())


def learn_stage(
    recipe: Recipe, shards: list[Shard], facts: list[dict[str, str]], everything: pl.DataFrame, engine: Engine,
    watch: Silent,
) -> Learned:  # fmt: skip
    """Classifiers from the labels of the recipe."""
    genres = {source.name: source.genre for source in recipe.source}
    return learn(recipe.label, recipe.learn, standing(everything), shards, facts, genres, engine, watch)


def comparing(known: Known, term_files: list[Path], engine: Engine, watch: Silent) -> Callable[[Pairs], pl.DataFrame]:
    """What verifies further pairs of the documents' texts."""

    def compare_pairs(pairs: Pairs) -> pl.DataFrame:
        return compare(pairs, standing(known.documents), known.shards, term_files, engine, watch)

    return compare_pairs


def judge_stage(
    recipe: Recipe, shards: list[Shard], facts: list[dict[str, str]], engine: Engine, watch: Silent
) -> list[str]:
    """Hold every document against the rules; returns the store key of each shard's verdicts."""
    genres = {source.name: source.genre for source in recipe.source}
    payloads = []
    for shard, names in zip(shards, facts, strict=True):
        index = engine.store.entry("ingest", shard.key).outputs
        key = verdict_key(shard, index["documents.parquet"], names, recipe)
        payloads.append(
            {"key": key, "shard": shard.key, "facts": names, "recipe": recipe, "genre": genres[shard.source]}
        )
    do("judge", "corpus.judge:judge", payloads, engine, watch)
    return [str(payload["key"]) for payload in payloads]


def do(
    stage: str, work: str, payloads: list[dict[str, Any]], engine: Engine, watch: Silent, unit: str = "documents",
    shown: str = "",
) -> list[dict[str, Any]]:  # fmt: skip
    """Do the payloads of a stage whose results the store does not hold, each key once; returns those. The reader sees
    it as `shown`."""
    missing: dict[str, dict[str, Any]] = {}
    for payload in payloads:
        wanted = payload.get("stage_keys") or [payload["key"]]
        if not all(engine.store.has(stage, key) for key in wanted):
            missing.setdefault(wanted[0], payload)
    if missing:
        with watch.stage(shown or stage, len(missing), unit):
            engine.run(stage, work, list(missing.values()), watch.tick)
    return list(missing.values())
