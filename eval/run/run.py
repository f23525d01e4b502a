"""One evaluation from suite and model to a folder of scores. The table of contents of this room.

Reads a suite (`eval/run/recipe.py`) and its exams (`eval/run/exams.py`), opens the model (`eval/likelihood/scorer.py`),
scores every item (`eval/run/score_tasks.py`), lets the model answer in writing (`eval/generate/answer_tasks.py`) and
measures every text (`eval/run/measure_bits.py`). It writes a folder: a row an item in `items.parquet` and in
`answers.parquet`, a row a document in `bits.parquet`, scores with their intervals in `scores.parquet`
(`eval/run/scores.py`, `eval/generate/scores.py`), and a card that leads to the model and through it to tokenizer and
corpus.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.card import Card
from corpus.closure import code_identity, library_versions
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.store import sha256_json
from eval.generate.answer_tasks import GENERATED, answer_tasks, counted
from eval.generate.prompts import Asking, asking, taught_apart
from eval.generate.rows import segmenter
from eval.generate.scores import answer_scores
from eval.likelihood.scorer import BATCH, TEXT_ALONE, Scorer, open_scorer
from eval.run.cost import Spent, told
from eval.run.exam_notes import counted as counted_in_files
from eval.run.exams import Answered, Asked, notes_by_task, read_answered, read_tasks, refuse_nothing
from eval.run.lineage import lineage
from eval.run.measure_bits import Texts, measure_bits, not_measured, stretch_of, texts_of
from eval.run.parts import Parts
from eval.run.recipe import LoadedSuite
from eval.run.score_tasks import Cost, score_tasks
from eval.run.scores import scores
from eval.run.too_long import refuse_too_long
from train.model_folder import Written, writing, written

LIBRARIES = ("lm-eval", "numpy", "polars", "safetensors", "tokenizers", "torch", "transformers")
ITEMS, BITS, SCORES, ANSWERS = "items.parquet", "bits.parquet", "scores.parquet", "answers.parquet"
VERSION = 2  # of what is asked and how it is scored: scores of another are not compared


class Wanted(NamedTuple):
    """What is asked for. `leave_out`: whether tasks whose exam is not there are left out, which is told. `backend` and
    its `arguments`: what runs the model instead of transformers (`eval/likelihood/backend.py`)."""

    model: Path
    loaded: LoadedSuite
    out: Path
    batch: int = BATCH
    leave_out: bool = False
    replace: bool = False
    backend: str = ""
    arguments: str = ""


class Ready(NamedTuple):
    """Everything read and asked for, before anything is scored. `missing`: tasks whose exam is not there. `unasked`:
    tasks that the model cannot be asked, an encoder without a choice head. `passed`: exams that are not answered in
    writing, as the model cannot write. `segmenter`: what cuts words, "" for none."""

    loaded: LoadedSuite
    scorer: Scorer
    tasks: list[Asked]
    written: list[Asking]
    texts: Texts
    missing: list[str]
    unasked: list[str]
    passed: list[str]
    answered: list[Answered]
    segmenter: str


def evaluate(wanted: Wanted, watch: Silent) -> Written:
    """Evaluate. Raises `UserError` for what the user must mend."""
    ready = _ready(wanted, watch)
    card = card_of(ready)
    started = time.monotonic()
    with writing(wanted.out, card, wanted.replace) as making:
        if not isinstance(making, Written):
            parts = Parts(wanted.out.with_name(f"{wanted.out.name}.scoring"), card.identity)
            found, cost, spent = _measured(ready, parts, watch)
            making.counts = _fill(making.folder, ready, found, cost)
            making.run = {**_told(ready, cost, spent, time.monotonic() - started), **lineage(ready.scorer)}
    done = written(wanted.out, making)
    Parts(wanted.out.with_name(f"{wanted.out.name}.scoring"), card.identity).remove()
    return done


def _ready(wanted: Wanted, watch: Silent) -> Ready:
    loaded = wanted.loaded
    tasks, missing = read_tasks(loaded, wanted.leave_out)
    answered, more = read_answered(loaded, wanted.leave_out)
    refuse_nothing(loaded, [*tasks, *answered])
    texts = texts_of(loaded, tasks)
    for name in (*missing, *more):
        watch.say(f"task {name} is left out: its exam is not there")
    scorer = open_scorer(wanted.model, wanted.batch, wanted.backend, wanted.arguments)
    unasked = [one.task.name for one in tasks] if scorer.kind == TEXT_ALONE else []
    silent = scorer.harness is None or scorer.model is None
    passed = [one.task.name for one in answered] if silent else []
    kept = [one for one in tasks if not unasked]
    if not kept and len(passed) == len(answered) and not texts.documents.height:
        raise UserError("The model can do nothing of what the suite asks: it writes no text"
                        f"{', and scores no options' if unasked else ''}.", str(wanted.model),
                        "give a decoder, or one of `train sft --head choice` for a suite with a [[task]]")  # fmt: skip
    if loaded.suite.too_long == "refuse":
        refuse_too_long(scorer, kept)
    for name in (*unasked, *passed):
        why = f"{wanted.backend} is asked for likelihoods alone" if wanted.backend else "the model writes no text"
        watch.say(f"{name} is passed over: {why}")
    written = asking(scorer, [] if passed else answered, loaded.suite.too_long == "drop")
    if taught_apart(scorer.folder, written):
        watch.say("the model was made of others that were taught in different wordings: it is asked in auto")
    return Ready(loaded, scorer, kept, written, texts, [*missing, *more], unasked, passed, answered,
                 segmenter()[1] if written else "")  # fmt: skip


def _measured(ready: Ready, parts: Parts, watch: Silent) -> tuple[dict[str, pl.DataFrame], Cost, dict[str, Spent]]:
    """The tables, by file; what the items cost; what each kind of work did."""
    scorer = ready.scorer
    items, cost = score_tasks(scorer, ready.tasks, parts, watch, ready.loaded.suite.too_long == "drop")
    answers, writing_cost = answer_tasks(scorer, ready.written, parts, watch, segmenter()[0])
    bits, text_cost = measure_bits(scorer, ready.texts, parts, watch)
    spent = {"items": cost.spent, "answers": writing_cost, "texts": text_cost}
    return {ITEMS: items, ANSWERS: answers, BITS: bits}, cost, spent


def card_of(ready: Ready) -> Card:
    """The card, but for counts and files: enough to know whether the work is done. Its parents are the model, the exam
    files and the corpora of texts."""
    loaded, scorer = ready.loaded, ready.scorer
    suite = loaded.suite.model_dump(mode="json", exclude={"bits": {"corpora"}})  # which stand among the parents
    files = [one.files for one in ready.tasks] + [one.files for one in ready.answered]
    exams = {f"exam {name}": digest for some in files for name, digest in some.items()}
    parents = {"model": scorer.folder.identity, **_tokenizer(scorer), **exams, **ready.texts.parents}
    asked = {one.task.name: one.wording._asdict() for one in ready.written}
    recipe = {"suite": suite, "left_out": ready.missing, "scored_by": scorer.kind, "version": VERSION,
              "not_asked": ready.unasked, "not_written": ready.passed, "written_as": asked,
              "words_by": ready.segmenter, "exams": _exams(ready),
              "stretch": stretch_of(scorer, ready.texts)}  # fmt: skip
    code, versions = code_identity("eval.run.run"), library_versions(LIBRARIES)
    identity = identity_of(recipe, parents, code, versions)
    return Card(kind="score", name=f"{scorer.folder.name} {loaded.suite.name}", identity=identity, parents=parents,
                recipe=recipe, code=code, versions=versions)  # fmt: skip


def identity_of(recipe: dict[str, Any], parents: dict[str, str], code: str, versions: dict[str, str]) -> str:
    """What a score is: so a card tells of itself whether it was changed."""
    return sha256_json({"recipe": recipe, "parents": parents, "code": code, "versions": versions})


def _exams(ready: Ready) -> dict[str, list[str]]:
    """The hashes of the files that each task was asked of, and of its examples, by its name: what they are called may
    differ from place to place."""
    asked = {one.task.name: list(one.files.values()) for one in ready.tasks}
    return asked | {f"{one.task.name}, {GENERATED}": list(one.files.values()) for one in ready.answered}


def _tokenizer(scorer: Scorer) -> dict[str, str]:
    """The tokenizer by the identity of its card, where the model's card tells it, and by the SHA-256 of its file, which
    that card has among its outputs: so a file that was changed afterwards is another."""
    card = scorer.folder.card
    known = {"tokenizer": card.parents["tokenizer"]} if card is not None and "tokenizer" in card.parents else {}
    return {**known, "file of the tokenizer": scorer.opened.identity}


def _fill(folder: Path, ready: Ready, found: dict[str, pl.DataFrame], cost: Cost) -> dict[str, Any]:
    """Write the tables and their scores; what the card counts."""
    suite, (items, answers, bits) = ready.loaded.suite, (found[name] for name in (ITEMS, ANSWERS, BITS))
    rows = pl.concat([scores(items, bits, suite.resamples, suite.seed),
                      answer_scores(answers, suite.resamples, suite.seed)])  # fmt: skip
    for name, table in {**found, SCORES: rows}.items():
        table.write_parquet(folder / name)
    return {"items": items.height, "documents": bits.height, "scores": rows.height,
            "dropped": {name: len(ids) for name, ids in cost.dropped.items()}, "answers": counted(answers),
            "not_answered": {one.task.name: {cause: len(ids) for cause, ids in one.dropped.items()}
                             for one in ready.written if one.dropped},
            "not_measured": not_measured(ready.scorer, ready.texts, bits),
            "taught_apart": taught_apart(ready.scorer.folder, ready.written),
            **counted_in_files(notes_by_task(ready.tasks, ready.answered).items())}  # fmt: skip


def _told(ready: Ready, cost: Cost, spent: dict[str, Spent], seconds: float) -> dict[str, Any]:
    """What differs from run to run, and the ids of what was left out."""
    model, costs = ready.scorer.model, told(ready.scorer.model, spent)
    device = next(model.parameters()).device if model is not None else ready.scorer.backend
    notes = notes_by_task(ready.tasks, ready.answered)
    return {"seconds": round(seconds, 2), "scoring_seconds": cost.spent.seconds,
            "tokens_computed": cost.spent.work.tokens, "tokens_without_sharing": cost.plain,
            "flops": costs["all"]["flops"], "cost": costs, "dropped": cost.dropped, "device": str(device),
            "not_answered": {one.task.name: one.dropped for one in ready.written if one.dropped},
            "unanswered": {name: list(one.unanswered) for name, one in notes.items() if one.unanswered}}  # fmt: skip
