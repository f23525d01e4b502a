"""Columns by year: every year stands in exactly one, and heights are counts."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.report import tiers
from corpus.report.folder import open_build
from corpus.report.standing import gather
from corpus.report.years import YEAR, Kind, columns, draw
from tests.corpus.report.made import documents, make

YEARS = st.dictionaries(st.integers(1000, 2999), st.integers(1, 10**7), min_size=1, max_size=80)


@given(YEARS)
def test_every_year_stands_in_exactly_one_column(years: dict[int, int]) -> None:
    shown = columns(years)
    for year in years:
        assert sum(column.first <= year <= column.last for column in shown) == 1
    assert len(shown) <= 60
    assert [column.first for column in shown] == sorted(column.first for column in shown)


@given(YEARS)
def test_a_drawing_holds_every_document_and_only_numbers(years: dict[int, int]) -> None:
    drawn = draw({(str(year), "high"): number for year, number in years.items()}, [Kind("high", "t0")], "a title")
    told = re.findall(r"<title>[^<:]+: ([\d,]+) \(", drawn)
    assert sum(int(number.replace(",", "")) for number in told) == sum(years.values())
    assert "nan" not in drawn
    assert len(drawn) < 40_000


def test_recent_years_stand_alone_older_ones_by_decade_and_a_misprint_does_not_stretch_the_axis() -> None:
    years = dict.fromkeys(range(1931, 2025), 1000) | {2999: 1, 1066: 1}
    labels = [column.label for column in columns(years)]
    assert labels[:4] == ["to 1919", "1920s", "1930s", "1940s"]
    assert labels[-2:] == ["2024", "later"]
    assert "1980" in labels


@pytest.mark.parametrize(
    ("date", "year"),
    [("2019", "2019"), ("2019-03", "2019"), ("1999-01-02", "1999"), ("", None), ("20190", None), ("about 1999", None),
     ("0019", None), (None, None)],
)  # fmt: skip
def test_a_year_is_four_digits_at_the_start_of_a_date(date: str | None, year: str | None) -> None:
    assert pl.DataFrame({"document.date": pl.Series([date], dtype=pl.String)}).select(YEAR).item() == year


def test_the_section_counts_kept_documents_by_year_and_tells_of_those_without(tmp_path: Path) -> None:
    rows = documents(900)
    build = open_build(make(tmp_path, rows))
    text = tiers.SECTION.body(build, gather(build, tiers.SECTION.queries(build))) or ""
    kept = [row for row in rows if row["fate"] == "kept"]
    undated = sum(not row["document.date"] for row in kept)
    assert f"Not drawn: {undated} kept documents" in text
    figure = text[text.index("by year of publication and tier") : text.index("and evidence level, where")]
    by_tier = Counter(row["tier"] for row in kept if row["document.date"].startswith("2019"))
    assert f"2019: {sum(by_tier.values())} (high {by_tier['high']}; basic {by_tier['basic']})" in figure
