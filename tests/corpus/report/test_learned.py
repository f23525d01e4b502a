"""The learned section: what is told of a classifier, and that a source which gives all its examples is named."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest

from corpus.report.folder import open_build
from corpus.report.learned import SECTION
from corpus.report.page import write_report
from corpus.report.reliability import Tenth, draw
from tests.corpus.report.made import HOSTILE, documents, make
from tests.corpus.report.made_related import told
from tests.corpus.report.test_html import Reader

NB = "\N{NO-BREAK SPACE}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make(tmp_path, documents(60))


def section(folder: Path) -> str | None:
    return SECTION.body(open_build(folder), {})


def plain(folder: Path) -> str:
    return Reader(section(folder) or "").text.replace(NB, " ")


def test_area_interval_and_calibration_are_told_in_words(folder: Path) -> None:
    text = plain(folder)
    assert "0.988 (95 % interval 0.950 to 0.999)" in text
    assert "it scores the positive one higher in 98.8 % of cases" in text
    assert "1.2 % mean distance" in text
    assert "142 documents learned from, 30 to calibrate on, 48 held back" in text
    assert text.index("Relevance, English") < text.index("Quality, Chinese")


def test_labels_have_their_sources_parts_and_the_share_on_their_side(folder: Path) -> None:
    text = section(folder) or ""
    row = re.search(r"<tr><th scope=\"row\"><code>trials</code>.*?</tr>", text)
    other = re.search(r"<tr><th scope=\"row\"><code>sales</code>.*?</tr>", text)
    assert row is not None
    assert other is not None
    assert "pubmed 160, pages 10" in row[0]
    assert re.findall(r'<td class="n">([\d,]+)</td>', row[0]) == ["100", "30", "40"]
    assert f"97.5{NB}%" in row[0]
    assert f"87.5{NB}%" in other[0]
    assert "too few to tell" in other[0]
    assert "too few to tell" not in row[0]


def test_one_source_that_gives_nearly_all_examples_is_warned_of(folder: Path) -> None:
    text = plain(folder)
    assert text.count("94.1 % of the positive examples come from one source, pubmed.") == 2
    assert "of the negative examples come from one source" not in text


def test_the_most_telling_ngrams_stand_in_order_with_both_shares(folder: Path) -> None:
    text = section(folder) or ""
    speaks = text[text.index("Speaks for positive") : text.index("Speaks for negative")]
    assert re.findall(r"<code>word (\d+)</code>", speaks) == [str(n) for n in range(1, 13)]
    assert f'<td class="n">50.0{NB}%</td><td class="n">1.0{NB}%</td>' in speaks


def test_a_reliability_plot_has_a_point_for_each_tenth_and_larger_ones_for_more_documents() -> None:
    tenths = [Tenth(score=0.05, positive=0.0, documents=100), Tenth(score=0.95, positive=1.0, documents=25)]
    drawn = draw([*tenths, Tenth(score=math.nan, positive=0.5, documents=3)], "a plot")
    radii = [float(r) for r in re.findall(r' r="([\d.]+)"', drawn)]
    assert radii == [11.0, 5.5]
    assert "25 documents: mean score 0.95, 100" in drawn
    assert "nan" not in drawn
    assert "<circle" not in draw([], "nothing")


def test_hostile_labels_sources_and_ngrams_make_no_element(tmp_path: Path) -> None:
    pages = [
        section(make(tmp_path / name, documents(60), said=said)) or "" for name, said in (("t", "xy"), ("w", HOSTILE))
    ]
    tame, wild = ([name for name, _ in Reader(page).tags] for page in pages)
    assert tame == wild
    assert "\u202e" not in pages[1]


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"task": "quality"}', "{" * 2000, json.dumps({**told("quality", "en"), "labels": "none"})]
)
def test_a_file_that_is_none_of_ours_is_passed_over(folder: Path, content: str) -> None:
    (folder / "learned" / "quality-zh.json").write_text(content)
    (folder / "learned" / f"{HOSTILE[:8].replace('/', '')}.json").write_text(content)
    text = section(folder) or ""
    assert "Relevance, English" in text
    assert "Quality, Chinese" not in text


def test_unknown_numbers_are_said_to_be_unknown(folder: Path) -> None:
    bare: dict[str, Any] = {**told("quality", "zh"), "auc": {"value": math.nan, "low": math.nan, "high": math.nan}}
    bare["labels"] = [{**label, "above_half": None, "documents": {"train": 9}} for label in bare["labels"]]
    (folder / "learned" / "quality-zh.json").write_text(json.dumps({**bare, "reliability": [], "telling": {}}))
    text = plain(folder)
    assert "unknown (95 % interval unknown to unknown)" in text
    assert "No n-gram speaks for positive." in text
    assert "nan" not in (section(folder) or "")


def test_a_build_without_classifiers_has_no_such_section(folder: Path) -> None:
    for path in (folder / "learned").iterdir():
        path.unlink()
    (folder / "learned").rmdir()
    assert section(folder) is None
    assert 'id="learned"' not in write_report(folder).read_text("utf-8")
