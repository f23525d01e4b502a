"""A first phase in which embeddings and head alone are trained, after a vocabulary was extended.

Made by `train/setup.py` where the recipe has `first.tables`; `train/loop.py` tells it of its optimizer. What waits is
frozen by `requires_grad`, so that no gradient of it is computed or counted in the norm that is clipped, and it stands
in groups of the optimizer of its own, which a step passes by until the phase is over. So it is in the optimizer from
the start, as FSDP2's and DeepSpeed's partitions need it, and meets its first step with moments of zero, whenever that
comes: one process and several train the same.
"""

from __future__ import annotations

from typing import Any

import torch
from torch.distributed.fsdp import FSDPModule
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

WAITS = "waits"  # the key of a group of the optimizer that the first phase passes by


class TablesFirst(TrainerCallback):
    """Trains embeddings and head alone before step `until`, and then everything that was to be trained."""

    def __init__(self, model: Any, until: int) -> None:
        parts = [part for part in (model.get_input_embeddings(), model.get_output_embeddings()) if part is not None]
        tables = {id(one) for part in parts for one in part.parameters()}
        # By name: FSDP2 puts other parameters in the place of these.
        self.rest = {name for name, one in model.named_parameters() if one.requires_grad and id(one) not in tables}
        self.until, self.waiting = until, True

    def on_step_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:
        """Called by the Trainer."""
        self.waiting = state.global_step < self.until
        for part in told["model"].modules():
            if isinstance(part, FSDPModule):  # the last of them are still gathered after a look at held-out text
                part.reshard()
        self._train(told["model"], not self.waiting)

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **told: Any) -> None:
        """Called by the Trainer. Between two steps nothing is frozen: what is would be left out of a checkpoint."""
        self._train(told["model"], True)

    def _train(self, model: Any, rest: bool) -> None:
        for name, one in model.named_parameters():
            if name in self.rest:
                one.requires_grad_(rest)

    def part(self, optimizer: torch.optim.Optimizer, model: Any) -> None:
        """Put what waits into groups of its own; before the first step, and before anything is shared out."""
        rest = {id(one) for name, one in model.named_parameters() if name in self.rest}
        parted = [
            {**group, WAITS: waits, "params": [one for one in group["params"] if (id(one) in rest) == waits]}
            for group in optimizer.param_groups for waits in (False, True)
        ]  # fmt: skip
        optimizer.param_groups = [group for group in parted if group["params"]]
        optimizer.register_step_pre_hook(self._pass_by)

    def _pass_by(self, optimizer: torch.optim.Optimizer, *_: Any) -> None:
        """Before a step: DeepSpeed gives the parts of frozen weights gradients of zero, by which weight decay and the
        count of steps would go on."""
        for group in optimizer.param_groups:
            if self.waiting and group[WAITS]:
                for one in group["params"]:
                    one.grad = None
                    if one not in optimizer.state:
                        optimizer.state[one] = _unmoved(one, group)


def _unmoved(one: torch.Tensor, group: dict[str, Any]) -> dict[str, torch.Tensor]:
    """AdamW's state before a first step: FSDP2 and DeepSpeed keep and load it of all parts or none."""
    there = one.device if group.get("fused") or group.get("capturable") else torch.device("cpu")
    step = torch.zeros((), dtype=torch.float32, device=there)
    return {"step": step, "exp_avg": torch.zeros_like(one), "exp_avg_sq": torch.zeros_like(one)}
