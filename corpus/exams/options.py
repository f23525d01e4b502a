"""The ways in which publishers write the options of a question: a list, a mapping from letters, or one packed text.

Used by the readers of the forms; gives the letter of each option and its text.
"""

from __future__ import annotations

import re
from typing import Any

from corpus.exams.entry import Entry
from corpus.exams.item import LETTERS

# `A text`, `A. text`, `(A) text`, `A、text`: the letter with which an option of a packed text begins.
_LETTERED = re.compile(r"\s*\(?([A-Z])(?:[).．、:：]\s*|\s+)(?=\S)")
Named = tuple[str, tuple[str, ...]]  # the letters of the options as one text, and the options


def named(entry: Entry, field: str, separator: str = "\n") -> Named:
    """The options of a field whose value is a mapping `{"A": ...}`, a list of `{"key": "A", "value": ...}`, a list of
    texts, or one text whose options begin with their letters and are joined by `separator`."""
    value = entry.row.get(field)
    if not entry.has(field):
        entry.no_options(field)
    if isinstance(value, str):
        return _packed(entry, field, value, separator)
    if isinstance(value, dict):
        pairs = [(key, text) for key, text in value.items() if text is not None]  # Parquet: a slot that is not used
    elif isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        pairs = [(one.get("key"), one.get("value")) for one in value]
    elif isinstance(value, list):
        return LETTERS[: len(value)], entry.options(field, value)
    else:
        entry.fail(f"Options are a list, a mapping from letters or a text, and not {type(value).__name__}.", field)
    return _checked(entry, field, pairs)


def _packed(entry: Entry, field: str, value: str, separator: str) -> Named:
    pairs: list[tuple[Any, Any]] = []
    for part in value.split(separator):
        found = _LETTERED.match(part)
        if found is None:
            entry.fail(f"The option {part[:40]!r} does not begin with its letter.", field)
        pairs.append((found[1], part[found.end() :]))
    return _checked(entry, field, pairs)


def _checked(entry: Entry, field: str, pairs: list[tuple[Any, Any]]) -> Named:
    letters = [key.strip().upper() if isinstance(key, str) else "" for key, _ in pairs]
    if any(len(letter) != 1 or letter not in LETTERS for letter in letters) or len(set(letters)) != len(letters):
        entry.fail("The options are not lettered A, B, C, each once.", field)
    return "".join(letters), entry.options(field, (text for _, text in pairs))
