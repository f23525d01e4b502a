"""Does the field map of a recipe fit the table? Asked before work starts, on the first rows.

Called by the build with a file of each source; a field that no row has is a slip of the user, who is told which fields
there are. Broken rows are no concern here: they are quarantined when the file is read.
"""

from __future__ import annotations

import difflib
from itertools import islice
from typing import Any

from corpus.errors import UserError
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.decoded import known_encoding
from corpus.sources.settings import TableSettings
from corpus.sources.table_fields import MISSING, TooDeep, as_text, lookup, names_of, text_fields
from corpus.sources.table_formats import rows
from corpus.sources.table_rows import Row
from corpus.text.decode import Undecodable

LOOKED_AT = 1000  # rows: fields that are left out where they are empty may not be in the first
FOR_LENGTH = 20  # rows: enough to tell which field holds the text
ENOUGH = 16 << 20  # characters, where rows are long


def check(file: InputFile, settings: TableSettings) -> None:
    """Raises `UserError` for an unknown encoding, for a text or id field that no row has, and for any other field
    that no row has but one of a similar name."""
    where = f'[[source]] "{settings.name}"'
    if settings.encoding and not known_encoding(settings.encoding):
        mend = 'set encoding = "gb18030", "big5", "utf-8", ..., or leave it out'
        raise UserError(f"There is no encoding named {settings.encoding!r}.", f"encoding in {where}", mend)
    if not all(text_fields(settings)) or not text_fields(settings):
        raise UserError("The recipe names no field for the text.", f"text in {where}", 'set text = "text", or a list')
    fields = [("text", name, True) for name in text_fields(settings)] + [("id", settings.id, True)]
    fields += [
        (key, getattr(settings, key), False) for key in ("title", "licence_field", "language_field", "date", "url")
    ]
    fields += [("meta", name, False) for name in settings.meta]
    wanted = {name for _, name, _ in fields if name}
    rows = _first_rows(file, settings, wanted)
    if not rows:
        return
    names = dict.fromkeys(name for row in rows for name in row.value)
    for key, name, needed in fields:
        if name not in wanted:
            continue
        close = difflib.get_close_matches(name, names, n=1)
        if needed or close:
            # The text is most likely the longest field.
            better = close[0] if close else (_longest(rows) if key == "text" else "...")
            mend = f'set {key} = "{better}" in {where}; fields found: {names_of(names)}{_hint(file, settings)}'
            raise UserError(f"No row has the field {name!r} that the recipe names as {key}.", file.name, mend)


def _first_rows(file: InputFile, settings: TableSettings, wanted: set[str]) -> list[Row]:
    """As many rows as it takes to see every wanted field, which are taken from `wanted`."""
    found: list[Row] = []
    size = 0
    try:
        for row in islice(rows(file, settings), LOOKED_AT):
            if isinstance(row, Row):
                found.append(row)
                size += sum(_size(value) for value in row.value.values())
                wanted -= {name for name in wanted if _has(row, name)}
            if size > ENOUGH or not wanted:
                break
    except (Undecodable, TruncatedFile, DecompressionBomb):
        pass
    return found


def _has(row: Row, name: str) -> bool:
    """Whether a row has the field; one nested too deeply to tell is quarantined when it is read."""
    try:
        return lookup(row.value, name) is not MISSING
    except TooDeep:
        return True


def _size(value: Any) -> int:
    """Characters of a cell; those of one nested too deeply are no text."""
    try:
        return len(as_text(value))
    except TooDeep:
        return 0


def _longest(rows: list[Row]) -> str:
    sizes: dict[str, int] = {}
    for row in rows[:FOR_LENGTH]:
        for name, value in row.value.items():
            sizes[name] = sizes.get(name, 0) + _size(value)
    return max(sizes, key=lambda name: sizes[name], default="...")


def _hint(file: InputFile, settings: TableSettings) -> str:
    delimited = settings.format in ("csv", "tsv") or file.name.lower().removesuffix(".gz").endswith((".csv", ".tsv"))
    return "; if these are no names but a first row, name the columns: columns = [...]" if delimited else ""
