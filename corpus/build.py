"""`corpus build`: the stages in reading order. The table of contents of the package.

A recipe (`corpus/recipe_file.py`) and a store (`corpus/store.py`) come in; a folder with data, ledger, facts, card and
report goes out. Every stage does only what the store does not hold yet.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate import ANNOTATORS
from corpus.annotate.stage import annotator_resources, fact_keys
from corpus.attribution import write_attribution
from corpus.card import Card, hash_outputs, whole, write_card
from corpus.census import IDENTIFIERS, SKETCH, census, standing
from corpus.closure import code_identity, library_versions
from corpus.dataset_card import dataset_card
from corpus.decide import plan, told
from corpus.engine import Engine, default_workers, stopwatch
from corpus.errors import UserError
from corpus.export import cut_data, cut_ledger, write_records, write_relations
from corpus.files import InputFile
from corpus.funnel import funnel
from corpus.ingest import groups, unit
from corpus.judge import check_signals, verdict_key
from corpus.ledger import balance
from corpus.listing import identify, list_files, survey
from corpus.output import only_build, refuse_places, refuse_strangers, staging, swap
from corpus.progress import Silent
from corpus.recipe import Recipe
from corpus.recipe_file import Loaded
from corpus.relate import terms
from corpus.relate.stage import LIBRARIES as RELATE_LIBRARIES
from corpus.relate.stage import Relations, relate
from corpus.report.page import write_report
from corpus.resolve import Resolved, Shard, resolve
from corpus.samples_drawn import draw_samples
from corpus.sources import SOURCES
from corpus.store import Store, kill_point, sha256_file, sha256_json, write_json

SMALL_BYTES = 4 << 20
CHECKED_FILES = 8  # of each source, looked into before work starts: a slip in the field map shows in the first
LIBRARIES = ("polars", "pyarrow", "datatrove")
# The modules that the work of the stages and the files of the output come from.
STAGES = (
    "corpus.ingest", "corpus.annotate.stage", "corpus.resolve", "corpus.relate.stage", "corpus.judge", "corpus.decide",
    "corpus.export", "corpus.funnel", "corpus.samples_drawn", "corpus.attribution", "corpus.dataset_card",
    "corpus.card", "corpus.ledger",
)  # fmt: skip
Inputs = dict[str, list[InputFile]]
PassedOver = dict[str, dict[str, int]]


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
        identity = build_identity(recipe, inputs, lists)
        if before and before.identity == identity and whole(out, before):
            return up_to_date(out, before)
        workers = workers or _workers(inputs)
        with Engine(store, workers, recipe.engine.tasks) as engine:
            shards = ingest_stage(recipe, inputs, engine, watch)
            facts = annotate_stage(recipe, shards, engine, watch)
            resolved = resolve(shards)
            everything = census(shards, facts, store, resolved)
            relations = relate(standing(everything), shards, facts, lists, engine, watch)
            verdicts = judge_stage(recipe, shards, facts, engine, watch)
            with watch.stage("decide", 1):
                documents = plan(everything, verdicts, store, relations, recipe.decide)
                counts = counted(shards, store, documents, resolved)
                watch.tick(1, {"documents": documents.height})
                kill_point("decide:planned")
            folder = staging(out)
            export_stage(recipe, folder, shards, facts, verdicts, documents, relations, resolved, engine, watch)
        card = Card(
            kind="corpus", name=recipe.name, identity=identity, code=build_code(recipe), counts=counts,
            recipe=recipe.model_dump(mode="json", exclude={"engine"}), versions=library_versions(LIBRARIES),
            inputs=told_inputs(inputs, passed_over), outputs={},
        )  # fmt: skip
        run = {"workers": workers, "seconds": round(clock(), 2), "peak_worker_bytes": engine.peak_bytes,
               "stages": watch.times, "store": str(store.root)}  # fmt: skip
        return Built(out, finish(folder, out, card, run), True, run)


def _workers(inputs: Inputs) -> int:
    """One a core; one alone for an input that is read sooner than a second process has started."""
    size = sum(file.size for files in inputs.values() for file in files)
    return default_workers() if size > SMALL_BYTES else 1


def up_to_date(out: Path, card: Card) -> Built:
    """What stands is what would be built: nothing to do, but for a report that somebody has removed."""
    if not (out / "report.html").exists():
        write_report(out)
    try:
        run = json.loads((out / "run.json").read_bytes())
    except (OSError, ValueError):
        run = {}
    return Built(out, card, False, run)


def find_inputs(loaded: Loaded, store: Store) -> tuple[Inputs, PassedOver]:
    """The files of every source, with identities, in the order of their names, and counts of those passed over in its
    folders; refuses what no build can read."""
    inputs: Inputs = {}
    passed_over: PassedOver = {}
    if not loaded.recipe.source:
        raise UserError("The recipe names no source.", where=str(loaded.file), mend="add a [[source]] table")
    for source in loaded.recipe.source:
        module = importlib.import_module(SOURCES[source.kind])
        files, others = survey(source, str(loaded.base), module.SUFFIXES)
        passed_over[source.name] = dict(sorted(others.items()))
        inputs[source.name] = identify(files, str(store.root / "identities.sqlite"))
        if hasattr(module, "check"):
            for file in inputs[source.name][:CHECKED_FILES]:
                module.check(file, source)
        if getattr(source, "deleted_pmids", ""):
            notices = source.model_copy(update={"path": source.deleted_pmids})  # type: ignore[union-attr]
            listed = list_files(notices, str(loaded.base), (".pmids", ".txt", ".gz"))
            inputs[f"{source.name}:deleted"] = identify(listed, str(store.root / "identities.sqlite"))
    return inputs, passed_over


def refuse_inputs_inside(inputs: Inputs, out: Path, store: Path) -> None:
    """Raises `UserError` when a document to be read lies where the build writes."""
    for file in (file for files in inputs.values() for file in files):
        for place, name in ((out, "output"), (store, "store")):
            if "://" not in file.url and Path(file.url).is_relative_to(place):
                raise UserError(
                    f"A document to be read lies inside the {name} folder, which belongs to the build.",
                    where=f"{file.url} in {place}",
                    mend="give an --out and a --store that hold no documents",
                )


def refuse_changed(inputs: Inputs, units: list[dict[str, Any]], store: Store) -> None:
    """Raises `UserError` when a file that was just read is no longer what it was when it was hashed: then nobody knows
    which of the two was read, and the pieces made of it must not be kept under the name of the first."""
    names = {name: [dataclasses.replace(file, identity="") for file in files if "://" not in file.url]
             for name, files in inputs.items()}  # fmt: skip
    now = {(file.url, file.identity) for files in names.values()
           for file in identify(files, str(store.root / "identities.sqlite"))}  # fmt: skip
    for piece in units:
        for file in piece["files"]:
            if "://" not in file.url and (file.url, file.identity) not in now:
                shutil.rmtree(store.folder("ingest", piece["key"]), ignore_errors=True)
                raise UserError("An input file changed while it was being read.", where=file.url,
                                mend="wait until it is written, then run again")  # fmt: skip


def ingest_stage(recipe: Recipe, inputs: Inputs, engine: Engine, watch: Silent) -> list[Shard]:
    """Read every group of files that the store does not hold."""
    units = []
    for source in recipe.source:
        alone = source.kind == "pubmed"  # an update file must reread only itself
        for files in groups(inputs[source.name], alone):
            units.append((source, unit(source, files)))
        for files in groups(inputs.get(f"{source.name}:deleted", []), alone=True):
            units.append((source, unit(source, files, reader="deleted_pmids")))
    done = _do("ingest", "corpus.ingest:ingest", [u for _, u in units], engine, watch, unit="records")
    if done:
        refuse_changed(inputs, done, engine.store)
    for _, payload in units:
        engine.store.file("ingest", payload["key"], "records.parquet")  # checked here, read by `resolve`
    return [
        Shard(payload["key"], engine.store.folder("ingest", payload["key"]), source.name, source.kind)
        for source, payload in units
    ]


def annotate_stage(recipe: Recipe, shards: list[Shard], engine: Engine, watch: Silent) -> list[dict[str, str]]:
    """Compute every missing fact of every shard; returns annotator to store key, by shard."""
    keys = [fact_keys(engine.store.entry("ingest", shard.key), recipe.annotate) for shard in shards]
    payloads = [
        {"shard": shard.key, "keys": names, "settings": recipe.annotate, "stage_keys": list(names.values())}
        for shard, names in zip(shards, keys, strict=True)
    ]
    _do("annotate", "corpus.annotate.stage:annotate", payloads, engine, watch)
    return keys


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
    _do("judge", "corpus.judge:judge", payloads, engine, watch)
    return [str(payload["key"]) for payload in payloads]


def _do(
    stage: str, work: str, payloads: list[dict[str, Any]], engine: Engine, watch: Silent, unit: str = "documents"
) -> list[dict[str, Any]]:
    """Do the payloads of a stage whose results the store does not hold, each key once; returns those."""
    missing: dict[str, dict[str, Any]] = {}
    for payload in payloads:
        wanted = payload.get("stage_keys") or [payload["key"]]
        if not all(engine.store.has(stage, key) for key in wanted):
            missing.setdefault(wanted[0], payload)
    if missing:
        with watch.stage(stage, len(missing), unit):
            engine.run(stage, work, list(missing.values()), watch.tick)
    return list(missing.values())


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
    recipe: Recipe, folder: Path, shards: list[Shard], facts: list[dict[str, str]], verdicts: list[str],
    documents: pl.DataFrame, relations: Relations, resolved: Resolved, engine: Engine, watch: Silent,
) -> None:  # fmt: skip
    """Write data, ledger, facts, sketches, relations, samples and attribution into `folder`."""
    genres = {source.name: source.genre for source in recipe.source}
    keys = {
        number: {"ingest": shard.key, "facts": names, "judge": verdict, "genre": genres[shard.source]}
        for number, (shard, names, verdict) in enumerate(zip(shards, facts, verdicts, strict=True))
    }
    thresholds = {"near": f">= {recipe.decide.near}", "contained": f">= {recipe.decide.contained}"}
    slices = folder / "slices"
    slices.mkdir()
    work = [("write_data", cut) for cut in cut_data(documents, recipe.export.shard_bytes)]
    entries = resolved.entries.select("shard", "entry", replaced_by="other")
    named = documents.join(entries, on=["shard", "entry"], how="left", maintain_order="left")
    named = named.with_columns(other=pl.coalesce("other", "replaced_by"))
    places = resolved.files.select(pl.col("number").alias("file"), pl.format("{}/{}", "source", "file").alias("name"))
    named = named.join(places, on="file", how="left", maintain_order="left")
    named = named.with_columns(place=pl.format("{}#{}", "name", "position")).drop("name")
    work += [("write_ledger", cut) for cut in cut_ledger(named, "documents")]
    work += [("write_facts", cut) for cut in cut_ledger(documents, "facts")]
    work += [
        ("write_sketches", (name.replace("facts", "sketches"), rows)) for name, rows in cut_ledger(documents, "facts")
    ]
    payloads: dict[str, list[dict[str, Any]]] = {}
    for number, (task, (name, rows)) in enumerate(work):
        rows.drop(SKETCH + IDENTIFIERS, strict=False).write_parquet(slices / f"{number}.parquet")
        used = {shard: keys[shard] for shard in rows["shard"].unique().to_list()}
        payload = {"file": str(folder / name), "rows": str(slices / f"{number}.parquet"), "shards": used,
                   "thresholds": thresholds}  # fmt: skip
        payloads.setdefault(task, []).append(payload)
    for task, pieces in payloads.items():
        with watch.stage(task.removeprefix("write_"), len(pieces)):
            engine.run("export", f"corpus.export:{task}", pieces, watch.tick)
    write_records(resolved.entries, resolved.files, folder / "ledger")
    write_relations(told(documents, relations, recipe.decide), folder / "relations")
    draw_samples(named, [shard.folder for shard in shards], folder / "ledger" / "samples.parquet")
    write_attribution(folder)
    shutil.rmtree(slices)


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


def build_identity(recipe: Recipe, inputs: Inputs, lists: list[Path]) -> str:
    """What the output is a function of: code, libraries, the recipe (not how work is split), and the inputs."""
    readers = {SOURCES[source.kind] for source in recipe.source}
    modules = [importlib.import_module(name) for name in (*sorted(readers), *ANNOTATORS.values())]
    libraries = {library for module in modules for library in module.LIBRARIES} | {*LIBRARIES, *RELATE_LIBRARIES}
    return sha256_json(
        {
            "code": build_code(recipe), "resources": annotator_resources(recipe.annotate), "terms": terms.hashes(lists),
            "libraries": library_versions(tuple(libraries)),
            "recipe": recipe.model_dump(mode="json", exclude={"engine"}),
            "inputs": {name: [[file.name, file.identity] for file in files] for name, files in inputs.items()},
        }
    )  # fmt: skip


def told_inputs(inputs: Inputs, passed_over: PassedOver) -> dict[str, dict[str, Any]]:
    """For the card: files, bytes and one hash a source, and how many files of its folders were passed over, and why."""
    return {
        name: {
            "files": len(files),
            "bytes": sum(file.size for file in files),
            "sha256": sha256_json([[file.name, file.identity] for file in files]),
            "passed_over": passed_over.get(name, {}),
        }
        for name, files in inputs.items()
    }
