"""Crowds: thousands of documents that are the same or nearly so cost what their number is, and one of them stays."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.corpus.relate.built import compared, english, jaccard, kept, ledger, made, pieces, relations
from tests.corpus.small import build

PAGE = "\n".join(english(1))


def test_five_thousand_identical_documents_are_compared_with_nothing_and_one_stays(tmp_path):
    size = 5_000
    out = made(tmp_path, {f"{n:05d}": PAGE[:300] for n in range(size)})
    table = pl.read_parquet(out / "ledger" / "documents-*.parquet", columns=["id", "fate", "rule", "other"])
    assert compared(tmp_path / ".store") == 0
    assert table.filter(fate="kept")["id"].to_list() == ["table:rows/00000"]
    gone = table.filter(fate="duplicate")
    assert gone.height == size - 1
    assert gone["other"].unique().to_list() == ["table:rows/00000"]
    related = relations(out)
    assert related.height == size - 1  # one a copy
    assert related["kind"].unique().to_list() == ["exact"]
    assert related["one"].unique().to_list() == ["00000"]


def counted(size: int) -> dict[str, str]:
    """Pages that differ in their view counter alone."""
    return {f"{n:04d}": f"{PAGE}\n{n + 1000} views" for n in range(size)}


def test_of_pages_that_differ_in_a_view_counter_one_stays_however_many_they_are(tmp_path):
    for size in (40, 60, 300):
        out = made(tmp_path / f"{size}", counted(size))
        assert kept(out) == {"0000"}
        rows = ledger(out)
        assert {row["other"] for row in rows.values() if row["fate"] == "duplicate"} == {"table:rows/0000"}


@pytest.mark.parametrize("size", [250, 600])
def test_a_crowd_costs_a_few_comparisons_for_each_of_its_pages(tmp_path, size):
    made(tmp_path, counted(size))
    assert size - 1 <= compared(tmp_path / ".store") < 6.5 * size  # with all neighbours it would be 8, with all 500


TIERS = """
name = "tiers"
[[source]]
name = "pages"
kind = "table"
path = "rows"
id = "id"
genre = "web"
[[source]]
name = "books"
kind = "table"
path = "books"
id = "id"
genre = "textbook"
[[tier]]
name = "books"
tier = "high"
when = [{ signal = "document.genre", comparison = "==", threshold = "textbook" }]
[[tier]]
name = "rest"
tier = "basic"
[decide]
tiers = ["high", "basic"]
"""


def test_the_one_of_a_better_tier_stands_for_a_whole_crowd_of_another_source(tmp_path):
    for folder, texts in (("rows", counted(200)), ("books", {"best": f"{PAGE}\n5 views"})):
        (tmp_path / "in" / folder).mkdir(parents=True)
        lines = [json.dumps({"id": name, "text": text}) for name, text in texts.items()]
        (tmp_path / "in" / folder / "a.jsonl").write_text("\n".join(lines) + "\n")
    (tmp_path / "in" / "tiers.toml").write_text(TIERS)
    build(tmp_path / "in" / "tiers.toml", tmp_path / "tiers")
    rows = ledger(tmp_path / "tiers")
    assert [name for name, row in rows.items() if row["fate"] == "kept"] == ["table:books/best"]


@pytest.fixture(scope="module")
def prefixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """One document, and three thousand that begin with it and go on as they like."""
    head = " ".join(english(2, 3))
    texts = {f"long{n:04d}": head + " " + " ".join(english(1000 + n, 9)) for n in range(3_000)}
    return made(tmp_path_factory.mktemp("prefix"), {"head": head} | texts), {"head": head} | texts


def test_a_document_that_three_thousand_others_begin_with_costs_none_of_them_its_place(prefixed):
    out, texts = prefixed
    assert kept(out) == set(texts)
    for row in relations(out).to_dicts():
        assert row["kind"] in ("contained", "alike")
    assert compared(out.parent / ".store") < 10 * len(texts)


def test_where_the_contained_goes_it_goes_for_one_that_holds_it(prefixed, tmp_path):
    _, texts = prefixed
    several = {name: texts[name] for name in list(texts)[:3]}
    several["close"] = texts["head"] + " " + " ".join(english(7, 1))
    build_out = made(tmp_path, several, 'decide.drop=["exact", "near", "contained"]')
    row = ledger(build_out)["head"]
    assert (row["fate"], row["rule"], row["similarity"]) == ("duplicate", "contained", 1.0)
    other = row["other"].removeprefix("table:rows/")
    assert jaccard(texts["head"], several[other]) < 0.8
    assert pieces(texts["head"]) <= pieces(several[other])
    assert kept(build_out) == several.keys() - {"head"}


def test_three_hundred_pages_of_one_template_with_other_doses_all_stay(tmp_path):
    template = PAGE + "\nTake aspirin {} mg for {} days."
    texts = {f"{n:03d}": template.format(n + 1, n % 30 + 2) for n in range(300)}
    out = made(tmp_path, texts)
    assert kept(out) == set(texts)
    related = relations(out)
    assert set(related["kind"]) == {"variant"}
    assert related["veto"].unique().to_list() == ["quantity"]
    assert related.height < 25 * len(texts)
