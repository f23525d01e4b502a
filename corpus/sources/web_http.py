"""The answer of a web server as a crawler stored it: status, headers and body, with the transfer undone.

Origin: the block of a `response` record, from `corpus/sources/web_warc.py`, which gets the body back. An answer that
ends early gives what there is and says so. Crawlers often undo chunks and compression and leave the header that
declares them (RFC 9112 section 7.1, RFC 9110 section 8.4), so a body that does not look as declared is taken as it is.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

MAX_HEADER_BYTES = 1 << 20
MAX_HEADERS = 1_000
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]{0,4096})?\r?\n")
_SNIFFED = 512


class Oversize(Exception):
    """The body inflates beyond the limit."""


class NotHttp(Exception):
    """There is no HTTP status line, or the headers are beyond all bounds."""


class Undecoded(Exception):
    """The body is compressed in a way that is not read (Brotli, Zstandard)."""


class Answer(NamedTuple):
    """`status` code as written, `headers` with lower-case names (the first of each counts), the `raw` body."""

    status: str
    headers: dict[str, str]
    raw: bytes


def answer(block: bytes) -> Answer:
    """The parts of an answer. Raises `NotHttp`."""
    end = _BLANK_LINE.search(block, 0, MAX_HEADER_BYTES)
    if end is None and len(block) > MAX_HEADER_BYTES:
        raise NotHttp(f"the HTTP header has more than {MAX_HEADER_BYTES:,} bytes")
    head, body = (block, b"") if end is None else (block[: end.start()], block[end.end() :])
    lines = head.split(b"\n", MAX_HEADERS + 1)
    if len(lines) > MAX_HEADERS + 1:
        raise NotHttp(f"the HTTP header has more than {MAX_HEADERS:,} lines")
    first = text(lines[0]).split(None, 2)
    if not first or not first[0].upper().startswith("HTTP/"):
        raise NotHttp("the response has no HTTP status line")
    return Answer(first[1] if len(first) > 1 else "", fields(lines[1:]), body)


def fields(lines: list[bytes]) -> dict[str, str]:
    """Header lines by lower-case name; of a name that is repeated the first, continuation lines joined on."""
    found: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (b" ", b"\t"):
            if name:
                found[name] += " " + text(line).strip()
            continue
        key, colon, value = text(line).partition(":")
        name = key.strip().lower() if colon else ""
        if name in found:
            name = ""
        elif name:
            found[name] = value.strip()
    return found


def text(line: bytes) -> str:
    """A header line as text: UTF-8 where it is, else Latin-1, in which every byte is something."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def body(found: Answer, limit: int) -> tuple[bytes, str]:
    """The body in at most `limit` bytes, and what cut it: empty, `transfer-encoding` or `content-encoding`.

    Raises `Oversize`, `Undecoded`.
    """
    raw, cut = found.raw, ""
    if found.headers.get("transfer-encoding", "").lower().endswith("chunked"):
        raw, whole = _unchunk(raw)
        cut = "" if whole else "transfer-encoding"
    for coding in reversed(found.headers.get("content-encoding", "").lower().split(",")):
        raw, whole = _decode(raw, coding.strip(), limit)
        cut = cut or ("" if whole else "content-encoding")
    if len(raw) > limit:
        raise Oversize
    return raw, cut


def _unchunk(raw: bytes) -> tuple[bytes, bool]:
    """The chunks joined, and whether the last one was there."""
    parts: list[bytes] = []
    position = 0
    while size := _CHUNK_SIZE.match(raw, position):
        length = int(size[1], 16)
        if not length:
            return b"".join(parts), True
        start = size.end()
        parts.append(raw[start : start + length])
        position = start + length
        position += 2 if raw.startswith(b"\r\n", position) else 1 if raw.startswith(b"\n", position) else 0
        if position == start + length:  # the file ends here, or the size was wrong
            return b"".join(parts), False
    return (b"".join(parts), False) if parts else (raw, True)


def _decode(raw: bytes, coding: str, limit: int) -> tuple[bytes, bool]:
    """The body inflated, and whether it was whole."""
    if coding in ("gzip", "x-gzip") and raw.startswith(b"\x1f\x8b"):
        return _inflate(raw, 31, limit)
    if coding == "deflate" and not raw[:_SNIFFED].lstrip().startswith(b"<"):
        # "deflate" is zlib by the standard and bare deflate by what servers do; the first two bytes tell.
        zlib_header = len(raw) > 1 and raw[0] & 15 == 8 and (raw[0] << 8 | raw[1]) % 31 == 0
        return _inflate(raw, 15 if zlib_header else -15, limit)
    if coding in ("br", "zstd") and b"<" not in raw[:_SNIFFED]:
        raise Undecoded(f"the answer is compressed as {coding}, which is not read")
    return raw, True


def _inflate(raw: bytes, wbits: int, limit: int) -> tuple[bytes, bool]:
    """Member after member, as browsers do."""
    parts: list[bytes] = []
    size = 0
    while raw:
        inflate = zlib.decompressobj(wbits=wbits)
        try:
            while not inflate.eof:
                piece = inflate.decompress(raw, min(limit + 1 - size, 1 << 20))
                raw = inflate.unused_data if inflate.eof else inflate.unconsumed_tail
                size += len(piece)
                parts.append(piece)
                if size > limit:
                    raise Oversize
                if not piece and not raw and not inflate.eof:
                    return b"".join(parts), False
        except zlib.error:
            return b"".join(parts), False
        if wbits != 31 or not raw.startswith(b"\x1f\x8b"):
            break  # some servers pad; what follows the stream is not content
    return b"".join(parts), True
