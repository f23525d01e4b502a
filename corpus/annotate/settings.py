"""The `[annotate.*]` tables of a recipe: frozen, few, without behaviour.

Comes from `corpus/recipe.py`, goes to each annotator's `annotate`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class LanguageSettings(BaseModel):
    """How languages are told. `cld2` needs no file; `fasttext` needs `model`, the path of lid.176 or GlotLID, or
    `download = true`, which fetches lid.176.ftz once and checks its pinned SHA-256."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    method: Literal["cld2", "fasttext"] = "cld2"
    model: str = ""
    download: bool = False


class LearnedSettings(BaseModel):
    """`models`: a folder written by `corpus quality fit`, relative to the recipe. Without it, and without `[[label]]`
    tables that train models at build time, the learned signals are unknown."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    models: str = ""


class ModelFile(BaseModel):
    """One classifier as the annotator uses it: the calibrated probability is `1 / (1 + exp(-(slope * x + intercept)))`
    of the model's log-odds x, which never falls as x rises. Where the file lies is no part of what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    task: Literal["relevance", "quality"]
    language: str = Field(pattern=r"^[a-z]{2,3}$")
    sha256: str
    slope: float = Field(gt=0, allow_inf_nan=False)
    intercept: float = Field(allow_inf_nan=False)
    path: str = Field(exclude=True)


class LearnedModels(BaseModel):
    """What `[annotate.learned]` or the labels of a recipe come to: finished classifiers."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    files: tuple[ModelFile, ...] = ()


class AnnotateSettings(BaseModel):
    """One table per annotator that has settings."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    language: LanguageSettings = LanguageSettings()
    learned: LearnedSettings = LearnedSettings()
