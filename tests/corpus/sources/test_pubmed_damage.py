"""Damaged and hostile PubMed files: what can be read is read, the rest is one broken entry with cause and place."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Broken, Item, Record
from corpus.sources.pubmed import read
from corpus.sources.pubmed_split import Entry, entries
from tests.corpus.sources.pubmed_xml import HEAD, Reader, article, articles, input_file, settings

THREE = articles(article(1), article(2), article(3))


def keys(items: list[Item]) -> list[str]:
    return [item.key for item in items if isinstance(item, Record)]


def broken(items: list[Item]) -> list[Broken]:
    return [item for item in items if isinstance(item, Broken)]


def causes(items: list[Item]) -> list[tuple[str, str]]:
    return [(item.cause, item.key) for item in broken(items)]


def test_an_empty_file_is_broken(reader: Reader) -> None:
    assert causes(reader(b"")) == [("empty-file", "")]
    assert causes(reader(b" \n\t\n" * 300)) == [("empty-file", "")]
    assert causes(reader(gzip.compress(b""))) == [("empty-file", "")]


def test_an_empty_set_is_whole(reader: Reader) -> None:
    assert reader(articles()) == []
    assert reader(HEAD + "<PubmedArticleSet></PubmedArticleSet>") == []


def test_truncated_gzip_gives_the_complete_records_and_one_broken(reader: Reader) -> None:
    content = articles(
        *(article(number, abstract=f"<AbstractText>{number**9}</AbstractText>") for number in range(1, 400))
    )
    packed = zlib_flushed(content.encode())
    items = reader(packed[: len(packed) * 2 // 3], name="a.xml.gz")
    assert len(keys(items)) > 100
    assert keys(items) == [f"pubmed:{number}" for number in range(1, len(keys(items)) + 1)]
    assert [cause for cause, _ in causes(items)] == ["truncated-gzip"]
    assert isinstance(items[-1], Broken)
    assert items[-1].position == len(items)
    assert "left unread" in items[-1].detail


def zlib_flushed(data: bytes) -> bytes:
    """Gzip with a flush now and then, so that a cut loses little."""
    packer = zlib.compressobj(wbits=31)
    pieces = [
        packer.compress(data[at : at + 4096]) + packer.flush(zlib.Z_SYNC_FLUSH) for at in range(0, len(data), 4096)
    ]
    return b"".join(pieces) + packer.flush()


def test_truncated_xml_gives_the_complete_records_and_one_broken_with_place(reader: Reader) -> None:
    cut = THREE.index("<ArticleTitle>", THREE.index(">3<"))
    items = reader(THREE[:cut])
    assert keys(items) == ["pubmed:1", "pubmed:2"]
    assert causes(items) == [("xml-syntax", "pubmed:3")]
    start = THREE.index("<PubmedArticle>", THREE.index(">2<"))
    assert f"at byte {start:,}" in items[-1].detail  # type: ignore[union-attr]
    assert f"{cut - start:,} bytes are left unread" in items[-1].detail  # type: ignore[union-attr]


def test_a_file_that_ends_between_records_is_broken_once(reader: Reader) -> None:
    items = reader(THREE[: THREE.index("</PubmedArticleSet>")])
    assert keys(items) == ["pubmed:1", "pubmed:2", "pubmed:3"]
    assert [cause for cause, _ in causes(items)] == ["xml-syntax"]


@given(st.integers(min_value=0, max_value=len(THREE)))
def test_wherever_a_file_is_cut_the_records_before_stand_and_one_break_is_told(cut: int) -> None:
    found = list(entries(iter([THREE[:cut].encode()]), 1 << 20))
    whole = [item for item in found if isinstance(item, Entry)]
    assert len(whole) == THREE[:cut].count("</PubmedArticle>")
    assert len(found) - len(whole) == (0 if cut >= len(THREE.rstrip()) else 1)


@given(st.integers(min_value=1, max_value=64), st.integers(min_value=0, max_value=3))
def test_the_size_of_the_chunks_changes_nothing(size: int, comments: int) -> None:
    noise = "<!-- </PubmedArticle> --><![CDATA[<PubmedArticle>]]>" * comments
    data = articles(article(1, title=f"A {noise}title."), "<!-- between -->", article(2)).encode()
    whole = list(entries(iter([data]), 1 << 20))
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert list(entries(iter(pieces), 1 << 20)) == whole
    assert len(whole) == 2


def test_a_malformed_record_costs_only_itself(reader: Reader) -> None:
    items = reader(THREE.replace("<ArticleTitle>A title.", "<ArticleTitle><i>A title.", 2).replace("<i>", "", 1))
    assert keys(items) == ["pubmed:1", "pubmed:3"]
    assert causes(items) == [("xml-syntax", "pubmed:2")]
    assert [item.position for item in items] == [1, 2, 3]


def test_a_record_without_its_end_tag_does_not_take_the_next_one_along(reader: Reader) -> None:
    first_end = THREE.index("</PubmedArticle>")
    items = reader(THREE[:first_end] + THREE[first_end + len("</PubmedArticle>") :])
    assert keys(items) == ["pubmed:2", "pubmed:3"]
    assert causes(items) == [("xml-syntax", "pubmed:1")]
    assert [item.position for item in items] == [1, 2, 3]


def test_a_last_record_without_its_end_tag_is_broken(reader: Reader) -> None:
    items = reader("</PubmedArticleSet>".join(THREE.rsplit("</PubmedArticle>\n</PubmedArticleSet>", 1)))
    assert keys(items) == ["pubmed:1", "pubmed:2"]
    assert causes(items) == [("xml-syntax", "pubmed:3")]


def test_what_is_no_pubmed_is_broken_and_counted(reader: Reader) -> None:
    items = reader(articles(article(1), "<Stray>text</Stray> more", article(2)))
    assert keys(items) == ["pubmed:1", "pubmed:2"]
    assert causes(items) == [("xml-syntax", "")]
    assert "<Stray>" in broken(items)[0].detail
    assert "24 bytes" in broken(items)[0].detail  # all of it, up to the next record


@pytest.mark.parametrize(
    "content", ["<html><body><p>Not found</p></body></html>", "Not found", "%PDF-1.4\n" * 90, "<", "<>"]
)
def test_another_kind_of_file_is_broken_once(reader: Reader, content: str) -> None:
    assert causes(reader(content)) == [("xml-syntax", "")]


def test_a_prolog_alone_is_broken(reader: Reader) -> None:
    assert causes(reader(HEAD)) == [("xml-syntax", "")]


def test_a_record_without_pmid_is_broken(reader: Reader) -> None:
    items = reader(articles(article(1).replace('<PMID Version="1">1</PMID>', "")))
    assert [cause for cause, _ in causes(items)] == ["missing-field"]


BOMB = (
    '<?xml version="1.0"?>\n<!DOCTYPE PubmedArticleSet [\n<!ENTITY a "aaaaaaaaaa">\n'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">\n' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>\n<PubmedArticleSet>"
    + article(1, title="&j;")
    + "</PubmedArticleSet>"
)


def test_an_xml_bomb_is_refused_and_never_expanded(reader: Reader) -> None:
    tracemalloc.start()
    items = reader(BOMB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert causes(items) == [("xml-entity", "")]
    assert peak < 8 << 20


def test_an_external_entity_is_refused_and_its_file_not_read(reader: Reader, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("classified")
    for declaration in (f'<!ENTITY x SYSTEM "{secret.as_uri()}">', f'<!ENTITY % x SYSTEM "{secret.as_uri()}"> %x;'):
        items = reader(f"<!DOCTYPE PubmedArticleSet [{declaration}]><PubmedArticleSet>{article(1, title='&x;')}")
        assert causes(items) == [("xml-entity", "")]
        assert "classified" not in str(items)


def test_an_undeclared_entity_breaks_its_record_only(reader: Reader) -> None:
    items = reader(articles(article(1, title="&alpha;"), article(2)))
    assert keys(items) == ["pubmed:2"]
    assert causes(items) == [("xml-entity", "pubmed:1")]


def test_the_doctype_is_stepped_over_and_no_dtd_is_fetched(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the network was used")

    monkeypatch.setattr("socket.socket.connect", refuse)
    internal = THREE.replace('pubmed_250101.dtd">', 'pubmed_250101.dtd" [<!ATTLIST PMID Version CDATA "1">]>')
    assert keys(reader(THREE)) == keys(reader(internal)) == ["pubmed:1", "pubmed:2", "pubmed:3"]


def test_invalid_utf8_breaks_its_record_only(reader: Reader) -> None:
    data = THREE.encode().replace(b"A title.", b"A t\xedtle.", 1)
    items = reader(data)
    assert keys(items) == ["pubmed:2", "pubmed:3"]
    assert causes(items) == [("undecodable", "pubmed:1")]
    assert f"byte {data.index(0xED):,}" in broken(items)[0].detail


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "iso-8859-1", "gb18030"])
def test_other_encodings_are_read_as_declared(reader: Reader, encoding: str) -> None:
    declared = {"utf-8-sig": "utf-8"}.get(encoding, encoding)
    text = articles(article(1, title="Naïve.")).replace('encoding="utf-8"', f'encoding="{declared}"')
    items = reader(text.encode(encoding))
    assert isinstance(items[0], Record)
    assert items[0].documents[0].title == "Naïve."
    assert len(items) == 1


def test_a_wrongly_declared_encoding_is_broken(reader: Reader) -> None:
    text = THREE.replace('encoding="utf-8"', 'encoding="gb18030"')
    items = reader(text.encode().replace(b"A title.", b"A t\xff\xfftle.", 1))
    assert [cause for cause, _ in causes(items)] == ["undecodable"]
    assert [cause for cause, _ in causes(reader(THREE.replace("utf-8", "zlib", 1)))] == ["undecodable"]


def test_an_oversize_record_is_passed_over_and_the_next_is_read(reader: Reader) -> None:
    large = article(2, abstract=f"<AbstractText>{'word ' * 1000}</AbstractText>")
    items = reader(articles(article(1), large, article(3)), max_record_bytes=4096)
    assert keys(items) == ["pubmed:1", "pubmed:3"]
    assert causes(items) == [("oversize", "pubmed:2")]
    assert f"{len(large) - 1:,} bytes" in broken(items)[0].detail


def test_a_hundred_megabytes_without_an_end_stay_out_of_memory(tmp_path: Path) -> None:
    packer = zlib.compressobj(1, wbits=31)
    content = packer.compress(
        articles(article(1)).removesuffix("</PubmedArticleSet>\n").encode() + b"<PubmedArticle><PMID>2</PMID>"
    )
    content += b"".join(packer.compress(b"word " * 200_000) for _ in range(100)) + packer.flush()
    file = input_file(tmp_path / "a.xml.gz", content)
    tracemalloc.start()
    items = list(read(file, settings(max_record_bytes=1 << 20)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert keys(items) == ["pubmed:1"]
    assert causes(items)[0] == ("oversize", "pubmed:2")
    assert peak < 16 << 20


def test_very_deep_nesting_breaks_its_record_only(reader: Reader) -> None:
    deep = "<i>" * 5000 + "</i>" * 5000
    items = reader(articles(article(1, title=deep), article(2, title="<i>" * 200 + "x" + "</i>" * 200)))
    assert keys(items) == ["pubmed:2"]
    assert causes(items) == [("xml-syntax", "pubmed:1")]


@given(st.binary(max_size=300))
def test_no_bytes_at_all_make_the_splitter_raise_or_stall(noise: bytes) -> None:
    found = list(entries(iter([b"<PubmedArticleSet>" + noise + article(7).encode() + b"</PubmedArticleSet>"]), 1 << 16))
    assert found


MARKS = [
    "<PubmedArticle>", "</PubmedArticle>", "<PubmedArticle/>", "<!--", "-->", "<![CDATA[", "]]>", "<?x", "?>", "<", ">",
    "&", "<PubmedArticleSet>", "</PubmedArticleSet>", "<!DOCTYPE x [", "]>", "<PMID>1</PMID>", " ", "x",
]  # fmt: skip


@given(st.lists(st.sampled_from(MARKS), max_size=30), st.integers(min_value=1, max_value=7))
def test_no_arrangement_of_marks_makes_the_splitter_raise_or_depend_on_chunks(marks: list[str], size: int) -> None:
    data = "".join(marks).encode()
    whole = list(entries(iter([data]), 1 << 16))
    assert list(entries((data[at : at + size] for at in range(0, len(data), size)), 1 << 16)) == whole
    spans = [(item.start, item.start + len(item.data)) for item in whole if isinstance(item, Entry)]
    assert all(data[start:end].startswith(b"<PubmedArticle") for start, end in spans)
    assert all(first[1] <= second[0] for first, second in pairwise(spans))


class Bytes:
    """Stands in for an `InputFile`: content without a file."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def chunks(self, size: int) -> Iterator[bytes]:
        return (self.data[at : at + size] for at in range(0, len(self.data), size))


@given(
    st.lists(st.tuples(st.integers(0, len(THREE)), st.binary(min_size=1, max_size=3), st.integers(0, 9)), max_size=8)
)
def test_however_a_file_is_damaged_the_reader_goes_through_and_counts(damage: list[tuple[int, bytes, int]]) -> None:
    data = THREE.encode()
    for at, new, lost in damage:
        data = data[:at] + new + data[at + lost :]
    items = list(read(Bytes(data), settings()))  # type: ignore[arg-type]
    assert [item.position for item in items] == list(range(1, len(items) + 1))
    assert all(document.text.strip() for item in items if isinstance(item, Record) for document in item.documents)
    if not damage:
        assert len(items) == 3
