"""The loop of fine-tuning: TRL's SFTTrainer with the order and the checkpoints of `train/loop.py`.

Built by `train/sft/setup.py`. What TRL does here is the loss: over the tokens of answers alone, as the labels say, with
the output matrix applied in pieces, so that the logits of a batch are never whole in memory. What it is not asked to do
is to prepare examples: they come rendered, are not packed and not cut. Nothing is told to anybody's servers.
"""

from __future__ import annotations

import contextlib
import sys
from typing import Any

from train.loop import Loop

with contextlib.redirect_stdout(sys.stderr):  # TRL imports DeepSpeed, which says on standard output what it runs on
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer


class SftLoop(Loop, SFTTrainer):  # type: ignore[misc,unused-ignore]
    """SFTTrainer below `Loop`: order, schedule, checkpoints and what stops a run are ours, the loss is TRL's."""

    def compute_loss(self, *told: Any, **named: Any) -> Any:
        """SFTTrainer's, which reads the output matrix without calling its module. Of one that lies in parts it would
        gather the weights, and not its gradient: each process would learn from its own rows there. Beside adapters
        accelerate gives that module a group of its own, which nothing else gathers."""
        model: Any = self.model
        head = model.get_output_embeddings()
        if hasattr(head, "unshard"):
            head.unshard()
        return super().compute_loss(*told, **named)  # type: ignore[no-untyped-call]

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: TRL would put a page of its own into every checkpoint."""

    def _send_telemetry(self, *_: Any, **__: Any) -> None:
        """None."""


def sft_arguments(**told: Any) -> SFTConfig:
    """TRL's arguments: examples are as they are to be."""
    ours: dict[str, Any] = {"max_length": None, "packing": False}
    return SFTConfig(**told, **ours, dataset_kwargs={"skip_prepare_dataset": True})
