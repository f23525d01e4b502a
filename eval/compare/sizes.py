"""Accuracy against parameters, an exam a picture: the runs given, and beside them what others have published.

The picture is that of Kerner 2024 (arXiv 2407.14076): do few parameters and good data do what many do? Takes runs
(`eval/compare/opened.py`) and the table of `eval/compare/published.py`; gives a section to `eval/compare/page.py`. Runs
are full dots with their intervals; published figures are hollow, by how they were measured. Every one of them stands in
a table below the pictures, with its source.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, note, table
from corpus.report.wording import cut, plural
from eval.compare.opened import Scored
from eval.compare.published import CMEXAM, EXAMS, MMLU, of_exam
from eval.compare.size_chart import Point, chart, legend
from eval.page.lines import kind
from eval.page.whole import NAME, folded
from eval.statistics.bootstrap import mean_interval
from train.page import spelt
from train.page.curves import figure

# Which of MMLU's subjects are taken for medicine here; which the papers took is told by them.
MEDICAL = ("anatomy", "clinical_knowledge", "college_biology", "college_medicine", "medical_genetics",
           "professional_medicine")  # fmt: skip
MORE = {MMLU: f"; of the runs: {', '.join(MEDICAL).replace('_', ' ')}",
        CMEXAM: "; chance of runs asked for sets is a guess among all sets of letters"}  # fmt: skip
ASKED = ("choice", "subsets", "letters", "cloze")  # which answer of an item counts, where it was asked in several ways
LEAD = (
    "Full dots are the runs compared here, with 95 % intervals, those of one size side by side; hollow marks are "
    "published figures, which were not run here. They differ in prompt, examples, split and scorer besides size, and "
    "most have no interval: take them as landmarks and claim nothing from the distance to one."
)


class Size(NamedTuple):
    """A run with its place on the axis: `parameters` None where nothing tells them."""

    run: Scored
    parameters: float | None


def sizes(runs: Sequence[Scored]) -> Html | None:
    """The section; None where no run was asked an exam that others have published on."""
    sized = [Size(run, parameters_of(run)) for run in runs]
    pictures = [_picture(exam, sized) for exam in EXAMS]
    there = [one for one in pictures if one is not None]
    if not there:
        return None
    unknown = [cut(one.run.name, NAME) for one in sized if one.parameters is None]
    told = f"Not in the pictures, since nothing tells how many parameters they have: {', '.join(unknown)}. Score them "
    missing = note(told, "again, and the number is noted.") if unknown else None
    listed = [_theirs(exam) for exam, one in zip(EXAMS, pictures, strict=True) if one is not None]
    return join(tag("p", LEAD), missing, legend(), tag("div", there, class_="curves sizes"), listed)


def parameters_of(run: Scored) -> float | None:
    """How many parameters a run's model has, as its `run.json` tells."""
    try:
        found = json.loads((run.folder / "run.json").read_bytes())["parameters"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return float(found) if isinstance(found, int | float) and found > 0 else None


def _picture(exam: str, sized: Sequence[Size]) -> Html | None:
    """None where no run was asked the exam."""
    found = [(one, point_of(one.run, exam, one.parameters, place)) for place, one in enumerate(sized)]
    points = [point for _, point in found if point is not None]
    if not points:
        return None
    others, known = of_exam(exam), [point for point in points if point.parameters]
    drawn = chart(f"{EXAMS[exam]}: accuracy against parameters", known, others) if known else None
    small = f"share of right answers, %, against parameters{MORE.get(exam, '')}"
    return figure(EXAMS[exam], small, drawn, _ours(points))


def point_of(run: Scored, exam: str, parameters: float | None, colour: int = 0) -> Point | None:
    """A run's accuracy on an exam, in per cent; None where it was not asked. Of several tasks of one exam the first
    whose context is shown counts, of several formulations the first of ASKED."""
    of_mmlu = (pl.col("exam") == "mmlu") & pl.col("subject").is_in(MEDICAL)
    items = run.items.filter(of_mmlu if exam == MMLU else pl.col("exam") == exam)
    without = _without_context(run)
    tasks = sorted(dict.fromkeys(items["task"]), key=lambda name: name in without)
    items = items.filter(pl.col("task").is_in(tasks[:1]))
    formulation = next((one for one in ASKED if one in set(items["formulation"])), None)
    if formulation is None:
        return None
    rows = items.filter(formulation=formulation)
    told = mean_interval(rows["correct_plain"].cast(pl.Float64).to_numpy(), 2000, 0)
    shots = int(rows["shots"][0])
    how = f"{formulation}, {plural(told.n, 'item')}" + (f", {plural(shots, 'example')}" if shots else "")
    how += ", without its context" if tasks[0] in without else ""
    return Point(cut(run.name, NAME), parameters, 100 * told.value, 100 * told.low, 100 * told.high,
                 100 * float(rows["chance"].to_numpy().mean()), how, colour)  # fmt: skip


def _without_context(run: Scored) -> set[str]:
    """Tasks whose questions are asked without what is to be read first."""
    suite: Any = run.card.recipe.get("suite")
    tasks = suite.get("task") if isinstance(suite, dict) else None
    return {str(one.get("name")) for one in tasks or () if isinstance(one, dict) and not one.get("context", True)}


def _ours(points: Sequence[Point]) -> Html:
    """The runs by their colours, each with its figures."""
    told = []
    for one in points:
        dot = tag("svg", tag("circle", cx=6, cy=6, r=4.5, class_=f"{kind(one.colour)} mark"), class_="swatch", width=12,
                  height=12, aria_hidden="true")  # fmt: skip
        size = "" if one.parameters else ", parameters not known"
        figures = f" {one.value:.1f} % ({one.low:.1f} to {one.high:.1f}; {one.how}{size})"
        told.append(tag("li", dot, tag("span", tag("b", one.name), figures)))
    return tag("ul", told, class_="key ours")


def _theirs(exam: str) -> Html:
    """What others have published on an exam, with sources."""
    others = of_exam(exam)
    columns = [Column("Model"), Column("Parameters", True), Column("%", True), Column("Measured"),
               Column("Called there"), Column("Source")]  # fmt: skip
    rows: list[list[Child]] = [[
        one.model, spelt.short(one.parameters) if one.parameters else "not told",
        f"{one.value:g}" + (f" ± {one.spread:g}" if one.spread is not None else ""), one.measured, one.benchmark,
        one.source,
    ] for one in others]  # fmt: skip
    name = f"{EXAMS[exam]}: {plural(len(others), 'published figure')}, with sources"
    return folded(name, table(f"{EXAMS[exam]}: published, not run here", columns, rows))
