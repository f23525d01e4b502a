"""The `[[label]]` and `[learn]` tables of a recipe: frozen, without behaviour.

Come from `corpus/recipe.py`, go to `corpus/learn/`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from corpus.condition import SLUG, Condition, Frozen

Task = Literal["relevance", "quality"]
Language = Literal["en", "zh"]


class Label(Frozen):
    """A weak label: documents that meet all of `when` are examples of the `value` of a `task`. The first label of a
    task whose conditions hold takes the document. `reason` says why such documents are, on the whole, that."""

    name: str = Field(pattern=SLUG)
    task: Task
    value: Literal["positive", "negative"]
    when: tuple[Condition, ...] = Field(min_length=1)
    reason: str = ""


class LearnSettings(Frozen):
    """`languages`: a classifier for each; `zh` is Chinese in every script, the classical language too. `per_label`: at
    most so many documents of a label and language are used. `held_back`: share of them, by groups of related
    documents, that is never trained on and tells how good a classifier is."""

    languages: tuple[Language, ...] = ("en", "zh")
    per_label: int = Field(default=4000, ge=50, le=1_000_000)
    held_back: float = Field(default=0.25, ge=0.1, le=0.8)
