"""PubMed/MEDLINE XML: baseline and update files, E-utilities exports, books; gzip or plain.

Files come from `corpus/files.py` in the order of their names (`pubmed26n0001.xml.gz`, ...), records go to
`corpus/ingest.py`. Which of several records of one PMID is the last word (highest version, then latest file;
a deletion wins) is decided later, over all files. The reading is laid out in the siblings of this module:

    pubmed_window.py     bytes of the file, gunzipped, in UTF-8         pubmed_codes.py     NLM's codes as tables
    pubmed_split.py      cut into entries, damage fenced in             pubmed_dates.py     PubDate, MedlineDate
    pubmed_lean.py       an entry without what nobody reads             pubmed_licence.py   copyright statements
    pubmed_citation.py   one entry's XML to its fields
    pubmed_documents.py  fields to documents, one per language

An entry, much shortened, and what becomes of it:

    <PubmedArticle><MedlineCitation Status="MEDLINE"><PMID Version="1">90000001</PMID><Article>
      <Journal><ISOAbbreviation>J Invent Med</ISOAbbreviation>
        <JournalIssue><PubDate><MedlineDate>2019 Nov-Dec</MedlineDate></PubDate></JournalIssue></Journal>
      <ArticleTitle>[Platelets in fever].</ArticleTitle>
      <Abstract><AbstractText Label="RESULTS">A count of 150 x 10<sup>9</sup>/L.</AbstractText></Abstract>
      <Language>chi</Language><PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>
      </PublicationTypeList><VernacularTitle>...</VernacularTitle></Article></MedlineCitation></PubmedArticle>

    id pubmed:90000001     language en, date 2019-11, text "Platelets in fever.\\n\\nRESULTS: A count of 150 x 10^9/L."
    id pubmed:90000001@zh  language zh   the vernacular title (and the OtherAbstract, if it had one)

Format: NLM's DTDs from 2009 on (https://dtd.nlm.nih.gov/ncbi/pubmed/out/), none of which is loaded. Meta keys beside
the shared ones: `pii`, `issn`, `status` (MedlineCitation@Status), `indexing` (@IndexingMethod), `languages`,
`translated_title` (true where NLM's brackets were taken off), `abstract_type` (OtherAbstract@Type),
`unavailable_abstracts` (languages of OtherAbstracts that only say that there is none), `publication_type_names` and
`mesh_names` (of old files, where no identifier is known), `book`, `bookaccession`. `twin` is a list of ids.

Licence: NLM gives PubMed data freely and asks those who redistribute it to keep it current or to say that they do not
(https://www.nlm.nih.gov/databases/download/terms_and_conditions.html). The abstracts themselves may be under their
publishers' copyright: a document's licence is the recipe's for the source unless its own statement names one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from lxml import etree

from corpus.document import Broken, Deletion, Item, Record
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.pubmed_citation import Citation, read_article, read_book
from corpus.sources.pubmed_documents import documents
from corpus.sources.pubmed_lean import lean
from corpus.sources.pubmed_split import Entry, entries, key_in
from corpus.sources.pubmed_window import Fault
from corpus.sources.settings import PubmedSettings

SUFFIXES: tuple[str, ...] = (".xml",)
LIBRARIES: tuple[str, ...] = ("lxml",)

CHUNK = 1 << 18  # bytes read at once: a window that stays in the processor's cache is a tenth faster than 1 MiB
LINE_BYTES = 4096  # the longest line of a list of deleted PMIDs

_READERS = {"PubmedArticle": read_article, "MedlineCitation": read_article, "PubmedBookArticle": read_book,
            "BookDocument": read_book}  # fmt: skip


def read(file: InputFile, settings: PubmedSettings) -> Iterator[Item]:
    """Every entry of one file, in file order: records, deletions, and what was broken, with cause and place.

    A damaged record is one `Broken` and the next one is read; a damaged stream gives all complete records and then
    one `Broken`. Causes: `xml-syntax`, `xml-entity`, `undecodable`, `oversize`, `missing-field` (no PMID),
    `not-a-pmid` (in a deletion), `empty-text` (neither title nor abstract in any language), `empty-file`,
    `truncated-gzip`, `decompression-bomb`.
    """
    parser = _parser()
    position = 0
    for entry in entries(file.chunks(CHUNK), settings.max_record_bytes):
        if isinstance(entry, Fault):
            position += 1
            yield Broken(position, *entry)
        elif entry.name in _READERS:
            position += 1
            try:
                yield _record(_citation(entry, parser), entry, settings, position)
            except etree.XMLSyntaxError as error:
                for left in _salvaged(entry, error, parser, settings, position):
                    position = left.position
                    yield left
        else:
            for item in _deletions(entry, parser, position + 1):
                position = item.position
                yield item


def deleted_pmids(file: InputFile, settings: PubmedSettings | None = None) -> Iterator[Deletion | Broken]:
    """NLM's cumulative list `deleted.pmids`, plain or gzip: one PMID a line, further columns ignored.

    Blank lines and lines that begin with `#` are passed over; any other is `Broken("not-a-pmid")`. `settings` is taken
    so that this can stand where `read` does, and is not used.
    """
    position = 0
    for line in _lines(file):
        if isinstance(line, Fault):
            position += 1
            yield Broken(position, *line)
            continue
        fields = line.split(None, 1)
        if not fields or fields[0].startswith(b"#"):
            continue
        position += 1
        if fields[0].isdigit() and len(fields[0]) <= 12:
            yield Deletion(f"pubmed:{int(fields[0])}", position)
        else:
            shown = fields[0][:40].decode("utf-8", "replace")
            yield Broken(position, "not-a-pmid", f"entry {position} of the list begins with {shown!r}")


def _lines(file: InputFile) -> Iterator[bytes | Fault]:
    """Lines of bounded length; a longer one is a fault and is not kept."""
    long = Fault("oversize", f"a line is longer than {LINE_BYTES:,} bytes")
    rest, skipping = b"", False
    try:
        for chunk in file.chunks():
            *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                yield long if skipping or len(line) > LINE_BYTES else line
                skipping = False
            if len(rest) > LINE_BYTES:
                rest, skipping = b"", True
    except TruncatedFile as error:  # its last line may be half a PMID
        yield Fault("truncated-gzip", str(error))
    except DecompressionBomb as error:
        yield Fault("decompression-bomb", str(error))
    else:
        yield long if skipping else rest


def _parser() -> etree.XMLParser:
    """For one entry: nothing is fetched, loaded or expanded, and libxml2's own limits on size and depth stand."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip


def _citation(entry: Entry, parser: etree.XMLParser) -> Citation:
    """The fields of an entry, parsed without the parts nobody reads where they can be left out safely."""
    read_fields = _READERS[entry.name]
    if entry.plain:
        data, mesh = lean(entry.data)
        try:
            citation = read_fields(etree.fromstring(data, parser))
        except etree.XMLSyntaxError:
            pass  # parsed again whole: for a message about the file's own bytes, or because the cut was wrong
        else:
            citation.mesh = citation.mesh if mesh is None else mesh
            return citation
    return read_fields(etree.fromstring(entry.data, parser))


def _record(citation: Citation, entry: Entry, settings: PubmedSettings, position: int) -> Record | Broken:
    pmid = citation.pmid
    if not (pmid.isascii() and pmid.isdigit() and len(pmid) <= 12):
        return Broken(position, "missing-field", f"{_place(entry)} has no PMID")
    citation.pmid = str(int(pmid))
    key = f"pubmed:{citation.pmid}"
    made = documents(citation, settings.licence, settings.language)
    if not made:
        return Broken(position, "empty-text", f"{_place(entry)} has neither title nor abstract", key)
    version = citation.version
    return Record(key, position, made, int(version) if version.isdecimal() and len(version) < 10 else 1)


def _salvaged(
    entry: Entry, error: etree.XMLSyntaxError, parser: etree.XMLParser, settings: PubmedSettings, position: int
) -> Iterator[Record | Broken]:
    """What is left of an entry that cannot be parsed: without its end tag, a record swallows those behind it up to
    the first end tag. Each of them is broken but the last, which may be whole."""
    starts = [found.start() for found in re.finditer(rf"<{entry.name}[\s>]".encode(), entry.data)]
    if len(starts) < 2:
        yield _broken(entry, error, position)
        return
    for start, end in pairwise(starts):
        lost = entry._replace(data=entry.data[start:end], start=entry.start + start)
        detail = f"{_place(lost)} has no end before the next one starts"
        yield Broken(position, "xml-syntax", detail, key_in(lost.data))
        position += 1
    last = entry._replace(data=entry.data[starts[-1] :], start=entry.start + starts[-1])
    try:
        yield _record(_citation(last, parser), last, settings, position)
    except etree.XMLSyntaxError as again:
        yield _broken(last, again, position)


def _deletions(entry: Entry, parser: etree.XMLParser, position: int) -> Iterator[Deletion | Broken]:
    """One item for each PMID of a DeleteCitation or DeleteDocument, numbered from `position`."""
    try:
        element = etree.fromstring(entry.data, parser)
    except etree.XMLSyntaxError as error:
        yield _broken(entry, error, position)
        return
    for number, child in enumerate(element.iter("PMID"), start=position):
        pmid = (child.text or "").strip()
        if pmid.isascii() and pmid.isdigit() and len(pmid) <= 12:
            yield Deletion(f"pubmed:{int(pmid)}", number)
        else:
            yield Broken(number, "not-a-pmid", f"{_place(entry)} names {pmid[:40]!r}")


def _broken(entry: Entry, error: etree.XMLSyntaxError, position: int) -> Broken:
    """What libxml2 says about an entry, with the place of the entry in the file."""
    try:
        entry.data.decode("utf-8")
        undeclared = error.code in (etree.ErrorTypes.ERR_UNDECLARED_ENTITY, etree.ErrorTypes.WAR_UNDECLARED_ENTITY)
        cause, said = "xml-entity" if undeclared else "xml-syntax", str(error.msg)
    except UnicodeDecodeError as bad:
        cause, said = "undecodable", f"byte {entry.start + bad.start:,} is not UTF-8 ({bad.reason})"
    return Broken(position, cause, f"{_place(entry)}: {said}", key_in(entry.data))


def _place(entry: Entry) -> str:
    return f"<{entry.name}> at byte {entry.start:,}"
