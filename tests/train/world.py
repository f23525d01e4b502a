"""What two real processes do in `tests/train/test_sharding.py`: train under every sharding, stop and go on.

Started by `train/launch.py`; one start serves all shardings, because importing torch, transformers and DeepSpeed costs
more than the training. Arguments: a folder with corpus and tokenizer, and the shardings.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from corpus.errors import UserError
from corpus.progress import Silent
from train.launch import as_worker
from train.processes import rank
from train.recipe import load_train
from train.run import Asked, train
from train.sft.recipe import load_sft
from train.sft.run import AskedSft, sft

TUNED = "fsdp2"  # how the fine-tuning is shared out
STOP = 3  # the step after whose checkpoint a run is stopped
TOKENS = 32 * 4  # of a step
SETS = ("model.sequence=32", "batch.rows=4", "batch.device_rows=1", "budget.most_epochs=100", "evaluate.bytes=2000",
        "slice=[{name='everything', weight=1.0}]", f"budget.tokens={6 * TOKENS - 40}", f"save.at=[{STOP * TOKENS}]",
        f"evaluate.every={STOP * TOKENS}")  # fmt: skip
# Settings whose work is shared out too, from the model of the run in one process.
REPLAYED = ("replay.share=0.25", "replay.corpus={folder}/corpus")
VARIANTS = {
    "first": (f"first.tables={4 * TOKENS}",),
    "free": REPLAYED,
    "consolidated": (*REPLAYED, "consolidation.strength=1e6", "consolidation.rows=4"),
    "lora": ("lora.rank=4",),
}
CHOICE = ("head='choice'", "epochs=0.5", "batch.device_rows=1", "save.at=[500]")
SHARED = {"first": ("ddp", "zero2", "zero3", "fsdp2"), "consolidated": ("ddp", "zero2", "zero3", "fsdp2"),
          "lora": ("ddp", "fsdp2", "zero3"), "choice": ("zero2", "fsdp2")}  # fmt: skip
HOOKED = "ddp"  # the sharding under whose plain runs each checkpoint has a hook
WORKER = 'import json, os; print(json.dumps({"worker": "RANK" in os.environ}))'
HOOK = f"hook.command={json.dumps(['python', '-c', WORKER, '{checkpoint}'])}"


class Stop(Exception):
    """The run is stopped here, as a user or a power cut would."""


def asked(folder: Path, sharding: str, out: str, *sets: str) -> Asked:
    """A run of six steps that keeps the checkpoint of its third; its last step is not full."""
    loaded = load_train("quick-start", (*SETS, *sets, *((HOOK,) if out.startswith(f"{HOOKED}-") else ())))
    return Asked(loaded, folder / out, folder / "store", folder / "corpus", str(folder / "tokenizer"), sharding)


@contextlib.contextmanager
def stopping(told: Path) -> Any:
    """Every process stops when the checkpoint of step STOP is whole, and writes down what it held."""
    from train import loop

    kind: Any = loop.Loop
    saved = kind._save_checkpoint

    def then_stop(self: Any, *arguments: Any) -> None:
        saved(self, *arguments)
        told.write_text(json.dumps(held(self)), encoding="utf-8")
        raise Stop

    kind._save_checkpoint = then_stop
    try:
        yield
    finally:
        kind._save_checkpoint = saved


def held(loop: Any) -> dict[str, int]:
    """Numbers that this process holds of the model and of its optimizer's moments."""
    optimizer = loop.optimizer
    while hasattr(optimizer, "optimizer"):  # accelerate's and DeepSpeed's wrappers
        optimizer = optimizer.optimizer
    moments = (value for state in optimizer.state.values() for value in state.values())
    return {"model": sum(_here(one) for one in loop.model.parameters()),
            "moments": sum(_here(value) for value in moments if getattr(value, "ndim", 0))}  # fmt: skip


def _here(tensor: Any) -> int:
    """Numbers of a tensor that lie in this process."""
    tensor = getattr(tensor, "ds_tensor", tensor)  # ZeRO-3
    return int((tensor.to_local() if hasattr(tensor, "to_local") else tensor).numel())


def forgotten() -> None:
    """accelerate and transformers keep the sharding of a process in globals; the next run has another."""
    from accelerate.state import AcceleratorState, PartialState
    from transformers.integrations import deepspeed

    forget: Any = deepspeed.unset_hf_deepspeed_config
    forget()
    AcceleratorState._reset_state()
    PartialState._reset_state()
    for name in [name for name in os.environ if name.startswith(("ACCELERATE_USE_", "FSDP_"))]:
        del os.environ[name]


def both(folder: Path, sharding: str) -> None:
    """A run without a stop, and one with."""
    train(asked(folder, sharding, f"{sharding}-whole"), Silent())
    forgotten()
    stopped = asked(folder, sharding, f"{sharding}-stopped")
    with stopping(folder / f"{sharding}-held-{rank()}.json"), contextlib.suppress(Stop):
        train(stopped, Silent())
    forgotten()
    train(stopped, Silent())
    forgotten()


def wild(folder: Path) -> None:
    """A learning rate after which no gradient is a number: DeepSpeed alone would skip step after step."""
    try:
        wanted = asked(folder, "zero2", "wild")
        recipe = wanted.loaded.recipe
        rate = recipe.optimizer.model_copy(update={"learning_rate": 1e30})  # more than a recipe may name
        loaded = wanted.loaded._replace(recipe=recipe.model_copy(update={"optimizer": rate}))
        train(wanted._replace(loaded=loaded), Silent())
    except UserError as error:
        (folder / f"wild-{rank()}.txt").write_text(error.what, encoding="utf-8")
    forgotten()


def tune(folder: Path, sharding: str, out: str) -> None:
    """A fine-tuning of five steps, the last one not full."""
    sets = ("with_reasoning=true", "epochs=1", "batch.device_rows=1")
    sft(AskedSft(load_sft(folder / "sft" / "little.toml", sets), folder / out, sharding), Silent())


def variant(folder: Path, name: str, sharding: str, out: str) -> None:
    """One run of a setting beside the plain one: from the base `one`, or from that of the fine-tunings."""
    if name == "choice":
        little = load_sft(folder / "sft" / "little.toml", CHOICE)
        sft(AskedSft(little, folder / out, sharding), Silent())
        return
    sets = [one.format(folder=folder) for one in VARIANTS[name]]
    base = (f"model.base={folder / 'one'}", "optimizer.learning_rate=0.003")
    train(asked(folder, sharding, out, *base, *sets), Silent())


def variants(folder: Path) -> None:
    """Every setting under its shardings, and under the last of these stopped and gone on with."""
    for name, shardings in SHARED.items():
        for sharding in shardings:
            variant(folder, name, sharding, f"{name}-{sharding}")
            forgotten()
        with stopping(folder / "held.json"), contextlib.suppress(Stop):
            variant(folder, name, shardings[-1], f"{name}-stopped")
        forgotten()
        variant(folder, name, shardings[-1], f"{name}-stopped")
        forgotten()


def main() -> None:
    """Train under each of the named shardings; at last ask for what cannot be, which every process meets."""
    import torch

    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    for sharding in sys.argv[2:]:
        both(folder, sharding)
    tune(folder, TUNED, "tuned-shared")
    forgotten()
    variants(folder)
    wild(folder)
    train(asked(folder, "ddp", "never", "batch.rows=3"), Silent())


if __name__ == "__main__":
    from corpus.terminal import run

    run(lambda: as_worker(main))
