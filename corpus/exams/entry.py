"""One entry of an exam's file and its fields, with errors that say file, line, field and cure.

Made by `corpus/exams/read.py` from `corpus/sources/table_rows.py`; used by the reader of each form.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, NoReturn

from corpus.errors import UserError
from corpus.exams.item import LETTERS, ExamItem

MEND = "correct the entry, or take it out of the file"


class Entry:
    """`row`: the fields. `where`: file and line. `number`: of the entry in its file, from 1. `split` and `subject`: as
    told by the file's name and folder."""

    def __init__(self, row: dict[str, Any], where: str, number: int, split: str, subject: str = "") -> None:
        self.row, self.where, self.number, self.split, self.subject = row, where, number, split, subject

    def fail(self, what: str, field: str, mend: str = MEND) -> NoReturn:
        """Raise `UserError` about one field."""
        raise UserError(what, f"{self.where}, field {field!r}", mend)

    def refuse_halves(self) -> None:
        """Raise `UserError` for half a character (a lone surrogate), which JSON can spell and no text holds."""
        for field, value in self.row.items():
            if _halved(value):
                self.fail("The text holds half a character (a lone surrogate, \\ud800 to \\udfff).", field)

    def has(self, field: str) -> bool:
        """Does the entry have something in this field? An empty cell, null and NaN are nothing."""
        value = self.row.get(field)
        return not (value is None or value == "" or (isinstance(value, float) and math.isnan(value)))

    def text(self, field: str, required: bool = False) -> str:
        """The text of a field without blanks at its ends, "" where there is none. A number is its digits."""
        value = self.row.get(field) if self.has(field) else ""
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.fail(f"A text is expected here and not {type(value).__name__}.", field)
        if required and not value.strip():
            held = ", ".join(list(self.row)[:12])
            self.fail(
                f"The entry has no {field!r}; it has {held}.", field, f"{MEND}, or name the form that the file has"
            )
        return value.strip()

    def options(self, field: str, given: Iterable[Any]) -> tuple[str, ...]:
        """Options that are all texts, two to 26 of them."""
        options = tuple(given)
        if not options:
            self.no_options(field)
        if not all(isinstance(option, str) and option.strip() for option in options):
            self.fail("An option is empty or no text.", field)
        if not 2 <= len(options) <= len(LETTERS):
            self.fail(f"A question needs two to {len(LETTERS)} options, and this has {len(options)}.", field)
        return tuple(option.strip() for option in options)

    def no_options(self, field: str) -> NoReturn:
        """Raise `UserError` for an entry whose options are none."""
        self.fail(f"The entry has no options; a question needs two to {len(LETTERS)}.", field)

    def places(self, field: str, letters: str, names: str) -> tuple[int, ...]:
        """Which options the letters of an answer mean; `names` has the letter of each option in order."""
        if not letters or any(letter not in names for letter in letters) or len(set(letters)) != len(letters):
            self.fail(f"The answer {letters!r} is none of the options {', '.join(names)}.", field)
        return tuple(sorted(names.index(letter) for letter in letters))

    def item(self, exam: str, language: str, question: str, options: tuple[str, ...], answers: tuple[int, ...],
             *, key: str = "", context: str = "", explanation: str = "", subject: str = "", source_id: str = "",
             numbered: bool = False,
             ) -> ExamItem:  # fmt: skip
        """The entry as an item. `numbered`: the key is made of the entry's number, as it is where there is no key."""
        subject = subject or self.subject
        own = key or (f"{self.subject}:{self.number}" if self.subject else str(self.number))
        return ExamItem(f"{exam}:{self.split}:{own}", exam, self.split, language, subject, context, question, options,
                        answers, explanation, source_id, numbered or not key)  # fmt: skip


def _halved(value: Any) -> bool:
    if isinstance(value, str):
        return not value.isascii() and any("\ud800" <= one <= "\udfff" for one in value)
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(_halved(one) for one in inside)
