"""A run's folder, from its first step to the finished model: the same for every kind of training.

A kind brings a `Job` (`train/run.py`: from scratch and on from a model; `train/sft/run.py`: fine-tuning). While it runs
all lies in `<out>.training`, which is renamed at the end; a run that was killed goes on from its last checkpoint there.
The folder holds the model as safetensors with its tokenizer, log, checkpoints and a card.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

from corpus.card import Card, hash_outputs, read_card, write_card
from corpus.closure import code_identity, library_versions
from corpus.errors import UserError
from corpus.output import only_build, refuse_inputs, refuse_places, swap
from corpus.progress import Silent
from corpus.store import kill_point, sha256_json, write_json
from corpus.walk import leftover
from tokenizer.written import intact
from train.checkpoint import PREFIX, Checkpoints, steps_at
from train.finished import changed_keys, finished
from train.full_disk import told_if_full
from train.hook import Hook
from train.model_folder import ADAPTER_FOLDER
from train.modes import by_umask
from train.processes import first_does, in_first, is_first, wait, world
from train.recipe import SaveSettings

if TYPE_CHECKING:
    from train.loop import Loop

STATE = "state.json"
CHECKPOINTS = "checkpoints"


class Job(Protocol):
    """What one kind of training brings. `code`: the module that does it, whose sources are in the card; `libraries`:
    whose versions are. `fingerprint`: of what is read and in which order, by part (`order` is one). `hook`: what is run
    of each checkpoint."""

    @property
    def name(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def libraries(self) -> tuple[str, ...]: ...
    @property
    def fingerprint(self) -> dict[str, str]: ...
    @property
    def save(self) -> SaveSettings: ...
    @property
    def hook(self) -> Hook | None: ...
    @property
    def steps(self) -> int: ...
    @property
    def read(self) -> Sequence[int]:
        """Tokens read after each step, padding not counted."""
        ...

    def parents(self) -> dict[str, str]:
        """What the card says the model came from."""
        ...

    def settings(self) -> dict[str, Any]:
        """The recipe as resolved."""
        ...

    def counts(self) -> dict[str, Any]:
        """What the card counts."""
        ...

    def begin(self, work: Path) -> None:
        """Write what goes beside the log, before the first step; the first process alone."""
        ...

    def loop(self, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str) -> tuple[Loop, dict[str, Any]]:
        """The loop, and what is told of it before its first step."""
        ...

    def write(self, loop: Loop, folder: Path) -> None:
        """Write the trained model into a folder."""
        ...

    def beside(self, folder: Path) -> None:
        """Put the tokenizer beside the model; the first process alone."""
        ...


J = TypeVar("J", bound=Job)


class Place(NamedTuple):
    """Where a run works. `store`: what must not be the output's place; `replace`: whether a finished model of another
    run may be replaced; `inputs`: folders that it reads, which must not be."""

    out: Path
    store: Path
    sharding: str = "none"
    replace: bool = False
    inputs: tuple[Path, ...] = ()


class Trained(NamedTuple):
    """What a run left: where, its card, whether anything had to be done, and `run.json`'s content."""

    out: Path
    card: Card
    fresh: bool
    run: dict[str, Any]


def carry_out(
    place: Place, prepare: Callable[[Silent], J], watch: Silent, told: Callable[[J], None] | None = None
) -> Trained:
    """Prepare and train, after `told` has told of what was prepared; every process of a launcher calls this, and only
    the first writes. Raises `UserError` for what the user must mend."""
    watch = watch if is_first() else Silent()
    first_does(lambda: refuse_places(place.out, place.store))
    first_does(lambda: refuse_inputs(place.out, place.inputs))
    with in_first(lambda: only_build(place.out)):
        job = _prepared(prepare, watch)
        card = first_does(lambda: _card(job))
        if before := first_does(lambda: _done(place, card)):
            return Trained(place.out, before, False, {})
        aside = place.out.with_name(f"{place.out.name}.training")
        if left := first_does(lambda: _left_finished(aside, card)):
            return Trained(place.out, first_does(lambda: _in_place(aside, place.out, left)), True, {})
        work = first_does(lambda: _work(place.out, job, place.sharding))
        if told is not None:
            told(job)
        started = time.monotonic()
        run = _trained(job, work, place.sharding, watch)
        run = {"seconds": round(time.monotonic() - started, 2), "stages": watch.times, **run}
        return Trained(place.out, first_does(lambda: _finished(job, card, work, place.out, run)), True, run)


def _prepared(prepare: Callable[[Silent], J], watch: Silent) -> J:
    """What the run is made of: the first process encodes what is not encoded yet, the others then find it."""
    if is_first():
        mine: list[J] = []
        first_does(lambda: mine.append(prepare(watch)))
        return mine[0]
    first_does(lambda: None)
    return prepare(watch)


def _done(place: Place, card: Card) -> Card | None:
    """The card of what is there, where it is this very run's result; a page that it lacks is made."""
    before = finished(place.out, card, place.replace)
    if before:
        _page(place.out)
    return before


def _card(job: Job) -> Card:
    """The card, but for counts and files: enough to know whether the work is done."""
    code, versions = code_identity(job.code), library_versions(job.libraries)
    told, parents = job.settings(), job.parents()
    identity = sha256_json({"recipe": told, "parents": parents, "order": job.fingerprint["order"], "code": code,
                            "versions": versions})  # fmt: skip
    return Card(kind="model", name=job.name, identity=identity, parents=parents, recipe=told, code=code,
                versions=versions)  # fmt: skip


def _work(out: Path, job: Job, sharding: str) -> Path:
    """The folder in which the run works: a new one, or that of a killed run of the same fingerprint. Raises
    `UserError` when what it reads has changed since."""
    work = out.with_name(f"{out.name}.training")
    work.mkdir(parents=True, exist_ok=True)
    state, placed, settings = work / STATE, {"processes": world(), "sharding": sharding}, job.settings()
    now = {"fingerprint": job.fingerprint, "recipe": settings, **placed}
    if not state.exists():
        if any(not leftover(path.name) for path in work.iterdir()):
            raise UserError("That folder is where the run would work, and it holds something else.", where=str(work),
                            mend="move it away, or give another --out")  # fmt: skip
        write_json(state, now)
    before = _state(state)
    told = changed(before["fingerprint"], job.fingerprint)
    told += changed_keys(before["recipe"], settings)
    told += [
        f"{key} ({before.get(key)} before, {value} now)" for key, value in placed.items() if before.get(key) != value
    ]
    if told and not checkpoints_of(job, work).steps():  # nothing was trained that could be gone on from
        shutil.rmtree(work)
        work.mkdir()
        write_json(state, now)
    elif told:
        raise UserError(
            f"A run stopped here before its end, and it was another: {', '.join(told)} changed since.", where=str(work),
            mend="bring back what changed to go on with it; or remove that folder to begin anew",
        )  # fmt: skip
    return work


def _state(file: Path) -> dict[str, Any]:
    """What a run noted at its beginning. Raises `UserError` when it cannot be read."""
    try:
        before = json.loads(file.read_bytes())
        if {"fingerprint", "recipe"} <= before.keys():
            return dict(before)
        told = "it is not what a run writes"
    except (OSError, ValueError, AttributeError) as error:
        told = str(error)
    raise UserError("A run stopped here before its end, and what it was cannot be read.", where=f"{file}: {told}",
                    mend="remove that folder to begin anew")  # fmt: skip


def changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    """The parts of a fingerprint that are not what they were."""
    return [part for part in now if before.get(part) != now[part]]


def _trained(job: Job, work: Path, sharding: str, watch: Silent) -> dict[str, Any]:
    """Train to the end, from the last checkpoint where there is one, and write the model; returns what was told."""
    from train.loop import NotANumber, not_a_number

    if is_first():
        job.begin(work)
    checkpoints = checkpoints_of(job, work)
    if beyond := [f"{count:,}" for count in job.save.at if count > job.read[-1]]:
        watch.say(f"save.at {', '.join(beyond)}: beyond the {job.read[-1]:,} tokens of the run, so no checkpoint there")
    loop, told = _loop(job, work, checkpoints, watch, sharding)
    last = first_does(checkpoints.start)
    if last:
        watch.say(f"going on from step {last.name.rpartition('-')[2]} of {job.steps:,}")
    elif checkpoints.last():
        watch.say("the checkpoints that are there hold no state of the optimizer (save.optimizer): beginning anew")
    with watch.stage("training", job.steps, "tokens"), told_if_full("the log", work, checkpoints.way_on):
        try:
            loop.train(resume_from_checkpoint=str(last) if last else None)
            loop.refuse_broken()
        except NotANumber as error:
            raise not_a_number(error, checkpoints, f"rows of step {error.step} of {job.steps:,}, {work}") from None
    model = work / "model"
    with told_if_full("the model", work, checkpoints.way_on, undo=lambda: shutil.rmtree(model, ignore_errors=True)):
        job.write(loop, model)
    wait()
    hook = {"hook": list(job.hook.command)} if job.hook else {}
    return {**told, "world": world(), "sharding": sharding, **hook}


def _loop(job: Job, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str) -> tuple[Loop, dict[str, Any]]:
    """The job's loop. A run that is refused before its first step leaves no folder."""
    try:
        return job.loop(work, checkpoints, watch, sharding)
    except UserError:
        if is_first() and not checkpoints.steps():
            shutil.rmtree(work, ignore_errors=True)
        raise


def checkpoints_of(job: Job, work: Path) -> Checkpoints:
    """Where and how many checkpoints are kept."""
    fixed = steps_at(job.save.at, job.read)
    return Checkpoints(work / CHECKPOINTS, job.save.keep, fixed, job.beside, job.save.optimizer, job.hook)


def _finished(job: Job, card: Card, work: Path, out: Path, run: dict[str, Any]) -> Card:
    """The working folder as a model's folder, in its place. The checkpoints go last: until the card is written, they
    are what the run goes on from."""
    with told_if_full("the model", work, checkpoints_of(job, work).way_on):
        for path in sorted((work / "model").iterdir()):
            os.replace(path, work / path.name)
        (work / "model").rmdir()
        job.beside(work)
        (work / "training_args.bin").unlink(missing_ok=True)
        for left in work.glob(".*.tmp"):  # of a process that was killed
            left.unlink()
        by_umask(work)
        stay = tuple(f"{CHECKPOINTS}/{PREFIX}{step}/" for step in checkpoints_of(job, work).fixed)
        found = hash_outputs(work, without="" if stay else CHECKPOINTS)
        outputs = {
            name: told
            for name, told in found.items()
            if name.startswith(stay) or not name.startswith(f"{CHECKPOINTS}/")
        }
        outputs.pop(STATE)
        card = card.model_copy(update={"counts": job.counts(), "outputs": outputs})
        write_json(work / "run.json", run)
        write_card(work, card)
    kill_point("run: card written")
    return _in_place(work, out, card)


def _in_place(work: Path, out: Path, card: Card) -> Card:
    """The finished folder under its name, with its page, and of the checkpoints with those that the card names."""
    for folder in (work / CHECKPOINTS).glob("*"):
        if not any(name.startswith(f"{CHECKPOINTS}/{folder.name}/") for name in card.outputs):
            shutil.rmtree(folder)
    with contextlib.suppress(OSError):  # not there, or not empty
        (work / CHECKPOINTS).rmdir()
    (work / STATE).unlink(missing_ok=True)
    kill_point("run: finished")
    swap(work, out)
    _page(out)
    return card


def _page(out: Path) -> None:
    """The run's page, where it has none."""
    from train.page.page import PAGE, write_page

    if not (out / PAGE).exists():
        with told_if_full("its page", out, lambda: "and run the same command again: the model is whole without it"):
            write_page(out)


def _left_finished(work: Path, card: Card) -> Card | None:
    """The card of a working folder that a killed run had finished, and only not renamed."""
    before = read_card(work)
    return before if before and before.identity == card.identity and intact(work, before) else None


def write_weights(loop: Loop, folder: Path, adapted: bool) -> None:
    """The weights of a transformers model, adapters put into them; these stay beside in a folder of their own, so that
    `train merge` can put them into another copy of the base."""
    if adapted:
        from train.whole import merged

        if (model := merged(loop, folder / ADAPTER_FOLDER)) is not None:
            model.save_pretrained(folder)
    else:
        loop.save_model(str(folder))
