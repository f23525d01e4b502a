"""What a step of the road advises, in the words of the study that set it to work.

A run's corpus, tokenizer, model and scores are made by the floors below. Their errors name keys of their own recipes
and flags of their own commands, which a study's file does not have. `told_by` takes such an error (of
`eval/study/steps.py`, `eval/study/foreseen.py` and `eval/study/standing.py`) and puts beside each key the list of
the study in which it stands or is to be written; what the study itself gives, such as its budget, gets the study's own
name. Which words are keys is read off the models of the recipes: a key that they get is known here at once.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pydantic import BaseModel

from corpus.errors import UserError
from corpus.recipe import Recipe
from eval.run.recipe import Suite
from eval.study.recipe import Arm, LoadedStudy
from tokenizer.recipe import FitRecipe
from train.recipe import TrainRecipe
from train.sft.recipe import SftRecipe


class Step(NamedTuple):
    """A step of the road. `recipe`: its recipe's model. `failed`: what cannot be done, of which arms. `given`: keys of
    that recipe that the study gives itself, each with the study's key. `file`: the study's key that names the recipe,
    where the study lays no values over it."""

    recipe: type[BaseModel]
    failed: str
    given: Mapping[str, str] = MappingProxyType({})
    file: str = ""


STEPS = {
    "corpus": Step(Recipe, "the corpus of {arms} cannot be built."),
    "general": Step(Recipe, "the general corpus cannot be built.", file="general"),
    "text": Step(Recipe, "the text that is measured cannot be built.", file="text"),
    "tokenizer": Step(FitRecipe, "the tokenizer of {arms} cannot be fitted.", {"corpus": "corpus"}),
    "base": Step(TrainRecipe, "the base of {arms} cannot be trained.",
                 {"budget.tokens": "budget.base", "seed": "seeds", "corpus": "general", "tokenizer": "tokenizer"}),
    "train": Step(TrainRecipe, "{arms} cannot be trained.",
                  {"seed": "seeds", "corpus": "corpus", "tokenizer": "tokenizer", "model.base": "base",
                   "replay.corpus": "general"}),
    "tune": Step(SftRecipe, "{arms} cannot be fine-tuned.", {"seed": "seeds"}),
    "suite": Step(Suite, "{arms} cannot be scored.", {"bits.corpora": "text"}, "suite"),
}  # fmt: skip
FLAGS = {"--store": "--out", "--exams": "exams"}  # of the steps' commands, and what stands for them here

UNKNOWN = "has an unknown key"  # of `corpus/invalid.py`
BOTH = re.compile(r"--out (?:and|or) (?:an? )?--store")  # which are one here

# A value for `--set`; a table of a list, with its name; a key with " = " and its value; a key alone, which is `a.b` or
# `a_b`, as no prose has it; a flag.
SPOKEN = re.compile(
    r"--set '?(?P<set>[a-z_][\w.-]*=[^\s;,']+)'?"
    r"|\[\[(?P<table>\w+)\]\](?P<name> (?!(?:of|or|and|with|that)\b)[\w.-]+)?"
    r"|(?<![\w./-])(?P<assigned>[a-z_]+(?:\.[a-z_]+)*) = \"?(?P<value>[\w.-]+)\"?"
    r"|(?<![\w./-])(?P<key>[a-z_]+(?:\.[a-z_]+)+|[a-z]+_[a-z_]+)(?![\w/-])(?!\.\w)"
    r"|(?P<flag>--[a-z]+)(?![\w-])"
)


class InStudy(UserError):
    """An error that speaks of the study already. `cause`: what the step said; `arm`, `step`: of which."""

    def __init__(self, what: str, where: str, mend: str, cause: UserError | None = None, arm: Arm | None = None,
                 step: str = "") -> None:  # fmt: skip
        super().__init__(what, where, mend)
        self.cause, self.arm, self.step = cause, arm, step


@contextlib.contextmanager
def told_by(loaded: LoadedStudy, arm: Arm, step: str) -> Iterator[None]:
    """What a step of an arm refuses inside is refused in the words of the study."""
    try:
        yield
    except InStudy:
        raise
    except UserError as error:
        raise in_study(error, loaded, [arm], step) from None


def in_study(error: UserError, loaded: LoadedStudy, arms: Sequence[Arm], step: str) -> InStudy:
    """The error as the study's reader understands it: which arms, where in the file, and what to write there."""
    words = _Words(loaded, arms[0], step, error.where)
    at = f"{loaded.file}: {words.at}" if words.at and len(arms) == 1 else str(loaded.file)
    where = "; ".join(part for part in (at, words.of(error.where)) if part)
    failed = STEPS[step].failed.format(arms=_named(arms))
    # What is said of a key that there is none of names those beside it, and `where` tells the list they belong to.
    told, mend = (text if UNKNOWN in error.what else words.of(text) for text in (error.what, error.mend))
    return InStudy(f"{failed[0].upper()}{failed[1:]} {told}", where, mend, error, arms[0], step)


def _named(arms: Sequence[Arm]) -> str:
    names = [repr(arm.name) for arm in arms]
    return f"arm {names[0]}" if len(names) == 1 else f"arms {', '.join(names[:-1])} and {names[-1]}"


class _Words:
    """The words of a step of an arm, put into those of the study. `where`: what the error is about; if that is a value
    of the arm, what is to be written belongs beside it."""

    def __init__(self, loaded: LoadedStudy, arm: Arm, step: str, where: str) -> None:
        self.loaded, self.study, self.arm, self.step = loaded, loaded.study, arm, step
        study = loaded.study
        self.file = STEPS[step].file
        self.own = () if self.file else tuple(getattr(arm, step))
        self.common = () if self.file else tuple(getattr(study.sets, step))
        self.of_arm = any(f"--set {one}" in where for one in self.own)
        self.keys = keys_of(STEPS[step].recipe)
        self.given = dict(STEPS[step].given)
        if step == "train":
            kinds = ("tokens", "bytes", "flops")
            self.given["budget.tokens"] = next(f"budget.{kind}" for kind in kinds if getattr(study.budget, kind))
        if step == "tune" and arm.training_share < 1:
            self.given["epochs"] = "training_share"
        if step in ("train", "base") and study.sizes:
            self.given["model.size"] = "sizes"

    @property
    def at(self) -> str:
        """Where in the study the arm says what it wants of the step."""
        if self.file:
            return f'{self.file} = "{getattr(self.study, self.file)}"'
        return f"[[arm]] {self.arm.name}{f': {self.step}' if self.own else ''}"

    def of(self, text: str) -> str:
        """A text of an error."""
        whole = self._full(text)
        if whole:
            return self._key(whole)
        said = {f"--set {one}": f"'{one}' in {self.step} of {place}" for place, sets in
                (("[sets]", self.common), (f"[[arm]] {self.arm.name}", self.own)) for one in sets}  # fmt: skip
        given = "|".join(re.escape(one) for one in sorted(said, key=len, reverse=True))
        text = BOTH.sub("--out", text)
        pieces = re.split(f"({given})", text) if given else [text]
        return "".join(said.get(piece) or SPOKEN.sub(self._spoken, piece) for piece in pieces)

    def _spoken(self, found: re.Match[str]) -> str:
        said = found[0]
        if found["set"]:
            return self._written(*found["set"].split("=", 1))
        if found["assigned"]:
            key = self._full(found["assigned"])
            return self._written(key, found["value"]) if key else said
        if found["table"]:
            return f"{said} (in {self._of_table(found['table'])})" if found["table"] in self.keys else said
        if found["flag"]:
            return FLAGS.get(said, said)
        key = self._full(said)
        return self._key(key) if key else said

    def _written(self, key: str, value: str) -> str:
        """A value as it is to be written."""
        if key in self.given:
            return self.given[key]
        spelt = f"{key}={value}"
        return f"{spelt} in {self._place(key)}" if self.file else f'"{spelt}" in {self._place(key)}'

    def _of_table(self, name: str) -> str:
        """Where a table of a list stands, which may be in the recipe that the study names."""
        matched = name == "slice" and self.step == "train" and self.arm.match is not None
        if self.file or matched or self._stands(name):
            return self._place(name)
        return f"{getattr(self.study, self.step)}, which {self.step} names"

    def _stands(self, key: str) -> bool:
        return any(_about(one, key) for one in (*self.own, *self.common))

    def _key(self, key: str) -> str:
        """A key and where it stands, or is to be written."""
        if key in self.given:
            return self.given[key]
        as_written = "" if self.file or self._stands(key) else f'as "{key}=..." '
        return f"{key} ({as_written}in {self._place(key)})"

    def _full(self, name: str) -> str:
        """The dotted key that a name means, which may be its last part alone; empty where it means none."""
        if name in self.keys:
            return name
        ends = [key for key in self.keys if key.rpartition(".")[2] == name]
        return ends[0] if len(ends) == 1 else ""

    def _place(self, key: str) -> str:
        """The list of the study in which a key stands, or may be written."""
        if key == "slice" and self.step == "train" and self.arm.match is not None:
            return f"match of [[arm]] {self.arm.name}"
        if self.file:
            name = getattr(self.study, self.file)
            return name if (self.loaded.base / name).is_file() else f'a file of your own, extends = ["{name}"]'
        if self.of_arm or any(_about(one, key) for one in self.own):
            return f"{self.step} of [[arm]] {self.arm.name}"
        return f"{self.step} of [sets]"


def _about(text: str, key: str) -> bool:
    """Whether a `--set` value gives a key, all of its table, or a part of it."""
    name = text.partition("=")[0].strip()
    return name == key or name.startswith(f"{key}.") or key.startswith(f"{name}.")


def keys_of(recipe: type[BaseModel], before: str = "") -> frozenset[str]:
    """Every dotted key of a recipe and the names of its tables; of lists of tables the name alone."""
    found = set[str]()
    for name, field in recipe.model_fields.items():
        found.add(f"{before}{name}")
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            found |= keys_of(field.annotation, f"{before}{name}.")
    return frozenset(found)
