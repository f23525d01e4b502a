"""Why no entry of an exam's file has an answer: a column that is not there, or answers that are not published.

Asked by `corpus/exams/read.py` of a file that gave no item. The two look alike to the reader of a form, and are mended
in different ways: the one by a name in the file, the other by another split.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path

from corpus.controls import visible
from corpus.errors import UserError
from corpus.exams.entry import Entry

HELD = 12  # fields that are named


def refuse_unanswered(entries: Sequence[Entry], fields: Sequence[str], file: Path) -> None:
    """`entries`: all of a file, none of which has an answer. `fields`: in any of which the form has it. Raises
    `UserError` where no entry has such a field at all."""
    held = list(dict.fromkeys(field for entry in entries for field in entry.row))
    if not fields or any(field in held for field in fields):
        return
    named = " or ".join(repr(field) for field in fields)
    raise UserError(f"No entry of the file has the field {named}, in which the right answer stands.",
                    f"{file}; its fields are {_listed(held)}", f"{_meant(fields, held)}name the field so; if the "
                    "answers of this split are not published, give a split with answers")  # fmt: skip


def refuse_none(count: int, path: Path) -> None:
    """Raises `UserError` for an exam of so many entries, none of which has an answer."""
    raise UserError(f"None of the {count:,} entries has an answer: this is a test whose answers are not published.",
                    str(path), "give a split with answers")  # fmt: skip


def _listed(held: Sequence[str]) -> str:
    more = f" and {len(held) - HELD:,} more" if len(held) > HELD else ""
    return visible(", ".join(held[:HELD]))[:400] + more


def _meant(fields: Sequence[str], held: Sequence[str]) -> str:
    """A question, where a field has nearly the name."""
    small = {field.lower(): field for field in held}
    near = [small[one] for field in fields for one in difflib.get_close_matches(field.lower(), list(small), n=1)]
    return f"did you mean {visible(near[0])[:60]!r}? " if near else ""
