"""A loop put together: batches, schedule, moments, device and callbacks, the same for every kind of training.

Called by `train/setup.py` and `train/sft/setup.py`, which bring model, rows and what is measured.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from corpus.errors import UserError
from corpus.progress import Silent
from train.checkpoint import Checkpoints, steps_at, steps_each
from train.loop import AtCheckpoints, AtSteps, Loop, arguments
from train.models import dtype_for
from train.processes import world
from train.progress import Facts, Progress, device_peak
from train.recipe import BatchSettings, OptimizerSettings, SaveSettings, ScheduleSettings
from train.schedule import Schedule, checked, factor
from train.sharding import allow_fsdp_on_cpu, fit_for_fsdp2, sharded


class Sections(Protocol):
    """The parts of a recipe that every kind of training has."""

    @property
    def seed(self) -> int: ...
    @property
    def optimizer(self) -> OptimizerSettings: ...
    @property
    def schedule(self) -> ScheduleSettings: ...
    @property
    def batch(self) -> BatchSettings: ...
    @property
    def save(self) -> SaveSettings: ...


class Pace(NamedTuple):
    """`steps` of the run; `rows` of one step over all devices; `read`: tokens read after each step; `evaluate`: tokens
    from one look at what is held out to the next, 0 for one at the end alone; `rate`: of learning, where the recipe has
    none."""

    steps: int
    rows: int
    read: Sequence[int]
    evaluate: int
    rate: float


class Parts(NamedTuple):
    """What a kind of training brings. `rows`: a dataset in the order of the run; `collate`: rows into a batch;
    `measured`: what is logged of the model at a look at what is held out; `unused`: whether a step may leave weights
    out that are trained; `more`: for the kind of loop."""

    model: Any
    rows: Any
    collate: Callable[[Any], Any]
    measured: Callable[[Any], Mapping[str, float]]
    facts: Facts
    unused: bool = False
    kind: type[Loop] = Loop
    arguments: Any = None
    more: Mapping[str, Any] = {}


def assembled(
    sections: Sections, pace: Pace, parts: Parts, work: Path, checkpoints: Checkpoints, watch: Silent, precision: str,
    sharding: str,
) -> Loop:  # fmt: skip
    """The loop."""
    device_rows, gathered = batches(pace.rows, sections.batch.device_rows, world())
    told = arguments(
        work, pace.steps, device_rows, gathered, sections.optimizer, sections.optimizer.learning_rate or pace.rate,
        sections.seed, precision, kind=parts.arguments, optimizer_state=sections.save.optimizer,
        again=sections.batch.gradient_checkpointing, **sharded(sharding, parts.unused),
    )  # fmt: skip
    allow_fsdp_on_cpu(sharding)
    fit_for_fsdp2(sharding, parts.model)
    progress = Progress(work, parts.facts, watch)
    hooked = [AtCheckpoints(checkpoints, progress, watch)] if checkpoints.hook else []
    loop = parts.kind(
        factor=functools.partial(factor, schedule_of(sections.schedule, pace.steps)), checkpoints=checkpoints,
        held_out=parts.measured, facts=parts.facts, model=parts.model, args=told, train_dataset=parts.rows,
        data_collator=parts.collate, **parts.more,
        callbacks=[moments(sections.save, pace, last=bool(hooked)), progress, *hooked],
    )  # fmt: skip
    loop.remove_callback(_printer())
    return loop


def batches(rows: int, device_rows: int, world: int) -> tuple[int, int]:
    """Rows that a device computes at once, and how often for one step. Raises `UserError` when the rows of a step
    cannot be shared out."""
    if rows % world:
        raise UserError(f"{rows} rows of a step cannot be shared by {world} processes.", where="batch.rows",
                        mend=f"give a multiple of {world}")  # fmt: skip
    mine = rows // world
    fits = max(size for size in range(1, min(device_rows, mine) + 1) if mine % size == 0)
    return fits, mine // fits


def schedule_of(told: ScheduleSettings, steps: int) -> Schedule:
    """The recipe's schedule in steps."""
    decay = max(round(told.decay * steps), 1) if told.kind == "wsd" else 0
    return checked(Schedule(told.kind, steps, round(told.warmup * steps), decay, told.floor, told.start))


def moments(save: SaveSettings, pace: Pace, last: bool = False) -> AtSteps:
    """After which steps a checkpoint is written (`last`: after the last one too) and what is held out is looked at,
    which is so at each of them."""
    saves = steps_at(save.at, pace.read) | steps_each(save.every, pace.read) | ({pace.steps} if last else set())
    return AtSteps(saves, steps_each(pace.evaluate, pace.read) | saves | {pace.steps})


def precision_here() -> tuple[str, str]:
    """The precision for this device by Trainer's name, and why."""
    import torch

    name, why = dtype_for("cuda" if torch.cuda.is_available() else "cpu")
    return {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}[name], why


def device_here(precision: str) -> tuple[str, float | None]:
    """The device of each process, and the peak of all of them."""
    return device_peak({"bf16": "bfloat16", "fp16": "float16", "fp32": "float32"}[precision], world())


def _printer() -> Any:
    from transformers import PrinterCallback

    return PrinterCallback
