"""The bytes of a WARC file, gunzipped member by member, with damage told and survived.

A WARC file is compressed record by record (ISO 28500, annex D), so that one bad gzip member need not cost the others:
`stretches` gives what can be inflated and a `Damage` for each part that cannot, and goes on at the next member that
starts with a WARC record. `corpus/files.py` ends at the first damage, which is right for every other format. Origin:
an `InputFile`; the bytes go to `corpus/sources/web_warc.py`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import IO, NamedTuple

from corpus.files import BOMB_FLOOR, BOMB_RATIO, GZIP_MAGIC, InputFile

_READ = 256 << 10
_FED = 16 << 10  # compressed bytes per call: zlib copies what is left over, so large helpings cost more
_GIVEN = 64 << 10
# Inflating may run past the damage into the next member before it notices: so far back the search begins.
_LOOK_BACK = 128 << 10
# The bytes of the magic occur by chance once in 16 MiB of compressed data; more trials than this are an attack.
_MAX_TRIALS = 1 << 16
_RECORD = b"WARC/"
_TRIAL = 4 << 10  # a gzip header with a long name, and the first bytes of the content


class Damage(NamedTuple):
    """A part that could not be inflated: becomes `Broken(cause, detail)`. What follows starts a record anew. `given`
    bytes before it came from the damaged member and are not to be relied on."""

    cause: str
    detail: str
    given: int


class _Raw:
    """The compressed file from `position` on, with some of what came before kept for the search."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._data = b""
        self._start = 0  # of `_data` in the file
        self.position = 0

    def at_hand(self, size: int, keep: int | None = None) -> bytes:
        """Up to `size` bytes from the position on, fewer only at the end of the file; bytes from `keep` on stay."""
        while self._start + len(self._data) < self.position + size and (more := self._raw.read(_READ)):
            dropped = max((self.position if keep is None else keep) - self._start, 0)
            self._data = self._data[dropped:] + more
            self._start += dropped
        first = self.position - self._start
        return self._data[first : first + size]

    def back_to(self, position: int) -> None:
        self.position = max(position, self._start)

    def find(self, wanted: bytes) -> bool:
        """Move to the next `wanted`, at the position or after; False at the end of the file."""
        while self.at_hand(len(wanted)):
            found = self._data.find(wanted, self.position - self._start)
            if found >= 0:
                self.position = self._start + found
                return True
            self.position = max(self.position + 1, self._start + len(self._data) - len(wanted) + 1)
        return False


def stretches(file: InputFile) -> Iterator[bytes | Damage]:
    """The content in pieces, as it is where it is no gzip. A bomb ends it; raises only what the storage raises."""
    with file.open() as stream:
        raw = _Raw(stream)
        head = raw.at_hand(_TRIAL)
        # The first member may be the damaged one; a plain file that is only called .gz begins with its record.
        hurt = file.name.lower().endswith(".gz") and head and not head.lstrip().startswith(_RECORD)
        if head.startswith(GZIP_MAGIC) or hurt:
            yield from _Members(raw).inflate()
            return
        while piece := raw.at_hand(_READ):
            raw.position += len(piece)
            yield piece


class _Members:
    def __init__(self, raw: _Raw) -> None:
        self._raw = raw
        self._given = self._taken = 0
        self._trials = _MAX_TRIALS

    def inflate(self) -> Iterator[bytes | Damage]:
        raw = self._raw
        while self._skip_padding():
            start, given = raw.position, self._given
            try:
                yield from self._member(start)
                continue
            except EOFError:
                problem = "the gzip stream ends early"
            except zlib.error as error:
                problem = f"the gzip stream is damaged ({error})"
            except OverflowError as error:
                yield Damage("decompression-bomb", str(error), self._given - given)
                return
            raw.back_to(max(start + 1, raw.position - _LOOK_BACK))
            found = self._next_record()
            then = f"reading goes on at byte {raw.position:,}" if found else "no record was found after it"
            where = f"in the member at byte {start:,} of the file"
            yield Damage("truncated-gzip", f"{problem} {where}; {then}", self._given - given)
            if not found:
                return

    def _skip_padding(self) -> bool:
        """Pass the NUL bytes between members; True when something follows them."""
        while data := self._raw.at_hand(_FED):
            rest = data.lstrip(b"\0")
            self._raw.position += len(data) - len(rest)
            if rest:
                return True
        return False

    def _member(self, start: int) -> Iterator[bytes]:
        """One member, in pieces. Raises `EOFError` when it ends early, `OverflowError` for a bomb."""
        raw = self._raw
        inflate = zlib.decompressobj(wbits=31)
        while not inflate.eof:
            data = raw.at_hand(_FED, keep=max(start, raw.position - _LOOK_BACK))
            piece = inflate.decompress(data, _GIVEN)
            used = len(data) - len(inflate.unused_data if inflate.eof else inflate.unconsumed_tail)
            raw.position += used
            self._taken += used
            self._given += len(piece)
            if self._given > BOMB_FLOOR and self._given > BOMB_RATIO * max(self._taken, 1):
                told = f"{self._given:,} bytes out of {self._taken:,}"
                raise OverflowError(f"{told}: refused as a decompression bomb")
            if piece:
                yield piece
            elif not data and not inflate.eof:
                raise EOFError

    def _next_record(self) -> bool:
        """Move to the next member whose content begins with a WARC record."""
        while self._trials and self._raw.find(GZIP_MAGIC):
            self._trials -= 1
            try:
                head = zlib.decompressobj(wbits=31).decompress(self._raw.at_hand(_TRIAL), len(_RECORD))
            except zlib.error:
                head = b""
            if head == _RECORD:
                return True
            self._raw.position += 1
        return False
