"""Input files: what is known of one, and reading it safely.

Everything a source reads comes through here, so local paths, `s3://` and `hf://` read alike (fsspec) and
decompression is bounded once for all. The files come from `corpus/listing.py`, which finds them and gives them
their identity; the bytes go to `corpus/sources/`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

CHUNK = 1 << 20
# Deflate cannot exceed about 1032:1. Real gzip members of text and XML stay under 40:1 (PubMed: 8:1), so a
# stream that has passed both limits is an attack or damage and not a document.
BOMB_RATIO = 200
BOMB_FLOOR = 256 << 20
GZIP_MAGIC = b"\x1f\x8b\x08"  # RFC 1952: two bytes of identification, and deflate, the only method there is


class TruncatedFile(Exception):
    """The compressed stream ends early or is damaged; what was read before it stands."""


class DecompressionBomb(Exception):
    """The stream inflates beyond `BOMB_RATIO` after `BOMB_FLOOR` bytes."""


@dataclass(frozen=True, slots=True)
class InputFile:
    """One input file: `url` as fsspec opens it, `name` relative to the source's root in POSIX form (this is
    what ids and the ledger carry, never a machine's path), `size` in bytes, `identity` of the content."""

    url: str
    name: str
    size: int
    identity: str

    def open(self) -> IO[bytes]:
        """The raw bytes, seekable where the storage is; the caller closes. Raises what the storage raises."""
        if "://" not in self.url:  # not through fsspec, to which "a::b.txt" is a chain of filesystems
            return open(self.url, "rb")
        import fsspec

        stream: IO[bytes] = fsspec.open(self.url, "rb").open()
        return stream

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The content in pieces of at most `size` bytes, gunzipped when it starts with the gzip magic whatever
        its name says, and as it is when it does not.

        Raises `TruncatedFile` after the last good bytes of a damaged stream, `DecompressionBomb` past the limits.
        """
        with self.open() as raw:
            head = raw.read(size)
            while 0 < len(head) < len(GZIP_MAGIC) and (more := raw.read(size)):  # a remote file may answer in drops
                head += more
            if head.startswith(GZIP_MAGIC):
                yield from _gunzip(raw, head, size)
                return
            while head:
                yield head
                head = raw.read(size)


class _Compressed:
    """The compressed side of a stream: what was read and not yet inflated, and how much was inflated."""

    def __init__(self, raw: IO[bytes], head: bytes, size: int) -> None:
        self._raw, self._size = raw, size
        self.data = head
        self.taken = 0

    def fill(self) -> bool:
        """Have some bytes at hand; False at the end of the file."""
        if not self.data:
            self.data = self._raw.read(self._size)
        return bool(self.data)

    def keep(self, rest: bytes) -> None:
        """Count as inflated all that was at hand but `rest`."""
        self.taken += len(self.data) - len(rest)
        self.data = rest

    def skip_padding(self) -> bool:
        """Pass the NUL bytes that may stand between and after members (RFC 1952 is silent, tapes and gzip -l are
        not); True when something follows them."""
        while self.fill():
            self.keep(self.data.lstrip(b"\0"))
            if self.data:
                return True
        return False


def _gunzip(raw: IO[bytes], head: bytes, size: int) -> Iterator[bytes]:
    """Inflate member after member (PubMed files may hold several), counting both sides."""
    source = _Compressed(raw, head, size)
    given = members = 0
    while members == 0 or source.skip_padding():
        inflate = zlib.decompressobj(wbits=31)
        while not inflate.eof:
            # At the end of the file one more call, without input, gives what the inflater still holds back.
            more = source.fill()
            try:
                piece = inflate.decompress(source.data, size)
            except zlib.error as error:
                raise TruncatedFile(_damage(members, given, error)) from None
            source.keep(inflate.unused_data if inflate.eof else inflate.unconsumed_tail)
            given += len(piece)
            if given > BOMB_FLOOR and given > BOMB_RATIO * max(source.taken, 1):
                raise DecompressionBomb(f"{given:,} bytes out of {source.taken:,}: refused as a decompression bomb")
            if piece:
                yield piece
            elif not more and not inflate.eof:
                raise TruncatedFile(f"the gzip stream ends early, after {given:,} bytes of content")
        members += 1


def _damage(members: int, given: int, error: zlib.error) -> str:
    """Says what is wrong; bytes after a whole member that are none are something else than a bad checksum."""
    if members and "header" in str(error):
        return f"after {given:,} bytes of content and the end of the gzip stream something follows that is no gzip"
    return f"the gzip stream is damaged after {given:,} bytes of content ({error})"
