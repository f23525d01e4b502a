"""All real PubMed files against an independent reading: plain XPath over the whole parsed file.

Nothing of the reader is used to say what is right: this page knows the DTD and nothing of `corpus/`. Text without
inline markup must be equal; text with it must be equal in its letters and digits, which no rendering may change.
Needs the environment variable MATERIA_REAL_DATA (a folder that holds `amber/pubmed_xml`).
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from lxml import etree

from corpus.document import Broken, Deletion, Document, Record
from corpus.files import InputFile
from corpus.sources.pubmed import read
from corpus.sources.pubmed_citation import read_article
from corpus.sources.pubmed_lean import lean
from corpus.sources.pubmed_split import Entry, entries
from corpus.sources.settings import PubmedSettings

FOLDER = Path(os.environ.get("MATERIA_REAL_DATA", "/nonexistent")) / "amber" / "pubmed_xml"
FILES = sorted(FOLDER.glob("*.xml*"))
SETTINGS = PubmedSettings(kind="pubmed", name="pubmed", path=".")

pytestmark = pytest.mark.skipif(not FILES, reason="set MATERIA_REAL_DATA to the folder with amber/pubmed_xml")


class Expected(NamedTuple):
    """One record as XPath sees it. Texts are string-values with white space folded; `marked` ones hold markup."""

    pmid: str
    version: str
    title: str
    title_marked: bool
    sections: list[tuple[str, str]]  # label, text
    sections_marked: bool
    others: list[tuple[str, str]]  # three-letter language, text
    vernacular: str
    retracted: bool


def fold(text: str) -> str:
    return " ".join(text.split())


def alphanumerics(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def tree(path: Path) -> Any:
    data = path.read_bytes()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))


def expected_records(root: Any) -> Iterator[Expected]:
    """In document order, which is what XPath's union gives."""
    query = "/*/PubmedArticle/MedlineCitation | /*/MedlineCitation | /*/PubmedBookArticle/BookDocument"
    for node in root.xpath(query):
        yield expected(node, (node.xpath("Article") or [node])[0])


def expected(node: Any, article: Any) -> Expected:
    titles = article.xpath("ArticleTitle") or article.xpath("Book/BookTitle")
    texts = article.xpath("Abstract/AbstractText")
    return Expected(
        pmid=node.xpath("string(PMID)"),
        version=node.xpath("string(PMID/@Version)") or "1",
        title=fold(titles[0].xpath("string()")) if titles else "",
        title_marked=bool(titles and titles[0].xpath("*")),
        sections=[(text.xpath("string(@Label)"), fold(text.xpath("string()"))) for text in texts],
        sections_marked=bool(article.xpath("Abstract/AbstractText/*")),
        others=[
            (other.get("Language", "eng"), fold(" ".join(other.xpath("AbstractText/descendant::text()"))))
            for other in node.xpath("OtherAbstract[AbstractText]")
        ],
        vernacular=fold(article.xpath("string(VernacularTitle)")),
        retracted=bool(
            node.xpath(
                ".//PublicationType[@UI='D016441' or .='Retracted Publication']"
                " | CommentsCorrectionsList/CommentsCorrections[@RefType='RetractionIn']"
            )
        ),
    )


def main_of(record: Record) -> Document:
    return next(document for document in record.documents if document.id == record.key)


def same(text: str, wanted: str, marked: bool) -> bool:
    return alphanumerics(text) == alphanumerics(wanted) if marked else text == wanted


@pytest.fixture(scope="module")
def pairs() -> list[tuple[str, list[Any], list[Expected], Any]]:
    """(file, items of the reader, records of the oracle, tree) for every file."""
    found = []
    for path in FILES:
        root = tree(path)
        file = InputFile(url=str(path), name=path.name, size=path.stat().st_size, identity="")
        found.append((path.name, list(read(file, SETTINGS)), list(expected_records(root)), root))
    return found


def records_of(pairs: list[tuple[str, list[Any], list[Expected], Any]]) -> Iterator[tuple[Record, Expected]]:
    for _, items, wanted, _ in pairs:
        yield from zip([item for item in items if isinstance(item, Record)], wanted, strict=True)


def test_all_31_files_are_there(pairs: Any) -> None:
    assert len(pairs) == 31


def test_every_pmid_and_version_is_read_in_file_order_and_nothing_is_broken(pairs: Any) -> None:
    for name, items, wanted, _ in pairs:
        assert [item for item in items if isinstance(item, Broken)] == [], name
        read_here = [(item.key, item.version) for item in items if isinstance(item, Record)]
        assert read_here == [(f"pubmed:{record.pmid}", int(record.version)) for record in wanted], name
        assert [item.position for item in items] == list(range(1, len(items) + 1)), name
    assert len({wanted.pmid for _, wanted in records_of(pairs)}) == 1109 + 3  # and three books


def test_every_deletion_is_read(pairs: Any) -> None:
    count = 0
    for name, items, _, root in pairs:
        wanted = [f"pubmed:{pmid}" for pmid in root.xpath("//DeleteCitation/PMID/text()")]
        assert [item.key for item in items if isinstance(item, Deletion)] == wanted, name
        count += len(wanted)
    assert count == 33


def test_every_title_is_the_source_s_without_the_brackets_of_a_translation(pairs: Any) -> None:
    translated = 0
    for record, wanted in records_of(pairs):
        title = wanted.title
        meta = json.loads(main_of(record).meta)
        if meta.get("translated_title"):
            translated += 1
            assert title.startswith("["), title
            assert alphanumerics(title) == alphanumerics(main_of(record).title)
            assert main_of(record).title == title.removeprefix("[").replace("].", ".").removesuffix("]")
        else:
            assert same(main_of(record).title, title, wanted.title_marked), record.key
    starting = [wanted.title for _, wanted in records_of(pairs) if re.fullmatch(r"\[[^\[\]]*\]\.?", wanted.title)]
    assert translated == len(starting) == 58


def test_every_abstract_is_the_source_s_with_its_labels(pairs: Any) -> None:
    with_abstract = marked = labelled = 0
    for record, wanted in records_of(pairs):
        lines = [f"{label}: {text}" if label else text for label, text in wanted.sections if text]
        document = main_of(record)
        text = document.text.removeprefix(document.title).removeprefix("\n\n") if document.title else document.text
        assert same(text, "\n".join(lines), wanted.sections_marked), record.key
        assert json.loads(document.meta).get("sections", []) == [
            label for label, text in wanted.sections if label and text
        ]
        with_abstract += bool(lines)
        marked += wanted.sections_marked
        labelled += any(label for label, _ in wanted.sections)
    assert (with_abstract, marked, labelled) == (930, 127, 220)


def test_exactly_the_retracted_records_say_so_and_why(pairs: Any) -> None:
    retracted = 0
    for record, wanted in records_of(pairs):
        for document in record.documents:
            assert bool(json.loads(document.meta).get("retracted")) == wanted.retracted, record.key
        retracted += wanted.retracted
    assert retracted == 4


def test_every_text_in_another_language_is_a_document_of_its_own(pairs: Any) -> None:
    counts: Counter[str] = Counter()
    for record, wanted in records_of(pairs):
        others = [text for _, text in wanted.others if "Abstract available from the publisher" not in text]
        documents = [document for document in record.documents if document.id != record.key]
        read_here = alphanumerics("".join(document.text for document in documents))
        for text in others:
            assert alphanumerics(text) in read_here, record.key
        assert alphanumerics(wanted.vernacular) in read_here, record.key
        alone = len(documents) - len(others)
        assert alone in (0, 1), record.key
        assert alone <= bool(wanted.vernacular), record.key
        for document in documents:
            assert json.loads(document.meta)["twin"] == [record.key]
            counts[document.language] += 1
        main_twins = json.loads(main_of(record).meta).get("twin", [])
        assert main_twins == [document.id for document in documents]
    assert counts["zh"] == 14
    assert sum(counts.values()) == 111


def test_leaving_out_what_nobody_reads_changes_no_field() -> None:
    parser = etree.XMLParser(resolve_entities=False, remove_comments=True)
    count = saved = 0
    for path in FILES:
        file = InputFile(url=str(path), name=path.name, size=path.stat().st_size, identity="")
        for entry in entries(file.chunks(), 1 << 25):
            assert isinstance(entry, Entry)
            if entry.name not in ("PubmedArticle", "MedlineCitation"):
                continue
            short, mesh = lean(entry.data)
            whole = read_article(etree.fromstring(entry.data, parser))
            part = read_article(etree.fromstring(short, parser))
            part.mesh = part.mesh if mesh is None else mesh
            assert part == whole, whole.pmid
            count += 1
            saved += len(entry.data) - len(short)
    assert count == 1123
    assert saved > 7_000_000
