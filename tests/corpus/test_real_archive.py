"""The archive of real documents, built once: copies are recomputed by another way, and splits are looked through.

Needs MATERIA_REAL_DATA. All sources are read; of those that are large, the parts that hold nine of ten related pairs
and a few that hold none: books and pages that are nobody's copy took most of the time. Benchmarks build the whole. The
oracle knows nothing of hashes, sketches or bands: it cuts the folded texts into shingles as
strings and compares Python sets.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from corpus.relate.difference import difference
from corpus.text.fold import EAST_ASIAN, folded
from tests.corpus.small import build
from tests.once import made_once

SOURCES = Path(__file__).parents[2] / "benchmarks" / "real-sources.toml"
NEAR = 0.8
# Of 430 classical works those that come twice or quote each other, and herbals that hardly do.
BOOKS = "003 006 007 141 170 174 175 177 179 186 306 339 425 427 575 635 638 645 646".split()
PATHS = {
    "abstracts-cohen": [f"amber/abstracts_cohen2006/{name}*.csv" for name in ("ACE", "Beta", "Calcium")],
    "abstracts-hoc": ["amber/abstracts_hoc/*[05].txt"],
    "abstracts-ohsumed": ["amber/abstracts_ohsumed/C0[1-4]"],
    "pmc-trials": ["green/pmc_rct/*[05]0.nxml", "amber/pmc_rct_nc/*[05]0.nxml"],
    "pmc-plants": ["green/pmc_plant_science/*0.xml", "green/pmc_ocimum/*0.xml"],
    "web-en": ["amber/web_html_readability/[bmprst]*/source.html", "amber/web_html_goose3"],
    "zh-classics": [f"amber/zh_tcm_books_gb18030/{number}-*.txt" for number in BOOKS],
}
FEWER = [
    f"source.{name}.path={json.dumps([f'$MATERIA_REAL_DATA/{path}' for path in paths])}"
    for name, paths in PATHS.items()
]


@pytest.fixture(scope="module")
def out(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_once(tmp_path_factory, "archive", build_archive) / "out"


def build_archive(folder: Path) -> None:
    recipe = folder / "archive.toml"
    recipe.write_text(f'name = "archive"\nextends = ["{SOURCES}", "medical-en", "medical-zh", "medical-tiers"]\n')
    build(recipe, folder / "out", *FEWER, workers=2)


@pytest.fixture(scope="module")
def ledger(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(stage="decide")


@pytest.fixture(scope="module")
def relations(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "relations" / "relations-*.parquet")


def texts(out: Path, ids: set[str]) -> dict[str, str]:
    """The texts of documents, kept or not, from the shards that were read; of a record with versions the last word."""
    standing = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(stage="decide").select("id", "place")
    files = sorted((out.parent / ".store" / "ingest").glob("*/*/documents.parquet"))
    found = pl.concat(
        [
            pl.scan_parquet(file, glob=False).select("id", "place", "text").filter(pl.col("id").is_in(ids))
            for file in files
        ]
    ).collect()
    return dict(found.join(standing, on=["id", "place"], how="semi").select("id", "text").iter_rows())


def shingles(text: str) -> set[str]:
    sizes = (4 if EAST_ASIAN <= ord(character) <= 0x3FFFF else 7 for character in text)
    return {text[at : at + size] for at, size in enumerate(sizes) if at + size <= len(text)}


def test_each_dropped_copy_meets_the_threshold_against_the_document_that_its_row_names(
    out: Path, ledger: pl.DataFrame
) -> None:
    copies = ledger.filter(fate="duplicate").select("id", "other", "rule", "similarity")
    assert copies.height > 1_000
    assert set(copies["rule"]) == {"exact", "near"}
    kept = set(ledger.filter(fate="kept")["id"])
    known = texts(out, {*copies["id"], *copies["other"]})
    views: dict[str, str] = {}
    for name, other, rule, similarity in copies.iter_rows():
        assert other in kept
        one, two = (views.setdefault(n, folded(known[n])) for n in (name, other))
        if rule == "exact":
            assert one == two
            continue
        first, second = shingles(one), shingles(two)
        jaccard = len(first & second) / len(first | second)
        assert jaccard == pytest.approx(similarity, abs=1e-3)
        assert jaccard >= NEAR - 1e-3
        assert difference(one, two).veto == ""


def test_no_kept_document_is_the_same_text_as_another(out: Path, ledger: pl.DataFrame) -> None:
    kept = ledger.filter(fate="kept").select("id")
    facts = pl.read_parquet(out / "facts" / "*.parquet", columns=["id", "sketch.high", "sketch.low"])
    assert facts.join(kept, on="id").select("sketch.high", "sketch.low").is_duplicated().sum() == 0


def test_no_two_kept_documents_are_near_copies(ledger: pl.DataFrame, relations: pl.DataFrame) -> None:
    kept = set(ledger.filter(fate="kept")["id"])
    near = relations.filter(kind="near")
    assert near.height > 80
    assert not [row for row in near.select("one", "other").iter_rows() if set(row) <= kept]


def test_no_related_pair_stands_on_both_sides_of_the_split(ledger: pl.DataFrame, relations: pl.DataFrame) -> None:
    split = dict(ledger.filter(fate="kept").select("id", "split").iter_rows())
    both = [
        (one, other) for one, other in relations.select("one", "other").iter_rows() if one in split and other in split
    ]
    assert len(both) > 1_000
    assert [pair for pair in both if split[pair[0]] != split[pair[1]]] == []
    records = ledger.filter(fate="kept").group_by("record").agg(pl.col("split").n_unique())
    assert records["split"].max() == 1


def test_every_tier_and_nearly_every_source_has_text_held_out(ledger: pl.DataFrame) -> None:
    kept = ledger.filter(fate="kept")
    share = kept.group_by("tier").agg((pl.col("split") == "held_out").mean())
    assert all(0.004 < one < 0.03 for one in share["split"])
    large = kept.group_by("source").agg(pl.len(), (pl.col("split") == "held_out").sum().alias("out"))
    assert large.filter(pl.col("len") > 800)["out"].min() > 0  # type: ignore[operator]
