"""The trained model in one piece: gathered where it lies in parts, adapters put into its weights.

Takes a loop that has ended (`train/loop.py`), for `train/run_folder.py` and `train/sft/run.py`, which write the model.
Every process calls these, since each has its part to give; the first gets the model.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from train.adapters import keep_tied
from train.base import with_adapters
from train.loop import Loop
from train.models import class_of, undivided
from train.parts import in_parts
from train.processes import is_first


def whole_state(loop: Loop) -> dict[str, Tensor] | None:
    """The weights by name; None in every process but the first."""
    model: Any = loop.model
    gathered: Any = loop.accelerator.get_state_dict(loop.model_wrapped) if in_parts(loop) else model.state_dict()
    return dict(gathered) if is_first() else None


def merged(loop: Loop, beside: Path) -> Any:
    """The model with its adapters in its weights, after these were written into the folder `beside` as they are; None
    in every process but the first."""
    model: Any = loop.model
    if in_parts(loop):
        state = whole_state(loop)
        model = None if state is None else _in_one_piece(model, state)
    if not is_first():
        return None
    model.save_pretrained(beside)
    (beside / "README.md").unlink(missing_ok=True)  # PEFT's empty form
    made = model.merge_and_unload()
    keep_tied(made)
    return made


def _in_one_piece(model: Any, state: dict[str, Tensor]) -> Any:
    """A model of the same layers, which takes up the weights as they are. What has two names, they have twice."""
    with torch.device("meta"), undivided():
        bare = class_of(model.config).from_config(model.config)
        made = with_adapters(bare, model.peft_config["default"])
    names: dict[int, str] = {}
    twice = {name: first for name, one in made.named_parameters(remove_duplicate=False)
             if (first := names.setdefault(id(one), name)) != name}  # fmt: skip
    made.load_state_dict(state, strict=True, assign=True)
    for name, first in twice.items():
        _put(made, name, made.get_parameter(first))
    return made


def _put(model: Any, name: str, one: Any) -> None:
    parent, _, last = name.rpartition(".")
    setattr(model.get_submodule(parent), last, one)
