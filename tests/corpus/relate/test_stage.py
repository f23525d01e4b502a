"""The whole stage: the same relations whatever the workers, files and kills; old comparisons are found again."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.corpus.relate.built import chinese, compared, english, kept, ledger, made, relations, write
from tests.corpus.small import build, citation, citations, hashes
from tests.killed import killed_at


def pages() -> dict[str, str]:
    """Families of 2 to 5 pages that differ in a view counter or in a dose, pages alone, and copies."""
    texts = {}
    for family in range(12):
        for member in range(2 + family % 4):
            last = f"{member} views" if family % 2 else f"Take {5 * member + 5} mg."
            texts[f"en{family}-{member}"] = "\n".join([*english(family), last])
    for family in range(6):
        for member in range(3):
            texts[f"zh{family}-{member}"] = f"浏览次数:{member}" + "".join(chinese(family))
    return texts | {f"alone{n}": " ".join(english(100 + n)) for n in range(10)} | {"copy": " ".join(english(100))}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("inputs"), pages())


@pytest.fixture(scope="module")
def first(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "out"
    build(inputs, out)
    return out


def test_the_families_are_found(first):
    kinds = dict(relations(first)["kind"].value_counts().iter_rows())
    assert kinds == {"near": 3 * (3 + 10) + 6 * 3, "variant": 3 * (1 + 6), "exact": 1}


@pytest.mark.parametrize(("workers", "tasks"), [(2, 0), (1, 3)])
def test_workers_and_tasks_change_nothing(inputs, first, tmp_path, monkeypatch, workers, tasks):
    monkeypatch.setattr("corpus.relate.stage.PIECE_PAIRS", 7)
    build(inputs, tmp_path / "out", f"engine.tasks={tasks}", workers=workers)
    assert hashes(tmp_path / "out") == hashes(first)


@pytest.mark.parametrize("size", [1, 1 << 12])
def test_how_many_pairs_and_texts_are_held_at_once_changes_nothing(inputs, first, tmp_path, monkeypatch, size):
    monkeypatch.setattr("corpus.relate.stage.PIECE_PAIRS", 5)
    monkeypatch.setattr("corpus.relate.near.CHUNK_BYTES", size)
    monkeypatch.setattr("corpus.relate.bands.PARTITION_ROWS", 100)
    build(inputs, tmp_path / "out")
    assert hashes(tmp_path / "out") == hashes(first)


def test_neither_the_files_nor_the_order_of_the_rows_change_a_relation(first, tmp_path):
    recipe = write(tmp_path / "in", pages())
    lines = (tmp_path / "in" / "rows" / "a.jsonl").read_text(encoding="utf-8").splitlines()
    for number in range(3):
        part = "\n".join(lines[number::3][::-1]) + "\n"
        (tmp_path / "in" / "rows" / f"{'cab'[number]}.jsonl").write_text(part, encoding="utf-8")
    build(recipe, tmp_path / "out")
    assert relations(tmp_path / "out").equals(relations(first))
    assert kept(tmp_path / "out") == kept(first)


@pytest.mark.parametrize("point", ["relate:gathered", "verify:chunk", "verify:written", "relate:written"])
def test_killed_at_any_point_a_rerun_finishes_with_identical_output(inputs, first, tmp_path, point):
    out = tmp_path / "out"
    killed_at(point, build, inputs, out)
    assert not out.exists()
    build(inputs, out)
    assert hashes(out) == hashes(first)
    assert not list((tmp_path / ".store" / "tmp").iterdir())  # no folded texts, no partitions of the killed one


def test_what_was_compared_is_not_compared_again_though_every_node_has_another_number(first, tmp_path):
    recipe = write(tmp_path / "in", pages())
    build(recipe, tmp_path / "out")
    before = compared(tmp_path / ".store")
    assert before > 50
    more = {f"more{n}": " ".join(english(500 + n)) for n in range(40)}
    write(tmp_path / "in", more | pages())
    build(recipe, tmp_path / "out")
    assert compared(tmp_path / ".store") == before
    assert relations(tmp_path / "out").equals(relations(first))
    assert kept(tmp_path / "out") == kept(first) | more.keys()


def test_a_changed_threshold_compares_nothing_and_reads_no_text(inputs, first, tmp_path):
    build(inputs, tmp_path / "one", store=tmp_path / "store")
    before = compared(tmp_path / "store")
    again = build(inputs, tmp_path / "two", "decide.near=0.99", store=tmp_path / "store")
    assert compared(tmp_path / "store") == before
    assert not {"candidates", "texts", "relate", "ingest", "annotate"} & set(again["run"]["stages"])
    assert kept(tmp_path / "two") > kept(first)


def article(pmc: int, pmid: int, sentences: list[str]) -> str:
    """One invented PMC article."""
    body = "".join(f"<p>{sentence}</p>" for sentence in sentences)
    return (
        '<article article-type="research-article"><front><article-meta>'
        f'<article-id pub-id-type="pmc">{pmc}</article-id><article-id pub-id-type="pmid">{pmid}</article-id>'
        "<title-group><article-title>Trial</article-title></title-group></article-meta></front>"
        f"<body>{body}</body></article>"
    )


WORKS = """
name = "works"
[[source]]
name = "pubmed"
kind = "pubmed"
path = "pubmed"
[[source]]
name = "pmc"
kind = "pmc"
path = "pmc"
"""


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three abstracts; the full texts of the first two; the third has the number of none."""
    folder = tmp_path_factory.mktemp("works")
    citations(folder / "pubmed" / "p.xml", *(citation(n, " ".join(english(n, 6))) for n in (11, 12, 13)))
    (folder / "pmc").mkdir()
    for n in (11, 12, 99):
        (folder / "pmc" / f"{n}.xml").write_text(article(9_000_000 + n, n, english(50 + n)))
    (folder / "works.toml").write_text(WORKS)
    return folder / "works.toml"


def test_an_abstract_and_its_full_text_are_one_work_and_both_stay_by_default(works, tmp_path):
    build(works, tmp_path / "out")
    assert relations(tmp_path / "out").select("one", "other", "kind", "evidence").rows() == [
        (f"pmc:PMC90000{n}.1", f"pubmed:{n}", "work", f"pmid {n}") for n in (11, 12)
    ]
    assert {row["fate"] for row in ledger(tmp_path / "out").values()} == {"kept"}


def test_a_recipe_can_let_the_longer_form_of_a_work_stand_for_both(works, tmp_path):
    build(works, tmp_path / "out", 'decide.drop=["work"]')
    rows = ledger(tmp_path / "out")
    gone = {name: (row["rule"], row["other"]) for name, row in rows.items() if row["fate"] == "duplicate"}
    assert gone == {f"pubmed:{n}": ("work", f"pmc:PMC90000{n}.1") for n in (11, 12)}


def test_two_forms_of_a_work_stand_on_one_side_of_every_split(works, tmp_path):
    sides = set()
    for share in (0.2, 0.4, 0.6):
        build(works, tmp_path / f"{share}", f"decide.held_out={share}")
        rows = ledger(tmp_path / f"{share}")
        for n in (11, 12):
            pair = {rows[f"pubmed:{n}"]["split"], rows[f"pmc:PMC90000{n}.1"]["split"]}
            assert len(pair) == 1
            sides |= pair
    assert sides == {"train", "held_out"}


def test_texts_too_short_to_compare_give_no_pairs_and_no_scratch(tmp_path):
    texts = {str(n): f"Take {n} tablets of it." for n in range(50)}
    out = made(tmp_path, texts)
    assert kept(out) == set(texts)
    assert relations(out).height == 0
    assert compared(tmp_path / ".store") == 0


def test_the_card_names_the_scheme_of_the_sketches(first):
    card = json.loads((first / "card.json").read_text())
    assert card["schemes"]["sketch"] == "oph-fss-128x16"
    assert {"seed", "view_version", "shingle_letters", "shingle_characters"} <= card["schemes"].keys()


def test_sketches_of_all_standing_documents_are_written(first):
    table = pl.read_parquet(first / "sketches" / "*.parquet")
    assert table.height == len(pages())
    assert set(table["minhash"].bin.size().to_list()) == {256}
