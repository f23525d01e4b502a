"""The recipe of fine-tuning: everything `train sft` is told, as frozen models.

Comes from a TOML file, read by the rules of `corpus/recipe_file.py` (`extends`, `--set`); goes to
`train/sft/prepare.py`. Sections that every training has are those of `train/recipe.py`. It has no behaviour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe_file import read_recipe
from train.recipe import (
    BatchSettings,
    Device,
    HookSettings,
    LoraSettings,
    OptimizerSettings,
    SaveSettings,
    ScheduleSettings,
)
from train.sft.examples import ExampleSettings

SHIPPED = Path(__file__).parents[1] / "recipes" / "sft"


class ExamSettings(Frozen):
    """An exam's file, relative to the recipe's, in a form of `corpus/exams/read.py`. `split`: where its name does not
    tell it."""

    name: str = Field(pattern=SLUG)
    form: str
    path: str
    split: str = ""


class InstructionSettings(Frozen):
    """A JSONL file of instructions or of chats (`train/sft/instructions.py`)."""

    name: str = Field(pattern=SLUG)
    form: Literal["instructions", "chats"]
    path: str


class HeldOutSettings(Frozen):
    """Examples that are not learned from and on which loss or accuracy is logged: a `share` of the records by the hash
    of their ids, the same in both arms, and no more than `most`; before the first step, at every checkpoint, at the
    end, and `every` so many tokens between (0: not between)."""

    share: float = Field(default=0.05, ge=0, lt=1)
    most: int = Field(default=256, ge=1)
    every: int = Field(default=0, ge=0)


class SftRecipe(Frozen):
    """One fine-tuning, whole. `device`: as in `train/recipe.py`. `base`: a model's folder with its tokenizer, relative
    to the recipe's file.
    `with_reasoning`: whether explanations are learned. `epochs`: how often each example is seen; of the arm with
    reasoning, where `examples.equal` is "supervised-tokens" (`train/sft/arms.py`). `head`: "language" learns to write
    the answer, "choice" to score options (`train/sft/choice.py`). `evaluation`: exams that will be scored; `leaks`:
    what happens when their items stand among the training ones."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    seed: int = Field(default=0, ge=0, lt=1 << 32)
    device: Device = "any"
    base: str = ""
    head: Literal["language", "choice"] = "language"
    with_reasoning: bool = False
    epochs: float = Field(default=3.0, gt=0, le=1000)
    leaks: Literal["refuse", "drop"] = "refuse"
    exam: tuple[ExamSettings, ...] = ()
    data: tuple[InstructionSettings, ...] = ()
    evaluation: tuple[ExamSettings, ...] = ()
    examples: ExampleSettings = ExampleSettings()
    held_out: HeldOutSettings = HeldOutSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    schedule: ScheduleSettings = ScheduleSettings(warmup=0.1)
    batch: BatchSettings = BatchSettings()
    lora: LoraSettings = LoraSettings()
    save: SaveSettings = SaveSettings()
    hook: HookSettings = HookSettings()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> SftRecipe:
        if not self.exam and not self.data:
            raise ValueError("nothing to train on: give an [[exam]] or a [[data]] table")
        names = [*(one.name for one in (*self.exam, *self.evaluation)), *(one.name for one in self.data)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two tables are named {twice[0]!r}; names of exam, data and evaluation must differ")
        if self.head == "choice" and self.data:
            raise ValueError('head = "choice" scores the options of exams, and [[data]] has none')
        if self.head == "choice" and self.with_reasoning:
            raise ValueError('head = "choice" gives scores and writes no reasoning: take with_reasoning out')
        if self.head == "choice" and self.lora.rank:
            raise ValueError('head = "choice" trains all weights: take lora.rank out')
        return self

    @property
    def arm(self) -> str:
        """What is trained, by the name that its output has."""
        if self.head == "choice":
            return "choice"
        return "with-reasoning" if self.with_reasoning else "without-reasoning"


class LoadedSft(NamedTuple):
    """A recipe, the folder its relative paths start from, and the file it came from."""

    recipe: SftRecipe
    base: Path
    file: Path


def load_sft(where: str | Path, sets: tuple[str, ...] = ()) -> LoadedSft:
    """The recipe at a path or of a shipped name, with `--set` overrides applied. Raises `UserError`."""
    recipe, file = read_recipe(SftRecipe, SHIPPED, where, sets)
    return LoadedSft(recipe, file.parent, file)
