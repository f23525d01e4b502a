"""One PubMed record from its XML: every field the corpus uses, read in a single walk over the elements.

Elements come from `corpus/sources/pubmed.py`; the `Citation` goes to `corpus/sources/pubmed_documents.py`, which makes
documents of it. The walk dispatches on tag names and never searches: what is not named here is stepped over.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from corpus.sources.pubmed_codes import PUBLICATION_TYPES
from corpus.sources.pubmed_dates import element_date
from corpus.text.markup import inline_text


@dataclass(slots=True)
class Abstract:
    """An abstract as lines of text (`LABEL: text` where it has labels), its labels and its copyright statement.

    `language` and `type` are attributes of OtherAbstract as written (`chi`, `Publisher`).
    """

    lines: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    copyright: str = ""
    language: str = ""
    type: str = ""


@dataclass(slots=True)
class Citation:
    """What a record says, still in PubMed's own words. `notices` hold {type, pmid, ref} of CommentsCorrections."""

    pmid: str = ""
    version: str = ""
    title: str = ""
    vernacular_title: str = ""
    abstract: Abstract = field(default_factory=Abstract)
    other_abstracts: list[Abstract] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    date: str = ""
    publication_types: list[str] = field(default_factory=list)
    publication_type_names: list[str] = field(default_factory=list)
    mesh: list[str] = field(default_factory=list)
    mesh_names: list[str] = field(default_factory=list)
    notices: list[dict[str, str]] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    electronic_doi: str = ""
    journal: str = ""
    issn: str = ""
    book: str = ""
    status: str = ""
    indexing: str = ""


def read_article(element: Any) -> Citation:
    """The citation in a `PubmedArticle` or, in the older sets, a bare `MedlineCitation`."""
    citation = Citation()
    if element.tag == "MedlineCitation":
        _medline(element, citation)
        return citation
    for child in element:
        if child.tag == "MedlineCitation":
            _medline(child, citation)
        elif child.tag == "PubmedData":
            _data(child, citation)
    return citation


def read_book(element: Any) -> Citation:
    """The citation in a `PubmedBookArticle` or a bare `BookDocument`: a book, or a chapter with its book's title."""
    citation = Citation()
    if element.tag == "BookDocument":
        _book_document(element, citation)
        return citation
    for child in element:
        if child.tag == "BookDocument":
            _book_document(child, citation)
        elif child.tag == "PubmedBookData":
            _data(child, citation)
    return citation


def _medline(element: Any, citation: Citation) -> None:
    citation.status = element.get("Status", "")
    citation.indexing = element.get("IndexingMethod", "")
    for child in element:
        tag = child.tag
        if tag == "PMID":
            _pmid(child, citation, element.get("VersionID", ""))
        elif tag == "Article":
            _article(child, citation)
        elif tag == "MeshHeadingList":
            _mesh(child, citation)
        elif tag == "CommentsCorrectionsList":
            _notices(child, citation)
        elif tag == "OtherAbstract":
            citation.other_abstracts.append(_abstract(child))


def _article(element: Any, citation: Citation) -> None:
    for child in element:
        tag = child.tag
        if tag == "Journal":
            _journal(child, citation)
        elif tag == "ArticleTitle":
            citation.title = inline_text(child)
        elif tag == "Abstract":
            citation.abstract = _abstract(child)
        elif tag == "Language":
            citation.languages.append((child.text or "").strip())
        elif tag == "PublicationTypeList":
            for kind in child:
                _publication_type(kind, citation)
        elif tag == "VernacularTitle":
            citation.vernacular_title = inline_text(child)
        elif tag == "ELocationID":
            if child.get("EIdType") == "doi" and child.get("ValidYN", "Y") == "Y" and not citation.electronic_doi:
                citation.electronic_doi = (child.text or "").strip()
        elif tag == "ArticleDate" and not citation.date:
            citation.date = element_date(child)


def _book_document(element: Any, citation: Citation) -> None:
    for child in element:
        tag = child.tag
        if tag == "PMID":
            _pmid(child, citation)
        elif tag == "ArticleIdList":
            _ids(child, citation)
        elif tag == "Book":
            for part in child:
                if part.tag == "BookTitle":
                    citation.book = inline_text(part)
                elif part.tag == "PubDate":
                    citation.date = citation.date or element_date(part)
        elif tag == "ArticleTitle":
            citation.title = inline_text(child)
        elif tag == "VernacularTitle":
            citation.vernacular_title = inline_text(child)
        elif tag == "Abstract":
            citation.abstract = _abstract(child)
        elif tag == "OtherAbstract":
            citation.other_abstracts.append(_abstract(child))
        elif tag == "Language":
            citation.languages.append((child.text or "").strip())
        elif tag == "PublicationType":
            _publication_type(child, citation)
        elif tag == "ContributionDate":
            citation.date = element_date(child) or citation.date
    citation.title = citation.title or citation.book


def _pmid(element: Any, citation: Citation, other: str = "") -> None:
    citation.pmid = (element.text or "").strip()
    citation.version = element.get("Version") or other


def _abstract(element: Any) -> Abstract:
    """The sections in order; a section without text is left out, a label is kept as written."""
    abstract = Abstract(language=element.get("Language", ""), type=element.get("Type", ""))
    for child in element:
        if child.tag == "AbstractText":
            text = inline_text(child)
            if not text:
                continue
            label = " ".join(child.get("Label", "").split())
            if label:
                abstract.labels.append(label)
                text = f"{label} {text}" if label[-1] in ":.?!：" else f"{label}: {text}"
            abstract.lines.append(text)
        elif child.tag == "CopyrightInformation":
            abstract.copyright = inline_text(child)
    return abstract


def _publication_type(element: Any, citation: Citation) -> None:
    name = (element.text or "").strip()
    identifier = (element.get("UI") or "").strip() or PUBLICATION_TYPES.get(name.lower(), "")
    if identifier:
        citation.publication_types.append(identifier)
    elif name:
        citation.publication_type_names.append(name)


def _mesh(element: Any, citation: Citation) -> None:
    for descriptor in element.iter("DescriptorName"):
        identifier = descriptor.get("UI")
        if identifier:
            citation.mesh.append(identifier)
        elif descriptor.text:  # before 2013
            citation.mesh_names.append(descriptor.text.strip())


def _notices(element: Any, citation: Citation) -> None:
    """What is said about the record elsewhere (corrections, retractions, comments), without what it cites."""
    for child in element:
        kind = child.get("RefType", "")
        if kind == "Cites":
            continue
        notice = {"type": kind}
        for part in child:
            if part.tag == "PMID" and part.text:
                notice["pmid"] = part.text.strip()
            elif part.tag == "RefSource":
                notice["ref"] = inline_text(part)
        citation.notices.append(notice)


def _journal(element: Any, citation: Citation) -> None:
    title = None
    for child in element:
        tag = child.tag
        if tag == "JournalIssue":
            for part in child:
                if part.tag == "PubDate":
                    citation.date = element_date(part)
        elif tag == "Title":
            title = child
        elif tag == "ISOAbbreviation":
            citation.journal = inline_text(child)
        elif tag == "ISSN":
            citation.issn = (child.text or "").strip()
    if title is not None and not citation.journal:
        citation.journal = inline_text(title)


def _data(element: Any, citation: Citation) -> None:
    """PubmedData: the record's own ids, which stand before those of its references."""
    for child in element:
        if child.tag == "ArticleIdList":
            _ids(child, citation)


def _ids(element: Any, citation: Citation) -> None:
    for child in element:
        kind, text = child.get("IdType", ""), (child.text or "").strip()
        if text:
            citation.ids.setdefault(kind, text)
