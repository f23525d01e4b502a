"""A study: what all arms have in common, and in what each differs, as frozen models.

Comes from a TOML file (shipped ones lie in `eval/studies/`), read by the rules of `corpus/recipe_file.py` (`extends`,
`--set`); goes to `eval/study/arms.py`. It has no behaviour. An arm is a list of `--set` values for each step of the
road, which are laid over the study's own: what an arm does not say is the same in all of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field, model_validator

from corpus.condition import SLUG, Frozen
from corpus.recipe_file import read_recipe, shipped_recipes
from corpus.store import sha256_json
from corpus.wanted import Wrong

SHIPPED = Path(__file__).parent.parent / "studies"
FEWEST = 2  # arms of a study
DIFFER = ("corpus", "tokenizer", "base", "train", "tune", "match", "start", "merge", "training_share")
STEPS = ("corpus", "tokenizer", "base", "train", "tune")
Sets = tuple[str, ...]


def _meant(text: str) -> str:
    """A `--set` value as what it means, however it is spelt."""
    key, _, value = text.partition("=")
    try:
        return f"{key.strip()}={sha256_json(tomllib.loads(f'x = {value}')['x'])}"
    except tomllib.TOMLDecodeError:  # a text without quotation marks
        return f"{key.strip()}={value.strip()}"


class Overrides(Frozen):
    """`--set` values of each step: of the corpus build, the tokenizer fit, the training of the base, the training, the
    fine-tuning."""

    corpus: Sets = ()
    tokenizer: Sets = ()
    base: Sets = ()
    train: Sets = ()
    tune: Sets = ()


class Matched(Frozen):
    """A control of `tiers`, of these languages (none: of all): text of all tiers in the amount that those tiers have,
    from their sources in their shares, or both (`eval/study/matched.py`)."""

    tiers: tuple[str, ...] = Field(min_length=1)
    languages: tuple[str, ...] = ()
    by: Literal["amount", "sources", "both"] = "both"


class Arm(Overrides):
    """One arm. `matched`: why it is there, where it is not a factor but a control, such as as many unique tokens of the
    same sources; told beside it. `match`: slices that are such a control are made from the corpus. `start`: from fresh
    weights, or on from the study's base. `merge`: how far from the base to what was trained the weights are taken
    (WiSE-FT, `train/convert/merge.py`): 1 is what was trained. `training_share`: of the study's budget, how much
    training may read; the rest is read in fine-tuning. Above 1 it reads more than the others do, which is for a control
    (`matched`)."""

    name: str = Field(pattern=SLUG)
    description: str = ""
    matched: str = ""
    match: Matched | None = None
    start: Literal["scratch", "base"] = "scratch"
    merge: float = Field(default=1.0, gt=0, le=1)
    training_share: float = Field(default=1.0, gt=0, le=100)

    @property
    def asked(self) -> tuple[object, ...]:
        """All in which an arm can differ."""
        return (*(tuple(map(_meant, getattr(self, step))) for step in STEPS), self.match, self.start, self.merge,
                self.training_share)  # fmt: skip


class BudgetSettings(Frozen):
    """What every run may spend on training: `tokens`, or `bytes` of text, or `flops`; one of them. The other two are
    reported. Fine-tuning comes on top, unless an arm's `training_share` leaves it a part. `base`: tokens on which a
    base is trained, 0 for as many as a run's `tokens`."""

    tokens: int = Field(default=0, ge=0)
    bytes: int = Field(default=0, ge=0)
    flops: float = Field(default=0.0, ge=0)
    base: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _is_one(self) -> BudgetSettings:
        if sum(bool(one) for one in (self.tokens, self.bytes, self.flops)) != 1:
            raise Wrong("a study has one budget: budget.tokens, budget.bytes or budget.flops", "budget",
                        "write one of them into [budget], and no other")  # fmt: skip
        return self


class PrimaryMetric(Frozen):
    """A score on which the verdict rests. `task`, `formulation`, `metric` and `part` as in `scores.parquet`."""

    task: str
    metric: str
    formulation: str = ""
    part: str = "all"


class Study(Frozen):
    """A study, whole. `corpus`, `tokenizer`, `train`, `tune`, `suite`: recipes, by file or shipped name; no `tune`: no
    fine-tuning. `base`: the recipe of a base, trained once a seed, that arms with `start = "base"` go on from; it reads
    the corpus of the recipe `general` (empty: the study's own corpus), to which its tokenizer is fitted, from which
    replay is drawn, and whose held-out text is measured too. `text`: a recipe of text that no arm trains on and that is
    measured for all of them; the held-out split of its build counts. `exams`: the folder of the suite's exams. `seeds`:
    how many, fixed before anything is looked at: each begins arms of one size and vocabulary with the same weights, and
    draws the order of all by one seed. `null`: whether a null arm is run, the first arm again from other seeds, which
    must differ in nothing. `sizes`: of the ladder, smallest first, where every arm is run in each of them. `curve`: how
    many times the suite is asked on the way, at even shares of the training. The first arm is the one that the others
    are compared with."""

    CALLED: ClassVar[str] = "study"
    name: str = Field(pattern=SLUG)
    question: str
    description: str = ""
    corpus: str = "samples"
    tokenizer: str = "quick-start"
    train: str = "quick-start"
    base: str = ""
    general: str = ""
    tune: str = ""
    suite: str = Field(min_length=1)
    text: str = ""
    exams: str = ""
    sets: Overrides = Overrides()
    seeds: int = Field(default=3, ge=1, le=100)
    null: bool = True
    sizes: tuple[str, ...] = ()
    curve: int = Field(default=0, ge=0, le=50)
    budget: BudgetSettings
    primary: tuple[PrimaryMetric, ...] = Field(min_length=1)
    arm: tuple[Arm, ...] = ()

    @model_validator(mode="after")
    def _arms_differ(self) -> Study:
        if (number := len(self.arm)) < FEWEST:
            raise Wrong(f"a study compares at least two arms, and this one has {number or 'none'}", "arm",
                        "write another [[arm]] table")  # fmt: skip
        names = [one.name for one in self.arm]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Wrong(f"two [[arm]] tables are named {twice[0]!r}; names must differ", f"[[arm]] {twice[0]}: name",
                        "give one of them another name")  # fmt: skip
        if "null" in names:
            raise Wrong("an arm cannot be named 'null': that is the first arm from other seeds", "[[arm]] null: name",
                        "give it another name")  # fmt: skip
        seen: dict[tuple[object, ...], str] = {}
        for one in self.arm:
            if one.asked in seen:
                raise Wrong(f"arms {seen[one.asked]!r} and {one.name!r} are equal: they would differ in nothing",
                            f"[[arm]] {one.name}", f"give it a {', '.join(DIFFER[:-1])} or {DIFFER[-1]} of its own, or "
                            "take it out; a null arm comes with null = true")  # fmt: skip
            seen[one.asked] = one.name
        if len(set(self.sizes)) < len(self.sizes):
            raise Wrong("a size is named twice in sizes", "sizes", "name each once")
        return self

    @model_validator(mode="after")
    def _arms_can_be_made(self) -> Study:
        if self.base and not (self.budget.base or self.budget.tokens):
            raise Wrong("nothing says how long the base is trained: set budget.base", "budget",
                        "write base = ... into [budget], in tokens")  # fmt: skip
        for one in self.arm:
            for key, told, mend in self._against(one):
                raise Wrong(told, f"[[arm]] {one.name}: {key}", mend)
        return self

    def _against(self, one: Arm) -> Iterator[tuple[str, str, str]]:
        """Why an arm cannot be made: the key, the sentence, and what to write."""
        based, name = one.start == "base", f"arm {one.name!r}"
        if based and not self.base:
            yield ("start", f'{name} has start = "base", and the study names no base: set base',
                   "write base = ... at the top, a recipe of training")  # fmt: skip
        if based and one.tokenizer:
            yield ("tokenizer", f"{name} goes on from the base with its tokenizer, and asks for another one",
                   "take tokenizer out of it")  # fmt: skip
        if not based and (one.merge < 1 or one.base):
            yield ("merge" if one.merge < 1 else "base", f"{name} has no base to merge with or to change: set start = "
                   '"base"', 'write start = "base" into it')  # fmt: skip
        if one.training_share > 1 and not one.matched:
            yield ("matched", f"{name} reads more than the budget: say in matched why",
                   "write matched = ... into it, or training_share = 1.0")  # fmt: skip
        if one.training_share < 1 and not self.budget.tokens:
            yield ("training_share", f"{name} leaves a rest for fine-tuning, which takes a budget in tokens",
                   "write tokens = ... into [budget] instead")  # fmt: skip
        if not self.tune and (one.tune or one.training_share < 1):
            yield ("tune" if one.tune else "training_share",
                   f"{name} speaks of fine-tuning, and the study names no recipe: set tune",
                   "write tune = ... at the top, a recipe of `train sft`")  # fmt: skip


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
