"""A window onto the bytes of a PubMed file: as much of the stream as one entry needs, in UTF-8.

Chunks come from `corpus/files.py`; `corpus/sources/pubmed_split.py` looks through the window and cuts out entries.
What goes wrong below (damaged gzip, a decompression bomb, bytes that are not in the declared encoding) ends
the stream and is kept as `failure`, so that everything read before it is used first.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from corpus.files import DecompressionBomb, TruncatedFile

# Encodings turned into UTF-8 when a file declares them. PubMed's own files are UTF-8; the list is closed because
# Python's table of codecs also holds compressors and escapes.
_ENCODINGS = re.compile(
    r"(?:utf-?(?:16|32)(?:-?[lb]e)?|iso-8859-\d{1,2}|latin-?1|windows-125\d|cp125\d|gb2312|gbk|gb18030|big5|shift_jis"
    r"|euc-(?:jp|kr)|koi8-[ru])\Z",
    re.IGNORECASE,
)
_UTF8 = ("utf-8", "utf8", "us-ascii", "ascii")
_DECLARED = re.compile(rb"\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0?\0", "utf-16-le"), (b"\0<\0?", "utf-16-be"),
)  # fmt: skip


class Fault(NamedTuple):
    """A stretch of the file that could not be read: becomes `Broken(cause, detail, key)`."""

    cause: str
    detail: str
    key: str = ""


class Window:
    """The part of the stream being looked at: `data[at:]` is unread, `base` is the offset of `data[0]`.

    Offsets count bytes of the content, after gunzipping and turning into UTF-8.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self.data = b""
        self.at = 0
        self.base = 0
        self.failure: Fault | None = None
        self._known: dict[bytes, tuple[int, int, bool]] = {}
        self._chunks = self._utf8(self._guarded(chunks))

    @property
    def offset(self) -> int:
        """Where the unread part begins."""
        return self.base + self.at

    @property
    def unread(self) -> int:
        """Bytes in the window behind `at`."""
        return len(self.data) - self.at

    def more(self) -> bool:
        """Read one more chunk behind the unread part, letting go of what was read; false at the end."""
        chunk = next(self._chunks, None)
        if chunk is None:
            return False
        self.base += self.at
        self.data = self.data[self.at :] + chunk
        self.at = 0
        return True

    def find(self, what: bytes, start: int, limit: int) -> int:
        """Where `what` begins, counted from `at` and searched from there + `start`; -1 when the stream or
        `limit` bytes of it (rounded up to a chunk) end first.

        What the last search passed over is not searched again: in damaged files the same end is looked for from
        thousands of places, and time must not grow with the square of their number."""
        here = self.offset
        since, upto, there = self._known.get(what, (0, -1, False))  # none begins from `since` to before `upto`
        if since <= here + start <= upto:
            if there:
                return upto - here
            start = upto - here
        else:
            since = here + start
        while True:
            found = self.data.find(what, self.at + start)
            if found >= 0:
                self._known[what] = (since, self.base + found, True)
                return found - self.at
            start = max(start, self.unread - len(what) + 1)
            self._known[what] = (since, here + start, False)
            if self.unread > limit or not self.more():
                return -1

    def _guarded(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from chunks
        except TruncatedFile as error:
            self.failure = Fault("truncated-gzip", str(error))
        except DecompressionBomb as error:
            self.failure = Fault("decompression-bomb", str(error))

    def _utf8(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same stream as UTF-8 without a byte order mark; bytes that are UTF-8 already are not checked here."""
        head = next(chunks, b"")
        encoding = next((name for mark, name in _MARKS if head.startswith(mark)), "")
        if not encoding:
            declared = _DECLARED.match(head)
            encoding = declared[1].decode("ascii") if declared else "utf-8"
        if encoding.lower() in _UTF8:
            yield head.removeprefix(codecs.BOM_UTF8)
            yield from chunks
        elif _ENCODINGS.match(encoding):
            yield from self._decoded(chain((head,), chunks), encoding)
        else:
            self.failure = Fault("undecodable", f"the file declares the encoding {encoding!r}, which is not read")

    def _decoded(self, chunks: Iterator[bytes], encoding: str) -> Iterator[bytes]:
        taken = 0
        try:
            decode = codecs.getincrementaldecoder(encoding)().decode
            for chunk in chunks:
                yield decode(chunk).encode("utf-8")
                taken += len(chunk)
            decode(b"", True)
        except (UnicodeError, LookupError) as error:
            detail = f"the file says that it is {encoding} and is not, behind byte {taken:,} ({error})"
            self.failure = self.failure or Fault("undecodable", detail)
