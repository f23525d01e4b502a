"""What PubMed says about a work: dates, ids, types, retraction, notices, licence."""

from __future__ import annotations

import pytest

from tests.corpus.sources.pubmed_xml import Reader, article, articles, main, meta, only


@pytest.mark.parametrize(
    ("date", "iso"),
    [
        ("<Year>2019</Year><Month>Mar</Month><Day>05</Day>", "2019-03-05"),
        ("<Year>2019</Year><Month>3</Month><Day>5</Day>", "2019-03-05"),
        ("<Year>2019</Year><Month>September</Month>", "2019-09"),
        ("<Year>2019</Year><Season>Spring</Season>", "2019"),
        ("<Year>2019</Year><Month>Feb</Month><Day>30</Day>", "2019-02"),
        ("<Year>2019</Year><Month>13</Month>", "2019"),
        ("<MedlineDate>1998 Dec-1999 Jan</MedlineDate>", "1998-12"),
        ("<MedlineDate>2000 Spring</MedlineDate>", "2000"),
        ("<MedlineDate>Spring 2000</MedlineDate>", "2000"),
        ("<MedlineDate>1978-1979</MedlineDate>", "1978"),
        ("<MedlineDate>2019 Sep/Oct</MedlineDate>", "2019-09"),
        ("<MedlineDate>2019 Feb - Apr</MedlineDate>", "2019-02"),
        ("<MedlineDate>2004 Jun 12-18</MedlineDate>", "2004-06-12"),
        ("<MedlineDate>2000 Dec 23- 30</MedlineDate>", "2000-12-23"),
        ("<MedlineDate>Dec 1999</MedlineDate>", "1999-12"),
        ("<MedlineDate>15 December 1999</MedlineDate>", "1999-12-15"),
        ("<MedlineDate>2013 Mar-Apr</MedlineDate>", "2013-03"),
        ("<MedlineDate>2005-2006 Winter</MedlineDate>", "2005"),
        ("<MedlineDate>undated</MedlineDate>", ""),
        ("<Year>soon</Year>", ""),
        ("", ""),
    ],
)
def test_dates_are_iso_as_precise_as_they_are_known(reader: Reader, date: str, iso: str) -> None:
    assert main(reader, date=date).date == iso


def test_the_electronic_date_stands_in_for_a_missing_one(reader: Reader) -> None:
    electronic = '<ArticleDate DateType="Electronic"><Year>2018</Year><Month>12</Month><Day>01</Day></ArticleDate>'
    assert main(reader, date="", in_article=electronic).date == "2018-12-01"
    assert main(reader, in_article=electronic).date == "2019"


def test_ids_come_from_the_article_id_list_and_never_from_references(reader: Reader) -> None:
    entry = article(
        in_article='<ELocationID EIdType="doi" ValidYN="Y">10.1/elocation</ELocationID>',
        data='<ArticleId IdType="doi">10.1/own</ArticleId><ArticleId IdType="pmc">PMC1</ArticleId>'
        '<ArticleId IdType="pii">S1</ArticleId>',
    ).replace(
        "</PubmedData>",
        "<ReferenceList><Reference><ArticleIdList><ArticleId IdType='doi'>10.1/cited</ArticleId></ArticleIdList>"
        "</Reference><ReferenceList><Title>More</Title></ReferenceList></ReferenceList></PubmedData>",
    )
    facts = meta(only(reader(articles(entry))).documents[0])
    assert (facts["doi"], facts["pmcid"], facts["pii"], facts["pmid"]) == ("10.1/own", "PMC1", "S1", "90000001")


def test_the_location_id_is_the_doi_only_where_there_is_no_other_and_it_is_valid(reader: Reader) -> None:
    location = '<ELocationID EIdType="doi" ValidYN="{}">10.1/elocation</ELocationID>'
    assert meta(main(reader, in_article=location.format("Y")))["doi"] == "10.1/elocation"
    assert "doi" not in meta(main(reader, in_article=location.format("N")))


def test_publication_types_are_identifiers_and_old_names_are_mapped(reader: Reader) -> None:
    types = (
        '<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType>'
        "<PublicationType>RANDOMIZED CONTROLLED TRIAL</PublicationType>"
        "<PublicationType>Portraits</PublicationType></PublicationTypeList>"
    )
    facts = meta(main(reader, in_article=types))
    assert facts["publication_types"] == ["D016428", "D016449"]
    assert facts["publication_type_names"] == ["Portraits"]


@pytest.mark.parametrize(
    ("descriptor", "key", "value"),
    [
        ('<DescriptorName UI="D006801" MajorTopicYN="N">Humans</DescriptorName>', "mesh", "D006801"),
        ("<DescriptorName MajorTopicYN='N' UI='D006801'>Humans</DescriptorName>", "mesh", "D006801"),
        ('<DescriptorName MajorTopicYN="N">Humans</DescriptorName>', "mesh_names", "Humans"),
    ],
)
def test_mesh_headings_are_read_however_they_are_written(reader: Reader, descriptor: str, key: str, value: str) -> None:
    heading = f"<MeshHeading>{descriptor}<QualifierName UI='Q1'>x</QualifierName></MeshHeading>"
    assert meta(main(reader, after=f"<MeshHeadingList>{heading}</MeshHeadingList>"))[key] == [value]


def test_a_publication_type_marks_the_record_as_retracted(reader: Reader) -> None:
    kind = '<PublicationType UI="D016441">Retracted Publication</PublicationType>'
    assert (
        meta(main(reader, in_article=f"<PublicationTypeList>{kind}</PublicationTypeList>"))["retracted"]
        == "publication type D016441"
    )


def test_a_retraction_notice_marks_every_document_of_the_record(reader: Reader) -> None:
    after = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionIn"><RefSource>J Invent Med. 2020</RefSource>'
        '<PMID Version="1">90000099</PMID></CommentsCorrections></CommentsCorrectionsList>'
        '<OtherAbstract Language="chi"><AbstractText>甲</AbstractText></OtherAbstract>'
    )
    documents = only(reader(articles(article(after=after)))).documents
    assert len(documents) == 2
    for document in documents:
        assert meta(document)["retracted"] == "RetractionIn: J Invent Med. 2020 PMID 90000099"


def test_the_notice_of_a_retraction_is_not_itself_retracted(reader: Reader) -> None:
    after = (
        '<CommentsCorrectionsList><CommentsCorrections RefType="RetractionOf"><RefSource>J</RefSource>'
        "</CommentsCorrections></CommentsCorrectionsList>"
    )
    facts = meta(main(reader, after=after))
    assert "retracted" not in facts
    assert facts["notices"] == [{"type": "RetractionOf", "ref": "J"}]


def test_concerns_and_errata_are_noted_and_citations_are_not(reader: Reader) -> None:
    after = "<CommentsCorrectionsList>" + "".join(
        f'<CommentsCorrections RefType="{kind}"><RefSource>R</RefSource><PMID>7</PMID></CommentsCorrections>'
        for kind in ("Cites", "ExpressionOfConcernIn", "ErratumIn", "CorrectedandRepublishedFrom", "UpdateOf")
    )
    facts = meta(main(reader, after=after + "</CommentsCorrectionsList>"))
    assert [notice["type"] for notice in facts["notices"]] == [
        "ExpressionOfConcernIn", "ErratumIn", "CorrectedandRepublishedFrom", "UpdateOf",
    ]  # fmt: skip
    assert facts["notices"][0] == {"type": "ExpressionOfConcernIn", "ref": "R", "pmid": "7"}
    assert "retracted" not in facts


def test_status_indexing_journal_and_issn_are_kept(reader: Reader) -> None:
    facts = meta(main(reader, citation='Status="MEDLINE" IndexingMethod="Automated"'))
    assert (facts["status"], facts["indexing"]) == ("MEDLINE", "Automated")
    assert (facts["journal"], facts["issn"]) == ("J Invent Med", "1234-5678")


def test_authors_with_languages_ids_and_dates_of_their_own_are_not_read(reader: Reader) -> None:
    authors = (
        "<AuthorList><Author><LastName>Nobody</LastName><AffiliationInfo><Affiliation>x<sup>1</sup></Affiliation>"
        "</AffiliationInfo></Author></AuthorList>"
    )
    document = main(reader, in_article=authors)
    assert "Nobody" not in document.text + document.meta


@pytest.mark.parametrize(
    ("statement", "licence"),
    [
        ("© 2019. This is an open access article under the CC BY-NC-ND 4.0 license.", "CC-BY-NC-ND-4.0"),
        ("This is licensed under CC BY 4.0", "CC-BY-4.0"),
        ("Creative Commons Attribution 4.0 International License.", "CC-BY-4.0"),
        ("Creative Commons Attribution License (CC BY 3.0)", "CC-BY-3.0"),
        ("under a Creative Commons Attribution Non-Commercial No Derivatives license", "LicenseRef-CC-BY-NC-ND"),
        ("Creative Commons Attribution-NonCommercial-ShareAlike 4.0", "CC-BY-NC-SA-4.0"),
        ("See https://creativecommons.org/licenses/by-sa/4.0/", "CC-BY-SA-4.0"),
        ("See http://creativecommons.org/publicdomain/zero/1.0/", "CC0-1.0"),
        ("Published under CC0.", "CC0-1.0"),
        ("U.S. Government work and is in the public domain in the USA.", "LicenseRef-PublicDomain"),
        ("This work is not in the public domain.", "unknown"),
        ("Copyright © 2019 Elsevier B.V. All rights reserved.", "unknown"),
        ("© The Author(s) 2019.", "unknown"),
    ],
)
def test_a_licence_is_taken_only_from_a_statement_that_names_one(reader: Reader, statement: str, licence: str) -> None:
    text = f"<AbstractText>Some text.</AbstractText><CopyrightInformation>{statement}</CopyrightInformation>"
    document = main(reader, abstract=text)
    assert document.licence == licence
    assert meta(document)["copyright"] == statement


def test_the_recipe_s_licence_stands_where_the_record_says_nothing(reader: Reader) -> None:
    record = only(reader(articles(article()), licence="CC0-1.0"))
    assert record.documents[0].licence == "CC0-1.0"
