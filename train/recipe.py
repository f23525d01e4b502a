"""The recipe of a training run: everything `train pretrain` and `train continue` are told, as frozen models.

Comes from a TOML file (shipped ones lie in `train/recipes/`), read by the rules of `corpus/recipe_file.py`
(`extends`, `--set`); goes to `train/run.py`. It has no behaviour.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe import LANGUAGE
from corpus.recipe_file import read_recipe, shipped_recipes

SHIPPED = Path(__file__).parent / "recipes"

Shape = Literal["llama", "gpt2", "bert", "modernbert"]
Packing = Literal["wrap", "best-fit", "single"]
Device = Literal["any", "cuda"]
Beta = Annotated[float, Field(ge=0, lt=1)]


class Slice(Frozen):
    """Documents of a corpus' training split: of these languages (`zh` speaks of zh-Hans and zh-Hant, and not of
    lzh), tiers and sources (an empty list: of all). `corpus`: output folder of a build, relative to the recipe's
    file (empty: the recipe's). `share`: of those documents only so many are read at all, drawn by the hash of
    their ids, so that a smaller share is part of a larger one: how much text there is, apart from how much of it is
    read. Either `epochs`, how often all of it is read (1 where nothing is said), or, under a
    budget, `weight`: its share of the tokens among all weights (1 where nothing is said)."""

    name: str = Field(pattern=SLUG)
    corpus: str = ""
    languages: tuple[Annotated[str, Field(pattern=LANGUAGE)], ...] = ()
    tiers: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    share: float = Field(default=1.0, gt=0, le=1)
    epochs: float | None = Field(default=None, gt=0, le=1000)
    weight: float | None = Field(default=None, gt=0)


class ReplaySettings(Frozen):
    """General text against forgetting: `share` of all tokens of the run comes from the training split of `corpus`,
    of these languages (none: of all). Ibrahim et al. 2024 (arXiv 2403.08763): 1 % already helps, 5 % for a weak
    shift, 25 % or more for a strong one (English to German)."""

    corpus: str = ""
    share: float = Field(default=0.0, ge=0.0, lt=1.0)
    languages: tuple[Annotated[str, Field(pattern=LANGUAGE)], ...] = ()


class ModelSettings(Frozen):
    """What is trained. `shape` and `size` (of the ladder in `train/sizes.py`) for a model from scratch; `base`, a
    folder for one that is continued, and `new_rows`: how rows for new pieces are made (`train/new_rows.py`; empty:
    as loses least). `sequence`: tokens of a row, 0 for the size's own, and up to 1,024 for a base."""

    shape: Shape = "llama"
    size: str = "4m"
    base: str = ""
    new_rows: str = ""
    sequence: int = Field(default=0, ge=0, le=1 << 20)


class LoraSettings(Frozen):
    """Low-rank adapters in place of all weights (Hu et al. 2021, arXiv 2106.09685): `rank`, 0 for none; `alpha`, 0
    for twice the rank (arXiv 2405.09673). `tables`: whether embeddings and head are trained whole beside them, as a
    vocabulary that was extended needs (Chinese-LLaMA). The adapters are put into the weights at the end, and
    stay beside in `adapter/`."""

    rank: int = Field(default=0, ge=0, le=4096)
    alpha: int = Field(default=0, ge=0)
    dropout: float = Field(default=0.0, ge=0, lt=1)
    tables: bool = True


class FirstSettings(Frozen):
    """A first phase of `tables` tokens in which embeddings and head alone are trained, after a vocabulary was
    extended: the rest of the model meets new rows when they mean something."""

    tables: int = Field(default=0, ge=0)


class ConsolidationSettings(Frozen):
    """Elastic weight consolidation (arXiv 1612.00796) on the replay text: `strength`, 0 for none, and on how many of
    its `rows` the information is measured. The log has the penalty beside the loss, which is that of the text."""

    strength: float = Field(default=0.0, ge=0)
    rows: int = Field(default=64, ge=1)


class BudgetSettings(Frozen):
    """`tokens` to train on, 0 for what the slices' epochs give. `most_epochs`: above so many readings of one slice
    the run is refused (Muennighoff et al. 2023, arXiv 2305.16264: up to four are nearly as good as new text)."""

    tokens: int = Field(default=0, ge=0)
    most_epochs: float = Field(default=4.0, gt=0)


class DataSettings(Frozen):
    """How documents become rows. `wrap`: one after another, cut where a row is full, nothing lost; `best-fit`: a
    document is cut only where it is longer than a row, and rows are filled up with padding; `single`: one piece of
    one document a row, which is what an encoder takes whatever stands here."""

    packing: Packing = "wrap"


class MaskSettings(Frozen):
    """Masked language modelling (bert, modernbert): `share` of the tokens is to be told (Devlin et al. 2019 and
    PubMedBERT, arXiv 2007.15779: 15 %; ModernBERT, arXiv 2412.13663: 30 %), whole words at a time (`whole_word`, as
    PubMedBERT does)."""

    share: float = Field(default=0.15, gt=0, lt=1)
    whole_word: bool = True


class OptimizerSettings(Frozen):
    """AdamW. `learning_rate`: its peak, 0 for the ladder's, and 1e-4 for a base; AdamW moves a weight by about so much
    at a step, so that more than 1 teaches nothing. `clip`: the largest norm of the gradient."""

    learning_rate: float = Field(default=0.0, ge=0, le=1)
    betas: tuple[Beta, Beta] = (0.9, 0.95)
    epsilon: float = Field(default=1e-8, gt=0)
    weight_decay: float = Field(default=0.1, ge=0)
    clip: float = Field(default=1.0, gt=0)


class ScheduleSettings(Frozen):
    """The learning rate over the run, in shares of its steps: after `warmup` `cosine` or `linear` down to `floor`, that
    of the last step, or `wsd`, which stays up and goes down in the last `decay` (Hu et al. 2024, arXiv 2404.06395), or
    `constant`. `start`: the part of the peak from which the warm-up comes, such as that at which a base's own training
    ended (arXiv 2403.08763)."""

    kind: Literal["cosine", "wsd", "linear", "constant"] = "cosine"
    warmup: float = Field(default=0.02, ge=0, lt=1)
    decay: float = Field(default=0.2, gt=0, le=1)
    floor: float = Field(default=0.1, ge=0, le=1)
    start: float = Field(default=0.0, ge=0, le=1)


class BatchSettings(Frozen):
    """`rows` of one step over all devices, 0 for the ladder's, and 64 for a base. `device_rows`: of them, how many one
    device computes at once; the rest is gathered up. `gradient_checkpointing`: of each layer only the input is kept,
    and the layer computed again on the way back (Chen et al. 2016, arXiv 1604.06174): the same losses in less memory
    and about a third more time."""

    rows: int = Field(default=0, ge=0)
    device_rows: int = Field(default=8, ge=1)
    gradient_checkpointing: bool = False


class SaveSettings(Frozen):
    """`every` so many tokens a checkpoint is written (0: at the end alone), and at the counts `at`, which stay for
    good (one beyond the run's tokens is told of and not written); of the others the last `keep`. Tokens are those that
    were read, padding not counted. `optimizer`: whether its state is in them, without which none can be resumed."""

    every: int = Field(default=0, ge=0)
    at: tuple[Annotated[int, Field(ge=1)], ...] = ()
    keep: int = Field(default=2, ge=1)
    optimizer: bool = True


class EvaluateSettings(Frozen):
    """Loss on held-out text, in bits per byte, on `bytes` of the documents that the corpus holds out of what each slice
    speaks of, and of replay: before the first step, at every checkpoint, at the end, and `every` so many tokens between
    (0: not between)."""

    every: int = Field(default=0, ge=0)
    bytes: int = Field(default=200_000, ge=0)


class HookSettings(Frozen):
    """A `command`, a program and its arguments, that is run of each checkpoint when it is whole, of the last step's
    too; none where it is empty. In its arguments {checkpoint}, {step} and {tokens} are filled in; it runs in the folder
    of the recipe, for at most `timeout` seconds (`train/hook.py`). It changes nothing of the model, so that it is no
    part of the model's identity, and may be changed when a stopped run is gone on with."""

    command: tuple[str, ...] = ()
    timeout: int = Field(default=14_400, ge=1)

    @model_validator(mode="after")
    def _is_told_of_what(self) -> HookSettings:
        if self.command and not any("{checkpoint}" in part for part in self.command[1:]):
            raise ValueError("hook.command is not told what to look at: put {checkpoint} among its arguments")
        return self


class TrainRecipe(Frozen):
    """One run, whole. `corpus` and `tokenizer`: folders, relative to the recipe's file. `device`: "cuda" refuses a
    machine without a GPU, "any" trains there on the CPU."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    corpus: str = ""
    tokenizer: str = ""
    seed: int = Field(default=0, ge=0, lt=1 << 32)
    device: Device = "any"
    slice: tuple[Slice, ...] = Field(min_length=1)
    replay: ReplaySettings = ReplaySettings()
    model: ModelSettings = ModelSettings()
    budget: BudgetSettings = BudgetSettings()
    data: DataSettings = DataSettings()
    mask: MaskSettings = MaskSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    batch: BatchSettings = BatchSettings()
    lora: LoraSettings = LoraSettings()
    first: FirstSettings = FirstSettings()
    consolidation: ConsolidationSettings = ConsolidationSettings()
    save: SaveSettings = SaveSettings()
    evaluate: EvaluateSettings = EvaluateSettings()
    hook: HookSettings = HookSettings()

    @model_validator(mode="after")
    def _parts_fit_together(self) -> TrainRecipe:
        names = [one.name for one in self.slice]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two [[slice]] tables are named {twice[0]!r}; names must differ")
        for one in self.slice:
            if self.budget.tokens and one.epochs is not None:
                raise ValueError(
                    f"slice {one.name!r} has epochs, and budget.tokens says how much is read: give it a weight"
                )
            if not self.budget.tokens and one.weight is not None:
                raise ValueError(f"slice {one.name!r} has a weight, which needs budget.tokens; or give it epochs")
        if self.consolidation.strength and not self.replay.share:
            raise ValueError("consolidation.strength holds to the replay text, and replay.share is 0")
        if not self.model.base and (self.lora.rank or self.first.tables or self.model.new_rows):
            raise ValueError("lora, first and model.new_rows are for a model that is continued: set model.base")
        if self.first.tables and self.lora.rank and not self.lora.tables:
            raise ValueError("first.tables trains embeddings and head alone, and lora.tables is false: set it to true")
        if self.replay.share and not self.replay.corpus:
            raise ValueError("replay.share is given, and replay.corpus names no corpus of general text")
        return self


class LoadedTrain(NamedTuple):
    """A recipe, the folder its relative paths start from, and the file it came from."""

    recipe: TrainRecipe
    base: Path
    file: Path


def load_train(where: str | Path, sets: tuple[str, ...] = ()) -> LoadedTrain:
    """The recipe at a path or of a shipped name, with `--set` overrides applied. Raises `UserError`."""
    recipe, file = read_recipe(TrainRecipe, SHIPPED, where, sets)
    return LoadedTrain(recipe, file.parent, file)


def shipped() -> list[str]:
    """Names of the recipes that come with the package."""
    return shipped_recipes(SHIPPED)
