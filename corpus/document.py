"""The record: what a source yields, what the corpus stores, and how ids are made.

Read this page first. Sources (`corpus/sources/`) turn bytes into `Record`, `Deletion` and `Broken`
items; `corpus/ingest.py` writes them as two Arrow tables per shard (`DOCUMENTS`, `RECORDS`); every
later stage reads those tables and adds facts beside them, never inside them.

A *record* is one entry of an input file (a PubMed citation, a JSON line, a page). It gives none, one or
several *documents* (an abstract and its Chinese version). Ids are stable across builds and machines:

    pubmed:31452104          one PubMed citation          pubmed:31452104@zh   its Chinese abstract
    pmc:PMC1065065.1         one version of an article    web:<16 hex of sha-256 of the url>
    table:<source>/<key>     a row that has an id field
    file:<source>/<path>#<16 hex of sha-256 of the text>  anything else: an insertion moves no other id
"""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

import pyarrow as pa

UNKNOWN_LICENCE = "unknown"
UNDETERMINED = "und"  # BCP 47 for "no language declared"; the language annotator decides


class Document(NamedTuple):
    """One text and what its source knows about it.

    `text` is Unicode as the source wrote it, markup made readable (`10^9/L`), title included where the
    source has one; it is never folded or rewritten for matching. `language` is BCP 47 as *declared* by
    the source (`und` if it declares none). `licence` is an SPDX id or `unknown`. `date` is as precise as
    the source knows it: `2019`, `2019-03` or `2019-03-05`, else empty. `meta` is a JSON object with sorted
    keys holding what only this source has; build it with `meta_json`. Keys shared by several sources:

    `publication_types` list of NLM publication-type UIs · `mesh` list of descriptor UIs · `journal` ·
    `doi` · `pmid` · `pmcid` · `url` · `twin` list of ids of the same work in other languages ·
    `retracted` one sentence saying why it counts as retracted · `notices` list of {type, ref} ·
    `copyright` statement as written · `sections` list of labels · `article_type` (JATS).
    """

    id: str
    text: str
    title: str
    language: str
    licence: str
    date: str
    meta: str


class Record(NamedTuple):
    """One readable entry of an input file. `position` counts entries in the file from 1.

    `key` names the thing the record is about, without version (`pubmed:31452104`): of all records with one
    key the highest `version`, then the latest file, then the latest position is the last word. For web pages
    `version` is the date of fetching (minutes since 2000-01-01 UTC).
    `documents` may hold several texts but never none: an entry without text is `Broken("empty-text")`.
    """

    key: str
    position: int
    documents: tuple[Document, ...]
    version: int = 1


class Deletion(NamedTuple):
    """A notice that the record `key` is withdrawn by its publisher. It wins over every version."""

    key: str
    position: int


class Broken(NamedTuple):
    """An entry that could not be read. It is quarantined, never dropped silently.

    `cause` is a short stable slug (`truncated-gzip`, `xml-syntax`, `json-syntax`, `missing-field`,
    `empty-text`, `undecodable`, `oversize`, ...); `detail` is a sentence for the reader with the line or
    byte offset where known; `key` is given when it could be told.
    """

    position: int
    cause: str
    detail: str
    key: str = ""


Item = Record | Deletion | Broken

# One row per document in a shard. The first columns are Document; then where it came from.
DOCUMENTS = pa.schema(
    [
        ("id", pa.string()),
        ("text", pa.string()),
        ("title", pa.string()),
        ("language", pa.string()),
        ("licence", pa.string()),
        ("date", pa.string()),
        ("meta", pa.string()),
        ("source", pa.string()),
        ("record", pa.string()),  # key of the record it came from
        ("version", pa.int32()),
        ("place", pa.string()),  # <source>/<path>#<position>
    ]
)

# One row per entry of an input file, readable or not, in file order.
RECORDS = pa.schema(
    [
        ("record", pa.string()),
        ("place", pa.string()),
        ("source", pa.string()),
        ("file", pa.string()),
        ("position", pa.int64()),
        ("version", pa.int32()),
        ("kind", pa.string()),  # record | deletion | broken
        ("documents", pa.int32()),  # how many documents it gave
        ("digest", pa.string()),  # 16 hex over its documents: equal digests are equal content
        ("cause", pa.string()),  # broken only
        ("detail", pa.string()),
    ]
)


def meta_json(**facts: Any) -> str:
    """The `meta` column: empty values (None, "", [], {}) left out, keys sorted, Unicode kept."""
    kept = {key: value for key, value in facts.items() if value not in (None, "", [], {}, ())}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """The first 16 hex digits of the text's SHA-256 (64 bits: a collision is expected near 4e9 texts)."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def file_id(source: str, path: str, text: str) -> str:
    """Id of a document that has no key of its own: by source, file and content, never by position."""
    return f"file:{source}/{path}#{digest(text)}"


def web_id(url: str) -> str:
    """Id of a page, by its url as fetched."""
    return f"web:{digest(url)}"
