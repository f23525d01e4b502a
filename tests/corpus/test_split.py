"""The held-out split: cut by groups of related documents, and the same whatever else is read, ruled or thresholded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.decide import LARGEST_GROUP, grouped, held_out, split
from corpus.relate.near import PAIRS
from corpus.relate.stage import Relations
from corpus.relate.works import WORKS
from tests.corpus.relate.built import english
from tests.corpus.small import build

Rows = list[tuple[str, str, int]]  # id, record, text
Pairs = list[tuple[int, int]]  # of texts
Works = list[tuple[str, str]]  # of ids
SHARE = 0.3


def census(rows: Rows, outcome: str = "read") -> pl.DataFrame:
    schema: Any = {"id": pl.String, "record": pl.String, "sketch.high": pl.UInt64}
    return pl.DataFrame(rows, schema, orient="row").with_columns(
        pl.lit(7, pl.UInt64).alias("sketch.low"), outcome=pl.lit(outcome)
    )


def related(rows: Rows, pairs: Pairs, works: Works) -> Relations:
    texts = sorted({text for _, _, text in rows} | {end for pair in pairs for end in pair})
    place = {text: node for node, text in enumerate(texts)}
    nodes = pl.DataFrame({"node": range(len(texts)), "high": texts, "low": [7] * len(texts)})
    ends = [{"one": place[one], "other": place[other], "jaccard": 0.6} for one, other in pairs]
    forms = [(one, other, "work", "pmid 1") for one, other in works]
    return Relations(
        nodes.cast({"node": pl.UInt32, "high": pl.UInt64, "low": pl.UInt64}), pl.DataFrame(ends, PAIRS, orient="row"),
        pl.DataFrame(forms, WORKS, orient="row"),
    )  # fmt: skip


def sides(
    rows: Rows, pairs: list[tuple[int, int]], works: list[tuple[str, str]], share: float = SHARE
) -> dict[str, str]:
    documents = split(grouped(census(rows), related(rows, pairs, works)), share)
    return dict(documents.select("id", "split").iter_rows())


@st.composite
def corpora(draw: st.DrawFn, prefix: str = "r", first: int = 0) -> tuple[Rows, Pairs, Works]:
    """Up to 20 documents of up to 15 records with up to 15 texts from `first` on, and relations among them."""
    size = draw(st.integers(1, 20))
    number = st.integers(0, 14)
    rows = [(f"{prefix}{draw(number)}@{place}", "", first + draw(number)) for place in range(size)]
    rows = [(name, name.partition("@")[0], text) for name, _, text in rows]
    texts, ids = st.sampled_from([row[2] for row in rows]), st.sampled_from([row[0] for row in rows])
    pairs = draw(st.lists(st.tuples(texts, texts).filter(lambda pair: pair[0] < pair[1]), max_size=5, unique=True))
    works = draw(st.lists(st.tuples(ids, ids).filter(lambda pair: pair[0] < pair[1]), max_size=3, unique=True))
    return rows, pairs, works


def both(one: tuple[Rows, Pairs, Works], other: tuple[Rows, Pairs, Works]) -> tuple[Rows, Pairs, Works]:
    return one[0] + other[0], one[1] + other[1], one[2] + other[2]


@given(corpora())
def test_no_two_related_documents_stand_on_both_sides(corpus):
    rows, pairs, works = corpus
    side = sides(*corpus)
    assert set(side.values()) <= {"train", "held_out"}
    links = works + [(a[0], b[0]) for a in rows for b in rows if a[1] == b[1] or a[2] == b[2]]
    links += [(a[0], b[0]) for a in rows for b in rows if (a[2], b[2]) in pairs]
    for one, other in links:
        assert side[one] == side[other]


@given(corpora())
def test_a_group_is_held_out_exactly_when_one_of_its_records_is_drawn_and_it_is_no_large_family(corpus):
    rows, pairs, works = corpus
    documents = grouped(census(rows), related(rows, pairs, works))
    side = sides(*corpus)
    for _, members in documents.group_by("group"):
        records = members["record"].unique().to_list()
        drawn = any(held_out(record, SHARE) for record in records) and len(records) <= LARGEST_GROUP
        assert {side[name] for name in members["id"]} == {"held_out" if drawn else "train"}


@given(corpora(), corpora(prefix="s", first=100))
def test_unrelated_documents_change_no_side(corpus, more):
    before = sides(*corpus)
    after = sides(*both(corpus, more))
    assert {name: after[name] for name in before} == before


@given(corpora(), corpora(prefix="s", first=10))
def test_what_is_held_out_stays_held_out_when_related_documents_come(corpus, more):
    before = sides(*corpus)
    joined = both(corpus, more)
    documents = grouped(census(joined[0]), related(*joined))
    after = sides(*joined)
    sizes = dict(documents.group_by("group").agg(pl.col("record").n_unique()).iter_rows())
    group = dict(documents.select("id", "group").iter_rows())
    for name, side in before.items():
        if side == "held_out":
            assert after[name] == "held_out" or sizes[group[name]] > LARGEST_GROUP


@given(corpora(), st.sampled_from([0.1, 0.2, 0.3]))
def test_a_larger_share_only_adds(corpus, share):
    rows, pairs, works = corpus
    small, large = sides(rows, pairs, works, share), sides(rows, pairs, works, 0.5)
    assert all(large[name] == "held_out" for name, side in small.items() if side == "held_out")


def test_of_unrelated_records_those_are_held_out_that_are_drawn():
    rows = [(f"r{n}", f"r{n}", n) for n in range(2000)]
    side = sides(rows, [], [], 0.05)
    assert {name for name in side if side[name] == "held_out"} == {
        f"r{n}" for n in range(2000) if held_out(f"r{n}", 0.05)
    }
    assert 60 < sum(value == "held_out" for value in side.values()) < 140
    assert set(sides(rows, [], [], 0.0).values()) == {"train"}


@pytest.mark.parametrize(("size", "expected"), [(LARGEST_GROUP, "held_out"), (LARGEST_GROUP + 1, "train")])
def test_a_family_of_more_than_the_largest_group_is_never_held_out(size, expected):
    drawn = next(f"r{n}" for n in range(1000) if held_out(f"r{n}", 0.1))
    others = [f"s{n}" for n in range(1000) if not held_out(f"s{n}", 0.1)][: size - 1]
    rows = [(name, name, 1) for name in (drawn, *others)]
    assert set(sides(rows, [], [], 0.1).values()) == {expected}


def test_a_document_whose_record_does_not_stand_is_in_no_group_and_on_no_held_out_side():
    drawn = next(f"r{n}" for n in range(1000) if held_out(f"r{n}", 0.1))
    rows = [(drawn, drawn, 1)]
    documents = split(grouped(census(rows, "superseded"), related(rows, [], [])), 0.1)
    assert documents["split"].to_list() == ["train"]
    assert documents["group"].to_list() == [None]


RECIPE = """
name = "split"
[[source]]
name = "rows"
kind = "table"
path = "rows"
id = "id"
[decide]
held_out = 0.3
drop = []
[[rule]]
name = "long-enough"
signal = "document.characters"
comparison = ">="
threshold = 20
reason = "A heading alone teaches nothing."
[[tier]]
name = "long"
tier = "high"
when = [{ signal = "document.characters", comparison = ">=", threshold = 700 }]
[[tier]]
name = "rest"
tier = "basic"
"""


def built(folder: Path, texts: dict[str, str], name: str, *sets: str) -> dict[str, str]:
    (folder / "rows").mkdir(exist_ok=True)
    lines = [json.dumps({"id": key, "text": text}) for key, text in texts.items()]
    (folder / "rows" / "a.jsonl").write_text("\n".join(lines) + "\n")
    (folder / "split.toml").write_text(RECIPE)
    build(folder / "split.toml", folder / name, *sets, store=folder / "store")
    ledger = pl.read_parquet(folder / name / "ledger" / "documents-*.parquet")
    return dict(ledger.filter(fate="kept").select("id", "split").iter_rows())


def test_neither_rules_nor_tiers_nor_thresholds_nor_what_is_dropped_move_a_document(tmp_path):
    texts = {f"{n}": " ".join(english(n // 2, 5 + n // 2 % 3 * 4 + n % 2)) for n in range(60)}
    first = built(tmp_path, texts, "first")
    assert set(first.values()) == {"train", "held_out"}
    for number, change in enumerate((
        "decide.near=0.95", "rule.long-enough.threshold=600", 'decide.drop=["exact","near","contained"]',
        'decide.tiers=["basic"]', 'decide.tiers=["high","basic"]',
    )):  # fmt: skip
        again = built(tmp_path, texts, f"{number}", change)
        assert len(again) > 5
        assert {name: first[name] for name in again} == again
    more = {f"x{n}": " ".join(f"word{n}x{place}" for place in range(90)) for n in range(30)}
    grown = built(tmp_path, more | texts, "grown")
    assert {name: grown[name] for name in first} == first
