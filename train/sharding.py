"""How model, gradients and optimizer are shared out between processes, as arguments for transformers' Trainer.

The name comes from `--sharding`; `train/setup.py` hands the arguments to `train/loop.py`. DeepSpeed's presets lie in
`train/deepspeed/` (`train/presets.py`). Every process first makes the whole model in its own memory, from the same
seed, and shares it out after that: so the weights are those of one process, whatever the sharding.
"""

from __future__ import annotations

from typing import Any

from corpus.errors import UserError
from train.presets import PRESETS, preset

SHARDINGS = ("none", "ddp", *PRESETS, "fsdp2")
# Parts of model and optimizer are written by every process on its own; `Loop.save_model` gathers the weights besides.
FSDP2 = {"version": 2, "reshard_after_forward": True, "auto_wrap_policy": "TRANSFORMER_BASED_WRAP",
         "state_dict_type": "SHARDED_STATE_DICT", "cpu_ram_efficient_loading": False}  # fmt: skip


def sharded(sharding: str, unused: bool = False) -> dict[str, Any]:
    """Arguments for `TrainingArguments`. `unused`: whether a step may leave weights out that are trained, which DDP
    alone must be told. Raises `UserError` for an unknown name."""
    if sharding not in SHARDINGS:
        raise UserError(f"There is no sharding {sharding!r}.", mend=f"choose one of {', '.join(SHARDINGS)}")
    if sharding == "none":
        return {}
    if sharding == "ddp":
        return {"ddp_find_unused_parameters": unused}
    if sharding == "fsdp2":
        return {"fsdp": True, "fsdp_config": dict(FSDP2)}
    _without_building()
    return {"deepspeed": preset(sharding)}


def fit_for_fsdp2(sharding: str, model: Any) -> None:
    """accelerate shards by itself what a model says must not be split, and tied matrices where it knows of the tie.
    Encoders name their embeddings among the first, whose matrix is tied to the head: it would be torn in two. Raises
    `UserError` for other weights that have two names: torch divides each of them in one place alone."""
    if sharding != "fsdp2":
        return
    model._no_split_modules = [one for one in model._no_split_modules or () if not one.endswith("Embeddings")]
    names: dict[int, str] = {}
    for name, one in model.named_parameters(remove_duplicate=False):
        if one.ndim == 1 and id(one) in names:
            raise UserError(f"FSDP2 cannot divide weights that have two names: {names[id(one)]} is {name}.",
                            where="--sharding", mend="give ddp, zero1, zero2 or zero3")  # fmt: skip
        names[id(one)] = name


def allow_fsdp_on_cpu(sharding: str) -> None:
    """accelerate shards with FSDP2 on accelerators alone, and on a CPU copies the model to each process without a
    word. Its state is told otherwise before the Trainer asks: torch's FSDP2 itself does not mind."""
    from accelerate import DistributedType
    from accelerate.state import PartialState

    if sharding == "fsdp2" and PartialState().distributed_type == DistributedType.MULTI_CPU:
        PartialState().distributed_type = DistributedType.MULTI_GPU


def _without_building() -> None:
    """On a CPU DeepSpeed compiles an operator for its collectives with g++ and ninja when a group is made (25 s or
    more at the first run, and none without a compiler), which training does not call: only its inference does."""
    import torch

    if not torch.cuda.is_available():
        import deepspeed

        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
