"""The copies section: its numbers are those of ledger and relations, and it says why two texts are one or two."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest

from corpus.report.chosen import Known, chosen
from corpus.report.copies import SECTION
from corpus.report.folder import Build, open_build
from corpus.report.page import write_report
from corpus.report.standing import gather
from tests.corpus.report.made import HOSTILE, RECIPE, Row, make
from tests.corpus.report.made_related import EVERY, relations
from tests.corpus.report.test_html import Reader

NB = "\N{NO-BREAK SPACE}"


def section(build: Build) -> str:
    body = SECTION.body(build, gather(build, SECTION.queries(build)))
    assert body is not None
    return body


def plain(fragment: str) -> str:
    return Reader(fragment).text.replace(NB, " ")


def cells(text: str, label: str) -> list[str]:
    """The cells of the first table row whose header begins with a label."""
    row = re.search(rf"<tr><th[^>]*>(?:<span[^>]*>)?{re.escape(label)}<.*?</tr>", text)
    assert row is not None, label
    return [plain(cell) for cell in re.findall(r"<td[^>]*>.*?</td>", row[0])]


def test_each_relation_is_told_with_its_pairs_and_what_it_cost(rows: list[Row], folder: Path) -> None:
    text = section(open_build(folder))
    pairs = Counter(pair["kind"] for pair in relations(rows))
    for kind in ("exact", "near"):
        gone = [row for row in rows if row["fate"] == "duplicate" and row["rule"] == kind]
        number, here, documents_gone, _, _ = cells(text, kind)
        assert (number, here, documents_gone) == (f"{pairs[kind]:,}", "one goes", f"{len(gone):,}")
    for kind in ("variant", "contained", "alike", "translation"):
        assert cells(text, kind)[:3] == [f"{pairs[kind]:,}", "both stay", ""]


def test_what_forbids_is_counted_by_kind_of_difference(rows: list[Row], folder: Path) -> None:
    vetoes = Counter(pair["veto"] for pair in relations(rows) if pair["kind"] == "variant")
    text = section(open_build(folder))
    for veto in ("quantity", "negation", "term"):
        assert cells(text, veto) == [f"{vetoes[veto]:,}", "0"]


def test_sources_and_families_are_those_of_the_ledger(rows: list[Row], folder: Path) -> None:
    text = section(open_build(folder))
    of = {row["id"]: row["source"] for row in rows}
    found = Counter((row["source"], of[row["other"]]) for row in rows if row["fate"] == "duplicate")
    (source, into), number = min(found.items(), key=lambda item: (-item[1], item[0]))
    row = cells(text, source)
    assert row[0] == ("itself" if source == into else into)
    assert row[2] == f"{number:,}"
    families = Counter(row["other"] for row in rows if row["fate"] == "duplicate")
    assert set(families.values()) == {1}, EVERY
    assert cells(text, "1")[:2] == [f"{len(families):,}", f"{len(families):,}"]


def test_the_document_with_the_most_copies_is_named(rows: list[Row], tmp_path: Path) -> None:
    changed = [dict(row) for row in rows]
    gone = [row for row in changed if row["fate"] == "duplicate"]
    for row in gone[:7]:
        row["other"] = gone[0]["other"]
    text = section(open_build(make(tmp_path, changed)))
    assert cells(text, "5 to 9")[:2] == ["1", "7"]
    assert gone[0]["other"] in text[text.index("Documents with the most copies") :]


def test_the_histogram_has_the_threshold_and_every_pair_that_shares_half(rows: list[Row], folder: Path) -> None:
    text = section(open_build(folder))
    assert f"≥{NB}0.8</text>" in text
    looked = [pair for pair in relations(rows) if pair["kind"] in ("near", "variant", "contained", "alike")]
    assert f"{len(looked):,} pairs of different texts" in text
    told = [re.match(r"([\d,]+) pairs?, ([\d,]+) ", title) for title in re.findall(r"<g><title>(.*?)</title>", text)]
    counted = [[int(number.replace(",", "")) for number in match.groups()] for match in told if match]
    assert sum(number for number, _ in counted) == len(looked)
    assert sum(vetoed for _, vetoed in counted) == sum(pair["kind"] == "variant" for pair in looked)


def test_a_reader_sees_why_two_doses_stay_two_and_copies_became_one(folder: Path) -> None:
    text = section(open_build(folder))
    both = text[text.index("<h4>Both stay") : text.index("<h4>Related otherwise")]
    assert "<strong>81 mg ↔ 325 mg</strong>: one quantity takes the place of another." in both
    assert '<mark class="m-a">81</mark> mg' in both
    assert '<mark class="m-b">325</mark> mg' in both
    one = text[text.index("<h4>One stays") : text.index("<h4>Both stay")]
    assert "The same text, letter for letter." in one
    assert "92.5 % alike (a copy needs 80 %); 1 place differs." in plain(one)
    assert re.search(r"<b>[AB] stays: </b>", one)
    assert one.count('class="badge f-duplicate"') == one.count("<article")


def test_hostile_passages_titles_and_evidence_make_no_element(rows: list[Row], tmp_path: Path) -> None:
    pages = [write_report(make(tmp_path / name, rows, said=said)).read_text("utf-8")
             for name, said in (("tame", "xy"), ("wild", HOSTILE))]  # fmt: skip
    found = [Counter(name for name, _ in Reader(page).tags) for page in pages]
    assert found[0] == found[1]
    assert "<script" not in pages[1]
    assert "\u202e" not in pages[1]


def test_an_older_folder_has_no_such_section_and_one_without_relations_says_so(rows: list[Row], tmp_path: Path) -> None:
    folder = make(tmp_path, rows)
    path = folder / "relations/relations-00000.parquet"
    pl.read_parquet(path).head(0).write_parquet(path)
    assert "No two documents are related" in section(open_build(folder))
    shutil.rmtree(folder / "relations")
    text = write_report(folder).read_text("utf-8")
    assert 'id="copies"' not in text
    assert 'id="splits"' in text


def test_pairs_are_shown_without_a_reason_where_the_facts_do_not_tell_it(rows: list[Row], tmp_path: Path) -> None:
    folder = make(tmp_path, rows)
    path = folder / "facts/facts-00000.parquet"
    pl.read_parquet(path).drop("document.date").write_parquet(path)
    text = section(open_build(folder))
    assert "81 mg ↔ 325 mg" in text
    assert " stays: </b>" not in text


def known(name: str, tier: str = "high", licence: str = "unknown", characters: int = 100, date: str = "2020") -> Known:
    return Known(name, tier, licence, characters, date)


@pytest.mark.parametrize(
    ("stays", "goes", "why"),
    [
        (known("b"), known("a", tier="basic"), "it is in the better tier (high, the other basic)."),
        (known("b", licence="CC-BY-4.0"), known("a"),
         "equal in tier, and its licence is the freer one (CC-BY-4.0, the other unknown)."),
        (known("b", characters=120), known("a"),
         "equal in tier and licence, and it is longer (120 characters, the other 100)."),
        (known("b", date="2021"), known("a", date=""),
         "equal in tier, licence and length, and it is the later one (2021, the other undated)."),
        (known("a"), known("b"), "equal in tier, licence, length and date, and its id comes first."),
    ],
)  # fmt: skip
def test_the_reason_is_the_first_thing_in_which_the_two_are_not_equal(
    folder: Path, stays: Known, goes: Known, why: str
) -> None:
    build = open_build(folder)
    recipe = build.recipe.model_copy(
        update={"decide": build.recipe.decide.model_copy(update={"tiers": ("high", "basic")})}
    )
    pair = {"one": stays.id, "other": goes.id, "fate_one": "kept", "fate_other": "duplicate", "stays": stays.id}
    told = chosen(build._replace(recipe=recipe), {one.id: one for one in (stays, goes)}, [{**pair, "kind": "near"}])
    assert told[stays.id, goes.id].reason == why
    assert RECIPE["tier"][0]["tier"] == "high"


def test_no_reason_is_made_up_where_another_order_decided(folder: Path) -> None:
    worse, better = known("b", characters=1), known("a", characters=2)
    pair = {"one": "b", "other": "a", "fate_one": "kept", "fate_other": "duplicate", "stays": "b", "kind": "near"}
    assert chosen(open_build(folder), {"a": better, "b": worse}, [pair]) == {}
