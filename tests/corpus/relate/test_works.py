"""The same work in two forms by PMID, PMCID or DOI, and translations by their link."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from corpus.relate.works import MOST_RECORDS, WORKS, works

SCHEMA: dict[str, Any] = {
    "id": pl.String, "record": pl.String, "identifiers.pmid": pl.String, "identifiers.pmcid": pl.String,
    "identifiers.doi": pl.String, "identifiers.twins": pl.List(pl.String),
}  # fmt: skip


def document(name: str, record: str = "", twins: Any = (), **identifiers: Any) -> dict[str, Any]:
    known = {f"identifiers.{kind}": identifiers.get(kind) for kind in ("pmid", "pmcid", "doi")}
    return {"id": name, "record": record or name, "identifiers.twins": list(twins), **known}


def related(*documents: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    return works(pl.DataFrame(documents, SCHEMA, orient="row")).rows()


def test_an_abstract_and_its_full_text_are_one_work_by_any_number_they_share():
    for kind, value in (("pmid", "31452104"), ("pmcid", "PMC1065065"), ("doi", "10.1000/j.x")):
        pair = related(document("pubmed:1", **{kind: value}), document("pmc:PMC1.1", **{kind: value}))
        assert pair == [("pmc:PMC1.1", "pubmed:1", "work", f"{kind} {value}")]


def test_a_pair_that_shares_several_numbers_is_told_once_by_its_pmid():
    same = {"pmid": "7", "doi": "10.1000/j.x"}
    assert related(document("a", **same), document("b", **same)) == [("a", "b", "work", "pmid 7")]


def test_numbers_of_two_kinds_are_never_compared():
    assert related(document("a", pmid="7"), document("b", pmcid="7"), document("c", doi="7")) == []


def test_documents_without_numbers_and_with_different_ones_are_no_work():
    assert related(document("a"), document("b"), document("c", pmid="1"), document("d", pmid="2")) == []


def test_the_documents_of_one_record_are_no_work_of_their_own():
    assert related(document("a", "r", pmid="1"), document("a@zh", "r", pmid="1")) == []


def test_every_two_forms_of_a_work_are_named_together():
    forms = [document(name, doi="10.1/x") for name in ("c", "a", "b")]
    assert [row[:2] for row in related(*forms)] == [("a", "b"), ("a", "c"), ("b", "c")]


def test_a_number_that_many_records_share_names_no_work():
    few = [document(f"d{number:02d}", doi="10.1/issue") for number in range(MOST_RECORDS)]
    assert len(related(*few)) == MOST_RECORDS * (MOST_RECORDS - 1) // 2
    assert related(*few, document("d99", doi="10.1/issue")) == []


def test_records_are_counted_and_not_documents():
    many = [document(f"a@{number}", "r", doi="10.1/x") for number in range(MOST_RECORDS + 3)]
    assert len(related(*many, document("b", doi="10.1/x"))) == MOST_RECORDS + 3


def test_a_translation_is_named_by_either_side_and_told_once():
    one, other = document("p:1", "p:1", ("p:1@zh",)), document("p:1@zh", "p:1", ("p:1",))
    expected = [("p:1", "p:1@zh", "translation", "twin")]
    assert related(one, other) == expected
    assert related(document("p:1", "p:1"), other) == expected
    assert related(one, document("p:1@zh", "p:1")) == expected


def test_a_translation_that_no_longer_stands_or_that_is_the_document_itself_is_no_relation():
    assert related(document("a", twins=("gone", "a")), document("b")) == []


def test_two_that_are_a_translation_and_a_work_count_as_translation():
    pair = related(document("a", twins=("b",), pmid="1"), document("b", pmid="1"))
    assert [row[2] for row in pair] == ["translation"]


def test_no_documents_give_a_table_of_the_same_columns():
    for table in (works(pl.DataFrame(schema=SCHEMA)), works(pl.DataFrame([document("a")], SCHEMA, orient="row"))):
        assert dict(table.schema) == WORKS
        assert table.height == 0


documents = st.lists(
    st.tuples(st.integers(0, 9), st.integers(0, 4), st.none() | st.integers(0, 2), st.none() | st.integers(0, 2)),
    max_size=10, unique_by=lambda row: row[0],
)  # fmt: skip


@given(documents, st.randoms())
def test_every_pair_shares_a_number_across_records_and_no_work_is_torn_apart(rows, drawn):
    made = [
        document(f"d{name}", f"r{record}", pmid=None if a is None else str(a), doi=None if b is None else str(b))
        for name, record, a, b in rows
    ]
    found = related(*made)
    drawn.shuffle(made)
    assert related(*made) == found
    by_id = {row["id"]: row for row in made}
    linked = {frozenset((one, other)) for one, other, _, _ in found}
    for one, other, kind, evidence in found:
        name, _, value = evidence.partition(" ")
        assert one < other
        assert kind == "work"
        assert by_id[one]["record"] != by_id[other]["record"]
        assert by_id[one][f"identifiers.{name}"] == by_id[other][f"identifiers.{name}"] == value
    for name in ("identifiers.pmid", "identifiers.doi"):
        for value in ("0", "1", "2"):
            forms = sorted(row["id"] for row in made if row[name] == value)
            for form in forms[1:]:
                if by_id[form]["record"] != by_id[forms[0]]["record"]:
                    assert frozenset((form, forms[0])) in linked
