"""The loop of a choice head: that of `train/loop.py`, whose checkpoints are choice models that can be opened.

Built by `train/sft/setup.py`. transformers' Trainer would write bare tensors for a model that is none of its own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from train.loop import Loop
from train.sft.choice import save_choice, weights


class ChoiceLoop(Loop):
    """`Loop` of a `ChoiceModel`."""

    def _save(self, output_dir: str | None = None, state_dict: dict[str, Any] | None = None) -> None:
        if not self.args.should_save:  # every process comes here under DeepSpeed and FSDP2
            return
        model: Any = self.accelerator.unwrap_model(self.model)
        save_choice(model, Path(output_dir or self.args.output_dir or "."), state_dict)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        if self.is_fsdp_enabled:  # each process has parts of its own in the checkpoint
            super()._load_from_checkpoint(resume_from_checkpoint, model)
        else:
            found: Any = self.model if model is None else model
            self.accelerator.unwrap_model(found).take(weights(Path(resume_from_checkpoint)))
