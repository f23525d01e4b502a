"""What a PubMed file gives: records, documents per language, versions, books, deletions."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.document import Broken, Deletion, Record
from corpus.sources.pubmed import deleted_pmids
from tests.corpus.sources.pubmed_xml import Reader, article, articles, input_file, main, meta, only


def test_the_text_is_title_blank_line_and_labelled_sections(reader: Reader) -> None:
    document = main(
        reader,
        abstract='<AbstractText Label="AIMS" NlmCategory="OBJECTIVE">To  see\n it.</AbstractText>'
        '<AbstractText Label="Results:">P&lt;0.001, 10<sup>9</sup>/L.</AbstractText><AbstractText Label="NONE"/>'
        "<AbstractText>No label.</AbstractText>",
    )
    assert document.text == "A title.\n\nAIMS: To see it.\nResults: P<0.001, 10^9/L.\nNo label."
    assert meta(document)["sections"] == ["AIMS", "Results:"]
    assert (document.id, document.title, document.language) == ("pubmed:90000001", "A title.", "en")


def test_a_record_with_only_a_title_is_a_document(reader: Reader) -> None:
    assert main(reader, abstract="").text == "A title."


def test_a_record_with_only_an_abstract_is_a_document(reader: Reader) -> None:
    document = main(reader, title="")
    assert (document.title, document.text) == ("", "Some text.")


def test_a_record_with_neither_is_broken_and_named(reader: Reader) -> None:
    assert [
        (item.cause, item.key) for item in reader(articles(article(title="", abstract=""))) if isinstance(item, Broken)
    ] == [("empty-text", "pubmed:90000001")]


def test_mathml_in_an_abstract_is_readable(reader: Reader) -> None:
    formula = (
        '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>x</mml:mi><mml:mo>=</mml:mo>'
        "<mml:mfrac><mml:mn>1</mml:mn><mml:mn>2</mml:mn></mml:mfrac></mml:math>"
    )
    assert main(reader, abstract=f"<AbstractText>So {formula}.</AbstractText>").text.endswith("So x = 1/2.")


def test_comments_and_cdata_inside_a_record_do_not_end_it(reader: Reader) -> None:
    text = "<AbstractText>a<!-- </PubmedArticle> -->b<![CDATA[ </PubmedArticle> < c]]></AbstractText>"
    items = reader(articles(article(abstract=text), article(2)))
    assert [item.key for item in items if isinstance(item, Record)] == ["pubmed:90000001", "pubmed:2"]
    assert isinstance(items[0], Record)
    assert items[0].documents[0].text == "A title.\n\nab </PubmedArticle> < c"


def test_brackets_of_a_translated_title_are_taken_off_and_noted(reader: Reader) -> None:
    document = main(reader, title="[Studies on [11C] in plague].", abstract="", language="<Language>chi</Language>")
    assert document.title == "Studies on [11C] in plague."
    assert document.language == "en"
    assert meta(document)["translated_title"] is True
    assert meta(document)["languages"] == ["zh"]


@pytest.mark.parametrize("title", ["[18F]FDG against [11C].", "[11C]", "Letter [reply].", "[open.", "Plain."])
def test_other_brackets_in_a_title_stay(reader: Reader, title: str) -> None:
    document = main(reader, title=title)
    if title == "[11C]":  # brackets around the whole: nothing tells this from a translation
        assert document.title == "11C"
    else:
        assert document.title == title
        assert "translated_title" not in meta(document)


@pytest.mark.parametrize(
    ("code", "tag"),
    [("chi", "zh"), ("eng", "en"), ("ENG", "en"), ("jpn", "ja"), ("ger", "de"), ("mul", "und"), ("xyz", "und")],
)
def test_a_title_alone_has_the_language_of_the_record(reader: Reader, code: str, tag: str) -> None:
    assert main(reader, abstract="", language=f"<Language>{code}</Language>").language == tag


def test_the_recipe_s_language_stands_where_the_record_names_none(reader: Reader) -> None:
    record = only(reader(articles(article(abstract="", language="")), language="fr"))
    assert record.documents[0].language == "fr"


def test_a_chinese_abstract_takes_the_vernacular_title_and_is_linked_both_ways(reader: Reader) -> None:
    entry = article(
        language="<Language>chi</Language>",
        in_article="<VernacularTitle>血小板。</VernacularTitle>",
        after='<OtherAbstract Type="Publisher" Language="chi"><AbstractText Label="目的">甲。</AbstractText>'
        "<AbstractText>乙。</AbstractText><CopyrightInformation>C</CopyrightInformation></OtherAbstract>",
    )
    english, chinese = only(reader(articles(entry))).documents
    assert (chinese.id, chinese.language, chinese.title) == ("pubmed:90000001@zh", "zh", "血小板。")
    assert chinese.text == "血小板。\n\n目的: 甲。\n乙。"
    assert meta(english)["twin"] == ["pubmed:90000001@zh"]
    assert meta(chinese)["twin"] == ["pubmed:90000001"]
    assert meta(chinese)["copyright"] == "C"
    assert meta(chinese)["abstract_type"] == "Publisher"
    assert meta(chinese)["journal"] == "J Invent Med"


def test_a_vernacular_title_alone_is_a_document_of_its_language(reader: Reader) -> None:
    entry = article(
        language="<Language>eng</Language><Language>fre</Language>",
        in_article="<VernacularTitle>Un titre</VernacularTitle>",
    )
    documents = only(reader(articles(entry))).documents
    assert [(document.id, document.text) for document in documents[1:]] == [("pubmed:90000001@fr", "Un titre")]


def test_several_texts_of_one_language_are_numbered(reader: Reader) -> None:
    other = '<OtherAbstract Type="{}" Language="{}"><AbstractText>{}</AbstractText></OtherAbstract>'
    after = other.format("Publisher", "chi", "一") + other.format("Publisher", "chi", "二") + other.format(
        "plain-language-summary", "eng", "Plainly."
    )  # fmt: skip
    documents = only(reader(articles(article(after=after)))).documents
    ids = ["pubmed:90000001", "pubmed:90000001@zh", "pubmed:90000001@zh.2", "pubmed:90000001@en"]
    assert [document.id for document in documents] == ids
    assert meta(documents[0])["twin"] == ids[1:]
    assert all(meta(document)["twin"] == ids[:1] for document in documents[1:])


def test_a_stand_in_for_an_abstract_is_no_document_but_is_noted(reader: Reader) -> None:
    after = (
        '<OtherAbstract Type="Publisher" Language="ger"><AbstractText>Abstract available from the publisher.'
        "</AbstractText></OtherAbstract>"
    )
    record = only(reader(articles(article(after=after))))
    assert len(record.documents) == 1
    assert meta(record.documents[0])["unavailable_abstracts"] == ["de"]


def test_a_stand_in_for_a_title_is_no_title(reader: Reader) -> None:
    entry = article(
        title="[Not Available].",
        abstract="",
        language="<Language>ger</Language>",
        in_article="<VernacularTitle>Ein Titel.</VernacularTitle>",
    )
    assert [document.id for document in only(reader(articles(entry))).documents] == ["pubmed:90000001@de"]
    broken = reader(articles(article(title="[Not Available].", abstract="")))
    assert isinstance(broken[0], Broken)
    assert broken[0].cause == "empty-text"


@pytest.mark.parametrize(
    ("version", "citation", "number"),
    [
        (' Version="3"', "", 3),
        ("", 'VersionID="2"', 2),
        ("", "", 1),
        (' Version="x"', "", 1),
        (' Version="2"', 'VersionID="1"', 2),
    ],
)
def test_the_version_is_that_of_the_pmid(reader: Reader, version: str, citation: str, number: int) -> None:
    assert only(reader(articles(article(version=version, citation=citation)))).version == number


def test_the_older_set_of_bare_citations_is_read_with_its_deletions(reader: Reader) -> None:
    entry = article(citation='Owner="NLM" Status="MEDLINE"').split("<PubmedData>")[0].removeprefix("<PubmedArticle>")
    items = reader(articles(entry, "<DeleteCitation><PMID>5</PMID>\n<PMID Version='1'>6</PMID></DeleteCitation>",
                            name="MedlineCitationSet"))  # fmt: skip
    assert [type(item).__name__ for item in items] == ["Record", "Deletion", "Deletion"]
    assert items[1:] == [Deletion("pubmed:5", 2), Deletion("pubmed:6", 3)]


def test_deletions_inside_an_article_set_are_read_and_positions_go_on(reader: Reader) -> None:
    items = reader(articles(article(1), "<DeleteCitation><PMID Version='1'>5</PMID></DeleteCitation>", article(2)))
    assert [(type(item).__name__, item.position) for item in items] == [("Record", 1), ("Deletion", 2), ("Record", 3)]


def test_a_deletion_that_names_no_pmid_is_broken(reader: Reader) -> None:
    items = reader(articles("<DeleteCitation><PMID>five</PMID></DeleteCitation><DeleteCitation/>"))
    assert [(item.cause, item.position) for item in items if isinstance(item, Broken)] == [("not-a-pmid", 1)]


BOOK = (
    '<PubmedBookArticle><BookDocument><PMID Version="2">90000050</PMID><ArticleIdList>'
    '<ArticleId IdType="bookaccession">NBK1</ArticleId></ArticleIdList><Book><Publisher>'
    "<PublisherName>P</PublisherName></Publisher><BookTitle book='b'>A <i>Book</i></BookTitle>"
    "<PubDate><Year>2010</Year></PubDate></Book>"
    "<ArticleTitle>A Chapter</ArticleTitle><Language>eng</Language>"
    "<PublicationType UI='D016454'>Review</PublicationType>"
    "<Abstract><AbstractText Label='Summary'>About it.</AbstractText></Abstract>"
    "<ContributionDate><Year>2011</Year><Month>02</Month></ContributionDate></BookDocument><PubmedBookData>"
    "<ArticleIdList><ArticleId IdType='pubmed'>90000050</ArticleId></ArticleIdList></PubmedBookData>"
    "</PubmedBookArticle>"
)


def test_a_chapter_is_read_with_its_book(reader: Reader) -> None:
    record = only(reader(articles(BOOK)))
    document = record.documents[0]
    assert (record.key, record.version, document.date) == ("pubmed:90000050", 2, "2011-02")
    assert document.text == "A Chapter\n\nSummary: About it."
    facts = meta(document)
    assert (facts["book"], facts["bookaccession"], facts["publication_types"]) == ("A Book", "NBK1", ["D016454"])


def test_a_book_without_chapter_has_the_book_s_title_and_date(reader: Reader) -> None:
    whole = BOOK.replace("<ArticleTitle>A Chapter</ArticleTitle>", "").replace(
        "<ContributionDate><Year>2011</Year><Month>02</Month></ContributionDate>", ""
    )
    document = only(reader(articles(whole))).documents[0]
    assert (document.title, document.date) == ("A Book", "2010")


def test_deleted_book_documents_are_deletions(reader: Reader) -> None:
    items = reader(articles("<DeleteDocument><PMID>5</PMID></DeleteDocument>", name="PubmedBookArticleSet"))
    assert items == [Deletion("pubmed:5", 1)]


def test_gzip_and_plain_files_read_alike(reader: Reader) -> None:
    content = articles(article(1), article(2)).encode()
    assert reader(gzip.compress(content), name="a.xml.gz") == reader(content)
    assert reader(gzip.compress(content[:90]) + gzip.compress(content[90:]), name="b.xml.gz") == reader(content)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_the_list_of_deleted_pmids_is_read(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    file = input_file(tmp_path / "deleted.pmids", pack(b"# list\n5\n0006 2020-01-01\r\n\n7"))
    assert list(deleted_pmids(file)) == [Deletion("pubmed:5", 1), Deletion("pubmed:6", 2), Deletion("pubmed:7", 3)]


def test_a_line_that_is_no_pmid_is_broken_and_the_rest_is_read(tmp_path: Path) -> None:
    file = input_file(tmp_path / "deleted.pmids", b"5\nPMID\n" + b"9" * 3_000_000 + b"\n6\n")
    items = list(deleted_pmids(file))
    assert [item.cause for item in items if isinstance(item, Broken)] == ["not-a-pmid", "oversize"]
    assert [item.key for item in items if isinstance(item, Deletion)] == ["pubmed:5", "pubmed:6"]


def test_a_truncated_list_says_so_after_its_whole_lines(tmp_path: Path) -> None:
    data = gzip.compress(b"\n".join(b"%d" % number for number in range(100000)))
    items = list(deleted_pmids(input_file(tmp_path / "deleted.pmids.gz", data[: len(data) // 2])))
    assert isinstance(items[-1], Broken)
    assert items[-1].cause == "truncated-gzip"
    assert all(isinstance(item, Deletion) for item in items[:-1])
    assert len(items) > 1000
