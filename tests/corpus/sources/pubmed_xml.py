"""Small invented PubMed files for the tests of the source, built field by field."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.document import Document, Item, Record
from corpus.files import InputFile
from corpus.sources.settings import PubmedSettings

HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<!DOCTYPE PubmedArticleSet PUBLIC "-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n'
)
Reader = Callable[..., list[Item]]


def settings(**values: Any) -> PubmedSettings:
    return PubmedSettings(kind="pubmed", name="pubmed", path=".", **values)


def input_file(path: Path, data: bytes | str) -> InputFile:
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return InputFile(url=str(path), name=path.name, size=path.stat().st_size, identity="")


def article(
    pmid: int = 90000001,
    title: str = "A title.",
    abstract: str = "<AbstractText>Some text.</AbstractText>",
    in_article: str = "",
    after: str = "",
    data: str = "",
    date: str = "<Year>2019</Year>",
    language: str = "<Language>eng</Language>",
    citation: str = 'Status="MEDLINE"',
    version: str = ' Version="1"',
) -> str:
    """One PubmedArticle, in the order of NLM's DTD."""
    abstract = f"<Abstract>{abstract}</Abstract>" if abstract else ""
    return (
        f"<PubmedArticle><MedlineCitation {citation}><PMID{version}>{pmid}</PMID><Article PubModel='Print'>"
        f"<Journal><ISSN IssnType='Print'>1234-5678</ISSN><JournalIssue><PubDate>{date}</PubDate></JournalIssue>"
        "<Title>Journal of Invented Medicine</Title><ISOAbbreviation>J Invent Med</ISOAbbreviation></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle>{abstract}{language}{in_article}</Article>{after}</MedlineCitation>"
        f"<PubmedData><ArticleIdList><ArticleId IdType='pubmed'>{pmid}</ArticleId>{data}</ArticleIdList></PubmedData>"
        "</PubmedArticle>\n"
    )


def articles(*entries: str, name: str = "PubmedArticleSet") -> str:
    return f"{HEAD}<{name}>\n{''.join(entries)}</{name}>\n"


def only(items: list[Item]) -> Record:
    assert len(items) == 1, items
    assert isinstance(items[0], Record), items
    return items[0]


def meta(document: Document) -> dict[str, Any]:
    facts: dict[str, Any] = json.loads(document.meta)
    return facts


def main(reader: Reader, **values: Any) -> Document:
    return only(reader(articles(article(**values)))).documents[0]
