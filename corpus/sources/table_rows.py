"""One row of a table, and the three ways in which its reader may fail.

The readers of the formats (`table_json.py`, `table_csv.py`, `table_parquet.py`) yield these; `table.py` counts them
and `table_fields.py` makes records of them.
"""

from __future__ import annotations

from typing import Any, NamedTuple


class Row(NamedTuple):
    """`value` by field name; `where` is its place for a reader ("line 3", "element 12", "row 7")."""

    value: dict[str, Any]
    where: str


class Fault(NamedTuple):
    """An entry that is none: the `cause` and `detail` of its `Broken`. The reader goes on behind it, or ends."""

    cause: str
    detail: str


def as_row(value: Any, where: str) -> Row | Fault:
    """A JSON value as a row: an object is one, a string is its field "text"; nothing else has named fields."""
    if isinstance(value, dict):
        return Row(value, where)
    if isinstance(value, str):
        return Row({"text": value}, where)
    kinds = {list: "an array", bool: "true or false", int: "a number", float: "a number"}
    return Fault("not-a-row", f"{where}: {kinds.get(type(value), 'null')} where an object with fields is expected")


def too_large(where: str, size: int, limit: int) -> Fault:
    """An entry beyond `max_record_bytes`."""
    return Fault("oversize", f"{where}: {size:,} bytes, more than {limit:,} (max_record_bytes)")
