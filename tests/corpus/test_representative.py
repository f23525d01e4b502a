"""Who stands for whom: order of preference, no chains, and the next build's new choice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.decide import choose, edges, grouped, kind, represent, split, told
from corpus.judge import FATES
from corpus.recipe import DecideSettings
from corpus.relate.near import PAIRS
from corpus.relate.stage import Relations, numbered
from corpus.relate.works import WORKS
from tests.corpus.small import ABSTRACT, RETRACTION, build, citation, citations

ALIKE = {"jaccard": 0.9, "of_one": 0.95, "of_other": 0.94, "veto": "", "says_one": "a", "says_other": "b", "changes": 1}


def document(name: str, node: int, **more: Any) -> dict[str, Any]:
    return {
        "id": name, "record": name, "node": node, "sketch.high": node, "sketch.low": 7, "fate": "kept", "rule": None,
        "other": None, "tier": "basic", "licence": "unknown", "characters": 100, "date": "2020", "outcome": "read",
    } | more  # fmt: skip


def table(*documents: dict[str, Any]) -> pl.DataFrame:
    schema = {"rule": pl.String, "other": pl.String, "sketch.high": pl.UInt64, "sketch.low": pl.UInt64}
    frame = pl.DataFrame(documents, schema_overrides=schema)
    return frame.with_columns(pl.col("fate").cast(FATES), pl.col("node").cast(pl.UInt32))


def related(
    nodes: int, *pairs: tuple[int, int, dict[str, Any]], works: tuple[tuple[str, str, str], ...] = ()
) -> Relations:
    known = pl.DataFrame({"node": range(nodes), "high": range(nodes), "low": [7] * nodes}).cast(
        {"node": pl.UInt32, "high": pl.UInt64, "low": pl.UInt64}
    )
    rows = [{"one": one, "other": other} | ALIKE | measures for one, other, measures in pairs]
    forms = [(*sorted(pair), kind, "pmid 1") for *pair, kind in works]
    return Relations(known, pl.DataFrame(rows, PAIRS, orient="row"), pl.DataFrame(forms, WORKS, orient="row"))


def outcome(documents: pl.DataFrame, relations: Relations, **settings: Any) -> dict[str, tuple[Any, ...]]:
    chosen = represent(documents, relations, DecideSettings(**settings))
    return {row["id"]: (row["fate"], row["rule"], row["other"], row["similarity"]) for row in chosen.to_dicts()}


@pytest.mark.parametrize("same_text", [True, False])
@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ({"tier": "high", "licence": "unknown"}, {"tier": "basic", "licence": "CC0-1.0"}),
        ({"tier": "basic"}, {"tier": "a-tier-that-the-recipe-does-not-rank"}),
        ({"licence": "CC-BY-4.0", "characters": 50}, {"licence": "CC-BY-NC-4.0", "characters": 99}),
        ({"licence": "CC-BY-NC-4.0"}, {"licence": "unknown"}),
        ({"characters": 101, "date": "2001"}, {"characters": 100, "date": "2024"}),
        ({"date": "2021-03", "id": "z"}, {"date": "2021", "id": "a"}),
        ({"date": "1999"}, {"date": ""}),
        ({"id": "a"}, {"id": "b"}),
    ],
)
def test_of_two_copies_the_better_stays_by_tier_licence_length_date_and_id(better, worse, same_text):
    left, right = (
        document(name, 0 if same_text else node) | more for name, node, more in (("x", 0, better), ("y", 1, worse))
    )
    relations = related(1) if same_text else related(2, (0, 1, {}))
    for documents in (table(left, right), table(right, left)):
        found = outcome(documents, relations, tiers=("high", "basic"))
        expected = ("duplicate", "exact", left["id"], 1.0) if same_text else ("duplicate", "near", left["id"], 0.9)
        assert found == {left["id"]: ("kept", None, None, None), right["id"]: expected}


@pytest.mark.parametrize("fate", ["dropped", "retracted", "deleted", "superseded"])
def test_what_does_not_stay_itself_stands_for_nobody(fate):
    out = fate in ("deleted", "superseded")
    best = document("a", 0, tier="high", fate=fate, rule="r", outcome=fate if out else "read")
    found = outcome(table(best, document("b", 0), document("c", 1)), related(2, (0, 1, {})), tiers=("high", "basic"))
    assert found["a"] == (fate, "r", None, None)
    assert found["b"][0] == "kept"
    assert found["c"] == ("duplicate", "near", "b", 0.9)


def test_a_chain_keeps_its_ends_and_names_the_one_compared_with():
    documents = table(*(document(name, node, characters=9 - node) for node, name in enumerate("abc")))
    found = outcome(documents, related(3, (0, 1, {}), (1, 2, {})))
    assert [found[name][0] for name in "abc"] == ["kept", "duplicate", "kept"]
    assert found["b"][2] == "a"


def test_of_several_that_stay_the_most_alike_is_named_and_of_equal_ones_the_best():
    documents = table(*(document(name, node, characters=9 - node) for node, name in enumerate("abcd")))
    most = related(4, (0, 3, {"jaccard": 0.85}), (1, 3, {"jaccard": 0.95}), (2, 3, {"jaccard": 0.95}))
    assert outcome(documents, most)["d"] == ("duplicate", "near", "b", 0.95)


def test_copies_of_a_text_that_goes_go_with_it_to_the_same_document():
    documents = table(document("a", 0, characters=200), document("b", 1), document("c", 1))
    found = outcome(documents, related(2, (0, 1, {})))
    assert found["b"] == found["c"] == ("duplicate", "near", "a", 0.9)


@pytest.mark.parametrize(
    ("measures", "name"),
    [
        ({}, "near"), ({"jaccard": 0.8}, "near"), ({"veto": "quantity"}, "variant"), ({"jaccard": 0.79}, "contained"),
        ({"jaccard": 0.79, "veto": "negation"}, "contained"),
        ({"jaccard": 0.79, "of_one": 0.89, "of_other": 0.85}, "alike"),
        ({"jaccard": 0.4, "of_one": 0.3, "of_other": 0.9}, "contained"),
        ({"jaccard": 0.6, "of_one": 0.7, "of_other": 0.8, "veto": None, "changes": None}, "alike"),
    ],
)  # fmt: skip
def test_a_pair_is_called_by_its_measures(measures, name):
    pairs = related(2, (0, 1, measures)).pairs.with_columns(kind(DecideSettings()))
    assert pairs["kind"].to_list() == [name]


@pytest.mark.parametrize("shorter_first", [True, False])
def test_of_a_contained_text_only_the_contained_goes_even_if_it_is_the_better(shorter_first):
    small, large = (0, 1) if shorter_first else (1, 0)
    shares = {"jaccard": 0.5, "of_one": 1.0, "of_other": 0.5} if shorter_first else {
        "jaccard": 0.5, "of_one": 0.5, "of_other": 1.0}  # fmt: skip
    relations = related(2, (0, 1, shares))
    drop = ("exact", "near", "contained")
    plain = table(document("small", small), document("large", large, characters=200))
    assert outcome(plain, relations, drop=drop)["small"] == ("duplicate", "contained", "large", 1.0)
    vetoed = related(2, (0, 1, shares | {"veto": "quantity"}))
    assert {row[0] for row in outcome(plain, vetoed, drop=drop).values()} == {"kept"}
    free = table(document("small", small, licence="CC0-1.0"), document("large", large, characters=200))
    assert {row[0] for row in outcome(free, relations, drop=drop).values()} == {"kept"}
    assert {row[0] for row in outcome(plain, relations).values()} == {"kept"}


def test_a_work_or_a_translation_costs_a_place_only_where_the_recipe_says_so():
    documents = table(document("abstract", 0), document("article", 1, characters=999), document("zh", 2))
    relations = related(3, works=(("abstract", "article", "work"), ("abstract", "zh", "translation")))
    assert {row[0] for row in outcome(documents, relations).values()} == {"kept"}
    found = outcome(documents, relations, drop=("work",))
    assert found["abstract"] == ("duplicate", "work", "article", None)
    assert found["zh"][0] == "kept"
    assert outcome(documents, relations, drop=("translation",))["zh"] == ("duplicate", "translation", "abstract", None)


def test_the_other_forms_of_a_retracted_work_go_with_it():
    documents = table(document("a", 0, fate="retracted", rule="retracted"), document("b", 1), document("c", 2))
    relations = related(3, works=(("a", "b", "work"), ("a", "c", "translation")))
    rows = {row["id"]: row for row in choose(documents, relations, DecideSettings()).to_dicts()}
    assert (rows["b"]["fate"], rows["b"]["other"]) == ("retracted", "a")
    assert rows["c"]["fate"] == "kept"


FATE = st.sampled_from(["kept", "kept", "kept", "dropped", "retracted"])
MEASURE = st.sampled_from([0.5, 0.7, 0.79, 0.8, 0.85, 0.9, 0.95, 1.0])
RELATED = ("exact", "near", "contained", "work", "translation")


@st.composite
def corpora(draw: st.DrawFn) -> tuple[list[dict[str, Any]], Relations]:
    """Up to 12 documents of up to 8 texts, and any relations among them."""
    size = draw(st.integers(1, 12))
    nodes = draw(st.integers(1, min(8, size)))
    rows = []
    for number in range(size):
        more = {
            "tier": draw(st.sampled_from(["high", "basic"])), "licence": draw(st.sampled_from(["CC0-1.0", "unknown"])),
            "characters": draw(st.integers(1, 3)), "date": draw(st.sampled_from(["", "2020", "2021"])),
            "fate": draw(FATE),
        }  # fmt: skip
        rows.append(document(f"d{number:02d}", number if number < nodes else draw(st.integers(0, nodes - 1)), **more))
    ends = st.tuples(st.integers(0, nodes - 1), st.integers(0, nodes - 1)).filter(lambda pair: pair[0] < pair[1])
    pairs = []
    for one, other in draw(st.lists(ends, max_size=14, unique=True)) if nodes > 1 else []:
        veto = draw(st.sampled_from(["", "", "quantity"]))
        shares = {"jaccard": draw(MEASURE), "of_one": draw(MEASURE), "of_other": draw(MEASURE), "veto": veto}
        pairs.append((one, other, shares))
    names = st.sampled_from([row["id"] for row in rows])
    forms = st.tuples(names, names, st.sampled_from(["work", "translation"])).filter(lambda form: form[0] < form[1])
    works = draw(st.lists(forms, max_size=4, unique_by=lambda form: form[:2])) if size > 1 else []
    return rows, related(nodes, *pairs, works=tuple(works))


@given(corpora(), st.sets(st.sampled_from(RELATED)), st.sampled_from([0.7, 0.8, 0.95]))
def test_every_duplicate_is_directly_pairsto_one_that_stays_and_no_two_that_stay_are_copies(corpus, drop, near):
    rows, relations = corpus
    documents = table(*rows)
    settings = DecideSettings(drop=tuple(sorted(drop)), near=near, tiers=("high", "basic"))
    found = {row["id"]: row for row in represent(documents, relations, settings).to_dicts()}
    edged = {(row["one"], row["other"], row["kind"]): row for row in edges(documents, relations, settings).to_dicts()}
    for before in rows:
        row = found[before["id"]]
        assert row["fate"] == before["fate"] or (before["fate"], row["fate"]) == ("kept", "duplicate")
        if row["fate"] != "duplicate":
            continue
        other = found[row["other"]]
        assert other["fate"] == "kept"
        assert row["rule"] in drop
        if row["rule"] == "exact":
            assert row["node"] == other["node"]
            continue
        ends = sorted((row["node"], other["node"]))
        edge = edged.get((*ends, row["rule"])) or edged[*ends[::-1], row["rule"]]
        assert row["similarity"] == edge["similarity"]
        if row["rule"] == "near":
            assert row["similarity"] >= near
        if row["rule"] == "contained":
            assert edge["into"] == other["node"]
    kept = [row for row in found.values() if row["fate"] == "kept"]
    nodes = [row["node"] for row in kept]
    if "exact" in drop:
        assert len(set(nodes)) == len(nodes)
    for (one, other, _), edge in edged.items():
        if edge["into"] is None:
            assert not {one, other} <= set(nodes)


@given(corpora(), st.randoms())
def test_the_order_of_the_documents_changes_no_fate(corpus, drawn):
    rows, relations = corpus
    before = outcome(table(*rows), relations)
    drawn.shuffle(rows)
    assert outcome(table(*rows), relations) == before


@given(corpora())
def test_with_nothing_to_drop_nothing_is_a_duplicate(corpus):
    rows, relations = corpus
    assert {name: row[0] for name, row in outcome(table(*rows), relations, drop=()).items()} == {
        row["id"]: row["fate"] for row in rows
    }


@given(corpora())
def test_every_copy_and_every_pair_is_told_once_by_ids_in_order(corpus):
    rows, relations = corpus
    told_rows = told(table(*rows), relations, DecideSettings()).rows(named=True)
    assert sum(row["kind"] == "exact" for row in told_rows) == len(rows) - len({row["node"] for row in rows})
    assert (
        len(told_rows)
        == len(rows) - len({row["node"] for row in rows}) + relations.pairs.height + relations.works.height
    )
    node = {row["id"]: row["node"] for row in rows}
    measures = {(row["one"], row["other"]): row for row in relations.pairs.to_dicts()}
    for row in told_rows:
        assert row["one"] < row["other"]
        if row["kind"] in ("near", "variant", "contained", "alike"):
            ends = node[row["one"]], node[row["other"]]
            pair = measures[min(ends), max(ends)]
            sides = (pair["of_one"], pair["of_other"]) if ends[0] < ends[1] else (pair["of_other"], pair["of_one"])
            assert (row["of_one"], row["of_other"]) == sides
            assert row["evidence"] == ("a → b" if ends[0] < ends[1] else "b → a")


def write_rows(path: Path, rows: dict[str, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps({"id": name, "text": text}) + "\n" for name, text in rows.items()))


def fates(out: Path) -> dict[str, tuple[str, str | None]]:
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(stage="decide")
    return {row["id"].removeprefix("table:rows/"): (row["fate"], row["other"]) for row in ledger.to_dicts()}


def test_a_representative_that_is_removed_is_replaced_by_its_best_copy(tmp_path):
    page = ABSTRACT.format(dose=5, n=7) * 3
    write_rows(tmp_path / "in" / "rows" / "a.jsonl", {"best": page + "It is longer by this."})
    write_rows(tmp_path / "in" / "rows" / "b.jsonl", {"good": page + "It is longer.", "same": page + "IT IS LONGER."})
    recipe = tmp_path / "in" / "r.toml"
    recipe.write_text('name = "r"\n[[source]]\nname = "rows"\nkind = "table"\npath = "rows"\nid = "id"\n')
    build(recipe, tmp_path / "out")
    copy = ("duplicate", "table:rows/best")
    assert fates(tmp_path / "out") == {"best": ("kept", None), "good": copy, "same": copy}
    (tmp_path / "in" / "rows" / "a.jsonl").unlink()
    build(recipe, tmp_path / "out")
    assert fates(tmp_path / "out") == {"good": ("kept", None), "same": ("duplicate", "table:rows/good")}


def test_a_representative_that_is_retracted_is_replaced_by_its_best_copy(tmp_path):
    def entry(pmid: int, **more: Any) -> str:
        return citation(pmid, ABSTRACT.format(dose=5, n=7), **more).replace(f"Trial {pmid}", "A trial.")

    citations(tmp_path / "in" / "pubmed" / "p1.xml", *(entry(pmid) for pmid in (11, 12, 13)))
    recipe = tmp_path / "in" / "r.toml"
    recipe.write_text('name = "r"\n[[source]]\nname = "pubmed"\nkind = "pubmed"\npath = "pubmed"\n')
    build(recipe, tmp_path / "out")
    copy = ("duplicate", "pubmed:11")
    assert fates(tmp_path / "out") == {"pubmed:11": ("kept", None), "pubmed:12": copy, "pubmed:13": copy}
    citations(tmp_path / "in" / "pubmed" / "p2.xml", entry(11, types=("D016441",), extra=RETRACTION))
    build(recipe, tmp_path / "out")
    found = fates(tmp_path / "out")
    assert found.pop("pubmed:11")[0] == "retracted"
    assert found == {"pubmed:12": ("kept", None), "pubmed:13": ("duplicate", "pubmed:12")}


def test_two_hundred_thousand_identical_documents_are_one_node_of_which_one_stays():
    size = 200_000
    many = pl.select(id=pl.int_range(size, dtype=pl.UInt32).shuffle(1)).select(
        id=pl.format("{}", pl.col("id").cast(pl.String).str.zfill(7))
    )
    alike = (
        table(document("x", 0)).drop("id", "record", "node").with_columns(shard=0, row=0, **{"sketch.shingles": 500})
    )
    documents = many.join(alike, how="cross").with_columns(record="id")
    nodes = numbered(documents)
    assert nodes.height == 1
    relations = related(1)._replace(nodes=nodes.select("node", "high", "low"))
    documents = grouped(documents, relations)
    chosen = split(represent(documents, relations, DecideSettings()), 0.1)
    pairs = told(chosen, relations, DecideSettings())
    assert chosen.filter(fate="kept")["id"].to_list() == ["0000000"]
    gone = chosen.filter(fate="duplicate")
    assert (gone.height, gone["other"].unique().to_list()) == (size - 1, ["0000000"])
    assert pairs.height == size - 1  # a row a copy
    assert pairs["one"].unique().to_list() == ["0000000"]
    assert chosen["split"].unique().to_list() == ["train"]  # so large a family is held out as a whole or not at all
