"""The one pass over ledger and facts counts every standing document once, with its own facts."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from corpus.report import standing
from corpus.report.folder import Build, open_build
from corpus.report.standing import Query, by, gather, pieces
from tests.corpus.report.made import Row, documents, make


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return documents(300)


@pytest.fixture(scope="module")
def build(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Build:
    return open_build(make(tmp_path_factory.mktemp("made"), rows))


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_every_standing_document_meets_its_own_facts_whatever_the_pieces(
    build: Build, rows: list[Row], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ROWS", size)
    found = [row for piece in pieces(build, ["fate", "english.words"]) for row in piece.iter_rows(named=True)]
    wanted = [row for row in rows if row["fate"] != "superseded"]
    assert [(row["id"], row["fate"], row["english.words"]) for row in found] == [
        (row["id"], row["fate"], row["english.words"]) for row in wanted
    ]


def test_a_document_without_facts_is_counted_with_unknown_values(build: Build, rows: list[Row], tmp_path: Path) -> None:
    folder = make(tmp_path, rows)
    facts = pl.read_parquet(folder / "facts/facts-00000.parquet")
    facts[10:-10].write_parquet(folder / "facts/facts-00000.parquet")
    table = gather(open_build(folder), {"q": by("evidence.level")})["q"]
    assert table["documents"].sum() == facts.height
    assert table.filter(pl.col("evidence.level").is_null())["documents"].to_list() == [20]


def test_counts_and_bytes_are_those_of_a_plain_loop(build: Build, rows: list[Row]) -> None:
    table = gather(build, {"q": by("source", "evidence.level", where=pl.col("fate") == "kept")})["q"]
    kept = [row for row in rows if row["fate"] == "kept"]
    wanted = Counter((row["source"], row["evidence.level"]) for row in kept)
    assert {(s, e): n for s, e, n, _ in table.iter_rows()} == dict(wanted)
    assert table["bytes"].sum() == sum(row["bytes"] for row in kept)


@pytest.mark.parametrize("size", [1, 50, 100_000])
def test_a_query_may_count_what_it_likes(
    build: Build, rows: list[Row], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ROWS", size)
    longest = (pl.col("bytes") > 900).sum().cast(pl.UInt64).alias("long")
    query = Query(("source", "bytes"), lambda piece: piece.group_by("source").agg(longest), ("long",))
    stood = [row for row in rows if row["fate"] != "superseded"]
    wanted = {name: sum(r["bytes"] > 900 for r in stood if r["source"] == name) for name in ("pages", "pubmed")}
    assert dict(gather(build, {"q": query})["q"].iter_rows()) == wanted


def test_a_query_on_a_column_that_the_build_lacks_is_left_out(build: Build) -> None:
    assert list(gather(build, {"there": by("tier"), "not": by("quality.learned")})) == ["there"]


def test_a_build_without_documents_gives_no_counts(tmp_path: Path) -> None:
    assert gather(open_build(make(tmp_path, [])), {"q": by("tier")}) == {}
