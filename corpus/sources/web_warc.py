"""WARC files: one `Capture` for each page that was fetched, whatever the archive holds besides.

The file is gunzipped by `corpus/files.py`, member after member, so truncation and bombs are met there once for all;
warcio reads the records. A capture goes to `corpus/sources/web.py`. Requests, `warcinfo` and `metadata` are no pages
and are passed over; everything else is either a page or a `Fault`, so that the books balance.

Format: WARC 1.0 and 1.1 (ISO 28500), https://iipc.github.io/warc-specifications/.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from corpus.files import DecompressionBomb, TruncatedFile

_NOT_PAGES = frozenset(("request", "warcinfo", "metadata"))
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_SNIFFED = 512


class Capture(NamedTuple):
    """A page as fetched: `url`, the encoding the server `declared`, the `date` of fetching, the `body`, and whether
    the crawler cut it (`WARC-Truncated`)."""

    url: str
    declared: str
    date: str
    body: bytes
    cut: str


class Fault(NamedTuple):
    """A record that gives no page: becomes `Broken(cause, detail)`."""

    cause: str
    detail: str
    url: str


class _Stream(io.RawIOBase):
    """Chunks as a file for warcio. Damage ends the stream and is kept, so that what came before it is used."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.failure: tuple[str, str] | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = self._next()
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size

    def _next(self) -> bytes:
        try:
            return next(self._chunks, b"")
        except TruncatedFile as error:
            self.failure = ("truncated-gzip", str(error))
        except DecompressionBomb as error:
            self.failure = ("decompression-bomb", str(error))
        return b""


def captures(chunks: Iterator[bytes], limit: int) -> Iterator[Capture | Fault]:
    """The pages of a WARC file in order; `limit` is the largest body in bytes. Never raises for bad data."""
    raw = _Stream(chunks)
    records = ArchiveIterator(io.BufferedReader(raw, 1 << 16), check_digests=False)
    while True:
        try:
            record = next(records, None)
            if record is None:
                break
            found = _capture(record, limit, raw)
        except (ArchiveLoadFailed, ValueError, EOFError, zlib.error, AttributeError, TypeError, KeyError) as error:
            if raw.failure is None:
                yield Fault("warc-syntax", f"{str(error)[:200]}; the rest of the file is left unread", "")
            break
        if found is not None:
            yield found
    if raw.failure is not None:
        yield Fault(*raw.failure, "")


def _capture(record: Any, limit: int, raw: _Stream) -> Capture | Fault | None:
    """One record as a page; None for what is no page."""
    url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
    if record.rec_type in _NOT_PAGES:
        return None
    if record.rec_type == "revisit":
        return Fault("not-html", "a revisit record: the content stands in an earlier capture", url)
    status = record.http_headers.get_statuscode() if record.http_headers else "200"
    if status != "200":
        return Fault("http-status", f"the server answered {status[:40]}", url)
    kind = _content_type(record)
    media = kind.partition(";")[0].strip().lower()
    if media and not media.startswith(_HTML_TYPES):
        return Fault("not-html", f"the content is {media[:80]}", url)
    body = record.content_stream().read(limit + 1)
    if len(body) > limit:
        return Fault("oversize", f"the page has more than {limit:,} bytes", url)
    missing = getattr(record.raw_stream, "limit", 0)
    if missing > 0 and not record.raw_stream.read(1):
        cause, detail = raw.failure or ("truncated-warc", "the file ends early")
        raw.failure = None
        return Fault(cause, f"{detail}, inside the record, of which {missing:,} bytes are missing", url)
    if not media and b"<" not in body[:_SNIFFED]:
        return Fault("not-html", "the content has no declared type and does not look like HTML", url)
    headers = record.rec_headers
    return Capture(url, _charset(kind), (headers.get_header("WARC-Date") or "")[:10], body,
                   headers.get_header("WARC-Truncated") or "")  # fmt: skip


def _content_type(record: Any) -> str:
    """As the server said; a `resource` record says it itself, and the crawler may have looked."""
    if record.http_headers:
        declared = record.http_headers.get_header("Content-Type")
    else:
        declared = record.rec_headers.get_header("Content-Type")
    return declared or record.rec_headers.get_header("WARC-Identified-Payload-Type") or ""


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""
