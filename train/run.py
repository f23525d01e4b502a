"""One training run from recipe to model folder, from scratch or on from a model. The table of contents of this floor.

Reads a recipe (`train/recipe.py`), prepares what is read (`train/prepare.py`), makes or loads the model
(`train/models.py`, `train/base.py`), trains it (`train/loop.py`), and writes a folder (`train/run_folder.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.progress import Silent
from tokenizer.opened import SENTENCEPIECE, TOKENIZER_JSON
from train.checkpoint import Checkpoints
from train.data.mixture import table
from train.data.mixture_table import MIXTURE
from train.device import refuse_without
from train.hook import Hook, hook_of
from train.model_folder import take_along
from train.prepare import Prepared, parents, prepare, settings
from train.recipe import LoadedTrain, SaveSettings
from train.run_folder import Place, Trained, carry_out, write_weights

if TYPE_CHECKING:
    from train.loop import Loop

__all__ = ["Asked", "Pretraining", "Trained", "train"]

LIBRARIES = ("accelerate", "numpy", "polars", "safetensors", "tokenizers", "torch", "transformers")


class Asked(NamedTuple):
    """What is asked of a run. `corpus`, `tokenizer`, `store`: where given, they go before the recipe's. `sharding`:
    one of `train/sharding.py`, where a launcher started this process. `replace`: a finished model of other settings."""

    loaded: LoadedTrain
    out: Path
    store: Path
    corpus: Path | None = None
    tokenizer: str = ""
    sharding: str = "none"
    replace: bool = False


def train(asked: Asked, watch: Silent, told: Callable[[Prepared], None] | None = None) -> Trained:
    """Train, after `told` has told of what was prepared; every process of a launcher calls this, and only the first
    writes. Raises `UserError` for what the user must mend."""

    refuse_without(asked.loaded.recipe.device, asked.loaded.file)
    hook = hook_of(asked.loaded.recipe.hook, asked.loaded.base)

    def prepared(watch: Silent) -> Pretraining:
        return Pretraining(prepare(asked.loaded, asked.corpus, asked.tokenizer, asked.store, watch), hook)

    def tell(job: Pretraining) -> None:
        if told is not None:
            told(job.prepared)

    recipe, folder = asked.loaded.recipe, asked.loaded.base
    named = [folder / one for one in (recipe.model.base, recipe.corpus, recipe.tokenizer) if one]
    inputs = (*named, *(Path(one) for one in (asked.corpus, asked.tokenizer) if one))
    return carry_out(Place(asked.out, asked.store, asked.sharding, asked.replace, inputs), prepared, watch, tell)


class Pretraining:
    """Training on rows of a corpus, as `train/run_folder.py` carries it out."""

    code, libraries = "train.run", LIBRARIES

    def __init__(self, prepared: Prepared, hook: Hook | None = None) -> None:
        self.prepared, self.hook = prepared, hook
        self.name, self.fingerprint = prepared.recipe.name, prepared.fingerprint
        self.save: SaveSettings = prepared.recipe.save
        self.steps, self.read = prepared.steps, prepared.read.tolist()

    def parents(self) -> dict[str, str]:
        """Tokenizer, corpora, base."""
        return parents(self.prepared)

    def settings(self) -> dict[str, Any]:
        """The recipe as resolved."""
        return settings(self.prepared)

    def counts(self) -> dict[str, Any]:
        """Rows, tokens, and the share of each slice among them."""
        packed, order = self.prepared.packed, self.prepared.plan
        tokens, unread = order.tokens, order.unread
        shares = {name: round(float(tokens[order.pool == number].sum() / tokens.sum()), 6)
                  for number, name in enumerate(order.names)}  # fmt: skip
        return {"steps": self.steps, "rows": packed.total, "sequence": self.prepared.sequence, "tokens": packed.tokens,
                "documents": len(order.row), "cut": packed.cut, "cut_by_budget": int((unread > 0).sum()),
                "unread": int(unread.sum()), "not_learned": 0 if self.prepared.masked else packed.going_on,
                "packing_efficiency": round(packed.efficiency, 6), "shares": shares}  # fmt: skip

    def begin(self, work: Path) -> None:
        """The mixture, as a table."""
        table(self.prepared.plan).write_parquet(work / MIXTURE)

    def loop(self, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str) -> tuple[Loop, dict[str, Any]]:
        """The loop over packed or masked rows."""
        from train.setup import loop_for

        return loop_for(self.prepared, work, checkpoints, watch, sharding)

    def write(self, loop: Loop, folder: Path) -> None:
        """The weights, adapters in them."""
        write_weights(loop, folder, adapted=bool(self.prepared.recipe.lora.rank))

    def beside(self, folder: Path) -> None:
        """The run's tokenizer, which may lie in a file of any name."""
        opened = self.prepared.opened
        take_along(opened.folder, folder)
        if not any((folder / name).is_file() for name in (TOKENIZER_JSON, *SENTENCEPIECE)):
            opened.backend.save(str(folder / TOKENIZER_JSON))
