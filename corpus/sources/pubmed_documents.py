"""From a PubMed citation to documents: the main text, and one for each text in another language.

A `Citation` comes from `corpus/sources/pubmed_citation.py`; its documents go into a `Record` in `pubmed.py`. The main
document is the title and the English abstract. The vernacular title and each OtherAbstract become documents of
their own, `pubmed:<PMID>@<language>`, because a corpus is filtered and mixed by language; `twin`, always a list,
links them. Facts about the work (publication types, retraction, ...) stand on each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from corpus.document import UNDETERMINED, Document, meta_json
from corpus.sources.pubmed_citation import Abstract, Citation
from corpus.sources.pubmed_codes import RETRACTED_PUBLICATION, bcp47
from corpus.sources.pubmed_licence import licence_of

# NLM's stand-ins for a title: not translated yet, or not given.
_NO_TITLE = re.compile(r"\[?(?:not available|in process citation|no title available)\]?\.?\Z", re.IGNORECASE)
# What publishers send as OtherAbstract when there is none, in English whatever language is declared.
_NO_ABSTRACT = re.compile(r"\W*(?:abstract available from the publisher|no abstract available)\W*\Z", re.IGNORECASE)


class Text(NamedTuple):
    """One text of a record, in one language. The `main` one holds the title and abstract that PubMed shows; its title
    may be `translated` by NLM."""

    title: str
    language: str
    abstract: Abstract
    main: bool = False
    translated: bool = False


def documents(citation: Citation, licence: str, language: str = UNDETERMINED) -> tuple[Document, ...]:
    """The documents of one record, the main one first; none when it has no text at all.

    `licence` is what to assume where the copyright statement names no licence, `language` where the record names
    none. Texts of the same language after the first are numbered, `pubmed:1@zh`, `pubmed:1@zh.2`.
    """
    texts = list(_texts(citation, language))
    if not texts:
        return ()
    ids = _ids(citation.pmid, texts)
    about_the_work = _common(citation)
    return tuple(
        _document(text, identifier, _twins(identifier, ids, texts[0].main), citation, licence, about_the_work)
        for identifier, text in zip(ids, texts, strict=True)
    )


def _document(
    text: Text, identifier: str, twins: list[str], citation: Citation, licence: str, about_the_work: dict[str, Any]
) -> Document:
    abstract = text.abstract
    statement = abstract.copyright or citation.abstract.copyright
    meta = meta_json(
        **about_the_work,
        twin=twins,
        sections=abstract.labels,
        copyright=statement,
        abstract_type=abstract.type,
        translated_title=text.translated or None,
    )
    granted = (licence_of(statement) if statement else "") or licence
    body = "\n".join(abstract.lines)
    if text.title:
        body = f"{text.title}\n\n{body}" if body else text.title
    return Document(identifier, body, text.title, text.language, granted, citation.date, meta)


def _twins(identifier: str, ids: list[str], has_main: bool) -> list[str]:
    """The main document names all others; the others name it, or each other where there is none."""
    if len(ids) == 1:
        return []
    if has_main and identifier != ids[0]:
        return [ids[0]]
    return [other for other in ids if other != identifier]


def plain_title(title: str) -> tuple[str, bool]:
    """The title without the brackets that mark NLM's translation, and whether it had them.

    `[Studies on plague].` -> `Studies on plague.`; `[18F]FDG in [11C] scans` is no translation. Stand-ins for a missing
    title (`[Not Available].`) give no title.
    """
    if len(title) < 30 and _NO_TITLE.match(title):
        return "", False
    if not title.startswith("["):
        return title, False
    body = title.removesuffix(".")
    if not body.endswith("]") or _closes_at(body) != len(body) - 1:
        return title, False
    inner = body[1:-1].strip()
    end = "." if title.endswith(".") and not inner.endswith((".", "?", "!")) else ""
    return inner + end, True


def _closes_at(text: str) -> int:
    """Index of the bracket that closes the one at the start, or -1."""
    level = 0
    for index, character in enumerate(text):
        level += (character == "[") - (character == "]")
        if level == 0:
            return index
    return -1


def _texts(citation: Citation, unnamed: str) -> Iterator[Text]:
    title, translated = plain_title(citation.title)
    if title or citation.abstract.lines:
        english = translated or bool(citation.abstract.lines) or "eng" in map(str.lower, citation.languages)
        language = "en" if english else bcp47(next(iter(citation.languages), ""))
        yield Text(title, unnamed if language == UNDETERMINED else language, citation.abstract, True, translated)
    others = [Text("", bcp47(other.language), other) for other in citation.other_abstracts if _is_text(other)]
    if citation.vernacular_title:
        own = _vernacular_language(citation, [other.language for other in others])
        joined = next((index for index, other in enumerate(others) if other.language == own), None)
        if joined is None:
            others.insert(0, Text(citation.vernacular_title, own, Abstract()))
        else:
            others[joined] = others[joined]._replace(title=citation.vernacular_title)
    yield from others


def _is_text(abstract: Abstract) -> bool:
    return bool(abstract.lines) and not (len(abstract.lines) == 1 and _NO_ABSTRACT.match(abstract.lines[0]))


def _vernacular_language(citation: Citation, others: list[str]) -> str:
    """The record's first language that is not English; else that of its only OtherAbstract."""
    for code in citation.languages:
        language = bcp47(code)
        if language not in ("en", UNDETERMINED):
            return language
    foreign = sorted(set(others) - {"en"})
    return foreign[0] if len(foreign) == 1 else UNDETERMINED


def _ids(pmid: str, texts: list[Text]) -> list[str]:
    seen: dict[str, int] = {}
    ids = []
    for text in texts:
        if text.main:
            ids.append(f"pubmed:{pmid}")
            continue
        count = seen[text.language] = seen.get(text.language, 0) + 1
        ids.append(f"pubmed:{pmid}@{text.language}" + (f".{count}" if count > 1 else ""))
    return ids


def _common(citation: Citation) -> dict[str, Any]:
    """The facts about the work that are not empty, the same on each of its documents."""
    unavailable = [bcp47(other.language) for other in citation.other_abstracts if not _is_text(other)]
    facts = {
        "pmid": citation.pmid,
        "pmcid": citation.ids.get("pmc", ""),
        "doi": citation.ids.get("doi") or citation.electronic_doi,
        "pii": citation.ids.get("pii", ""),
        "bookaccession": citation.ids.get("bookaccession", ""),
        "languages": [bcp47(code) for code in citation.languages],
        "publication_types": citation.publication_types,
        "publication_type_names": citation.publication_type_names,
        "mesh": citation.mesh,
        "mesh_names": citation.mesh_names,
        "journal": citation.journal,
        "issn": citation.issn,
        "book": citation.book,
        "status": citation.status,
        "indexing": citation.indexing,
        "retracted": retraction(citation),
        "notices": citation.notices,
        "unavailable_abstracts": unavailable,
    }
    return {name: value for name, value in facts.items() if value}


def retraction(citation: Citation) -> str:
    """Why the record counts as retracted: its publication type, a RetractionIn, or both; empty when it does not."""
    reasons = []
    if RETRACTED_PUBLICATION in citation.publication_types:
        reasons.append(f"publication type {RETRACTED_PUBLICATION}")
    for notice in citation.notices:
        if notice["type"] == "RetractionIn":
            pmid = f" PMID {notice['pmid']}" if "pmid" in notice else ""
            reasons.append(f"RetractionIn: {notice.get('ref', '')}{pmid}".strip())
    return "; ".join(reasons)
