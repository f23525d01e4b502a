"""Accuracy against parameters: where marks and names lie, and that every published figure has its source."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from corpus.card import read_card
from eval.compare.opened import open_all
from eval.compare.published import EXAMS, MEASURED, MEDQA, MMLU, PUBLISHED, PUBMEDQA, of_exam
from eval.compare.size_chart import FRAME, LETTERS, LINE, Point, chart, side_by_side
from eval.compare.sizes import MEDICAL, point_of
from eval.page.widths import width
from tests.eval.compare.test_page import mmlu
from tests.eval.compare.test_pairs import rewrite, run_of


def test_every_published_figure_says_what_it_is_and_where_it_stands() -> None:
    assert {one.exam for one in PUBLISHED} == set(EXAMS)
    for one in PUBLISHED:
        assert one.measured in MEASURED
        assert 0 <= one.value <= 100
        assert one.source
        assert one.benchmark
        assert one.parameters is None or 1e7 < one.parameters < 1e12
    keys = [(one.exam, one.model, one.measured, one.source) for one in PUBLISHED]
    assert len(set(keys)) == len(keys)


def test_published_figures_are_those_of_their_sources() -> None:
    there = {(one.exam, one.model, one.measured, one.source.split()[0]): one.value for one in PUBLISHED}
    assert there["pubmedqa", "BioMedLM", "fine-tuned", "arXiv"] == 74.4
    assert there["medqa-us", "Meditron-70B", "few-shot", "Meditron"] == 59.8  # MedQA-4, not MedQA
    assert there["mmlu-medical", "Apollo-72B", "not told", "FreedomIntelligence/Apollo,"] == 82.10
    assert there["cmexam", "ChatGLM-CMExam", "fine-tuned", "williamliujl/CMExam,"] == 45.3


@given(st.lists(st.tuples(st.floats(1e4, 1e12), st.floats(0, 100), st.floats(0, 100)), min_size=1, max_size=6),
       st.sampled_from(sorted(EXAMS)))  # fmt: skip
def test_every_mark_and_name_lies_inside_the_frame(told: list[tuple[float, float, float]], exam: str) -> None:
    ours = [Point(f"run {number}", size, max(a, b), min(a, b), 100.0, 25.0, "letters", number)
            for number, (size, a, b) in enumerate(told)]  # fmt: skip
    drawn = str(chart("t", ours, of_exam(exam)))
    xs = [float(x) for x in re.findall(r' (?:cx|x1|x2|x)="([\d.]+)"', drawn)]
    ys = [float(y) for y in re.findall(r' (?:cy|y1|y2|y)="([\d.]+)"', drawn)]
    marks = [(float(x), float(y)) for x, y in re.findall(r'd="M([\d.]+) ([\d.]+)', drawn)]
    assert drawn.count("<circle") == len(ours)
    assert all(0 <= x <= FRAME.width for x in (*xs, *(x for x, _ in marks)))
    assert all(0 <= y <= FRAME.height for y in (*ys, *(y for _, y in marks)))


def test_a_larger_model_stands_further_right_and_a_better_one_higher() -> None:
    drawn = chart("t", [Point("a", 1e6, 20, 10, 30, 25, ""), Point("b", 1e9, 60, 50, 70, 25, "")], of_exam(MEDQA))
    (x1, y1), (x2, y2) = [(float(x), float(y)) for x, y in re.findall(r'cx="([\d.]+)" cy="([\d.]+)"', drawn)]
    assert x1 < x2
    assert y1 > y2


def test_runs_of_one_size_do_not_hide_each_other() -> None:
    assert side_by_side([100.0, 200.0, 100.0]) == [95.5, 200.0, 104.5]


def test_names_of_published_models_cover_no_other_name() -> None:
    for exam in EXAMS:
        drawn = str(chart("t", [Point("a", 1e6, 20, 10, 30, 25, "")], of_exam(exam)))
        names = re.findall(r'<text x="([\d.]+)" y="([\d.]+)" text-anchor="(start|end)">([^<]+)<', drawn)
        boxes = [(float(x) - (0 if side == "start" else width(name, LETTERS)), float(y), width(name, LETTERS))
                 for x, y, side, name in names if not name.isdigit() and name != "parameters"]  # fmt: skip
        assert len(boxes) > 2
        across = {float(y) for y in re.findall(r'y1="([\d.]+)" y2="\1" class="(?:level|chance)"', drawn)}
        assert across
        assert all(abs(y - 4 - level) >= LINE / 2 for _, y, _ in boxes for level in across)
        assert all(x >= 0 and x + wide <= FRAME.width for x, _, wide in boxes)
        for place, (x, y, wide) in enumerate(boxes):
            for other, above, long in boxes[:place]:
                assert abs(y - above) >= LINE - 0.2 or x + wide <= other or other + long <= x


def test_of_mmlu_only_medical_subjects_count(tmp_path: Path) -> None:
    right = np.zeros(400)
    right[0::4] = 1  # anatomy
    (run,) = open_all([mmlu(tmp_path / "a", right)])
    point = point_of(run, MMLU, 1e9)
    assert point is not None
    assert "anatomy" in MEDICAL
    assert (point.value, point.how) == (100.0, "letters, 100 items")
    assert point_of(run, MEDQA, 1e9) is None


def test_of_pubmedqa_the_task_with_abstracts_counts(tmp_path: Path) -> None:
    folder = run_of(tmp_path / "a", np.zeros(50), task="pubmedqa-bare", exam="pubmedqa")
    bare = pl.read_parquet(folder / "items.parquet")
    whole = bare.with_columns(task=pl.lit("pubmedqa"), correct_plain=pl.lit(True))
    pl.concat([bare, whole]).write_parquet(folder / "items.parquet")
    card = read_card(folder)
    assert card is not None
    suite = {"task": [{"name": "pubmedqa-bare", "context": False}, {"name": "pubmedqa"}]}
    rewrite(folder, recipe={**card.recipe, "suite": suite})
    (run,) = open_all([folder])
    point = point_of(run, PUBMEDQA, 1e9)
    assert point is not None
    assert point.value == 100.0
    (alone,) = (run._replace(items=run.items.filter(task="pubmedqa-bare")),)
    told = point_of(alone, PUBMEDQA, 1e9)
    assert told is not None
    assert told.how == "letters, 50 items, without its context"
