"""The section on what is held out: its numbers are a plain loop's, and what stands on both sides is found."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars as pl

from corpus.report.folder import open_build
from corpus.report.page import write_report
from corpus.report.splits import SECTION
from corpus.report.standing import gather
from tests.corpus.report.made import RECIPE, Row, make
from tests.corpus.report.made_related import relations
from tests.corpus.report.test_html import Reader

NB = "\N{NO-BREAK SPACE}"


def section(folder: Path) -> str:
    build = open_build(folder)
    return SECTION.body(build, gather(build, SECTION.queries(build))) or ""


def test_every_stratum_has_its_documents_and_those_held_out(rows: list[Row], folder: Path) -> None:
    kept = Counter((row["source"], row["language"], row["tier"]) for row in rows if row["fate"] == "kept")
    out = Counter((row["source"], row["language"], row["tier"]) for row in rows if row["split"] == "held_out")
    found = {}
    for row in re.findall(r"<tbody>.*</tbody>", section(folder))[0].split("</tr>")[:-1]:
        cells = [Reader(cell).text for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row)]
        held = 0 if cells[4] == "none" else int(cells[4].replace(",", ""))
        found[cells[0], cells[1], cells[2]] = (int(cells[3].replace(",", "")), held)
    assert found == {stratum: (number, out[stratum]) for stratum, number in kept.items()}


def test_strata_without_a_held_out_document_are_named(rows: list[Row], tmp_path: Path) -> None:
    rows = [{**row, "split": "train"} if row["split"] and row["source"] == "pages" else row for row in rows]
    folder = make(tmp_path / "some", rows)
    kept = Counter((row["source"], row["language"], row["tier"]) for row in rows if row["fate"] == "kept")
    out = {(row["source"], row["language"], row["tier"]) for row in rows if row["split"] == "held_out"}
    text = Reader(section(folder)).text
    without = [stratum for stratum in kept if stratum not in out]
    assert without
    assert all(f"{' / '.join(stratum)} ({kept[stratum]:,})" in text for stratum in without)
    every = [{**row, "split": "held_out" if row["split"] else None} for row in rows]
    assert "Every combination of source, language and tier" in section(make(tmp_path / "all", every))


def test_related_documents_on_both_sides_would_be_told(rows: list[Row], folder: Path, tmp_path: Path) -> None:
    kept = {row["id"] for row in rows if row["fate"] == "kept"}
    pairs = [pair for pair in relations(rows) if {pair["one"], pair["other"]} <= kept]
    assert f"of {len(pairs):,} related pairs of kept documents, none stands on both sides." in section(folder)
    torn = [{**row, "split": "held_out"} if row["id"] == pairs[0]["one"] else row for row in rows]
    path = make(tmp_path, torn) / "relations/relations-00000.parquet"
    pl.read_parquet(folder / "relations/relations-00000.parquet").write_parquet(path)
    assert "one stands on both sides." in section(tmp_path)


def test_a_build_that_kept_nothing_has_no_such_section(rows: list[Row], tmp_path: Path) -> None:
    dropped = [row for row in rows if row["fate"] == "dropped"]
    assert 'id="splits"' not in write_report(make(tmp_path, dropped)).read_text("utf-8")


def test_a_recipe_that_holds_nothing_out_divides_by_nothing(rows: list[Row], tmp_path: Path) -> None:
    train = [{**row, "split": "train" if row["split"] else None} for row in rows]
    folder = make(tmp_path, train, recipe={**RECIPE, "decide": {"held_out": 0.0}})
    assert f"The recipe asks for 0{NB}% of the records." in section(folder)
