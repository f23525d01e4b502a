"""Input files: finding them, opening them safely, and knowing when they are unchanged.

Everything a source reads comes through here, so local paths, `s3://` and `hf://` read alike (fsspec) and
decompression is bounded once for all. Data goes from here to `corpus/sources/`; `corpus/ingest.py` asks
for identities to decide what is already done.
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
        """The raw bytes, unbuffered by us; the caller closes."""
        import fsspec

        return fsspec.open(self.url, "rb").open()

    def chunks(self, size: int = CHUNK) -> Iterator[bytes]:
        """The content in pieces, gunzipped when it starts with the gzip magic whatever its name says.

        Raises `TruncatedFile` after the last good bytes of a damaged stream, `DecompressionBomb` past the limits.
        """
        with self.open() as raw:
            head = raw.read(size)
            if head[:2] == b"\x1f\x8b":
                yield from _gunzip(raw, head, size)
                return
            while head:
                yield head
                head = raw.read(size)


def _gunzip(raw: IO[bytes], head: bytes, size: int) -> Iterator[bytes]:
    """Inflate member after member (PubMed files may hold several), counting both sides."""
    taken = given = 0
    inflate = zlib.decompressobj(wbits=31)
    data = head
    started = False
    while True:
        if not data:
            data = raw.read(size)
            if not data:
                if started and not inflate.eof:
                    raise TruncatedFile(f"the gzip stream ends early, after {given:,} bytes of content")
                return
        taken_before = len(data)
        try:
            piece = inflate.decompress(data, size)
        except zlib.error as error:
            raise TruncatedFile(f"the gzip stream is damaged after {given:,} bytes of content ({error})") from None
        started = True
        data = inflate.unconsumed_tail
        if inflate.eof:
            data = inflate.unused_data.lstrip(b"\0")  # padding between members is allowed
            if not data:
                data = raw.read(size).lstrip(b"\0")
            if data:
                inflate = zlib.decompressobj(wbits=31)
        taken += taken_before - len(data)
        given += len(piece)
        if given > BOMB_FLOOR and given > BOMB_RATIO * max(taken, 1):
            raise DecompressionBomb(f"{given:,} bytes out of {taken:,}: refused as a decompression bomb")
        if piece:
            yield piece
        if inflate.eof and not data:
            return
