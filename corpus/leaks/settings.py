"""What a recipe says of exams that the corpus must not hold, and the index that this comes to.

Read from TOML by `corpus/recipe.py`; `corpus/leaks/stage.py` makes the index, `corpus/annotate/exam_overlap.py` asks
it.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from corpus.condition import SLUG, Frozen


class ExamSettings(Frozen):
    """An exam whose items documents must not give away. `path`: its file, relative to the recipe's, or where it comes
    as a table a subject the folder; `$VARIABLES` are expanded. `form`: of the file, one of those that
    `corpus/exams/read.py` reads (`cmexam`, `medqa-us`, `medmcqa`, ..., `plain`). `split`: where the file's name does
    not tell it."""

    name: str = Field(pattern=SLUG)
    form: str
    path: str
    split: str = ""


class ExamIndexFile(BaseModel):
    """A finished index. `key` is made of the exams' bytes and of the code that reads them; where the index lies is no
    part of what it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    key: str
    folder: str = Field(exclude=True)
