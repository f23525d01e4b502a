"""What two real processes do in `tests/train/test_sharding.py`: train under every sharding, stop and go on.

Started by `train/launch.py`; one start serves all shardings, because importing torch, transformers and DeepSpeed costs
more than the training. Arguments: a folder with corpus and tokenizer, and the shardings.
"""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from pathlib import Path
from typing import Any

from corpus.progress import Silent
from train.launch import as_worker
from train.recipe import load_train
from train.run import Asked, train

STOP = 3  # the step after whose checkpoint a run is stopped
SETS = ("model.sequence=32", "batch.rows=4", "batch.device_rows=1", "budget.most_epochs=100", "evaluate.bytes=2000")


class Stop(Exception):
    """The run is stopped here, as a user or a power cut would."""


def asked(folder: Path, sharding: str, out: str) -> Asked:
    """A run of six steps that keeps the checkpoint of its third."""
    tokens = 32 * 4
    sets = (*SETS, f"save.at=[{STOP * tokens}]", f"save.every={2 * tokens}", f"evaluate.every={2 * tokens}",
            f"slice=[{{name='everything', weight=1.0}}]", f"budget.tokens={6 * tokens}")  # fmt: skip
    loaded = load_train("quick-start", sets)
    return Asked(loaded, folder / out, folder / "store", folder / "corpus", str(folder / "tokenizer"), sharding)


@contextlib.contextmanager
def stopping() -> Any:
    """Every process stops when the checkpoint of step STOP is whole."""
    from train.loop import Loop

    saved = Loop._save_checkpoint

    def then_stop(self: Loop, *told: Any) -> None:
        saved(self, *told)
        if self.state.global_step == STOP:
            raise Stop

    Loop._save_checkpoint = then_stop  # type: ignore[method-assign]
    try:
        yield
    finally:
        Loop._save_checkpoint = saved  # type: ignore[method-assign]


def forgotten() -> None:
    """accelerate and transformers keep the sharding of a process in globals; the next run has another."""
    from accelerate.state import AcceleratorState, PartialState
    from transformers.integrations.deepspeed import unset_hf_deepspeed_config

    gc.collect()
    unset_hf_deepspeed_config()
    AcceleratorState._reset_state()
    PartialState._reset_state()
    for name in [name for name in os.environ if name.startswith(("ACCELERATE_USE_", "FSDP_"))]:
        del os.environ[name]


def both(folder: Path, sharding: str) -> None:
    """A run without a stop, and one with."""
    train(asked(folder, sharding, f"{sharding}-whole"), Silent())
    forgotten()
    with stopping(), contextlib.suppress(Stop):
        train(asked(folder, sharding, f"{sharding}-stopped"), Silent())
    forgotten()
    train(asked(folder, sharding, f"{sharding}-stopped"), Silent())
    forgotten()


def main() -> None:
    """Train under each of the named shardings."""
    import torch

    torch.set_num_threads(1)
    for sharding in sys.argv[2:]:
        both(Path(sys.argv[1]), sharding)


if __name__ == "__main__":
    as_worker(main)
