"""`corpus build`: the stages in reading order. The table of contents of the package.

A recipe (`corpus/recipe_file.py`) and a store (`corpus/store.py`) come in; a folder with data, ledger, facts, card and
report goes out. Every stage does only what the store does not hold yet.
"""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate import ANNOTATORS
from corpus.annotate.sketch import SCHEME
from corpus.annotate.stage import annotator_resources
from corpus.attribution import write_attribution
from corpus.card import Card, foreign, hash_outputs, whole, write_card
from corpus.closure import code_identity, library_versions
from corpus.clusters_drawn import draw_clusters
from corpus.dataset_card import dataset_card
from corpus.decide import judged, plan, told
from corpus.engine import Engine, default_workers, stopwatch
from corpus.export import NEEDED, cut_data, cut_facts, cut_ledger, with_places, write_records, write_relations
from corpus.funnel import funnel
from corpus.inputs import Inputs, find_inputs, refuse_inputs_inside, told_inputs, write_inputs
from corpus.judge import check_signals
from corpus.leaks.settings import ExamIndexFile
from corpus.leaks.stage import exam_index
from corpus.learn.stage import Learned, write_learned
from corpus.learn.unread import refuse_untaught, unread
from corpus.ledger import balance
from corpus.output import only_build, refuse_places, refuse_strangers, staging, swap
from corpus.progress import Silent
from corpus.recipe import Recipe
from corpus.recipe_file import Loaded
from corpus.relate import terms
from corpus.relate.stage import LIBRARIES as RELATE_LIBRARIES
from corpus.report.page import write_report
from corpus.resolve import Resolved, Shard
from corpus.reuse import Reuse
from corpus.samples_drawn import draw_samples
from corpus.settle import settle
from corpus.sources import SOURCES
from corpus.stages import Known, comparing, given_models, judge_stage, know
from corpus.store import Store, kill_point, sha256_file, sha256_json, write_json

SMALL_BYTES = 4 << 20
LIBRARIES = ("polars", "pyarrow", "datatrove")
# The modules that the work of the stages and the files of the output come from.
STAGES = (
    "corpus.ingest", "corpus.annotate.stage", "corpus.resolve", "corpus.relate.stage", "corpus.learn.stage",
    "corpus.learn.fit", "corpus.learn.unread", "corpus.judge", "corpus.settle", "corpus.decide", "corpus.export",
    "corpus.funnel", "corpus.samples_drawn", "corpus.clusters_drawn", "corpus.attribution", "corpus.dataset_card",
    "corpus.card", "corpus.ledger",
)  # fmt: skip


class Built(NamedTuple):
    """What a build left: where, its card, whether anything had to be done, and `run.json`'s content."""

    out: Path
    card: Card
    fresh: bool
    run: dict[str, Any]


def build(loaded: Loaded, out: Path, store: Store, workers: int, watch: Silent) -> Built:
    """Build the corpus of a recipe into `out`. Raises `UserError` for what the user must mend, before work starts."""
    clock = stopwatch()
    recipe = loaded.recipe
    check_signals(recipe)
    refuse_places(out, store.root)
    with only_build(out):
        store.sweep()
        before = refuse_strangers(out, recipe.name)
        inputs, passed_over = find_inputs(loaded, store)
        refuse_inputs_inside(inputs, out, store.root)
        lists = terms.files(recipe.relate.terms, loaded.base)
        given = given_models(recipe, loaded.base)
        if given:
            refuse_untaught(recipe, given)
        exams = exam_index(recipe.exam, loaded.base, store, watch.say)
        identity = build_identity(recipe, inputs, lists, given, exams)
        if before and _stands(out, before, identity, recipe):
            return up_to_date(out, before)
        workers = workers or workers_for(inputs)
        with Engine(store, workers, recipe.engine.tasks) as engine:
            engine.warm()
            known = know(recipe, inputs, lists, given, exams, engine, watch)
            refuse_untaught(recipe, known.learned)
            verdicts = judge_stage(recipe, known.shards, known.facts, engine, watch)
            documents = judged(known.documents, verdicts, store)
            relations = settle(documents, known.relations, recipe.decide, comparing(known, lists, engine, watch))
            known = known._replace(relations=relations)
            with watch.stage("decide", 1):
                documents = plan(documents, relations, recipe.decide)
                counts = counted(known.shards, store, documents, known.resolved)
                counts["unread"] = unread(recipe.rule, known.learned, documents)
                watch.tick(1, {"documents": documents.height})
                kill_point("decide:planned")
            folder = staging(out)
            write_learned(folder, known.learned)
            reuse = Reuse(out, before)
            export_stage(recipe, folder, known, verdicts, documents, reuse, engine, watch)
            write_inputs(inputs, folder)
        card = Card(
            kind="corpus", name=recipe.name, identity=identity, code=build_code(recipe), counts=counts,
            recipe=_noted(recipe), versions=library_versions(LIBRARIES),
            inputs=told_inputs(inputs, passed_over), outputs={}, schemes=SCHEME,
            parents={"classifiers": known.learned.parent} if known.learned.parent else {},
        )  # fmt: skip
        run = {"workers": workers, "seconds": round(clock(), 2), "peak_worker_bytes": engine.peak_bytes,
               "stages": watch.times, "store": str(store.root), "keys": reuse.keys}  # fmt: skip
        return Built(out, finish(folder, out, card, run), True, run)


def workers_for(inputs: Inputs) -> int:
    """One a core; one alone for an input that is read sooner than a second process has started."""
    size = sum(file.size for files in inputs.values() for file in files)
    return default_workers() if size > SMALL_BYTES else 1


def _stands(out: Path, before: Card, identity: str, recipe: Recipe) -> bool:
    """Whether the folder is what this build would leave there, whole and readable to this version."""
    same = before.identity == identity and before.recipe == _noted(recipe)
    return same and not foreign(out) and whole(out, before)


def _noted(recipe: Recipe) -> dict[str, Any]:
    """The recipe as the card has it: all but how the work is split."""
    return recipe.model_dump(mode="json", exclude={"engine"})


def up_to_date(out: Path, card: Card) -> Built:
    """What stands is what would be built: nothing to do, but for a report that somebody has removed."""
    if not (out / "report.html").exists():
        write_report(out)
    try:
        run = json.loads((out / "run.json").read_bytes())
    except (OSError, ValueError):
        run = {}
    return Built(out, card, False, run)


def counted(shards: list[Shard], store: Store, documents: pl.DataFrame, resolved: Resolved) -> dict[str, Any]:
    """The funnel, after both balances have been asserted against the counts noted while reading."""
    counts = funnel(documents, resolved)
    read = {"records": 0, "documents": 0, "broken": 0, "deletions": 0}
    for shard in shards:
        noted = store.entry("ingest", shard.key).counts
        read = {name: read[name] + int(noted[name]) for name in read}
    live = int(resolved.entries.filter(pl.col("outcome") == "read")["documents"].sum())
    balance(read, counts["records"], counts["documents"], live)
    return counts


def export_stage(
    recipe: Recipe, folder: Path, known: Known, verdicts: list[str], documents: pl.DataFrame, reuse: Reuse,
    engine: Engine, watch: Silent,
) -> None:  # fmt: skip
    """Write data, ledger, facts, sketches, relations, samples and attribution into `folder`."""
    named = with_places(documents, known.resolved)
    related = told(documents, known.relations, recipe.decide)
    slices = folder / "slices"
    slices.mkdir()
    for task, pieces in _pieces(recipe, folder, known, verdicts, documents, named, reuse).items():
        with watch.stage(task.removeprefix("write_"), len(pieces)):
            engine.run("export", f"corpus.export:{task}", pieces, watch.tick)
    write_records(known.resolved.entries, known.resolved.files, folder / "ledger")
    write_relations(related, folder / "relations")
    draw_clusters(related, documents, known.shards, engine.store, folder / "ledger" / "pairs.parquet")
    draw_samples(named, [shard.folder for shard in known.shards], folder / "ledger" / "samples.parquet")
    write_attribution(folder)
    shutil.rmtree(slices)


def _pieces(
    recipe: Recipe, folder: Path, known: Known, verdicts: list[str], documents: pl.DataFrame, named: pl.DataFrame,
    reuse: Reuse,
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """The files that must be written, by the task that writes them; those of the last build that serve are taken."""
    genres = {source.name: source.genre for source in recipe.source}
    keys = [
        {"ingest": shard.key, "facts": names, "judge": verdict, "genre": genres[shard.source]}
        for shard, names, verdict in zip(known.shards, known.facts, verdicts, strict=True)
    ]
    thresholds = {"near": f">= {recipe.decide.near}", "contained": f">= {recipe.decide.contained}"}
    cuts = [
        *(("write_data", *cut) for cut in cut_data(documents, recipe.export.shard_bytes)),
        *(("write_ledger", *cut) for cut in cut_ledger(named)),
        *((f"write_{family}", *cut) for family in ("facts", "sketches") for cut in cut_facts(documents, family)),
    ]
    payloads: dict[str, list[dict[str, Any]]] = {}
    for number, (task, name, rows) in enumerate(cuts):
        path = folder / "slices" / f"{number}.parquet"
        rows.write_parquet(path)
        used = {shard: {part: keys[shard][part] for part in NEEDED[task]} for shard in rows["shard"].unique().sort()}
        depends = {"task": task, "rows": sha256_file(path), "shards": [[shard, used[shard]] for shard in used],
                   "thresholds": thresholds if task == "write_ledger" else None}  # fmt: skip
        if not reuse.taken(name, depends, folder):
            payload = {"file": str(folder / name), "rows": str(path), "shards": used, "thresholds": thresholds}
            payloads.setdefault(task, []).append(payload)
    return payloads


def finish(folder: Path, out: Path, card: Card, run: dict[str, Any]) -> Card:
    """Card, README and report; then the swap."""
    (folder / "README.md").write_text(dataset_card(card, folder), encoding="utf-8")
    card = card.model_copy(update={"outputs": hash_outputs(folder)})
    write_json(folder / "run.json", run)
    write_card(folder, card)
    write_report(folder)
    kill_point("export:filled")
    swap(folder, out)
    return card


def build_code(recipe: Recipe) -> str:
    """The identity of the code that decides what this recipe's output holds: this file, the stages, the readers and
    annotators it uses. The report and the command line are not part of it: they show and choose nothing."""
    readers = {SOURCES[source.kind] for source in recipe.source}
    return sha256_json([code_identity(*STAGES, *readers, *ANNOTATORS.values()), sha256_file(Path(__file__))])


def build_identity(
    recipe: Recipe, inputs: Inputs, lists: list[Path], given: Learned | None, exams: ExamIndexFile | None
) -> str:
    """What the output is a function of: code, libraries, the recipe (not how work is split), and the inputs."""
    readers = {SOURCES[source.kind] for source in recipe.source}
    modules = [importlib.import_module(name) for name in (*sorted(readers), *ANNOTATORS.values())]
    libraries = {library for module in modules for library in module.LIBRARIES} | {*LIBRARIES, *RELATE_LIBRARIES}
    return sha256_json(
        {
            "code": build_code(recipe), "resources": annotator_resources(recipe.annotate), "terms": terms.hashes(lists),
            "classifiers": [given.parent, given.told] if given else [], "schemes": SCHEME,
            "exams": exams.key if exams else "",
            "libraries": library_versions(tuple(libraries)),
            "recipe": _noted(recipe),
            "inputs": {name: [[file.name, file.identity] for file in files] for name, files in inputs.items()},
        }
    )  # fmt: skip
