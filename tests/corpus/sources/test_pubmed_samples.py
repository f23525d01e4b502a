"""The shipped PubMed samples: marked as invented, read without loss, and showing each case the quick start explains."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import corpus
from corpus.document import Deletion, Document, Item, Record
from corpus.files import InputFile
from corpus.sources.pubmed import read
from tests.corpus.sources.pubmed_xml import settings

SAMPLES = Path(corpus.__file__).parent / "samples" / "pubmed"


def items(name: str) -> list[Item]:
    path = SAMPLES / name
    return list(read(InputFile(url=str(path), name=name, size=path.stat().st_size, identity=""), settings()))


@pytest.fixture(scope="module")
def baseline() -> dict[str, Record]:
    return {item.key: item for item in items("pubmed26n0001.xml") if isinstance(item, Record)}


@pytest.fixture(scope="module")
def update() -> dict[str, Record]:
    return {item.key: item for item in items("pubmed26n0002.xml") if isinstance(item, Record)}


def documents(records: dict[str, Record]) -> list[Document]:
    return [document for record in records.values() for document in record.documents]


def test_every_sample_says_in_its_head_that_it_is_invented() -> None:
    for path in SAMPLES.glob("*.xml"):
        assert "<!-- INVENTED." in path.read_text("utf-8")[:600]


def test_nothing_in_the_samples_is_broken_and_ids_are_out_of_use(
    baseline: dict[str, Record], update: dict[str, Record]
) -> None:
    assert len(items("pubmed26n0001.xml")) == len(baseline) == 14
    assert len(items("pubmed26n0002.xml")) == len(update) + 1 == 10
    assert all(int(key.removeprefix("pubmed:")) >= 90000001 for key in [*baseline, *update])
    for document in documents(baseline) + documents(update):
        assert "nvent" in document.text + document.meta  # of an invented journal, book or study


def test_the_update_deletes_retracts_supersedes_revises_and_warns(
    baseline: dict[str, Record], update: dict[str, Record]
) -> None:
    assert Deletion("pubmed:90000013", 10) in items("pubmed26n0002.xml")
    assert "retracted" in update["pubmed:90000011"].documents[0].meta
    assert "retracted" not in baseline["pubmed:90000011"].documents[0].meta
    assert (baseline["pubmed:90000014"].version, update["pubmed:90000014"].version) == (1, 2)
    assert baseline["pubmed:90000004"].documents[0].text != update["pubmed:90000004"].documents[0].text
    assert "ExpressionOfConcernIn" in update["pubmed:90000012"].documents[0].meta
    assert not json.loads(update["pubmed:90000018"].documents[0].meta).get("retracted")


def test_the_samples_show_powers_p_values_mathml_and_chinese(update: dict[str, Record]) -> None:
    english, chinese = update["pubmed:90000015"].documents
    assert "100×10^9/L" in english.text
    assert "P<0.001" in english.text
    assert (english.date, chinese.id, chinese.language) == ("2019-11", "pubmed:90000015@zh", "zh")
    assert chinese.text.startswith("入院时血小板计数与重症发热患者预后的关系")
    assert "CL = Dk/C_0" in update["pubmed:90000016"].documents[0].text
    assert update["pubmed:90000017"].documents[1].id == "pubmed:90000017@en"


def test_the_samples_cover_the_levels_of_evidence(baseline: dict[str, Record]) -> None:
    kinds = {kind for document in documents(baseline) for kind in json.loads(document.meta)["publication_types"]}
    assert {"D017065", "D017418", "D016449", "D064888", "D002363", "D016454", "D016422"} <= kinds
    assert json.loads(baseline["pubmed:90000008"].documents[0].meta)["publication_types"] == ["D016428"]
    assert "D000818" in json.loads(baseline["pubmed:90000010"].documents[0].meta)["mesh"]
