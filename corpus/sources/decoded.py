"""A file as a stream of text: which encoding, told from its head, and the pieces decoded with it.

The bytes come from `InputFile.chunks`; the pieces go to the text source and to the CSV and JSON readers of the table
source. The encoding is chosen by `corpus/text/decode.py`, on the first `HEAD` bytes: a file that is smaller is
decoded at once, a larger one piece by piece, so memory does not grow with the file. Line ends become `\\n` here.
"""

from __future__ import annotations

import codecs
import contextlib
import re
from collections.abc import Iterator

from corpus.files import CHUNK, DecompressionBomb, InputFile, TruncatedFile
from corpus.text.decode import TOLERATED_PLACES, TOLERATED_SHARE, canonical, decode

HEAD = 4 << 20  # every one of 430 real classical books is smaller (the largest has 3.8 MB)
BOM = "\ufeff"
REPLACED = "\ufffd"
# Where Python's codec of an encoding's own name lacks characters that files in it use.
_CODECS = {"big5": "big5hkscs", "shift_jis": "cp932", "euc-kr": "cp949"}
_IMPOSSIBLE = re.compile("[\ud800-\udfff\\x00]+")
_MARKED = "corpus-marked"


def _mark(error: UnicodeError) -> tuple[str, int]:
    """An error handler like "replace", whose mark no text can hold."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\udcff", error.end


codecs.register_error(_MARKED, _mark)


def pieces(file: InputFile, declared: str = "", size: int = CHUNK) -> Iterator[str]:
    """The text in pieces, `\\r\\n` and `\\r` as `\\n`, without byte order mark. A place that cannot be decoded
    becomes half a surrogate pair, by which `settled` tells it from a U+FFFD of older damage.

    Raises `Undecodable` before the first piece when the head is not text, and `TruncatedFile` or
    `DecompressionBomb` (corpus/files.py) after the last good one.
    """
    chunks = file.chunks(size)
    head, whole, failure = gather(chunks, HEAD)
    if whole and failure is None:
        decoded = decode(head, declared)
        if not decoded.replaced:
            yield normal_lines(decoded.text)
            return
        encoding = _CODECS.get(decoded.encoding, decoded.encoding)
    else:
        encoding = encoding_of(head, declared)
    yield from _stream(head, chunks, encoding)
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


def resumed(head: bytes, chunks: Iterator[bytes], failure: Exception | None) -> Iterator[bytes]:
    """The stream that `gather` has begun, from its beginning, with its failure where it came."""
    yield head
    if failure is not None:
        raise failure
    yield from chunks


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
    decoder = codecs.getincrementaldecoder(encoding)(_MARKED)
    text, waiting = decoder.decode(head).removeprefix(BOM), ""
    for chunk in chunks:
        yield normal_lines(waiting + text.removesuffix("\r"))
        waiting = "\r" if text.endswith("\r") else ""  # its \n may come with the next chunk
        text = decoder.decode(chunk)
    yield normal_lines(waiting + text + decoder.decode(b"", True))


def normal_lines(text: str) -> str:
    """Every line end as `\\n`."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def settled(text: str) -> tuple[str, int]:
    """Text as Arrow, Parquet and UTF-8 can hold it, and the number of places that had to be replaced for it.

    Undecodable bytes, half surrogate pairs and NULs become U+FFFD, several in a row one. Line ends become `\\n`, blank
    lines at both ends go (the first line keeps its indentation); nothing else changes.
    """
    places = 0
    if "\0" in text or not _encodable(text):
        text, places = _IMPOSSIBLE.subn(REPLACED, text)
    if "\r" in text:
        text = normal_lines(text)
    if text[:1].isspace() or text[-1:].isspace():
        begin = len(text) - len(text.lstrip())
        text = text[text.rfind("\n", 0, begin) + 1 :].rstrip()
    return text, places


def _encodable(text: str) -> bool:
    """Has the text no half surrogate pair? Encoding it is many times faster than looking for one."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def too_damaged(text: str, replaced: int) -> bool:
    """Have more places been replaced than a text may have, by the same measure as for a whole file?"""
    return replaced > TOLERATED_PLACES and replaced > TOLERATED_SHARE * len(text)


def known_encoding(label: str) -> bool:
    """Is this the name of an encoding?"""
    return bool(canonical(label))
