"""Model, rows and callbacks of training on a corpus, from scratch or on from a model.

Called by `train/run.py` with what `train/prepare.py` gave; put together by `train/assemble.py`. Everything that needs
torch is reached from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from corpus.errors import UserError
from corpus.progress import Silent
from train.assemble import Pace, Parts, assembled, batches, device_here, precision_here
from train.base import initial_model
from train.bits import bits_per_byte
from train.checkpoint import Checkpoints
from train.consolidation import Consolidation
from train.data.masking import Masking
from train.data.mixture import REPLAY
from train.data.packing import PACKERS
from train.data.rows import Batch, Filled, MaskedRows, PackedRows, source_of
from train.first_phase import TablesFirst
from train.loop import Loop, masked_loss
from train.page.logged import BITS
from train.plan.flops import FULL, Trained, flops_per_token
from train.plan.parameters import anatomy, summed
from train.prepare import SINGLE, Prepared, held_out_texts, not_held_out
from train.processes import world
from train.progress import Facts


def loop_for(
    prepared: Prepared, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str = "none"
) -> tuple[Loop, dict[str, Any]]:
    """The loop, and what is told of it before its first step."""
    recipe, count = prepared.recipe, world()
    batches(prepared.rows, recipe.batch.device_rows, count)  # refuses before the model is made
    precision, why = precision_here()
    model, made = initial_model(prepared, watch)
    facts, device = _facts(prepared, model.config, precision)
    parameters = summed(anatomy(model.config)).total
    watch.say(f"{parameters:,} parameters on {count} x {device}, {precision} ({why})")
    pace = Pace(prepared.steps, prepared.rows, prepared.read.tolist(), recipe.evaluate.every,
                prepared.size.learning_rate)  # fmt: skip
    parts = Parts(
        model, whole_steps(rows_of(prepared), prepared.rows, count), Batch(prepared.special),
        _measured(prepared, watch), facts, unused=bool(recipe.first.tables),
        more={"first": _first_phase(prepared, model, sharding), "consolidation": _consolidation(prepared),
              "compute_loss_func": masked_loss if prepared.masked else None},
    )  # fmt: skip
    loop = assembled(recipe, pace, parts, work, checkpoints, watch, precision, sharding)
    return loop, {"device": device, "precision": precision, "peak": facts.peak, "flops_per_token": facts.flops,
                  "parameters": parameters, "vocabulary": prepared.opened.size, **made}  # fmt: skip


def whole_steps(rows: Any, of_step: int, count: int) -> Any:
    """Rows that several processes share out evenly: the last step is filled with rows that teach nothing, where
    accelerate would read the first ones again. One process takes a short last step as it is."""
    return Filled(rows, -len(rows) % of_step) if count > 1 and len(rows) % of_step else rows


def rows_of(prepared: Prepared) -> PackedRows | MaskedRows:
    """The rows of the run."""
    special = prepared.special
    if not prepared.masked:
        source = source_of(prepared.plan, prepared.shards, (special.begin,), (special.end,))
        return PackedRows(source, prepared.packed, special)
    assert special.mask is not None
    masking = Masking(prepared.opened, prepared.recipe.mask, special.mask, prepared.recipe.seed)
    return MaskedRows(source_of(prepared.plan, prepared.shards), prepared.packed, special, masking)


def _facts(prepared: Prepared, config: Any, precision: str) -> tuple[Facts, str]:
    device, peak = device_here(precision)
    order = prepared.plan
    per_token = float(order.bytes.sum() / max(prepared.packed.tokens, 1))
    lora = prepared.recipe.lora
    trained = Trained("lora", lora.rank, lora.tables) if lora.rank else FULL
    flops = flops_per_token(anatomy(config), prepared.sequence, trained).total
    return Facts(prepared.steps, prepared.tokens_of_step, prepared.packed.efficiency, per_token, flops, peak,
                 prepared.read.tolist()), device  # fmt: skip


def _first_phase(prepared: Prepared, model: Any, sharding: str) -> TablesFirst | None:
    """A first phase in which only embeddings and head are trained, where the recipe asks for one."""
    tokens = prepared.recipe.first.tables
    if not tokens:
        return None
    if sharding.endswith("-offload"):
        raise UserError("The optimizer of DeepSpeed that works in the host's memory knows no first phase.",
                        where="first.tables", mend="give --sharding zero2, zero3 or fsdp2, or set it to 0")  # fmt: skip
    return TablesFirst(model, int(np.searchsorted(prepared.read, tokens)) + 1)


def _consolidation(prepared: Prepared) -> Consolidation | None:
    """What holds weights back, measured on rows of the replay text before anything is trained."""
    told = prepared.recipe.consolidation
    if not told.strength:
        return None
    rows, collate = replay_rows(prepared), Batch(prepared.special)
    return Consolidation(lambda: (collate([rows[row]]) for row in range(min(told.rows, len(rows)))), told.strength)


def replay_rows(prepared: Prepared) -> PackedRows | MaskedRows:
    """Rows of the replay text alone, in the order of the run."""
    order = prepared.plan
    mine = order.pool == order.names.index(REPLAY)
    alone = order._replace(pool=order.pool[mine], row=order.row[mine], tokens=order.tokens[mine])
    packed = PACKERS[SINGLE if prepared.masked else prepared.recipe.data.packing](alone.tokens, prepared.packed.size)
    return rows_of(prepared._replace(plan=alone, packed=packed))


def _measured(prepared: Prepared, watch: Silent) -> Callable[[Any], Mapping[str, float]]:
    """What measures a model in bits per byte of held-out text, of each slice by itself."""
    texts = held_out_texts(prepared.recipe, prepared.corpora, prepared.recipe.evaluate.bytes)
    missing = not_held_out(prepared.recipe, prepared.corpora, texts)
    if missing and prepared.recipe.evaluate.bytes:
        watch.say(f"nothing is held out of {', '.join(missing)}: no loss is told of it")
    return lambda model: {
        f"{BITS}/{name}": bits_per_byte(model, prepared.opened, some).per_byte for name, some in texts.items()
    }
