"""A condition of a recipe: a signal, a comparison, a threshold. Rules, tiers and labels are made of them.

Read from TOML by `corpus/recipe.py`, `corpus/learn/settings.py`; applied to facts by `corpus/judge.py`.
"""

from __future__ import annotations

import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

Threshold = bool | int | float | str | tuple[str, ...]
Comparison = Literal[">=", ">", "<=", "<", "==", "!=", "in", "not-in"]
SLUG = r"^[a-z0-9][a-z0-9._-]*$"


class Frozen(BaseModel):
    """Unknown keys and numbers that are not finite are refused; values cannot change after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Condition(Frozen):
    """`signal comparison threshold`, for instance `english.words >= 50`. An unknown (null) signal never holds."""

    model_config = ConfigDict(allow_inf_nan=True)  # told below: among the kinds of a threshold it would be a riddle

    signal: str
    comparison: Comparison
    threshold: Threshold

    @model_validator(mode="after")
    def _threshold_fits_comparison(self) -> Condition:
        if isinstance(self.threshold, float) and not math.isfinite(self.threshold):
            raise ValueError("the threshold must be a finite number")
        listed = isinstance(self.threshold, tuple)
        if listed != (self.comparison in ("in", "not-in")):
            raise ValueError(
                f"comparison {self.comparison!r} wants a {'list' if not listed else 'single value'} as threshold"
            )
        if self.comparison in (">=", ">", "<=", "<") and isinstance(self.threshold, bool | str):
            raise ValueError(f"comparison {self.comparison!r} wants a number as threshold, not {self.threshold!r}")
        return self
