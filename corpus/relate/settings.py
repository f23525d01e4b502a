"""The `[relate]` table of a recipe: frozen, without behaviour.

Comes from `corpus/recipe.py`, goes to `corpus/relate/stage.py`. Which relations cost a document its place is no matter
of this stage but of `[decide]`.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class RelateSettings(BaseModel):
    """`terms`: text files with one term a line (drug names), relative to the recipe; where two near copies have one of
    them in the place of another, neither stands for the other."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    terms: str | tuple[str, ...] = ()
