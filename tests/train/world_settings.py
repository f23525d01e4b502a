"""What two real processes do in `tests/train/test_sharding_settings.py`: train with the settings of `train continue`
and with a choice head under every sharding, stop and go on.

Started by `train/launch.py`, once for all, as `tests/train/world.py` is. Arguments: a folder in which `ground` was
laid, and the shardings.
"""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

from corpus.progress import Silent
from tests.tokenizer.small import corpus_of, documents
from tests.train import tuned
from tests.train.tiny import extended_by_hand, llama
from tests.train.world import Stop, forgotten
from tokenizer.fit import fit
from tokenizer.opened import open_tokenizer
from tokenizer.recipe import load_fit
from train.launch import as_worker
from train.recipe import load_train
from train.run import Asked, train
from train.sft.recipe import load_sft
from train.sft.run import AskedSft, sft

TOKENS = 32 * 4  # of a step
SETS = ("model.sequence=32", "batch.rows=4", "batch.device_rows=1", "budget.most_epochs=100", "evaluate.bytes=1000",
        "slice=[{name='everything', weight=1.0}]", f"budget.tokens={6 * TOKENS - 40}", "optimizer.learning_rate=0.003",
        "model.new_rows=mean")  # fmt: skip
WORDS = ["cardiitis", "neuroma", "hepatectomy", "nephrology"]
# The first three of six steps train embeddings and head alone; stopped in that phase, and behind it.
HELD = ("replay.share=0.25", "consolidation.strength=3000", "consolidation.rows=3", f"first.tables={3 * TOKENS}",
        f"save.at=[{2 * TOKENS}, {4 * TOKENS}]")  # fmt: skip
LORA = ("lora.rank=4", f"save.at=[{3 * TOKENS}]")
CHOICE = ("head=choice", "epochs=1", "batch.device_rows=1", "base=encoder", "save.every=900")
RUNS = {"held": (HELD, 2), "lora": (LORA, 1)}  # settings, and how often such a run is stopped


def ground(folder: Path) -> None:
    """Two corpora, a model of an own tokenizer, that tokenizer extended, and exams for an encoder."""
    corpus_of(folder / "made", documents(60)).rename(folder / "corpus")
    corpus_of(folder / "said", documents(30, seed=1)).rename(folder / "general")
    fit(load_fit("quick-start", ("vocabulary=384",)), folder / "corpus", folder / "base", Silent())
    own = open_tokenizer(folder / "base")
    model = llama(own.size, initializer_range=0.1)
    model.save_pretrained(folder / "base")
    extended = extended_by_hand(own, folder / "tokenizer", WORDS)
    (extended.folder / "tokenizer_config.json").write_bytes((own.folder / "tokenizer_config.json").read_bytes())
    tuned.ground(folder / "sft", dropout=0.0)
    tuned.encoder(folder / "sft" / "encoder", dropout=0.0)


def go_on(folder: Path, sharding: str, out: str, sets: tuple[str, ...]) -> None:
    """`train continue`."""
    told = (*SETS, f"model.base={folder / 'base'}", f"replay.corpus={folder / 'general'}", *sets)
    loaded, tokenizer = load_train("quick-start", told), str(folder / "tokenizer")
    train(Asked(loaded, folder / out, folder / "store", folder / "corpus", tokenizer, sharding), Silent())


def choose(folder: Path, sharding: str, out: str) -> None:
    """A choice head; its last step is not full."""
    sft(AskedSft(load_sft(folder / "sft" / "little.toml", CHOICE), folder / out, sharding), Silent())


@contextlib.contextmanager
def stopping() -> Any:
    """Every process stops when a checkpoint is whole."""
    from train import loop

    kind: Any = loop.Loop
    saved = kind._save_checkpoint

    def then_stop(self: Any, *told: Any) -> None:
        saved(self, *told)
        raise Stop

    kind._save_checkpoint = then_stop
    try:
        yield
    finally:
        kind._save_checkpoint = saved


def main() -> None:
    """Every run under each of the named shardings, stopped as often as it saves."""
    import torch

    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    for sharding in sys.argv[2:]:
        for name, (sets, stops) in RUNS.items():
            for _ in range(stops):
                with stopping(), contextlib.suppress(Stop):
                    go_on(folder, sharding, f"{name}-{sharding}", sets)
                forgotten()
            go_on(folder, sharding, f"{name}-{sharding}", sets)
            forgotten()
        with stopping(), contextlib.suppress(Stop):
            choose(folder, sharding, f"choice-{sharding}")
        forgotten()
        choose(folder, sharding, f"choice-{sharding}")
        forgotten()


if __name__ == "__main__":
    from corpus.terminal import run

    run(lambda: as_worker(main))
