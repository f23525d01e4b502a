"""PubMed/MEDLINE XML: baseline and update files, E-utilities exports, books; gzip or plain.

Files come from `corpus/files.py` in the order of their names (`pubmed26n0001.xml.gz`, ...), records go to
`corpus/ingest.py`. Which of several records of one PMID is the last word (highest version, then latest file;
a deletion wins) is decided later, over all files. The reading is laid out in the siblings of this module:

    pubmed_window.py     bytes of the file, gunzipped, in UTF-8         pubmed_codes.py     NLM's codes as tables
    pubmed_split.py      cut into entries, damage fenced in             pubmed_dates.py     PubDate, MedlineDate
    pubmed_citation.py   one entry's XML to its fields                  pubmed_licence.py   copyright statements
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
the shared ones: `pii`, `issn`, `country`, `status` (MedlineCitation@Status), `indexing` (@IndexingMethod), `languages`,
`translated_title` (true where NLM's brackets were taken off), `abstract_type` (OtherAbstract@Type),
`unavailable_abstracts` (languages of OtherAbstracts that only say that there is none), `publication_type_names` and
`mesh_names` (of old files, where no identifier is known), `book`, `bookaccession`. `twin` is a list of ids.

Licence: NLM gives PubMed data freely and asks those who redistribute it to keep it current or to say that they do not
(https://www.nlm.nih.gov/databases/download/terms_and_conditions.html). The abstracts themselves may be under their
publishers' copyright: a document's licence is the recipe's for the source unless its own statement names one.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from corpus.document import Broken, Deletion, Item, Record
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.pubmed_citation import Citation, read_article, read_book
from corpus.sources.pubmed_documents import documents
from corpus.sources.pubmed_split import Entry, entries, key_in
from corpus.sources.pubmed_window import Fault
from corpus.sources.settings import PubmedSettings

SUFFIXES: tuple[str, ...] = (".xml",)
LIBRARIES: tuple[str, ...] = ("lxml",)

LINE_BYTES = 4096  # the longest line of a list of deleted PMIDs

_READERS = {"PubmedArticle": read_article, "MedlineCitation": read_article, "PubmedBookArticle": read_book,
            "BookDocument": read_book}  # fmt: skip
# Lists that are never read and make up half of a file, in the order of the DTD, each with how far behind the one
# before it is looked for: a search that fails must stay cheaper than the parsing it would have saved.
_UNREAD = ((b"AuthorList", 1 << 20), (b"GrantList", 1500), (b"ChemicalList", 3000), (b"History", 1 << 20))


def read(file: InputFile, settings: PubmedSettings) -> Iterator[Item]:
    """Every entry of one file, in file order: records, deletions, and what was broken, with cause and place.

    A damaged record is one `Broken` and the next one is read; a damaged stream gives all complete records and then
    one `Broken`. Causes: `xml-syntax`, `xml-entity`, `undecodable`, `oversize`, `missing-field` (no PMID),
    `empty-text` (neither title nor abstract in any language), `empty-file`, `truncated-gzip`, `decompression-bomb`.
    """
    parser = _parser()
    position = 0
    for entry in entries(file.chunks(), settings.max_record_bytes):
        position += 1
        if isinstance(entry, Fault):
            yield Broken(position, *entry)
            continue
        try:
            element = _parse(entry, parser)
        except etree.XMLSyntaxError as error:
            yield _broken(entry, error, position)
            continue
        if entry.name in _READERS:
            yield _record(_READERS[entry.name](element), entry, settings.licence, position)
        else:
            position -= 1
            for item in _deletions(element, entry, position):
                position = item.position
                yield item


def deleted_pmids(file: InputFile) -> Iterator[Deletion | Broken]:
    """NLM's cumulative list `deleted.pmids`, plain or gzip: one PMID a line, further columns ignored.

    Blank lines and lines that begin with `#` are passed over; any other is `Broken("not-a-pmid")`.
    """
    position = 0
    for line in _lines(file):
        fields = line.split(None, 1) if isinstance(line, bytes) else []
        if isinstance(line, bytes) and (not fields or fields[0].startswith(b"#")):
            continue
        position += 1
        if isinstance(line, Fault):
            yield Broken(position, *line)
        elif fields[0].isdigit() and len(fields[0]) <= 12:
            yield Deletion(f"pubmed:{int(fields[0])}", position)
        else:
            shown = fields[0][:40].decode("utf-8", "replace")
            yield Broken(position, "not-a-pmid", f"entry {position} of the list begins with {shown!r}")


def _lines(file: InputFile) -> Iterator[bytes | Fault]:
    """Lines of bounded length; a longer one is a fault and is not kept."""
    rest, too_long = b"", False
    try:
        for chunk in file.chunks():
            *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
            for line in lines:
                if too_long or len(line) > LINE_BYTES:
                    yield Fault("oversize", f"a line is longer than {LINE_BYTES:,} bytes")
                else:
                    yield line
                too_long = False
            if len(rest) > LINE_BYTES:
                rest, too_long = b"", True
    except TruncatedFile as error:
        yield Fault("truncated-gzip", str(error))
        return
    except DecompressionBomb as error:
        yield Fault("decompression-bomb", str(error))
        return
    yield Fault("oversize", f"a line is longer than {LINE_BYTES:,} bytes") if too_long else rest


def _parser() -> etree.XMLParser:
    """For one entry: nothing is fetched, loaded or expanded, and libxml2's own limits on size and depth stand."""
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True, encoding="utf-8",
    )  # fmt: skip


def _record(citation: Citation, entry: Entry, licence: str, position: int) -> Record | Broken:
    pmid = citation.pmid
    if not (pmid.isascii() and pmid.isdigit() and len(pmid) <= 12):
        return Broken(position, "missing-field", f"{_place(entry)} has no PMID")
    citation.pmid = str(int(pmid))
    key = f"pubmed:{citation.pmid}"
    made = documents(citation, licence)
    if not made:
        return Broken(position, "empty-text", f"{_place(entry)} has neither title nor abstract", key)
    version = citation.version
    return Record(key, position, made, int(version) if version.isdecimal() and len(version) < 10 else 1)


def _place(entry: Entry) -> str:
    return f"<{entry.name}> at byte {entry.start:,}"


def _parse(entry: Entry, parser: etree.XMLParser) -> etree._Element:
    """The entry's tree, without the parts nobody reads where they can be left out safely."""
    lean = without_unread(entry.data) if entry.plain else entry.data
    try:
        return etree.fromstring(lean, parser)
    except etree.XMLSyntaxError:
        if len(lean) == len(entry.data):
            raise
    return etree.fromstring(entry.data, parser)  # for the line in its message, or because the cut was wrong


def without_unread(data: bytes) -> bytes:
    """The bytes of a plain entry without its author, grant, chemical and reference lists and its history.

    That saves half of the parser's work. Only what stands in the DTD's order is taken out; the parser sees the rest.
    """
    kept, position = [], 0
    for name, reach in _UNREAD:
        start = data.find(b"<" + name, position, position + reach)
        end = data.find(b"</" + name + b">", start) if start >= 0 else -1
        if end >= 0:
            kept.append(data[position:start])
            position = end + len(name) + 3
    start = data.find(b"<ReferenceList", position, position + 2000)
    end = data.rfind(b"</ReferenceList>", start) if start >= 0 else -1  # lists in lists, and the last part of an entry
    if end >= 0:
        kept.append(data[position:start])
        position = end + len(b"</ReferenceList>")
    kept.append(data[position:])
    return b"".join(kept)


def _deletions(element: etree._Element, entry: Entry, position: int) -> Iterator[Deletion | Broken]:
    """One item for each PMID of a DeleteCitation or DeleteDocument, numbered from `position` + 1."""
    for number, child in enumerate(element.iter("PMID"), start=position + 1):
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
