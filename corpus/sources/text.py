r"""Plain text: a file is one document, or, with `split`, many.

Origin: files of one's own, books, notes. Licence: a text file says nothing of it; set `licence` in the recipe.
Format: text in any encoding (corpus/text/decode.py), also gzipped. `split` is a regular expression, in which `^`
and `$` stand for the ends of lines. Each match starts a new document; the group named `title`, else the first group,
is its title and takes the place of the mark in the text; other named groups go to `meta`. What comes before the first
match is a document of its own. A recipe for the classical Chinese books that mark their chapters:

    [[source]]
    kind = "text"
    name = "classics"
    path = "books"
    genre = "classical"
    split = '(?:^<目录>(?P<section>.*)\n\s*)?^<篇名>(?P<title>.*)'

    <目录>卷一                   gives    id     file:classics/013.txt#5c0ffee5c0ffee00
    <篇名>人参                            title  人参
    内容：味甘，微寒。                     text   人参\n内容：味甘，微寒。
                                         meta   {"section":"卷一"}

Lines that head such a book (书名：, 作者：, 朝代：, 年份：) become `book`, `author`, `period` and `year` in the
meta of all its documents. Line ends become `\n`, blank lines at both ends go, a NUL becomes U+FFFD; nothing else
changes. Places that could not be decoded are counted in `meta.replaced`. The records go to `corpus/ingest.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from corpus.document import Broken, Document, Item, Record, file_id, meta_json
from corpus.errors import UserError
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.decoded import gather, known_encoding, normal_lines, pieces, settled, too_damaged
from corpus.sources.settings import TextSettings
from corpus.text.decode import Undecodable, decode

SUFFIXES = (".txt", ".text", ".md")
LIBRARIES: tuple[str, ...] = ()

MARGIN = 1 << 16  # characters: a mark that comes closer to the end of what is read may go on behind it
LOOKBEHIND = 1 << 10  # characters before a section that its pattern may look back upon
BINARY_SHARE = 0.01  # of control characters, as in corpus/text/decode.py
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_HEADER = re.compile(r"^(书名|作者|朝代|年份)[：:][^\S\n]*(.*?)[^\S\n]*$", re.MULTILINE)
_HEADER_KEYS = {"书名": "book", "作者": "author", "朝代": "period", "年份": "year"}
_HEADER_DOCUMENTS = 2  # a header stands before the first chapter or is it


class Section(NamedTuple):
    """A stretch of the file: `text`, the `title` and the other named groups of its mark, how many characters it has
    when they were too many to keep (then `text` is empty), how many places were `replaced` already."""

    text: str
    title: str
    groups: dict[str, str]
    oversize: int = 0
    replaced: int = 0


def check(file: InputFile, settings: TextSettings) -> None:
    """Before work starts: raises `UserError` for a `split` or an `encoding` that cannot be used."""
    where = f'[[source]] "{settings.name}"'
    if settings.encoding and not known_encoding(settings.encoding):
        mend = 'set encoding = "gb18030", "big5", "utf-8", ..., or leave it out'
        raise UserError(f"There is no encoding named {settings.encoding!r}.", f"encoding in {where}", mend)
    try:
        pattern = re.compile(settings.split, re.MULTILINE)
    except re.error as error:
        mend = r"a regular expression such as split = '^Chapter (.*)'; write \( for a bracket that is meant literally"
        raise UserError(f"This is no regular expression: {error}.", f"split in {where}", mend) from None
    if settings.split and pattern.search(""):
        what = "The pattern also matches where there is nothing, so that every place would start a document."
        raise UserError(what, f"split in {where}", "name a mark that is really there, such as split = '^# (.*)'")


def read(file: InputFile, settings: TextSettings) -> Iterator[Item]:
    """The documents of one file, in order. See corpus/sources/__init__.py for what a reader promises."""
    if file.size == 0:
        yield Broken(1, "empty-file", "the file is empty")
    elif settings.split:
        yield from _read_sections(file, settings)
    else:
        yield _read_whole(file, settings)


def _read_whole(file: InputFile, settings: TextSettings) -> Item:
    """The file as one record. What a damaged archive still gives is no whole text, and so no document."""
    raw, whole, failure = gather(file.chunks(), settings.max_record_bytes + 1)
    if failure is not None:
        return _failed(1, failure)
    if not whole or len(raw) > settings.max_record_bytes:
        detail = f"the text is larger than {settings.max_record_bytes:,} bytes (max_record_bytes); give it a split"
        return Broken(1, "oversize", detail)
    try:
        decoded = decode(raw, settings.encoding)
    except Undecodable as error:
        return _undecodable(raw, error)
    title = _markdown_title(file.name, decoded.text)
    section = Section(normal_lines(decoded.text), title, {}, replaced=decoded.replaced)
    return _item(section, 1, _header(decoded.text[:MARGIN]), file, settings)


def _read_sections(file: InputFile, settings: TextSettings) -> Iterator[Item]:
    position, header = 0, dict[str, str]()
    try:
        for section in _sections(pieces(file, settings.encoding), settings):
            position += 1
            if position <= _HEADER_DOCUMENTS and not header:
                header = _header(section.text[:MARGIN])
            yield _item(section, position, header, file, settings)
        if not position:
            yield Broken(1, "empty-text", "the file holds white space only")
    except Undecodable as error:
        yield _undecodable(gather(file.chunks(), MARGIN)[0], error)
    except (TruncatedFile, DecompressionBomb) as error:
        yield _failed(position + 1, error)


def _sections(parts: Iterator[str], settings: TextSettings) -> Iterator[Section]:
    """Cut the stream at the marks, holding one section and a little more."""
    cutter = _Cutter(re.compile(settings.split, re.MULTILINE), settings.max_record_bytes)
    try:
        for part in parts:
            yield from cutter.feed(part)
    except (TruncatedFile, DecompressionBomb):
        yield from cutter.feed("", last=True)  # whole sections stand; the one that was cut does not
        raise
    yield from cutter.feed("", last=True)
    yield from cutter.close(len(cutter.buffer))


class _Cutter:
    """What has been read and not yet given away: the section that begins at `begin`, and what follows it."""

    def __init__(self, pattern: re.Pattern[str], limit: int) -> None:
        self._pattern, self._limit = pattern, limit
        self.buffer = ""
        self._begin = self._search = self._dropped = 0
        self._title, self._groups, self._marked = "", dict[str, str](), False

    def feed(self, part: str, last: bool = False) -> Iterator[Section]:
        """The sections that are complete now."""
        self.buffer += part
        safe = len(self.buffer) - (0 if last else MARGIN)
        while match := self._pattern.search(self.buffer, self._search):
            if match.end() > safe:
                break
            yield from self.close(match.start())
            self._open(match)
        self._search = match.start() if match else max(self._search, safe)
        self._forget()

    def close(self, end: int) -> Iterator[Section]:
        """The section that ends here, if there is one: nothing before the first mark is none."""
        text = self.buffer[self._begin : end]
        if self._dropped:
            yield Section("", self._title, self._groups, self._dropped + len(text))
        elif self._marked or text.strip():
            if self._title:
                text = self._title + ("" if text.startswith("\n") else "\n") + text
            yield Section(text, self._title, self._groups)

    def _open(self, match: re.Match[str]) -> None:
        """Begin a section: behind a mark that names it, or with a mark that is part of the text."""
        named = {name: (value or "").strip() for name, value in match.groupdict().items()}
        first = (match[1] or "").strip() if match.re.groups else ""
        self._title = named.pop("title", first)
        self._groups, self._marked, self._dropped = named, True, 0
        self._begin = match.end() if match.re.groups else match.start()
        self._search = max(match.end(), match.start() + 1)

    def _forget(self) -> None:
        """Let go of what was given away, but for some characters that a lookbehind may want, and of too much."""
        if len(self.buffer) - self._begin > self._limit + MARGIN:
            self._dropped += self._search - self._begin
            self._begin = self._search
        gone = max(self._begin - LOOKBEHIND, 0)
        self.buffer = self.buffer[gone:]
        self._begin -= gone
        self._search -= gone


def _item(section: Section, position: int, header: dict[str, str], file: InputFile, settings: TextSettings) -> Item:
    """A section as a record of one document, or as what is wrong with it."""
    size = section.oversize or len(section.text.encode("utf-8", "surrogatepass"))
    if size > settings.max_record_bytes:
        unit = "at least " if section.oversize else ""
        detail = f"{unit}{size:,} bytes, more than {settings.max_record_bytes:,} (max_record_bytes)"
        return Broken(position, "oversize", detail)
    if len(_CONTROLS.findall(section.text)) > max(BINARY_SHARE * len(section.text), 3):
        return Broken(position, "binary", "more than one character in a hundred is a control character")
    text, places = settled(section.text)
    replaced = section.replaced + places
    if too_damaged(text, replaced):
        return Broken(position, "undecodable", f"{replaced:,} of {len(text):,} characters could not be decoded")
    if not text:
        return Broken(position, "empty-text", "there is no text, nor a title")
    key = file_id(settings.name, file.name, text)
    groups = {name: settled(value)[0] for name, value in section.groups.items()}
    meta = meta_json(**(header | groups), replaced=replaced or None)
    document = Document(key, text, settled(section.title)[0], settings.language, settings.licence, "", meta)
    return Record(key, position, (document,))


def _header(text: str) -> dict[str, str]:
    """What the lines that head a Chinese book say of it, when there are two at least."""
    facts = {_HEADER_KEYS[label]: settled(value)[0] for label, value in reversed(_HEADER.findall(text)) if value}
    return facts if len(facts) > 1 else {}


def _markdown_title(name: str, text: str) -> str:
    """The first heading of a Markdown file, if it begins with one."""
    if not name.lower().removesuffix(".gz").endswith(".md"):
        return ""
    found = re.match(r"\s*# +(.*)", text)
    return found[1].strip() if found else ""


def _undecodable(head: bytes, error: Undecodable) -> Broken:
    """Bytes that are no text in any encoding; NULs among them say that they were never meant to be."""
    return Broken(1, "binary" if b"\0" in head[:8192] else "undecodable", str(error))


def _failed(position: int, error: Exception) -> Broken:
    """The end of a file that cannot be inflated further."""
    cause = "decompression-bomb" if isinstance(error, DecompressionBomb) else "truncated-gzip"
    return Broken(position, cause, str(error))
