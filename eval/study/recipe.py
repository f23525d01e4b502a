"""A study: what all arms have in common, and in what each differs, as frozen models.

Comes from a TOML file (shipped ones lie in `eval/studies/`), read by the rules of `corpus/recipe_file.py` (`extends`,
`--set`); goes to `eval/study/arms.py`. It has no behaviour. An arm is a list of `--set` values for each step of the
road, which are laid over the study's own: what an arm does not say is the same in all of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe_file import read_recipe, shipped_recipes

SHIPPED = Path(__file__).parent.parent / "studies"
STEPS = ("corpus", "tokenizer", "train", "tune")
Sets = tuple[str, ...]


class Overrides(Frozen):
    """`--set` values of each step: of the corpus build, the tokenizer fit, the training, the fine-tuning."""

    corpus: Sets = ()
    tokenizer: Sets = ()
    train: Sets = ()
    tune: Sets = ()


class Arm(Overrides):
    """One arm. `matched`: why it is there, where it is not a factor but a control, such as as many unique tokens of the
    same sources; told beside it."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    matched: str = ""


class BudgetSettings(Frozen):
    """What every run may spend on training: `tokens`, or `bytes` of text, or `flops`; one of them. The other two are
    reported."""

    tokens: int = Field(default=0, ge=0)
    bytes: int = Field(default=0, ge=0)
    flops: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _is_one(self) -> BudgetSettings:
        if sum(bool(one) for one in (self.tokens, self.bytes, self.flops)) != 1:
            raise ValueError("a study has one budget: budget.tokens, budget.bytes or budget.flops")
        return self


class PrimaryMetric(Frozen):
    """A score on which the verdict rests. `task`, `formulation`, `metric` and `part` as in `scores.parquet`."""

    task: str
    metric: str
    formulation: str = ""
    part: str = "all"


class Study(Frozen):
    """A study, whole. `corpus`, `tokenizer`, `train`, `tune`, `suite`: recipes, by file or shipped name; no `tune`: no
    fine-tuning. `text`: a recipe of text that no arm trains on and that is measured for all of them; the held-out split
    of its build counts. `exams`: the folder of the suite's exams. `seeds`: how many, each of which begins all arms with
    the same weights and draws the same order. `null`: whether a null arm is run, the first arm again from other seeds,
    which must differ in nothing. The first arm is the one that the others are compared with."""

    name: str = Field(pattern=SLUG)
    question: str
    description: str = ""
    corpus: str = "samples"
    tokenizer: str = "quick-start"
    train: str = "quick-start"
    tune: str = ""
    suite: str = ""
    text: str = ""
    exams: str = ""
    sets: Overrides = Overrides()
    seeds: int = Field(default=3, ge=1, le=100)
    null: bool = True
    budget: BudgetSettings
    primary: tuple[PrimaryMetric, ...] = Field(min_length=1)
    arm: tuple[Arm, ...] = Field(min_length=2)

    @model_validator(mode="after")
    def _arms_differ(self) -> Study:
        names = [one.name for one in self.arm]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two [[arm]] tables are named {twice[0]!r}; names must differ")
        if "null" in names:
            raise ValueError("an arm cannot be named 'null': that is the first arm from other seeds")
        seen: dict[tuple[Sets, ...], str] = {}
        for one in self.arm:
            sets = tuple(getattr(one, step) for step in STEPS)
            if sets in seen:
                raise ValueError(f"arms {seen[sets]!r} and {one.name!r} are equal: they would differ in nothing")
            seen[sets] = one.name
        return self


class LoadedStudy(NamedTuple):
    """A study, the folder its relative paths start from, and the file it came from."""

    study: Study
    base: Path
    file: Path


def load_study(where: str | Path, sets: tuple[str, ...] = ()) -> LoadedStudy:
    """The study at a path or of a shipped name, with `--set` overrides applied. Raises `UserError`."""
    study, file = read_recipe(Study, SHIPPED, where, sets)
    return LoadedStudy(study, file.parent, file)


def shipped() -> list[str]:
    """Names of the studies that come with the package."""
    return shipped_recipes(SHIPPED)
