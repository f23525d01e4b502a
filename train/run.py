"""One training run from recipe to model folder. The table of contents of this floor.

Reads a recipe (`train/recipe.py`), prepares what is read (`train/prepare.py`), makes or loads the model
(`train/models.py`, `train/base.py`), trains it (`train/loop.py`), and writes a folder: the model as safetensors with
its tokenizer, log, mixture, checkpoints and a card. While it runs all that lies in `<out>.training`, which is
renamed at the end; a run that was killed goes on from its last checkpoint there.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from corpus.card import Card, foreign, hash_outputs, read_card, write_card
from corpus.closure import code_identity, library_versions
from corpus.errors import UserError
from corpus.output import only_build, refuse_places, refuse_strangers, swap
from corpus.progress import Silent
from corpus.store import kill_point, sha256_json, write_json
from tokenizer.written import intact
from train.checkpoint import Checkpoints, steps_at
from train.mixture import table
from train.prepare import Prepared, changed, parents, prepare, settings
from train.processes import first_does, in_first, is_first, wait, world
from train.recipe import LoadedTrain

LIBRARIES = ("accelerate", "numpy", "polars", "safetensors", "tokenizers", "torch", "transformers")
STATE, MIXTURE = "state.json", "mixture.parquet"


class Asked(NamedTuple):
    """What is asked of a run. `corpus`, `tokenizer`, `store`: where given, they go before the recipe's. `sharding`:
    one of `train/sharding.py`, where a launcher started this process."""

    loaded: LoadedTrain
    out: Path
    store: Path
    corpus: Path | None = None
    tokenizer: str = ""
    sharding: str = "none"


class Trained(NamedTuple):
    """What a run left: where, its card, whether anything had to be done, and `run.json`'s content."""

    out: Path
    card: Card
    fresh: bool
    run: dict[str, Any]


def train(asked: Asked, watch: Silent, told: Callable[[Prepared], None] | None = None) -> Trained:
    """Train, after `told` has told of what was prepared; every process of a launcher calls this, and only the first
    writes. Raises `UserError` for what the user must mend."""
    watch = watch if is_first() else Silent()
    first_does(lambda: refuse_places(asked.out, asked.store))
    with in_first(lambda: only_build(asked.out)):
        prepared = _prepared(asked, watch)
        card = first_does(lambda: _card(prepared))
        if before := first_does(lambda: _done(asked.out, card)):
            return Trained(asked.out, before, False, {})
        aside = asked.out.with_name(f"{asked.out.name}.training")
        if left := first_does(lambda: _left_finished(aside, card)):
            return Trained(asked.out, first_does(lambda: _in_place(aside, asked.out, left)), True, {})
        work = first_does(lambda: _work(asked.out, prepared, asked.sharding))
        if told is not None:
            told(prepared)
        started = time.monotonic()
        run = _trained(prepared, work, asked.sharding, watch)
        run = {"seconds": round(time.monotonic() - started, 2), "stages": watch.times, **run}
        return Trained(asked.out, first_does(lambda: _finished(prepared, card, work, asked.out, run)), True, run)


def _prepared(asked: Asked, watch: Silent) -> Prepared:
    """What the run is made of: the first process encodes what is not encoded yet, the others then find it."""
    told = asked.loaded, asked.corpus, asked.tokenizer, asked.store
    if is_first():
        mine: list[Prepared] = []
        first_does(lambda: mine.append(prepare(*told, watch)))
        return mine[0]
    first_does(lambda: None)
    return prepare(*told, watch)


def _done(out: Path, card: Card) -> Card | None:
    """The card of what is there, where it is this very run's result."""
    before = refuse_strangers(out, card.name, "model")
    same = before and before.identity == card.identity and intact(out, before) and not foreign(out)
    return before if same else None


def _card(prepared: Prepared) -> Card:
    """The card, but for counts and files: enough to know whether the work is done."""
    code, versions = code_identity("train.run"), library_versions(LIBRARIES)
    told = settings(prepared)
    identity = sha256_json({"recipe": told, "parents": parents(prepared), "order": prepared.fingerprint["order"],
                            "code": code, "versions": versions})  # fmt: skip
    return Card(kind="model", name=prepared.recipe.name, identity=identity, parents=parents(prepared), recipe=told,
                code=code, versions=versions)  # fmt: skip


def _work(out: Path, prepared: Prepared, sharding: str) -> Path:
    """The folder in which the run works: a new one, or that of a killed run of the same fingerprint. Raises
    `UserError` when what it reads has changed since."""
    work = out.with_name(f"{out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    state, placed = work / STATE, {"processes": world(), "sharding": sharding}
    if not state.exists():
        if any(work.iterdir()):
            raise UserError("That folder is where the run would work, and it holds something else.", where=str(work),
                            mend="move it away, or give another --out")  # fmt: skip
        write_json(state, {"fingerprint": prepared.fingerprint, "recipe": settings(prepared), **placed})
    before = json.loads(state.read_bytes())
    told = changed(before["fingerprint"], prepared.fingerprint)
    told += [key for key, value in settings(prepared).items() if before["recipe"].get(key) != value]
    told += [
        f"{key} ({before.get(key)} before, {value} now)" for key, value in placed.items() if before.get(key) != value
    ]
    if told:
        raise UserError(
            f"A run stopped here before its end, and it was another: {', '.join(told)} changed since.", where=str(work),
            mend="bring back what changed to go on with it; or remove that folder to begin anew",
        )  # fmt: skip
    return work


def _trained(prepared: Prepared, work: Path, sharding: str, watch: Silent) -> dict[str, Any]:
    """Train to the end, from the last checkpoint where there is one, and write the model; returns what was told."""
    from train.loop import NotANumber, not_a_number
    from train.setup import loop_for

    if is_first():
        table(prepared.plan).write_parquet(work / MIXTURE)
    checkpoints = checkpoints_of(prepared, work)
    loop, told = loop_for(prepared, work, checkpoints, watch, sharding)
    last = first_does(lambda: _last(checkpoints))
    if last:
        watch.say(f"going on from step {last.name.rpartition('-')[2]} of {prepared.steps:,}")
    with watch.stage("training", prepared.steps, "tokens"):
        try:
            loop.train(resume_from_checkpoint=str(last) if last else None)
        except NotANumber as error:
            raise not_a_number(error, checkpoints, f"rows of step {error.step}, {work}") from None
    if prepared.recipe.lora.rank:
        adapted: Any = loop.model
        adapted.merge_and_unload().save_pretrained(work / "model")
    else:
        loop.save_model(str(work / "model"))
    wait()
    return {**told, "world": world(), "sharding": sharding}


def _last(checkpoints: Checkpoints) -> Path | None:
    """The newest checkpoint, whole."""
    if last := checkpoints.last():
        checkpoints.check(last)
    return last


def checkpoints_of(prepared: Prepared, work: Path) -> Checkpoints:
    """Where and how many checkpoints are kept."""
    save = prepared.recipe.save
    return Checkpoints(work / "checkpoints", save.keep, steps_at(save.at, prepared.tokens_of_step, prepared.steps))


def _finished(prepared: Prepared, card: Card, work: Path, out: Path, run: dict[str, Any]) -> Card:
    """The working folder as a model's folder, in its place."""
    for path in sorted((work / "model").iterdir()):
        os.replace(path, work / path.name)
    (work / "model").rmdir()
    for name in ("tokenizer.json", "tokenizer_config.json", "tokenizer.model"):
        if (prepared.opened.folder / name).is_file():
            shutil.copyfile(prepared.opened.folder / name, work / name)
    (work / "training_args.bin").unlink(missing_ok=True)
    if not prepared.recipe.save.optimizer or not prepared.recipe.save.at:
        shutil.rmtree(work / "checkpoints", ignore_errors=True)
    outputs = {name: told for name, told in hash_outputs(work).items() if name != STATE}
    card = card.model_copy(update={"counts": _counts(prepared), "outputs": outputs})
    write_json(work / "run.json", run)
    write_card(work, card)
    kill_point("run: card written")
    return _in_place(work, out, card)


def _in_place(work: Path, out: Path, card: Card) -> Card:
    """The finished folder under its name, with its page."""
    from train.page import write_page

    (work / STATE).unlink(missing_ok=True)
    kill_point("run: finished")
    swap(work, out)
    write_page(out)
    return card


def _left_finished(work: Path, card: Card) -> Card | None:
    """The card of a working folder that a killed run had finished, and only not renamed."""
    before = read_card(work)
    return before if before and before.identity == card.identity and intact(work, before) else None


def _counts(prepared: Prepared) -> dict[str, Any]:
    packed, order = prepared.packed, prepared.plan
    tokens = order.of("tokens")
    shares = {name: round(float(tokens[order.pool == number].sum() / tokens.sum()), 6)
              for number, name in enumerate(order.names)}  # fmt: skip
    return {"steps": prepared.steps, "rows": packed.total, "sequence": prepared.sequence, "tokens": packed.tokens,
            "documents": len(order.row), "cut": packed.cut, "packing_efficiency": round(packed.efficiency, 6),
            "shares": shares}  # fmt: skip
