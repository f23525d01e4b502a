"""What comes behind an arm's training, fine-tuning and scoring, looked at before there is a model.

Takes what training will read (`eval/study/readings.py`); used by `eval/study/foreseen.py`. The examples of fine-tuning
and the questions of the suite are made by the code that will make them, with the arm's tokenizer and a model of its
shape without any weights: whether a question is too long for a model is told by its positions and its tokenizer alone.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch

from corpus.card import Card
from corpus.progress import Silent
from eval.generate.prompts import asking
from eval.likelihood.backend import NoMeter
from eval.likelihood.scorer import BATCH, Scorer, harness_of, tokenizer_of
from eval.run.exams import Answered, Asked, read_answered, read_tasks
from eval.run.too_long import refuse_too_long
from eval.study.advice import told_by
from eval.study.arms import Run
from eval.study.readings import YET, epochs_left, tuning
from eval.study.recipe import LoadedStudy
from eval.study.steps import suite_of
from tokenizer.opened import Opened
from train.base import fresh_config
from train.model_folder import ModelFolder
from train.models import class_of
from train.plan.dry_run import read_config
from train.prepare import Prepared
from train.sft.lesson import Lesson, choice_lesson, language_lesson
from train.sft.prepare import longest_of
from train.sft.recipe import SftRecipe
from train.sft.records import held_out, records


class Shape(NamedTuple):
    """A model to be: the `config` that it will have, its tokenizer, and whether it fills masks."""

    config: Any
    opened: Opened
    masked: bool


def shape_of(ready: Prepared) -> Shape:
    """That of the model which a prepared training gives."""
    return Shape(read_config(ready.base.config) if ready.base else fresh_config(ready), ready.opened, ready.masked)


class Exams(NamedTuple):
    """The exams of the suite, read. `drop`: whether questions that are too long are left out."""

    tasks: list[Asked]
    answered: list[Answered]
    drop: bool


def exams_of(loaded: LoadedStudy) -> Exams:
    """Read them. Raises `UserError`."""
    suite = suite_of(loaded)
    return Exams(read_tasks(suite)[0], read_answered(suite)[0], suite.suite.too_long == "drop")


def refuse_untaught(loaded: LoadedStudy, run: Run, shape: Shape) -> None:
    """Raises `UserError` for a fine-tuning of which no example is left, or that the rest of the budget cannot be
    spent on."""
    with told_by(loaded, run.arm, "tune"):
        more = ("epochs=1.0",) if run.arm.training_share < 1 else ()
        made = tuning(loaded, run, YET, *more)
        found, recipe = records(made), made.recipe
        held = held_out(found, recipe.held_out.share, recipe.held_out.most, recipe.seed)
        stand_in, tokenizer = _folder(shape, recipe), tokenizer_of(shape.opened.folder)
        longest = longest_of(recipe, stand_in)
        lesson: Lesson
        if recipe.head == "choice":
            lesson = choice_lesson(recipe, found, held, tokenizer, longest)
        else:
            lesson = language_lesson(recipe, found, held, tokenizer, longest, Silent())
        if run.arm.training_share < 1:
            tuning(loaded, run, YET, epochs_left(loaded, run, int(lesson.tokens[lesson.order].sum())))


def refuse_unscorable(loaded: LoadedStudy, run: Run, shape: Shape, exams: Exams) -> None:
    """Raises `UserError` for questions that the arm's model cannot read whole, where the suite leaves none out."""
    if exams.drop or shape.masked:
        return
    with told_by(loaded, run.arm, "suite"):
        recipe = tuning(loaded, run, YET).recipe if loaded.study.tune else None
        if recipe is None or recipe.head == "language" or loaded.study.curve:
            refuse_too_long(_scorer(shape, recipe, choice=False), exams.tasks)
        if recipe is not None and recipe.head == "choice":
            refuse_too_long(_scorer(shape, recipe, choice=True), exams.tasks)
        elif recipe is not None:
            asking(_scorer(shape, recipe, choice=False), exams.answered, drop=False)


def _folder(shape: Shape, recipe: SftRecipe | None) -> ModelFolder:
    """The folder of the model to be, as far as it can be known; of a fine-tuned one its card has the wording."""
    told = recipe.model_dump(mode="json") if recipe else {}
    card = Card(kind="model", name="", identity="", recipe=told, code="", versions={})
    return ModelFolder(shape.opened.folder, shape.config.to_dict(), (), "", card, shape.opened)


def _scorer(shape: Shape, recipe: SftRecipe | None, choice: bool) -> Scorer:
    """The model to be, opened to be asked how long its questions are."""
    config, tokenizer = shape.config, tokenizer_of(shape.opened.folder)
    with torch.device("meta"):
        model = class_of(config).from_config(config)
    harness = None if choice else harness_of(model, tokenizer, BATCH)
    return Scorer(_folder(shape, recipe), model, shape.opened, tokenizer, harness, choice, BATCH, NoMeter())
