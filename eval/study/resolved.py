"""What the arms of a study come to when all their values are laid over the recipes, and which of them come to the same.

Takes a study (`eval/study/recipe.py`) and the recipes that it names; used by `eval/study/foreseen.py` before anything
is made. Two arms that are spelt differently may still ask the same: one that repeats a value of the study, or that sets
what the study sets itself, such as the seed. They would be trained for all seeds to show a difference of nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from corpus.errors import UserError
from corpus.recipe_file import load_recipe
from corpus.store import sha256_json
from eval.study.advice import InStudy
from eval.study.arms import Run
from eval.study.readings import YET, basing, named_file, sets_of, tuning
from eval.study.recipe import Arm, LoadedStudy
from tokenizer.recipe import load_fit
from train.recipe import LoadedTrain, load_train

WORDS = ("name", "description")  # of a recipe, which change nothing that is made by it


def training_of(loaded: LoadedStudy, run: Run) -> LoadedTrain:
    """The recipe of a run's training, where its corpus may be yet to be built. Raises `UserError`."""
    based = (f"model.base={YET}", f"replay.corpus={YET}") if run.arm.start == "base" else ()
    sized = (f"model.size={run.size}",) if run.size and not based else ()
    matched = ("slice=[{name='matched'}]",) if run.arm.match else ()
    sets = (*sets_of(loaded, run.arm, "train"), *matched, *based, *sized, "budget.tokens=1", f"seed={run.seed}")
    return load_train(named_file(loaded, loaded.study.train), sets)


def equal_arms(loaded: LoadedStudy) -> Iterator[InStudy]:
    """Of each arm that comes to the same as one before it, that it does. Arms whose recipes cannot be used are none of
    them: that is told elsewhere."""
    seen = dict[str, str]()
    for arm in loaded.study.arm:
        with contextlib.suppress(UserError):
            before = seen.setdefault(sha256_json(_resolved(loaded, arm)), arm.name)
            if before != arm.name:
                yield InStudy(
                    f"Arms {before!r} and {arm.name!r} are equal: laid over the study's recipes, all their values come "
                    "to the same.", f"{loaded.file}: [[arm]] {arm.name}",
                    "give it a value that is not that of the study already, or take it out; a null arm comes with null "
                    "= true")  # fmt: skip


def _resolved(loaded: LoadedStudy, arm: Arm) -> dict[str, Any]:
    """All that decides what an arm makes, of one seed and size. Raises `UserError`."""
    study, run = loaded.study, Run(arm, arm.name, 0, 0, loaded.study.sizes[0] if loaded.study.sizes else "")
    steps: dict[str, Any] = {
        "corpus": load_recipe(named_file(loaded, study.corpus), sets_of(loaded, arm, "corpus")).recipe,
        "train": training_of(loaded, run).recipe,
    }
    if arm.start == "base":
        steps["base"] = basing(loaded, run).recipe
    else:
        steps["tokenizer"] = load_fit(named_file(loaded, study.tokenizer), sets_of(loaded, arm, "tokenizer")).recipe
    if study.tune:
        steps["tune"] = tuning(loaded, run, YET, *(("epochs=1.0",) if arm.training_share < 1 else ())).recipe
    told = {step: recipe.model_dump(mode="json", exclude=set(WORDS)) for step, recipe in steps.items()}
    told["train"]["slice"] = _shares(told["train"]["slice"])
    match = {key: sorted(set(value)) if isinstance(value, tuple) else value
             for key, value in arm.match.model_dump().items()} if arm.match else None  # fmt: skip
    return {**told, "match": match, "start": arm.start, "merge": arm.merge,
            "training_share": arm.training_share}  # fmt: skip


def _shares(slices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Slices without their names, and with their parts of the whole for weights, which are relative."""
    weights = [1.0 if one["weight"] is None else float(one["weight"]) for one in slices]
    return [{**one, "name": "", "weight": weight / (sum(weights) or 1.0)}
            for one, weight in zip(slices, weights, strict=True)]  # fmt: skip
