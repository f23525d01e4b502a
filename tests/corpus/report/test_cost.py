"""What a run cost: stages in their order, whatever `run.json` holds."""

from __future__ import annotations

import re
from typing import Any

import pytest

from corpus.report.cost import STAGES, footer
from tests.corpus.report.made import HOSTILE
from tests.corpus.report.test_html import Reader


def rows(text: str) -> list[str]:
    return re.findall(r'<tr><th scope="row">(.*?)</th>', text)


def test_stages_stand_in_the_order_in_which_they_run_and_unknown_ones_after_them() -> None:
    stages = {name: {"seconds": 1.0, "pieces": 2, "documents": 500} for name in sorted([*STAGES, "another"])}
    text = footer({"seconds": 99.0, "workers": 2, "stages": stages})
    assert rows(text) == [*STAGES, "another", "the rest"]
    assert "Stages that are not listed" not in text


def test_numbers_are_those_of_the_run() -> None:
    run = {"seconds": 12.0, "stages": {"judge": {"seconds": 4.0, "pieces": 3, "documents": 6000}}}
    text = footer(run)
    cells = [Reader(cell).text for cell in re.findall(r"<td[^>]*>.*?</td>", text)]
    assert cells[:6] == ["holds every document against the rules", "4.0", "seconds: 4 (33.3\N{NO-BREAK SPACE}%)", "3",
                         "6,000 documents", "1,500"]  # fmt: skip
    assert rows(text) == ["judge", "the rest"]
    assert "8.0" in cells
    assert "Stages that are not listed had nothing to do" in text


@pytest.mark.parametrize(
    "run",
    [
        {}, {"seconds": "soon", "workers": None, "stages": 5}, {"stages": {"judge": 3, "ingest": {"seconds": "x"}}},
        {"seconds": float("nan"), "stages": {"judge": {"seconds": float("inf")}}},
        {"seconds": -1, "stages": {"judge": {"seconds": True}}},
    ],
)  # fmt: skip
def test_a_run_that_tells_nothing_has_no_table(run: dict[str, Any]) -> None:
    text = footer(run)
    assert "<table" not in text
    assert "No run.json beside the card." in text


def test_hostile_names_make_no_element_and_many_stages_no_long_page() -> None:
    stages = {f"{HOSTILE} {n}": {"seconds": 1, HOSTILE: 5} for n in range(500)}
    text = footer({"stages": stages})
    assert "<script" not in text
    assert len(rows(text)) <= 41
