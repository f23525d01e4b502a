"""CSV and TSV tables, row by row: quoted line ends, any encoding, with or without a header row.

Text comes in pieces from `decoded.py`; rows and faults go to `table.py`. A quote that is never closed would swallow
the rest of the file, silently, in Python's reader as in most, and two of them would make one row of many: here the
line in which it stands is set aside and reading goes on with the next one. So is a row with more cells than the
header, whose text may have been cut at a comma.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Iterator
from typing import Any

from corpus.files import InputFile
from corpus.sources.decoded import pieces
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Fault, Row, too_large

DELIMITERS = (",", "\t", ";", "|")  # in the order in which they are believed
REWINDS = 200  # unclosed quotes after which a file is no longer read again from the next line: each costs time
SAMPLE = 1 << 16  # characters that tell whether a TSV uses quotes
_OPENED = re.compile(r'(?:^|\t)"', re.MULTILINE)
_QUOTED = re.compile(r'(?:^|\t)"(?:[^"]|"")*+"(?=\t|$)', re.MULTILINE)


class _Unclosed(Exception):
    """The text, or as much of it as may be held, ends within quotes."""


class _Overlong(Exception):
    """A line of more bytes (`args[0]`) than may be held; it is gone."""


def rows(file: InputFile, settings: TableSettings, tabs: bool) -> Iterator[Row | Fault]:
    """The rows of a CSV file, or of a TSV file (`tabs`). Blank lines are none.

    Raises `Undecodable` when the file is no text, `TruncatedFile` and `DecompressionBomb` after the last whole row.
    """
    limit = settings.max_record_bytes
    lines = _Lines(pieces(file, settings.encoding), limit)
    first = lines.peek()
    delimiter = "\t" if tabs else _delimiter(first, len(settings.columns))
    plain = tabs and not _quotes_cells(lines.head())
    # The limit belongs to the process; nobody else here reads CSV, and it may only grow.
    csv.field_size_limit(max(csv.field_size_limit(), limit))
    style = {"delimiter": delimiter, "quoting": csv.QUOTE_NONE if plain else csv.QUOTE_MINIMAL}
    header = settings.columns
    for cells in _cells(lines, limit, style):
        if header:
            yield cells if isinstance(cells, Fault) else _row(cells, header, f"line {lines.first:,}")
        elif isinstance(cells, Fault):
            yield cells._replace(detail=f"{cells.detail}; without its header row the table cannot be read")
            return
        else:
            header = _names(cells)


def _cells(lines: _Lines, limit: int, style: dict[str, Any]) -> Iterator[list[str] | Fault]:
    """Row after row, going on behind what cannot be read."""
    reader = csv.reader(lines, strict=True, **style)
    rewinds = 0
    while True:
        lines.begin_row()
        where = f"line {lines.first:,}"
        try:
            if cells := next(reader):
                yield cells
        except StopIteration:
            return
        except _Overlong as error:
            yield too_large(where, error.args[0], limit)
        except (csv.Error, _Unclosed) as error:
            if isinstance(error, csv.Error) and len(lines.row) == 1:
                yield next(csv.reader(lines.row, **style))  # "Old" drug: no harm is done within a line
            elif rewinds < REWINDS:
                rewinds += 1
                lines.rewind()
                yield Fault("csv-syntax", f"{where}: a quote is opened and not closed")
            else:
                detail = f"{where} to {lines.number:,}: a quote is opened and not closed, once too often to go back"
                yield Fault("csv-syntax", detail)


def _row(cells: list[str], header: tuple[str, ...], where: str) -> Row | Fault:
    if len(cells) > len(header) and any(cells[len(header) :]):
        detail = f"{where}: {len(cells)} cells where the header has {len(header)}; is a comma in the text not quoted?"
        return Fault("columns", detail)
    return Row(dict(zip(header, cells, strict=False)), where)


def _names(cells: list[str]) -> tuple[str, ...]:
    """Names of the columns: an unnamed one is called by its number, a second one of a name gets its number too."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {number}"
        names.append(f"{name} ({number})" if name in names else name)
    return tuple(names)


def _delimiter(first: str, columns: int) -> str:
    """What separates the cells of the first line: the first that gives as many as are named, or more than one."""
    for delimiter in DELIMITERS:
        found = len(next(csv.reader([first], delimiter=delimiter), []))
        if found == columns or (not columns and found > 1):
            return delimiter
    return DELIMITERS[0]


def _quotes_cells(head: str) -> bool:
    """Does a TSV use quotes around cells? Registered as text/tab-separated-values it has no quotes but literal
    ones, as many data sets do; spreadsheets quote. So: when every cell that begins with a quote also ends with one."""
    rest, quoted = _QUOTED.subn("", head[:SAMPLE])
    cut = 1 if len(head) > SAMPLE else 0
    return quoted > 0 and len(_OPENED.findall(rest)) <= cut


class _Lines:
    """The lines of the text for `csv.reader`, which asks for as many as a row needs; it remembers those of the row
    at hand, so that they can be read again."""

    def __init__(self, parts: Iterator[str], limit: int) -> None:
        self._parts = parts
        self._limit = limit
        self._ahead: deque[str | _Overlong] = deque()
        self._held, self._dropped = "", 0  # a line that is not complete, and how many bytes of it are gone
        self.row: list[str] = []  # the lines that were given of the row at hand
        self._size = 0
        self.number = 0  # of the line that was given last
        self.first = 1  # number of the first line of the row at hand

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        while not self._ahead and self._read():
            pass
        if self.row and (not self._ahead or self._size > self._limit or isinstance(self._ahead[0], _Overlong)):
            raise _Unclosed
        if not self._ahead:
            raise StopIteration
        line = self._ahead.popleft()
        self.number += 1
        if isinstance(line, _Overlong):
            raise line
        self.row.append(line)
        self._size += len(line)
        return line

    def begin_row(self) -> None:
        """Forget the lines of the last row."""
        self.first, self.row, self._size = self.number + 1, [], 0

    def rewind(self) -> None:
        """Give all lines of the row but its first again."""
        self._ahead.extendleft(reversed(self.row[1:]))
        self.number = self.first

    def peek(self) -> str:
        """The first line that is not blank, or ""."""
        while True:
            for line in self._ahead:
                if isinstance(line, str) and line.strip():
                    return line
            if not self._read():
                return ""

    def head(self) -> str:
        """What has been read and not given, for a look at the style of writing."""
        return "".join(line for line in self._ahead if isinstance(line, str))

    def _read(self) -> bool:
        """Take up one piece more; False when there is none."""
        part = next(self._parts, None)
        if part is None and not self._held and not self._dropped:
            return False
        lines = io.StringIO(self._held + (part or ""), newline="\n").readlines()  # splitlines knows ten other ends
        self._held = "" if part is None or not lines or lines[-1].endswith("\n") else lines.pop()
        for line in lines:
            size = self._dropped + (len(line.encode()) if self._dropped or len(line) * 4 > self._limit else 0)
            self._ahead.append(_Overlong(size) if size > self._limit else line)
            self._dropped = 0
        if len(self._held) > self._limit:
            self._dropped += len(self._held.encode())
            self._held = ""
        if part is None and self._dropped:
            self._ahead.append(_Overlong(self._dropped))
            self._dropped = 0
        return True
