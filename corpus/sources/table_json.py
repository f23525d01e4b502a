"""JSON tables: JSONL line by line, JSON arrays and objects element by element, neither held in memory.

Bytes come from `InputFile.chunks`; rows and faults go to `table.py`. Which of the two a file is, its content says and
not its name: plenty of `.json` files are JSONL (`of_lines`). orjson reads the lines; what it refuses is read again with
the standard library, which knows where the fault is, and which takes NaN (as null) and lone surrogates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson

from corpus.files import InputFile
from corpus.sources.decoded import encoding_of, gather, pieces, resumed
from corpus.sources.json_cursor import BadValue, Cursor
from corpus.sources.settings import TableSettings
from corpus.sources.table_fields import MISSING, TooDeep, lookup, text_fields
from corpus.sources.table_rows import Fault, Row, as_row, too_large
from corpus.text.decode import canonical

SNIFFED = 1 << 20
_BOM = b"\xef\xbb\xbf"
_LOOKED_AT = 5  # lines, to tell JSONL although the first is broken
_LENIENT = json.JSONDecoder(strict=False, parse_constant=lambda _: None)


def rows(file: InputFile, settings: TableSettings, lines: bool | None = None) -> Iterator[Row | Fault]:
    """The rows of a JSONL (`lines`) or JSON file; None: look which it is.

    Raises `Undecodable` when the file is no text, `TruncatedFile` and `DecompressionBomb` after the last whole row.
    """
    chunks = file.chunks()
    head, _, failure = gather(chunks, SNIFFED)
    encoding = _encoding(head, settings.encoding)
    if lines is None:
        named = file.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson"))
        lines = of_lines(head.decode(encoding, "replace"), named)
    if not lines:
        return _elements(Cursor(pieces(file, settings.encoding), settings.max_record_bytes), settings)
    if encoding == "utf-8":
        return _lines(resumed(head, chunks, failure), settings.max_record_bytes)
    return _lines(
        (piece.encode("utf-8", "surrogatepass") for piece in pieces(file, encoding)), settings.max_record_bytes
    )


def _encoding(head: bytes, declared: str) -> str:
    """UTF-8, as JSON must be, unless most lines that could tell are something else: one bad line is just that."""
    if canonical(declared) not in ("", "utf-8"):
        return encoding_of(head, declared)
    if b"\0" in head[:4096] and not head.startswith(_BOM):
        return encoding_of(head)
    telling = [line for line in head.split(b"\n")[:-1] or [head] if not line.isascii()]
    valid = sum(1 for line in telling if _utf8(line) is not None)
    return "utf-8" if 2 * valid >= len(telling) else encoding_of(head)


def _utf8(line: bytes) -> str | None:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return None


def of_lines(head: str, named: bool) -> bool:
    """Is this JSONL? By its name, unless an array or an object over many lines begins it; under another name when one
    of the first lines is an object of its own and another line follows it."""
    text = head.lstrip("\ufeff \t\r\n")
    lines = [line for line in text.split("\n")[: 20 * _LOOKED_AT] if line.strip()]
    if not lines or lines[0].strip() == "[" or re.match(r"\[\s*[{\"]", text):
        return False
    if named and not text.startswith("["):
        return lines[0].strip() != "{"
    # A single line is read as JSON, which may wrap a table; several objects are told there as well.
    return len(lines) > 1 and any(isinstance(_read(line), dict) for line in lines[:_LOOKED_AT])


def _read(line: str) -> Any:
    try:
        return _LENIENT.decode(line)
    except (ValueError, RecursionError):
        return None


def _lines(chunks: Iterator[bytes], limit: int) -> Iterator[Row | Fault]:
    """The rows of JSONL. Blank lines are none."""
    for number, (line, size) in enumerate(split_lines(chunks, limit), 1):
        if line is None:
            yield too_large(f"line {number:,}", size, limit)
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            if line.strip():
                yield _line_again(line, number)
            continue
        yield Row(value, f"line {number:,}") if type(value) is dict else as_row(value, f"line {number:,}")


def split_lines(chunks: Iterator[bytes], limit: int) -> Iterator[tuple[bytes | None, int]]:
    """Lines and their size; None instead of a line beyond `limit`, of which no more than that is ever held."""
    held, size = list[bytes](), 0
    for chunk in chunks:
        first, *others = chunk.split(b"\n")
        size += len(first)
        if size <= limit:
            held.append(first)
        else:
            held.clear()
        if not others:
            continue
        yield (b"".join(held) if size <= limit else None), size
        for line in others[:-1]:
            yield (line if len(line) <= limit else None), len(line)
        held, size = [others[-1]], len(others[-1])
    if size:
        yield (b"".join(held) if size <= limit else None), size


def _line_again(line: bytes, number: int) -> Row | Fault:
    """A line that orjson refuses: what is wrong, or what it says if it is merely unusual."""
    where = f"line {number:,}"
    try:
        text = line.removeprefix(_BOM).decode()
    except UnicodeDecodeError as error:
        return Fault("undecodable", f"{where}: byte {error.start + 1:,} cannot be decoded")
    try:
        return as_row(_LENIENT.decode(text), where)
    except json.JSONDecodeError as error:
        return Fault("json-syntax", f"{where}, column {error.colno:,}: {error.msg}")
    except RecursionError:
        return Fault("json-syntax", f"{where}: nested too deeply")
    except ValueError as error:  # an integer of thousands of digits
        return Fault("json-syntax", f"{where}: {error}")


def _elements(cursor: Cursor, settings: TableSettings) -> Iterator[Row | Fault]:
    """The rows of JSON: of its one array, of an object that wraps arrays or maps ids to rows, or of one object."""
    try:
        if cursor.peek() == "[":
            yield from _array(cursor, "element")
        else:
            yield from _objects(cursor, settings)
        if cursor.peek():
            yield Fault("json-syntax", f"{cursor.place()}: something follows the end of the table")
    except BadValue as error:
        yield Fault(error.cause, error.detail)


def _array(cursor: Cursor, name: str) -> Iterator[Row | Fault]:
    """Element by element; one that is broken is passed over by its brackets."""
    cursor.take("[")
    number = 0
    while cursor.peek() not in ("]", ""):
        number += 1
        where = f"{name} {number:,}"
        try:
            yield as_row(cursor.value(), where)
        except BadValue as error:
            yield Fault(error.cause, f"{where}, {error.detail}{cursor.skip()}")
        if cursor.peek() != "]":
            cursor.take(",")
    cursor.take("]")


def _objects(cursor: Cursor, settings: TableSettings) -> Iterator[Row | Fault]:
    """One object, or several written one after the other over many lines."""
    number = 0
    while cursor.peek() == "{":
        number += 1
        try:
            value = cursor.value()
        except BadValue as error:
            if error.cause != "oversize":
                raise
            yield from _members(cursor)
        else:
            yield from _unwrapped(value, number, settings)


def _unwrapped(value: dict[str, Any], number: int, settings: TableSettings) -> Iterator[Row | Fault]:
    """What an object holds that fits into memory: is it a row, or are the rows inside?"""
    try:
        is_row = any(lookup(value, name) is not MISSING for name in text_fields(settings))
    except TooDeep as error:
        yield Fault("not-text", f"object {number:,}: {error}")
        return
    arrays = {name: inner for name, inner in value.items() if isinstance(inner, list) and inner}
    of_objects = {name: inner for name, inner in arrays.items() if isinstance(inner[0], dict)}
    wrapped = of_objects or (arrays if len(arrays) == 1 else {})
    if not is_row and wrapped:
        for name, inner in wrapped.items():
            yield from (as_row(row, f"element {count:,} of {name!r}") for count, row in enumerate(inner, 1))
    elif not is_row and value and all(isinstance(inner, dict) for inner in value.values()):
        yield from (_mapped(name, inner) for name, inner in value.items())
    elif value:
        yield Row(value, f"object {number:,}")


def _mapped(name: str, row: dict[str, Any]) -> Row:
    """A row that is known by its name in an object; it becomes the field "key"."""
    return Row({"key": name} | row, f"entry {name[:80]!r}")


def _members(cursor: Cursor) -> Iterator[Row | Fault]:
    """An object too large to be a row: its arrays hold rows, its objects are rows, all else describes the table."""
    cursor.take("{")
    while cursor.peek() not in ("}", ""):
        name = cursor.value()
        if not isinstance(name, str):
            raise BadValue("json-syntax", f"{cursor.place()}: the name before this is no string; no way on from here")
        cursor.take(":")
        if cursor.peek() == "[":
            yield from _array(cursor, f"element of {name[:80]!r}")
        else:
            try:
                value = cursor.value()
                if isinstance(value, dict):
                    yield _mapped(name, value)
            except BadValue as error:
                yield Fault(error.cause, f"{name[:80]!r}, {error.detail}{cursor.skip()}")
        if cursor.peek() != "}":
            cursor.take(",")
    cursor.take("}")
