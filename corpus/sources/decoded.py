"""A file as a stream of text: which encoding, told from its head, and the pieces decoded with it.

The bytes come from `InputFile.chunks`; the pieces go to the text source and to the CSV and JSON readers of the table
source. The encoding is chosen by `corpus/text/decode.py`, on the first `HEAD` bytes: a file that is smaller is
decoded at once, a larger one piece by piece, so memory does not grow with the file. Line ends become `\\n` here.
"""

from __future__ import annotations

import codecs
import contextlib
from collections.abc import Iterator

from corpus.files import CHUNK, DecompressionBomb, InputFile, TruncatedFile
from corpus.text.decode import TOLERATED_PLACES, TOLERATED_SHARE, canonical, decode

HEAD = 4 << 20  # every one of 430 real classical books is smaller (the largest has 3.8 MB)
BOM = "\ufeff"
REPLACED = "\ufffd"
# Where Python's codec of an encoding's own name lacks characters that files in it use.
_CODECS = {"big5": "big5hkscs", "shift_jis": "cp932", "euc-kr": "cp949"}


def pieces(file: InputFile, declared: str = "", size: int = CHUNK) -> Iterator[str]:
    """The text in pieces, `\\r\\n` and `\\r` as `\\n`, without byte order mark, undecodable places as U+FFFD.

    Raises `Undecodable` before the first piece when the head is not text, and `TruncatedFile` or
    `DecompressionBomb` (corpus/files.py) after the last good one.
    """
    chunks = file.chunks(size)
    head, whole, failure = gather(chunks, HEAD)
    if whole and failure is None:
        yield normal_lines(decode(head, declared).text)
        return
    yield from _stream(head, chunks, encoding_of(head, declared))
    if failure is not None:
        raise failure


def gather(chunks: Iterator[bytes], limit: int) -> tuple[bytes, bool, Exception | None]:
    """The first bytes, at least `limit` of them if there are so many; whether that is all; how the reading failed."""
    head = bytearray()
    try:
        for chunk in chunks:
            head += chunk
            if len(head) >= limit:
                return bytes(head), False, None
    except (TruncatedFile, DecompressionBomb) as error:
        return bytes(head), True, error
    return bytes(head), True, None


def encoding_of(head: bytes, declared: str = "") -> str:
    """The encoding of a file that begins with `head`, as a name Python knows. Raises `Undecodable`."""
    part = head[: max(head.rfind(b"\n"), head.rfind(b"\r")) + 1]  # a character cut in two would count as damage
    if b"\0" in head[:4096]:  # UTF-16 and UTF-32, where a line end is several bytes
        part = head[: len(head) // 4 * 4]
    elif not part:
        with contextlib.suppress(UnicodeDecodeError):
            codecs.getincrementaldecoder("utf-8")().decode(head)
            return "utf-8"
    found = decode(part or head, declared).encoding
    return _CODECS.get(found, found)


def _stream(head: bytes, chunks: Iterator[bytes], encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    text, waiting = decoder.decode(head).removeprefix(BOM), ""
    for chunk in chunks:
        yield normal_lines(waiting + text.removesuffix("\r"))
        waiting = "\r" if text.endswith("\r") else ""  # its \n may come with the next chunk
        text = decoder.decode(chunk)
    yield normal_lines(waiting + text + decoder.decode(b"", True))


def normal_lines(text: str) -> str:
    """Every line end as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def too_damaged(text: str, replaced: int) -> bool:
    """Are there more undecodable places than a text may have, by the same measure as a whole file?"""
    return replaced > TOLERATED_PLACES and replaced > TOLERATED_SHARE * len(text)


def known_encoding(label: str) -> bool:
    """Is this the name of an encoding?"""
    return bool(canonical(label))
