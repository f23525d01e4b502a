"""The records of a WARC file, one by one, each checked to end where it says it does.

Content comes from `corpus/sources/web_members.py` and records go to `corpus/sources/web_warc.py`. A record is `Lost`
when its header breaks off or the rules, when it has no Content-Length, when something else than the next record
follows its block, or when its block holds the header of another record, which a Content-Length that is too long looks
like. A record inside a block is not read in its own right: the owner of a page could write it there under any address.

Format: WARC 1.0 and 1.1 (ISO 28500, section 4): version line, header lines, blank line, block, two CRLF.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import inf
from typing import NamedTuple

from corpus.files import InputFile
from corpus.sources.web_http import MAX_HEADER_BYTES, MAX_HEADERS, fields
from corpus.sources.web_members import Damage, stretches

MAX_LINE = 64 << 10  # of a WARC header, in bytes
_PIECE = 1 << 20
_VERSION = re.compile(rb"WARC/(?:0\.1[78]|1\.[01])[ \t]*\r?\n")
_INSIDE = re.compile(rb"\r\n\r\nWARC/1\.[0-9][ \t]*\r\n(?:WARC-|Content-)", re.IGNORECASE)
_INSIDE_LENGTH = 64  # more than `_INSIDE` matches
_NEXT = re.compile(rb"\n\r?\n(?=WARC/[01]\.[0-9])")
_LENGTH = re.compile(r"[0-9]{1,15}")


class WarcRecord(NamedTuple):
    """`headers` by lower-case name; the `block`, of which `dropped` says that it was too large to be kept whole;
    `offset` in bytes of the content, uncompressed."""

    url: str
    headers: dict[str, str]
    block: bytes
    dropped: bool
    offset: int


class Lost(NamedTuple):
    """A part of the file that gives no record: becomes `Broken(cause, detail)`."""

    cause: str
    detail: str
    url: str


class _Syntax(Exception):
    """The file breaks the rules of the format here; str() says how."""


class _Ended(Exception):
    """The content ends, or is damaged, inside a record; str() says where."""


class _Content:
    """Bytes with a position. A `Damage` ends them until `resume`."""

    def __init__(self, file: InputFile) -> None:
        self._pieces = stretches(file)
        self._data = b""
        self._at = 0
        self.offset = 0
        self.damage: Damage | None = None
        self.sound: float = inf  # the offset at which a damaged member begins, once the damage is met
        self.over = False

    def peek(self, size: int) -> bytes:
        """Up to `size` bytes without passing them; fewer only at the end or before damage."""
        missing = size - (len(self._data) - self._at)
        if missing > 0 and not self.over and self.damage is None:
            parts = [self._data[self._at :]]
            while missing > 0 and not self.over and self.damage is None:
                piece = next(self._pieces, None)
                if piece is None:
                    self.over = True
                elif isinstance(piece, Damage):
                    self.damage = piece
                else:
                    parts.append(piece)
                    missing -= len(piece)
            self._data, self._at = b"".join(parts), 0
            if self.damage is not None:
                self.sound = self.offset + len(self._data) - self.damage.given
        return self._data[self._at : self._at + size]

    def skip(self, size: int) -> None:
        """Pass bytes that were peeked at."""
        self._at += size
        self.offset += size

    def line(self) -> bytes:
        """The next line with its end. Raises `_Syntax` for a line without bound, `_Ended`."""
        for size in (1 << 10, MAX_LINE):  # nearly all lines are short
            data = self.peek(size)
            if end := data.find(b"\n") + 1:
                self.skip(end)
                return data[:end]
            if len(data) < size:
                raise _Ended("inside the header of the record")
        raise _Syntax(f"a header line has more than {MAX_LINE:,} bytes")

    def resume(self) -> Damage | None:
        """Past the damage that was met, if any; whatever is left before it goes."""
        damage, self.damage, self.sound = self.damage, None, inf
        if damage is not None:
            self.offset += len(self._data) - self._at
            self._data, self._at = b"", 0
        return damage


class Records:
    """The records of one file in order. `limit` is the largest body in bytes; a larger block is not kept."""

    def __init__(self, file: InputFile, limit: int) -> None:
        self._content = _Content(file)
        self._kept = limit + MAX_HEADER_BYTES
        self._url = ""

    def __iter__(self) -> Iterator[WarcRecord | Lost]:
        content = self._content
        while True:
            start, self._url = content.offset, ""
            try:
                self._separator()
                start = content.offset
                if not content.peek(1):
                    damage = content.resume()
                    if damage is not None:
                        yield Lost(damage.cause, damage.detail, "")
                        continue
                    return
                yield self._record()
            except _Ended as error:
                damage = content.resume()
                cause, detail = damage[:2] if damage else ("truncated-warc", "the file ends early")
                yield Lost(cause, f"{detail}, {error}, which starts at byte {start:,} of the content", self._url)
                if damage is None:
                    return
            except _Syntax as error:
                detail = f"{error}, in the record at byte {start:,} of the content"
                yield Lost("warc-syntax", f"{detail}; {self._go_on(start)}", self._url)

    def _record(self) -> WarcRecord:
        start = self._content.offset
        headers = self._headers()
        length = headers.get("content-length", "")
        if not _LENGTH.fullmatch(length):
            raise _Syntax(f"the Content-Length is {length[:40]!r}" if length else "there is no Content-Length")
        block, inside = self._block(int(length))
        self._check_end()
        if inside is not None:
            raise _Syntax(f"the block holds the header of another record, at byte {inside:,}: wrong Content-Length")
        return WarcRecord(self._url, headers, block, len(block) < int(length), start)

    def _headers(self) -> dict[str, str]:
        content = self._content
        lines: list[bytes] = []
        start = content.offset
        version = content.line()
        if not _VERSION.fullmatch(version):
            raise _Syntax(f"here a record should start, but there is {version[:40]!r}")
        while (line := content.line()).strip():
            lines.append(line)
            if len(lines) > MAX_HEADERS or content.offset - start > MAX_HEADER_BYTES:
                raise _Syntax(f"the header has more than {MAX_HEADERS:,} lines or {MAX_HEADER_BYTES:,} bytes")
            if line[:16].lower() == b"warc-target-uri:":  # at once: the header may break off
                self._url = _url(fields([line]))
        found = fields(lines)
        self._url = _url(found)
        return found

    def _block(self, length: int) -> tuple[bytes, int | None]:
        """The block, or its beginning where it is too large, and where in it another record's header stands."""
        content = self._content
        kept: list[bytes] = []
        missing, room, tail, inside = length, self._kept, b"", None
        while missing:
            piece = content.peek(min(missing, _PIECE))
            if not piece:
                also = "" if inside is None else f" (it holds the header of another record, at byte {inside:,})"
                raise _Ended(f"inside the record, of which {missing:,} bytes are missing{also}")
            if inside is None and (found := _INSIDE.search(tail + piece)):
                inside = content.offset - len(tail) + found.start() + 4
            tail = (tail + piece)[-_INSIDE_LENGTH:]
            kept.append(piece[:room])
            room -= len(kept[-1])
            content.skip(len(piece))
            missing -= len(piece)
        return b"".join(kept), inside

    def _check_end(self) -> None:
        """After the block: blank lines, then the next record or the end. How many line ends is not insisted on, since
        writers differ and the text does not; what matters is that the Content-Length led to the right place."""
        content = self._content
        after = content.peek(_INSIDE_LENGTH)
        rest = after.lstrip(b"\r\n")
        if not rest and content.offset + len(after) > content.sound:
            raise _Ended("at the end of the record")
        if not b"WARC/".startswith(rest[:5]) or (rest and b"\n" not in after[: len(after) - len(rest)]):
            raise _Syntax(f"after the block comes {after[:24]!r} and no record: wrong Content-Length")

    def _separator(self) -> None:
        content = self._content
        while data := content.peek(_INSIDE_LENGTH):
            blank = len(data) - len(data.lstrip(b"\r\n"))
            content.skip(blank)
            if blank < len(data):
                return

    def _go_on(self, start: int) -> str:
        """To the next record after `start`, over whatever is no record; says where that is."""
        content = self._content
        if content.offset > start and content.peek(5) == b"WARC/":  # no line end before it, but it is there
            return f"reading goes on at byte {content.offset:,}"
        while data := content.peek(_PIECE):
            if found := _NEXT.search(data):
                content.skip(found.end())
                return f"reading goes on at byte {content.offset:,}"
            content.skip(max(len(data) - 16, 1))
        if damage := content.resume():
            return damage.detail
        return "no record follows"


def _url(headers: dict[str, str]) -> str:
    return headers.get("warc-target-uri", "").strip("<> ").replace(" ", "%20")
