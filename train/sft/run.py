"""Fine-tuning on exams, instructions and chats, from recipe to model folder.

Reads a recipe (`train/sft/recipe.py`), prepares base, examples and their order (`train/sft/prepare.py`), trains with
TRL (`train/sft/loop.py`), or with a choice head with transformers alone, and writes the same folder as every training
does (`train/run_folder.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.progress import Silent
from train.checkpoint import Checkpoints
from train.device import refuse_without
from train.hook import Hook, hook_of
from train.model_folder import take_along
from train.recipe import SaveSettings
from train.run_folder import Place, Trained, carry_out, write_weights
from train.sft.prepare import Tuning, counts_sft, parents_sft, prepare_sft, settings_sft
from train.sft.recipe import LoadedSft

if TYPE_CHECKING:
    from train.loop import Loop

LIBRARIES = ("accelerate", "datasets", "numpy", "safetensors", "tokenizers", "torch", "transformers", "trl")


class AskedSft(NamedTuple):
    """What is asked of a fine-tuning. `sharding`: one of `train/sharding.py`, where a launcher started this process.
    `replace`: a finished model of other settings."""

    loaded: LoadedSft
    out: Path
    sharding: str = "none"
    replace: bool = False


def sft(asked: AskedSft, watch: Silent, told: Callable[[Tuning], None] | None = None) -> Trained:
    """Fine-tune, after `told` has told of what was prepared; every process of a launcher calls this, and only the first
    writes. Raises `UserError` for what the user must mend."""

    refuse_without(asked.loaded.recipe.device, asked.loaded.file)
    hook = hook_of(asked.loaded.recipe.hook, asked.loaded.base)

    def tell(job: FineTuning) -> None:
        if told is not None:
            told(job.tuning)

    inputs = (asked.loaded.base / asked.loaded.recipe.base,) if asked.loaded.recipe.base else ()
    place = Place(asked.out, asked.out.parent, asked.sharding, asked.replace, inputs)
    return carry_out(place, lambda watch: FineTuning(prepare_sft(asked.loaded, watch), hook), watch, tell)


class FineTuning:
    """Training on examples, as `train/run_folder.py` carries it out. Its name says which arm it is: one arm does not
    take the place of the other."""

    code, libraries = "train.sft.run", LIBRARIES

    def __init__(self, tuning: Tuning, hook: Hook | None = None) -> None:
        self.tuning, self.hook = tuning, hook
        self.name, self.fingerprint = f"{tuning.recipe.name}-{tuning.recipe.arm}", tuning.fingerprint
        self.save: SaveSettings = tuning.recipe.save
        self.steps, self.read = tuning.steps, tuning.read.tolist()

    def parents(self) -> dict[str, str]:
        """Base, tokenizer, and the files."""
        return parents_sft(self.tuning)

    def settings(self) -> dict[str, Any]:
        """The recipe as resolved."""
        return settings_sft(self.tuning)

    def counts(self) -> dict[str, Any]:
        """Examples and tokens, of both arms."""
        return counts_sft(self.tuning)

    def begin(self, work: Path) -> None:
        """Nothing goes beside the log."""

    def loop(self, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str) -> tuple[Loop, dict[str, Any]]:
        """The loop over examples."""
        from train.sft.setup import loop_for_sft

        return loop_for_sft(self.tuning, work, checkpoints, watch, sharding)

    def write(self, loop: Loop, folder: Path) -> None:
        """The weights, adapters in them; of a choice head as `train/sft/choice.py` reads them."""
        if self.tuning.recipe.head == "choice":
            from train.sft.choice import save_choice
            from train.whole import whole_state

            model: Any = loop.model
            if (state := whole_state(loop)) is not None:
                save_choice(model, folder, state)
        else:
            write_weights(loop, folder, adapted=bool(self.tuning.recipe.lora.rank))

    def beside(self, folder: Path) -> None:
        """The base's tokenizer with its chat template, and how it generates."""
        take_along(self.tuning.base.folder, folder)
