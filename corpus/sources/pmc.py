"""PubMed Central: full-text articles in JATS XML, one article to a file or many in an `<pmc-articleset>`.

Origin: the PMC Article Datasets (https://pmc.ncbi.nlm.nih.gov/tools/textmining/), since 2026 as
`s3://pmc-oa-opendata/PMC<id>.<version>/PMC<id>.<version>.xml`, and E-utilities or OAI-PMH answers. Licence: each
article's own, from `permissions`, as an SPDX id; only the open-access subset may be redistributed at all. Format:
NLM DTD 2 and 3 and JATS 1, plain or gzipped. A recipe:

    [[source]]
    kind = "pmc"
    name = "trials"
    path = "pmc/*.xml"

    <article article-type="research-article"><front>...<article-id pub-id-type="pmc">90000001</article-id>...

gives the document `pmc:PMC90000001.1` with the title, a heading `Abstract`, the abstract, and the body with its
headings, each a line of its own with a blank line before and after (`corpus/sources/jats.py`). An abstract in another
language is the document `pmc:PMC90000001.1@zh`; so is a translation that stands in a sub-article. Reviews of the
article and answers to it are not read. An article without `xml:lang` is English, the default of the DTD.

Each article is cut out of the file as bytes and parsed by itself, without the file's DOCTYPE: nothing is loaded, no
entity of the file's own is expanded, a damaged article costs one record. The records go to `corpus/ingest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree

from corpus.document import UNDETERMINED, UNKNOWN_LICENCE, Broken, Document, Item, Record, file_id, meta_json
from corpus.files import InputFile
from corpus.sources import jats_front as front
from corpus.sources.jats import blocks, text_of
from corpus.sources.jats_citations import mark
from corpus.sources.jats_split import Slice, key_in, parse, slices
from corpus.sources.settings import PmcSettings
from corpus.text.decode import Undecodable

SUFFIXES: tuple[str, ...] = (".xml", ".nxml")
LIBRARIES: tuple[str, ...] = ("lxml",)

# Abstracts made for a table of contents; they repeat the others.
_SHORT_ABSTRACTS = frozenset("teaser toc graphical web-summary precis short video ga".split())


class Version(NamedTuple):
    """The article in one language."""

    title: str
    abstract: list[str]
    body: list[str]
    sections: list[str]

    def text(self) -> str:
        return "\n\n".join(block for block in (self.title, *self.abstract, *self.body) if block)


def read(file: InputFile, settings: PmcSettings) -> Iterator[Item]:
    """The articles of one file, in order. See corpus/sources/__init__.py for what a reader promises."""
    for position, found in enumerate(slices(file.chunks(), settings.max_record_bytes), 1):
        if isinstance(found, Slice):
            yield _article(found, position, file, settings)
        else:
            yield Broken(position, found.cause, found.detail, found.key)


def _article(found: Slice, position: int, file: InputFile, settings: PmcSettings) -> Item:
    """One article as a record, or what is wrong with it."""
    try:
        article, replaced = parse(found.data)
    except etree.XMLSyntaxError as error:
        detail = f"{error.msg} (counted from the article's begin at byte {found.start:,})"
        return Broken(position, "xml-syntax", detail, key_in(found.data))
    except Undecodable as error:
        return Broken(position, "undecodable", f"{error}, in the article at byte {found.start:,}", key_in(found.data))
    mark(article)
    meta = article.find("front/article-meta")
    if meta is None:
        return Broken(position, "missing-field", f"the article at byte {found.start:,} has no front/article-meta")
    ids = front.identity(meta, file.name)
    main = _version(article, meta, front.language_of(article) or "en")
    text = main.text()
    key = f"pmc:{ids.pmcid}" if ids.pmcid else file_id(settings.name, file.name, text)
    if not any(main.abstract) and not any(main.body):
        return Broken(position, "empty-text", "the article has neither an abstract nor a body", key)
    documents = _documents(article, main, ids, f"{key}.{ids.version}" if ids.pmcid else key, replaced, settings)
    return Record(key, position, documents, ids.version)


def _documents(article: Any, main: Version, ids: front.Identity, name: str, replaced: int, settings: PmcSettings
               ) -> tuple[Document, ...]:  # fmt: skip
    """The article and its translations, each naming the others."""
    head, meta = article.find("front"), article.find("front/article-meta")
    licence, copyright_statement = front.licence_of(meta)
    article_type = article.get("article-type") or ""
    notices = front.notices_of(meta)
    shared = {
        "pmid": ids.pmid, "pmcid": ids.pmcid, "doi": ids.doi, "journal": front.journal_of(head),
        "article_type": article_type, "notices": notices, "copyright": copyright_statement,
        "replaced": replaced or None,
        "retracted": front.retraction_of(meta, article_type, main.title, notices),
    }  # fmt: skip
    language = front.language_of(article) or (settings.language if settings.language != UNDETERMINED else "en")
    versions = {name: (language, main)}
    for language, version in _translations(article, meta).items():
        versions[f"{name}@{language}"] = (language, version)
    return tuple(
        Document(
            id=one,
            text=version.text(),
            title=version.title,
            language=language,
            licence=licence if licence != UNKNOWN_LICENCE else settings.licence,
            date=front.date_of(meta),
            meta=meta_json(**shared, sections=version.sections, twin=[other for other in versions if other != one]),
        )
        for one, (language, version) in versions.items()
    )


def _version(article: Any, meta: Any, language: str) -> Version:
    """Title, abstracts, body and the figures and tables that stand behind it."""
    abstracts: list[str] = []
    for abstract in meta.iterchildren("abstract"):
        if (abstract.get("abstract-type") or "").lower() not in _SHORT_ABSTRACTS:
            abstracts += _abstract(abstract, "Abstract" if language.startswith("en") else "")
    parts = [part for part in article if part.tag in ("body", "floats-group", "floats-wrap")]
    sections = front.sections_of(*parts)
    body = [block for part in parts for block in blocks(part)]
    return Version(front.title_of(meta), abstracts, body, sections)


def _abstract(abstract: Any, heading: str) -> list[str]:
    """Its heading, as written or as given, and its blocks; nothing when it has no text."""
    title = abstract.find("title")
    inside = [block for block in blocks(abstract) if block]
    return [(text_of(title) if title is not None else "") or heading, *inside] if inside else []


def _translations(article: Any, meta: Any) -> dict[str, Version]:
    """Abstracts in other languages, and whole translations, which win over the abstract alone."""
    found: dict[str, Version] = {}
    for abstract in meta.iterchildren("trans-abstract"):
        language = front.language_of(abstract) or UNDETERMINED
        inside = _abstract(abstract, "")
        if inside:
            before = found.get(language, Version(front.trans_title_of(meta, language), [], [], []))
            found[language] = before._replace(abstract=before.abstract + inside)
    for child in article.iterchildren("sub-article"):
        stub = child.find("front-stub") if child.find("front-stub") is not None else child.find("front/article-meta")
        if child.get("article-type") == "translation" and stub is not None:
            language = front.language_of(child) or UNDETERMINED
            version = _version(child, stub, language)
            if any(version.abstract) or any(version.body):
                found[language] = version
    return found
