"""Lists of medical terms, and how many tokens each term takes where it would stand in running text.

Lists come from three places: the MeSH headings that the corpus itself names (`mesh_names` in `meta`, which PubMed files
until 2013 give; later ones give identifiers, whose names only MeSH or a PubMed file tells), the headwords of its
reference works in Chinese (the titles or first lines of drug monographs), and files given by the user: one term a line,
or a PubMed file (XML, gzip allowed), of which the headings are read.

A term is measured as it stands in running text: one without Han characters between two words (`of TERM in`), one with
them on a line of its own. A heading that is turned round (`Cardiomyopathy, Dilated`) is turned back, and a word of it
that begins with a capital and goes on in small letters is written small, as in a sentence (eponyms pay for that).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import orjson
import polars as pl
import xxhash

from corpus.errors import UserError
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.report.folder import Build, reading
from corpus.text.codepoints import CodePoints, Ints, Spans, encode, tally
from corpus.text.decode import Undecodable, decode
from tokenizer.compare.measures import OF_TERM_PIECES
from tokenizer.compare.pieces import Cover, Vocabulary, vocabulary_of
from tokenizer.compare.pieces import encode as encode_pieces
from tokenizer.compare.words import HAN, han, letters, runs
from tokenizer.opened import Opened

MOST = 20_000  # terms of a list that are measured, drawn by a hash of the term
LONGEST = 200  # characters of a term
LARGEST = 64 << 20  # bytes of a file with one term a line
HEADWORD = re.compile(rf"{HAN.pattern}{{2,12}}")
MESH, HEADWORDS = "MeSH headings of the corpus", "headwords of its reference works"
_HEADING = re.compile(rb"<DescriptorName\b[^>]*>([^<]+)</DescriptorName>")
_CAPITAL = re.compile(r"\b[A-Z][a-z]+\b")
_BATCH = 4096


class TermList(NamedTuple):
    """`name`: where the terms come from. `terms`: distinct, sorted. `found`: how many there were before MOST."""

    name: str
    terms: tuple[str, ...]
    found: int


def term_lists(build: Build, files: Sequence[Path]) -> list[TermList]:
    """The lists of a corpus and those of files. Raises `UserError` for a file without terms."""
    with reading(build):
        lists = [_list(MESH, _headings(_noted(build))), _list(HEADWORDS, _headwords(build))]
    return [one for one in lists if one.terms] + [read_terms(file) for file in files]


def read_terms(file: Path) -> TermList:
    """The terms of a file. Raises `UserError` when it cannot be read or holds none."""
    if not file.is_file():
        raise UserError("There is no such file of terms.", str(file), "give a file with one term a line")
    source = InputFile(str(file), file.name, file.stat().st_size, "")
    try:
        head = next(source.chunks(), b"").lstrip(b"\xef\xbb\xbf \r\n\t")
        found = _list(file.name, _headings(_of_pubmed(source)) if head.startswith(b"<") else _lines(source))
    except (TruncatedFile, DecompressionBomb, Undecodable) as error:
        raise UserError("A file of terms cannot be read.", f"{file}: {error}", "give it as UTF-8 text") from None
    if not found.terms:
        raise UserError("The file holds no term.", str(file), "give one term a line, or a PubMed file with headings")
    return found


def _list(name: str, terms: Iterable[str]) -> TermList:
    """The distinct terms, and of too many those with the lowest hashes: the same whatever their order."""
    known = {term for term in (" ".join(one.split()) for one in terms) if 0 < len(term) <= LONGEST}
    kept = sorted(known, key=lambda term: (xxhash.xxh3_64_intdigest(term.encode()), term))[:MOST]
    return TermList(name, tuple(sorted(kept)), len(known))


def _noted(build: Build) -> Iterator[str]:
    """Every `mesh_names` of a document of the corpus."""
    for file in build.texts():
        meta = (
            pl.scan_parquet(file, glob=False)
            .select("meta")
            .filter(pl.col("meta").str.contains('"mesh_names"', literal=True))
        )
        for noted in meta.collect(engine="streaming")["meta"]:
            yield from (name for name in orjson.loads(noted).get("mesh_names", ()) if isinstance(name, str))


def _headings(names: Iterable[str]) -> Iterator[str]:
    """Headings as a sentence would write them. One with several commas cannot be turned back and is left out."""
    for name in names:
        parts = [part.strip() for part in name.split(",")]
        if len(parts) <= 2:
            yield _CAPITAL.sub(lambda word: word.group().lower(), " ".join(reversed(parts)))


def _headwords(build: Build) -> Iterator[str]:
    """Titles, or first lines, of documents of reference sources, where they are nothing but a few Han characters."""
    sources = [source.name for source in build.recipe.source if source.genre == "reference"]
    for file in build.texts() if sources else ():
        rows = pl.scan_parquet(file, glob=False).filter(pl.col("source").is_in(sources))
        first = pl.coalesce(pl.col("title").replace("", None), pl.col("text").str.split("\n").list.first())
        yield from (
            word for word in rows.select(first.alias("word")).collect()["word"] if HEADWORD.fullmatch(word or "")
        )


def _of_pubmed(source: InputFile) -> Iterator[str]:
    """The descriptors in a PubMed file, whichever DTD it follows."""
    rest = b""
    for chunk in source.chunks():
        held = rest + chunk
        end = held.rfind(b"</DescriptorName>") + 1
        yield from (html.unescape(name.decode(errors="replace")) for name in _HEADING.findall(held))
        rest = held[end:] if end else held[-4096:]


def _lines(source: InputFile) -> Iterator[str]:
    raw = bytearray()
    for chunk in source.chunks():
        raw += chunk
        if len(raw) > LARGEST:
            raise UserError(f"The file of terms is too large: more than {LARGEST >> 20} MiB.", source.url,
                            "give one term a line")  # fmt: skip
    yield from decode(bytes(raw)).text.splitlines()


def count_terms(terms: Sequence[str], opened: Opened) -> Ints:
    """OF_TERM_PIECES of each term (terms, counts)."""
    known = vocabulary_of(opened)
    found = [_count(terms[begin : begin + _BATCH], opened, known) for begin in range(0, len(terms), _BATCH)]
    return np.concatenate(found) if found else np.zeros((0, len(OF_TERM_PIECES)), np.int64)


def _count(terms: Sequence[str], opened: Opened, known: Vocabulary) -> Ints:
    frames = [("\n", "\n") if HAN.search(term) else ("of ", " in") for term in terms]
    texts = [before + term + after for term, (before, after) in zip(terms, frames, strict=True)]
    text = encode(texts)
    starts = text.starts + np.array([len(before) for before, _ in frames], np.int64)
    spans = Spans(starts, starts + np.array([len(term) for term in terms], np.int64), np.arange(len(terms)))
    cover = Cover(text, encode_pieces(opened, texts, text), known)
    parts = _parts(text, spans)
    torn = tally(parts.owners[~cover.whole(parts)], len(terms))
    one = cover.whole(spans)
    told = {
        "pieces": cover.touching(spans),
        "one": one,
        "parts_whole": one | ((torn == 0) & (tally(parts.owners, len(terms)) > 0)),
    }
    return np.stack([np.asarray(told[name], np.int64) for name in OF_TERM_PIECES], axis=1)


def _parts(text: CodePoints, spans: Spans) -> Spans:
    """The runs of letters and of Han characters inside the terms."""
    found = [runs(text, member) for member in (letters(), han())]
    starts, ends, owners = (np.concatenate(each) for each in zip(*found, strict=True))
    inside = (starts >= spans.starts[owners]) & (ends <= spans.ends[owners])
    return Spans(starts[inside], ends[inside], owners[inside])
