"""The `[annotate.*]` tables of a recipe: frozen, few, without behaviour.

Comes from `corpus/recipe.py`, goes to each annotator's `annotate`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


class LanguageSettings(BaseModel):
    """How languages are told. `cld2` needs no file; `fasttext` needs `model`, the path of lid.176 or GlotLID, or
    `download = true`, which fetches lid.176.ftz once and checks its pinned SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    method: Literal["cld2", "fasttext"] = "cld2"
    model: str = ""
    download: bool = False


class AnnotateSettings(BaseModel):
    """One table per annotator that has settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    language: LanguageSettings = LanguageSettings()
