"""A dry run of a recipe: what `train/prepare.py` found, put as the question that `train/plan/dry_run.py` answers.

Called by `train/cli.py` for `--dry-run`.
"""

from __future__ import annotations

from typing import Any

from train.assemble import batches
from train.base import fresh_config
from train.model_folder import ModelFolder
from train.plan.devices import named
from train.plan.dry_run import Plan, Report, dry_run, read_config
from train.plan.flops import FULL, Trained
from train.prepare import Prepared


def report_of(prepared: Prepared, device: str, devices: int, sharding: str) -> Report:
    """The report of a prepared run on so many of a named device."""
    recipe, lora = prepared.recipe, prepared.recipe.lora
    config = fresh_config(prepared) if prepared.base is None else _grown(prepared.base, prepared.opened.size)
    row = named(device)
    plan = Plan(
        row, devices, prepared.packed.tokens, _rows(prepared, devices), prepared.sequence,
        prepared.rows, precision="bfloat16" if row.peak("bfloat16") else "float16",
        sharding="" if sharding == "none" else sharding,
        trained=Trained("lora", lora.rank, lora.tables) if lora.rank else FULL, packed=not prepared.masked,
        checkpointing=recipe.batch.gradient_checkpointing,
    )  # fmt: skip
    return dry_run(recipe.name, config, plan)


def _grown(base: ModelFolder, ids: int) -> Any:
    """The config of a base whose matrices have got rows for the ids of an extended tokenizer, where they have fewer
    (`train/embeddings.py`)."""
    told = base.config
    return read_config({**told, "vocab_size": max(base.rows, ids)} if base.rows else told)


def _rows(prepared: Prepared, devices: int) -> int:
    """Rows that a device computes at once, as the run itself would share them out."""
    return batches(prepared.rows, prepared.recipe.batch.device_rows, devices)[0]
