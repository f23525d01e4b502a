"""From a PubMed citation to documents: the main text, and one for each text in another language.

`Citation` comes from `corpus/sources/pubmed_citation.py`; the documents go to `corpus/sources/pubmed.py`, into a `Record`.
The main document is the title and the English abstract. The vernacular title and each OtherAbstract become
documents of their own, `pubmed:<PMID>@<language>`, because a corpus is filtered and mixed by language; `twin`, always a
list, links them. Facts about the work (publication types, retraction, ...) stand on each of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from corpus.document import UNDETERMINED, Document, meta_json
from corpus.sources.pubmed_citation import Abstract, Citation
from corpus.sources.pubmed_codes import RETRACTED_PUBLICATION, bcp47
from corpus.sources.pubmed_licence import licence_of

# NLM's stand-ins for a title: not translated yet, or not given.
_NO_TITLE = re.compile(r"\[?(?:not available|in process citation|no title available)\]?\.?\Z", re.IGNORECASE)
# What publishers send as OtherAbstract when there is none, in English whatever language is declared.
_NO_ABSTRACT = re.compile(r"\W*(?:abstract available from the publisher|no abstract available)\W*\Z", re.IGNORECASE)


def documents(citation: Citation, licence: str) -> tuple[Document, ...]:
    """The documents of one record, the main one first; none when it has no text at all.

    `licence` is what to assume where the copyright statement names no licence. Texts of the same language after the
    first are numbered, `pubmed:1@zh`, `pubmed:1@zh.2`.
    """
    title, translated = plain_title(citation.title)
    texts = list(_texts(citation, title, translated))
    if not texts:
        return ()
    common = _common(citation)
    date = citation.date or citation.electronic_date
    ids = _ids(citation.pmid, texts)
    main = ids[0] if texts[0][3] else ""
    made = []
    for identifier, (own_title, language, abstract, is_main) in zip(ids, texts, strict=True):
        twins = [main] if main and not is_main else [other for other in ids if other != identifier]
        statement = abstract.copyright or citation.abstract.copyright
        facts: dict[str, Any] = {
            "twin": twins,
            "sections": abstract.labels,
            "copyright": statement,
            "abstract_type": abstract.type,
            "translated_title": True if translated and is_main else None,
        }
        text = "\n".join(abstract.lines)
        if own_title:
            text = f"{own_title}\n\n{text}" if text else own_title
        granted = (licence_of(statement) if statement else "") or licence
        made.append(Document(identifier, text, own_title, language, granted, date, meta_json(**common, **facts)))
    return tuple(made)


def plain_title(title: str) -> tuple[str, bool]:
    """The title without the brackets that mark NLM's translation, and whether it had them.

    `[Studies on plague].` -> `Studies on plague.`; `[18F]FDG in [11C] scans` is no translation. Stand-ins for a missing
    title (`[Not Available].`) give no title.
    """
    if _NO_TITLE.match(title):
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


Text = tuple[str, str, Abstract, bool]  # title, language, abstract, whether it is the main one


def _texts(citation: Citation, title: str, translated: bool) -> Iterator[Text]:
    if title or citation.abstract.lines:
        english = translated or bool(citation.abstract.lines) or "eng" in (code.lower() for code in citation.languages)
        language = "en" if english else next(map(bcp47, citation.languages), UNDETERMINED)
        yield title, language, citation.abstract, True
    others = [(bcp47(other.language), other) for other in citation.other_abstracts if _is_text(other)]
    vernacular = citation.vernacular_title
    if vernacular:
        own = _vernacular_language(citation, [language for language, _ in others])
        if own not in [language for language, _ in others]:
            yield vernacular, own, Abstract(), False
            vernacular = ""
    for language, other in others:
        takes = bool(vernacular) and language == own
        yield vernacular if takes else "", language, other, False
        vernacular = "" if takes else vernacular


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
    for _, language, _, is_main in texts:
        if is_main:
            ids.append(f"pubmed:{pmid}")
            continue
        seen[language] = seen.get(language, 0) + 1
        number = f".{seen[language]}" if seen[language] > 1 else ""
        ids.append(f"pubmed:{pmid}@{language}{number}")
    return ids


def _common(citation: Citation) -> dict[str, Any]:
    """The facts about the work, the same on each of its documents."""
    unavailable = [bcp47(other.language) for other in citation.other_abstracts if not _is_text(other)]
    return {
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
        "country": citation.country,
        "book": citation.book,
        "status": citation.status,
        "indexing": citation.indexing,
        "retracted": retraction(citation),
        "notices": citation.notices,
        "unavailable_abstracts": unavailable,
    }


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
