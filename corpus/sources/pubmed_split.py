"""Cut a PubMed file into its entries, as bytes, without parsing the whole file as one XML document.

Bytes come through `corpus/sources/pubmed_window.py`; one `Entry` (a `PubmedArticle`, a `MedlineCitation`, a
`DeleteCitation`, ...) or one `Fault` at a time goes to `corpus/sources/pubmed.py`, which parses each entry by itself.
This is what a streaming XML parser cannot give: one damaged record costs one record and not the rest of the
file, memory is bounded by one record, and the parts nobody reads are skipped at the speed of a string search.

It is safe because `<` cannot stand in XML text or attribute values: outside comments, CDATA and processing
instructions, which are looked at, `</PubmedArticle>` is that end tag and nothing else. A DOCTYPE is stepped over,
never loaded; one that declares entities ends the reading of the file, for PubMed's never do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.sources.pubmed_window import Fault, Window

# The elements directly below a set in the DTDs of 2009 to 2025, and the sets.
ENTRIES = frozenset(
    (b"PubmedArticle", b"MedlineCitation", b"PubmedBookArticle", b"BookDocument", b"DeleteCitation", b"DeleteDocument")
)
SETS = frozenset((b"PubmedArticleSet", b"MedlineCitationSet", b"PubmedBookArticleSet", b"BookDocumentSet"))
PROLOG_BYTES = 1 << 20  # the longest tag, comment or declaration between entries
LOOKAHEAD = 256  # bytes that tell what stands at a place

_ENTRY = re.compile(rb"\s*<(" + b"|".join(sorted(ENTRIES)) + rb")(?=[\s/>])")
_NAME = re.compile(rb"</?([A-Za-z_][\w.:-]*)(?=[\s/>])")
_CLOSED = re.compile(rb"[ \t\r\n]*>")
_EMPTY = re.compile(rb"<[^<>]{1,200}/>")
_DOCTYPE = re.compile(rb"<!DOCTYPE(?:[^\[\"'>]++|\"[^\"]*+\"|'[^']*+')*+([\[>])")
_PMID = re.compile(rb"<PMID\b[^>]{0,80}>\s*(\d{1,12})\s*</PMID>")
_HIDING = {b"<!--": b"-->", b"<![CDATA[": b"]]>", b"<?": b"?>"}  # what may hold anything, and what ends it


class Entry(NamedTuple):
    """One entry: its element's name, its bytes (UTF-8, not yet checked), the offset where it starts, and whether it
    is `plain`: without comments, CDATA and instructions, so that a string search cannot be led astray."""

    name: str
    data: bytes
    start: int
    plain: bool


def entries(chunks: Iterator[bytes], limit: int) -> Iterator[Entry | Fault]:
    """The entries of one PubMed file in order; `limit` is the largest entry in bytes.

    Never raises for bad data: a damaged stretch is one `Fault`, and reading goes on behind it where it can.
    """
    return _Scanner(Window(chunks), limit).scan()


def key_in(data: bytes) -> str:
    """`pubmed:<PMID>` from the first PMID in the bytes of an entry that cannot be parsed; empty without one."""
    found = _PMID.search(data, 0, 1 << 16)
    return f"pubmed:{int(found[1])}" if found else ""


def _hides(data: bytes, start: int, end: int) -> bool:
    """Whether `<!` or `<?` occurs. Looks for the rarer second byte first, which is fifty times faster."""
    for mark, pair in ((b"!", b"<!"), (b"?", b"<?")):
        found = data.find(mark, start, end)
        for _ in range(16):
            if found < 0:
                break
            if data[found - 1] == pair[0]:
                return True
            found = data.find(mark, found + 1, end)
        else:
            if data.find(pair, start, end) >= 0:
                return True
    return False


class _Scanner:
    """Walks over what stands between entries and hands out the entries."""

    def __init__(self, window: Window, limit: int) -> None:
        self.window = window
        self.limit = limit
        self.open_sets = 0
        self.begun = False  # whether there was anything but white space
        self.known = False  # whether any PubMed, or anything reported as none, was seen
        self.walked = 1  # bytes of the entry at hand behind which the next one may start, should it have no end
        self.wary = False  # whether the last entry had no end: then every tag is looked at
        self.stray: tuple[int, str] | None = None  # where a stretch that is no PubMed began, and how

    def scan(self) -> Iterator[Entry | Fault]:
        window = self.window
        stop: Fault | None = None
        while stop is None:
            entry = _ENTRY.match(window.data, window.at)
            if entry is not None:  # as nearly always
                window.at = entry.start(1) - 1
                if self.stray is not None:
                    yield self._stray_fault()
                self.known = True
                yield self._entry(entry[1])
            elif not self._to_content():
                break
            elif window.data.startswith((b"<!", b"<?"), window.at):
                stop = self._declaration()
            elif _ENTRY.match(window.data, window.at) is None:
                yield from self._between()
        yield from self._last_words(stop)

    def _last_words(self, stop: Fault | None) -> Iterator[Fault]:
        """What the end of the stream leaves to say, as one fault where it is one break."""
        stray = self._stray_fault() if self.stray is not None else None
        end = stop or self.window.failure or self._end()
        if stray and end and not stop:  # the break is why the bytes before it are stray
            yield end._replace(detail=f"{end.detail}; {stray.detail}")
            return
        yield from (fault for fault in (stray, end) if fault)

    def _to_content(self) -> bool:
        """Move to the next byte that is not white space, with enough behind it to tell what it is."""
        window = self.window
        while not (rest := window.data[window.at : window.at + LOOKAHEAD].lstrip()):
            window.at = min(window.at + LOOKAHEAD, len(window.data))
            if not window.unread and not window.more():
                return False
        self.begun = True
        window.at = window.data.index(rest[:1], window.at)
        while window.unread < LOOKAHEAD and window.more():
            pass
        return True

    def _between(self) -> Iterator[Fault]:
        """The tags of sets; everything else is stray."""
        window = self.window
        named = _NAME.match(window.data, window.at)
        name = named[1] if named else b""
        if name in SETS:
            self.known = True
            if self.stray is not None:
                yield self._stray_fault()
            self.open_sets += -1 if window.data.startswith(b"</", window.at) else 1
            end = window.find(b">", 1, PROLOG_BYTES)
            window.at = window.at + end + 1 if end > 0 else len(window.data)
        elif window.data.startswith(b"<", window.at):
            tag = window.data[window.at : window.at + 40].split(b">")[0].split(b"\n")[0]
            self._step_over(f"the tag {tag.decode('utf-8', 'replace')}>")
        else:
            self._step_over("text outside any entry")

    def _entry(self, name: bytes) -> Entry | Fault:
        window = self.window
        empty = _EMPTY.match(window.data, window.at)
        end, plain = (empty.end() - window.at, True) if empty else self._entry_end(name)
        self.wary = not 0 < end <= self.limit
        if self.wary:
            return self._endless(name)
        start = window.at
        window.at += end
        return Entry(name.decode("ascii"), window.data[start : window.at], window.base + start, plain)

    def _entry_end(self, name: bytes) -> tuple[int, bool]:
        """Length of the entry at `at`, or -1 when it does not end within the limit or before the stream does; and
        whether it is plain."""
        window = self.window
        tag = b"</" + name
        position, self.walked = 0, 1
        while 0 < (position := window.find(tag, position + 1, self.limit)) <= self.limit:
            end = window.find(b">", position, position + PROLOG_BYTES) + 1
            if self.wary or end <= 0:
                return self._careful_end(name)
            if _CLOSED.match(window.data, window.at + position + len(tag)):
                plain = end > self.limit or not _hides(window.data, window.at, window.at + end)
                return (end, True) if plain else self._careful_end(name)
        return -1, False

    def _careful_end(self, name: bytes) -> tuple[int, bool]:
        """As `_entry_end`, for an entry with comments, CDATA or instructions, or behind one without an end. All
        that is looked at in vain is counted as `walked`, so that it is not looked at again from the next start."""
        window = self.window
        token = re.compile(rb"<!--|<!\[CDATA\[|<\?|</" + name + rb"\s*>|<" + name + rb"[\s>]")
        position, plain = 1, True
        while position <= self.limit:
            match = token.search(window.data, window.at + position)
            self.walked = position
            if match is None:
                position = max(position, window.unread - 64)
                if not window.more():
                    return -1, plain
            elif match[0] in _HIDING:
                closer, plain = _HIDING[match[0]], False
                self.walked = match.end() - window.at
                inside = window.find(closer, self.walked, self.limit)
                if inside < 0:
                    return -1, plain
                position = inside + len(closer)
            elif match[0].startswith(b"</"):
                return match.end() - window.at, plain
            else:  # the next one starts
                self.walked = match.start() - window.at
                return -1, plain
        self.walked = position
        return -1, plain

    def _endless(self, name: bytes) -> Fault:
        """What to say of an entry without an end in sight, and how far to move: to the next start when its end tag
        is missing, behind it when it is too large, else to the end of the file."""
        window = self.window
        start, label = window.offset, f"<{name.decode('ascii')}> at byte {window.offset:,}"
        other = re.compile(rb"<" + name + rb"[\s>]").search(window.data, window.at + self.walked)
        reach = min(other.start() - window.at if other is not None else 1 << 16, 1 << 16)
        key = key_in(window.data[window.at : window.at + reach])
        if other is not None and other.start() - window.at <= self.limit:
            window.at = other.start()
            return Fault("xml-syntax", f"{label} has no end before the next one starts", key)
        if window.unread > self.limit:
            self._skip(name)
            size = window.offset - start
            return Fault("oversize", f"{label} has {size:,} bytes; the limit is {self.limit:,}", key)
        where = f"inside {label}, of which {window.unread:,} bytes are left unread"
        window.at = len(window.data)
        self.open_sets = 0
        failure, window.failure = window.failure, None
        if failure is not None:
            return Fault(failure.cause, f"{failure.detail}, {where}", key)
        return Fault("xml-syntax", f"the file ends {where}", key)

    def _skip(self, name: bytes) -> None:
        """Pass over an oversize entry without keeping it: behind its end tag, or to the next start or the end."""
        window = self.window
        bound = re.compile(rb"</" + name + rb"\s*>|<" + name + rb"[\s>]")
        window.at = min(window.at + self.walked, len(window.data))
        while (match := bound.search(window.data, window.at)) is None:
            window.at = max(window.at, len(window.data) - 64)
            if not window.more():
                window.at = len(window.data)
                return
        window.at = match.end() if match[0].startswith(b"</") else match.start()

    def _declaration(self) -> Fault | None:
        """Step over an instruction, a comment or the DOCTYPE; a fault here means that reading stops."""
        window = self.window
        if window.data.startswith(b"<!DOCTYPE", window.at):
            return self._doctype()
        for opener in (b"<?", b"<!--"):
            if window.data.startswith(opener, window.at):
                end = window.find(_HIDING[opener], len(opener), PROLOG_BYTES)
                if end < 0:
                    return self._unclosed("a comment or instruction")
                window.at += end + len(_HIDING[opener])
                return None
        self._step_over("a declaration outside any entry")
        return None

    def _doctype(self) -> Fault | None:
        window = self.window
        while (match := _DOCTYPE.match(window.data, window.at)) is None:
            if window.unread > PROLOG_BYTES or not window.more():
                return self._unclosed("the DOCTYPE")
        end = match.end() - window.at
        if match[1] == b"[":  # declarations of the file's own
            close = window.find(b"]", end, PROLOG_BYTES)
            subset = window.data[match.end() : window.at + close if close >= 0 else len(window.data)]
            if b"<!ENTITY" in subset or b"%" in subset:
                return Fault("xml-entity", f"the DOCTYPE at byte {window.offset:,} declares entities, which PubMed's "
                             "never does; none was expanded, and the rest of the file is left unread")  # fmt: skip
            end = window.find(b">", max(close, end), PROLOG_BYTES) + 1
            if close < 0 or end <= 0:
                return self._unclosed("the DOCTYPE")
        window.at += end
        return None

    def _unclosed(self, what: str) -> Fault:
        failure = self.window.failure
        where = f"{what} that starts at byte {self.window.offset:,} has no end; the rest of the file is left unread"
        self.open_sets = 0
        return Fault(failure.cause, f"{failure.detail}; {where}") if failure else Fault("xml-syntax", where)

    def _step_over(self, what: str) -> None:
        """Remember that something here is no PubMed and move to the next `<`."""
        window = self.window
        if self.stray is None:
            self.stray = (window.offset, what)
        window.at += 1
        while (found := window.data.find(b"<", window.at)) < 0:
            window.at = len(window.data)
            if not window.more():
                return
        window.at = found

    def _stray_fault(self) -> Fault:
        assert self.stray is not None
        start, what = self.stray
        self.stray, self.known = None, True
        skipped = self.window.offset - start
        return Fault("xml-syntax", f"{what} at byte {start:,} is no part of PubMed; {skipped:,} bytes are left unread")

    def _end(self) -> Fault | None:
        """What the end of an undamaged stream says about it."""
        if not self.known:
            cause = "xml-syntax" if self.begun else "empty-file"
            return Fault(cause, f"the file holds no PubMed set and no PubMed entry in {self.window.offset:,} bytes")
        if self.open_sets > 0:
            return Fault("xml-syntax", f"the file ends at byte {self.window.offset:,} without the end tag of its set")
        return None
