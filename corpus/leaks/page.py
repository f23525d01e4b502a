"""A document that is looked at closely: its text, the text bare, and the way back from one to the other.

Made by `corpus/annotate/exam_overlap.py`; read by `corpus/leaks/listed.py` and `corpus/leaks/verify.py`.
"""

from __future__ import annotations

from typing import NamedTuple

from corpus.text.codepoints import Ints
from corpus.text.fold import folded


class Page(NamedTuple):
    """A document: its text, the text bare, and where each bare character stands."""

    text: str
    bare: str
    origin: Ints

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The characters of the text that bare ones are."""
        return int(self.origin[start]), int(self.origin[end - 1]) + 1

    def folded(self, start: int, end: int) -> str:
        """What stands there, folded."""
        first, last = self.span(start, end)
        return folded(self.text[first:last])
