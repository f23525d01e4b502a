"""Where documents come from: one module per kind of origin, all with the same three names.

    read(file: InputFile, settings) -> Iterator[Record | Deletion | Broken]   streaming, in file order
    SUFFIXES: tuple[str, ...]    which files a folder offers this source (lower case, `.gz` understood)
    LIBRARIES: tuple[str, ...]   distributions whose version can change what is read (part of the identity)

`settings` is this kind's model from `corpus/sources/settings.py`. A reader judges no quality, keeps no state
across files, never raises for bad data (it yields `Broken` and goes on, or stops after it when the rest cannot
be reached) and holds at most one entry in memory. Entries larger than `settings.max_record_bytes` are
`Broken("oversize")`. Data goes on to `corpus/ingest.py`.
"""

from __future__ import annotations

# Explicit, so that a reader of this page sees every source there is; imported only when a recipe names it.
SOURCES: dict[str, str] = {
    "pubmed": "corpus.sources.pubmed",
    "pmc": "corpus.sources.pmc",
    "web": "corpus.sources.web",
    "text": "corpus.sources.text",
    "table": "corpus.sources.table",
}
