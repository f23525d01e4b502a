"""The DeepSpeed settings that come with Materia: ZeRO 1, 2 and 3, and 2 and 3 with the optimizer in the host's memory.

The files lie in `train/deepspeed/`; `train/loop.py` hands one to transformers' Trainer, which fills in every "auto"
from its own arguments. `train_batch_size` stands in none of them: with ZeRO 3 the model is built before the processes
know of each other, and transformers would write down the batch of one process, which DeepSpeed then refuses. No
scheduler either, and an optimizer only where the host does its work: what remains is the Trainer's, as in any other
run.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

from corpus.errors import UserError

PRESETS = ("zero1", "zero2", "zero2-offload", "zero3", "zero3-offload")


def preset(name: str) -> dict[str, Any]:
    """The settings of a preset. Raises `UserError` for a name that is none."""
    settings: dict[str, Any] = json.loads(preset_path(name).read_bytes())
    return settings


def preset_path(name: str) -> Path:
    """The file of a preset, for `deepspeed` and `accelerate`, which want a path."""
    if name not in PRESETS:
        raise UserError(f"There is no DeepSpeed preset {name!r}.", mend=f"choose one of {', '.join(PRESETS)}")
    return Path(str(files("train") / "deepspeed" / f"{name}.json"))
