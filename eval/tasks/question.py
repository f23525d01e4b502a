"""Question: one item of an exam as it is put to a model, whatever the exam and the formulation.

Made by `eval/tasks/ask.py` of an ExamItem (`corpus/exams/item.py`); scored by `eval/likelihood`, which tells how likely
each continuation is after the context.

    letters   the options are listed with their letters, and the letters are the continuations: what is published
    cloze     the options are not listed, and their texts are the continuations: models that are too small to tell
              letters apart are compared by it (OLMES, arXiv 2406.08446; DataDecide)
    subsets   letters, of which several may be right: every non-empty set of them is a continuation, ended by a line
              break, without which "A" would always be likelier than "AB"
"""

from __future__ import annotations

from typing import NamedTuple

LETTERS, CLOZE, SUBSETS = "letters", "cloze", "subsets"
FORMULATIONS = (LETTERS, CLOZE, SUBSETS)


class Question(NamedTuple):
    """`item`: its id. `shared`: what other questions of the task begin with too (a description, examples), and `asked`
    the rest of what is read before a continuation. `continuations`: what is scored, in order of the options or sets.
    `right`: indices of the right ones among these. `sizes`: characters and UTF-8 bytes of each, without the space or
    line break around it."""

    item: str
    shared: str
    asked: str
    continuations: tuple[str, ...]
    right: tuple[int, ...]
    characters: tuple[int, ...]
    bytes: tuple[int, ...]

    @property
    def context(self) -> str:
        """All that is read before a continuation."""
        return self.shared + self.asked
