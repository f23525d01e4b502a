"""PubMed through the whole build: replay of 31 real files against the XPath oracle, and `deleted.pmids`.

The oracle of `tests/corpus/sources/test_pubmed_oracle.py` says what each file holds; a plain loop here says which
version stands. Needs MATERIA_REAL_DATA, but for the last test.
"""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest

from tests.corpus.small import build, write_inputs
from tests.corpus.sources.test_pubmed_oracle import FILES, Expected, alphanumerics, expected_records, tree

RECIPE = """
name = "replay"
[[source]]
name = "pubmed"
kind = "pubmed"
path = "$MATERIA_REAL_DATA/amber/pubmed_xml"
[decide]
retracted = "{retracted}"
held_out = 0
drop = []  # the same paper under two PMIDs is a copy; here every record that stands must be found
"""


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The corpus of all files with retracted works dropped, and with them kept."""
    if not FILES:
        pytest.skip("set MATERIA_REAL_DATA to the folder with amber/pubmed_xml")
    folder = tmp_path_factory.mktemp("replay")
    for choice in ("drop", "keep"):
        (folder / f"{choice}.toml").write_text(RECIPE.format(retracted=choice), encoding="utf-8")
        build(folder / f"{choice}.toml", folder / choice)
    return {choice: folder / choice for choice in ("drop", "keep")}


def standing() -> tuple[dict[str, Expected], set[str]]:
    """The last word on every PMID by a plain loop over the trees, and all deleted PMIDs."""
    best: dict[str, tuple[tuple[int, str, int], Expected]] = {}
    deleted: set[str] = set()
    for path in sorted(FILES, key=lambda file: file.name):
        root = tree(path)
        deleted |= set(root.xpath("//DeleteCitation/PMID/text()"))
        for position, record in enumerate(expected_records(root)):
            rank = (int(record.version), path.name, position)
            if record.pmid not in best or rank > best[record.pmid][0]:
                best[record.pmid] = (rank, record)
    return {pmid: record for pmid, (_, record) in best.items() if pmid not in deleted}, deleted


def test_the_documents_that_stand_are_those_of_the_oracle_with_its_titles_and_abstracts(outs: dict[str, Path]) -> None:
    wanted, _ = standing()
    data = pl.read_parquet(outs["keep"] / "data" / "*.parquet")
    main = {row["id"].removeprefix("pubmed:"): row for row in data.to_dicts() if "@" not in row["id"]}
    untitled = {pmid for pmid, record in wanted.items() if not record.sections and "Not Available" in record.title}
    assert set(main) == set(wanted) - untitled
    assert len(untitled) <= 5
    for pmid, row in main.items():
        record = wanted[pmid]
        sections = "".join(label + text for label, text in record.sections)
        title = "" if record.title == "[Not Available]." else record.title
        assert alphanumerics(row["title"]) == alphanumerics(title), pmid
        assert alphanumerics(row["text"]) == alphanumerics(title + sections), pmid


def test_deleted_and_retracted_works_are_those_of_the_oracle(outs: dict[str, Path]) -> None:
    wanted, deleted = standing()
    ledger = pl.read_parquet(outs["drop"] / "ledger" / "documents-*.parquet")
    retracted = set(ledger.filter(fate="retracted")["record"].str.strip_prefix("pubmed:"))
    assert retracted == {pmid for pmid, record in wanted.items() if record.retracted}
    assert retracted
    kept = set(ledger.filter(fate="kept")["record"].str.strip_prefix("pubmed:"))
    assert not kept & (deleted | retracted)
    records = pl.read_parquet(outs["drop"] / "ledger" / "records-*.parquet")
    assert set(records.filter(outcome="deletion")["record"].str.strip_prefix("pubmed:")) == deleted


def test_the_cumulative_list_of_deleted_pmids_is_honoured_and_accounted_for(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    (tmp_path / "in" / "deleted.pmids").write_text("7\n8\n31337\n", encoding="utf-8")
    text = recipe.read_text().replace('path = "pubmed"', 'path = "pubmed"\ndeleted_pmids = "deleted.pmids"')
    recipe.write_text(text)
    answer = build(recipe, tmp_path / "out")
    ledger = pl.read_parquet(tmp_path / "out" / "ledger" / "documents-*.parquet")
    gone = ledger.filter(fate="deleted").sort("id").select("id", "other").rows()
    assert gone == [
        ("pubmed:4", "pubmed/pubmed26n0002.xml#3"),
        ("pubmed:7", "pubmed/deleted.pmids#1"),
        ("pubmed:8", "pubmed/deleted.pmids#2"),
    ]
    assert answer["counts"]["records"]["deletion"] == 4


def test_the_real_files_are_where_the_variable_says(real_data: Path) -> None:
    assert FILES, f"no PubMed files below {os.environ['MATERIA_REAL_DATA']}: {real_data / 'amber' / 'pubmed_xml'}"
