"""Section: learned. How good each classifier is, what it was taught on, and by which n-grams it tells documents apart.

From `learned/<task>-<language>.json` (`corpus/learn/fit.py`). A reader must be able to see when a classifier has
learned the furniture of a source: so every label names its sources, and the n-grams stand beside them.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

from pydantic import BaseModel, ValidationError

from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.reliability import Tenth, draw
from corpus.report.section import Column, Counts, Part, Section, bar, code, few, note, table
from corpus.report.wording import NBSP, count, cut, plural, share

MOST = 12  # classifiers
GRAMS, LABELS, SOURCES = 12, 24, 4
NAME, GRAM = 60, 40  # characters
FEW = 30  # documents of a label: fewer tell little
ONE_SOURCE = 0.8  # of the examples of one value: more than this from one source is told
PARTS = ("train", "calibrate", "test")
LANGUAGES = {"en": "English", "zh": "Chinese"}
TASKS = {
    "relevance": "whether a text is of medicine",
    "quality": "whether a text is like the references, guidelines and trials of the labels",
}
_SPACE_IN_CHINESE = re.compile(r"(?<=[\u2e80-\U0003ffff]) (?=[\u2e80-\U0003ffff])")


class Interval(BaseModel):
    """An estimate and its 95 % interval."""

    value: float
    low: float
    high: float


class Label(BaseModel):
    """A label: its examples by part and source, and the share of its held-back ones that score one half or more."""

    label: str
    positive: bool
    documents: dict[str, int]
    sources: dict[str, int]
    above_half: float | None = None


class Gram(BaseModel):
    """An n-gram, and the share of documents of either value that have it."""

    text: str
    positive: float
    negative: float


class Told(BaseModel):
    """What the build tells of a classifier."""

    task: str
    language: str
    auc: Interval
    calibration_error: float
    reliability: list[Tenth]
    labels: list[Label]
    telling: dict[str, list[Gram]] = {}


def body(build: Build, counts: Counts) -> Html | None:
    """One part a classifier; None where the build has none."""
    found = [told for path in sorted((build.folder / "learned").glob("*.json")) if (told := _read(path))]
    if not found:
        return None
    shown, left = few(sorted(found, key=lambda told: (told.task != "relevance", told.task, told.language)), MOST)
    lead = (
        "Classifiers learn from weak labels: conditions that hold, on the whole, for documents of a kind. The figures "
        "are of documents that a classifier never saw, held back by groups of related documents. A good figure only "
        "says that it tells the labels apart. By what it does so, the n\N{NON-BREAKING HYPHEN}grams show: words of the "
        "subject are a good sign; marks of one source, its headings, punctuation and boilerplate, are a bad one. "
        "Digits stand as 0."
    )
    more = note(f"{plural(left, 'more classifier')} in learned/.") if left else None
    return join(tag("p", lead), _folder(build), [_classifier(told) for told in shown], more)


def _read(path: Path) -> Told | None:
    try:
        return Told.model_validate(json.loads(path.read_bytes()))
    except (OSError, ValueError, ValidationError):
        return None


def _folder(build: Build) -> Html | None:
    parent = build.card.parents.get("classifiers")
    return tag("p", "They were fitted before this build; the card of their folder has the identity ",
               code(str(parent)[:12]), ".") if parent else None  # fmt: skip


def _classifier(told: Told) -> Html:
    heading = f"{cut(told.task, NAME).capitalize()}, {cut(LANGUAGES.get(told.language, told.language), NAME)}"
    warnings = [_one_source(told, value) for value in (True, False)]
    beside = tag("div", _plot(told), tag("div", _figures(told), warnings), class_="plotted")
    grams = tag("div", [_grams(told, value) for value in (True, False)], class_="pair tables")
    return tag("section", tag("h3", heading), beside, _labels(told), grams, class_="source")


def _plot(told: Told) -> Html:
    drawn = draw(told.reliability, f"Reliability of {cut(told.task, NAME)}, {cut(told.language, NAME)}")
    meaning = tag("small", "of what scores 0.8, eight in ten should be positive")
    large = note("Points are tenths of the range; the larger one, the more documents it holds.")
    return tag("figure", tag("figcaption", tag("b", "Reliability"), meaning), drawn, large, class_="card")


def _figures(told: Told) -> Html:
    """The two numbers, in words."""
    parts = {name: sum(label.documents.get(name, 0) for label in told.labels) for name in PARTS}
    area = told.auc
    interval = f" (95 % interval {_decimals(area.low)} to {_decimals(area.high)}). "
    ranked = (
        f"Of a positive and a negative document, it scores the positive one higher in {_percent(area.value)} of cases."
    )
    distance = " mean distance between what it says and what is true, both values counting the same."
    examples = (
        f"{plural(parts['train'], 'document')} learned from, {count(parts['calibrate'])} to calibrate on, "
        f"{count(parts['test'])} held back."
    )
    said = [
        ("Asks", TASKS.get(told.task, cut(told.task, NAME))),
        ("AUC", join(tag("b", _decimals(area.value)), interval, ranked)),
        ("Calibration", join(tag("b", _percent(told.calibration_error)), distance)),
        ("Examples", examples),
    ]
    return tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in said], class_="facts")


def _one_source(told: Told, positive: bool) -> Html | None:
    """A warning where one source gives nearly all examples of a value."""
    sources: dict[str, int] = {}
    for label in told.labels:
        if label.positive == positive:
            for source, number in label.sources.items():
                sources[source] = sources.get(source, 0) + number
    whole = sum(sources.values())
    name, most = max(sources.items(), key=lambda item: (item[1], item[0]), default=("", 0))
    if not whole or most < ONE_SOURCE * whole:
        return None
    value = "positive" if positive else "negative"
    return tag("p", tag("b", "Look closely: "), f"{share(most, whole)} of the {value} examples come from one source, ",
               code(cut(name, NAME)), f". What marks that source may pass for {value}.", class_="warning")  # fmt: skip


def _labels(told: Told) -> Html:
    rows = []
    shown, left = few(sorted(told.labels, key=lambda one: (not one.positive, one.label)), LABELS)
    for label in shown:
        held = label.documents.get("test", 0)
        right = None if label.above_half is None else label.above_half if label.positive else 1 - label.above_half
        kind = "f-kept" if label.positive else "f-dropped"
        drawn = bar([Part(kind, "on its side", right or 0.0)], 1) if held else None
        told_few = tag("small", "too few to tell") if 0 < held < FEW else None
        rows.append([
            code(cut(label.label, NAME)), "positive" if label.positive else "negative", _sources(label),
            *(count(label.documents.get(part, 0)) for part in PARTS),
            tag("div", _percent(right) if right is not None and held else "–", drawn, told_few, class_="cell"),
        ])  # fmt: skip
    headings = ("Learned from", "Calibrated on", "Held back", "Of these on its side")
    columns = [Column("Label"), Column(f"Example{NBSP}of"), Column("Documents from"),
               *(Column(heading, True) for heading in headings)]  # fmt: skip
    caption = "Labels. On its side: positive ones that score one half or more, negative ones that score less."
    return table(caption, columns, rows, f"{plural(left, 'more label')}." if left else "")


def _sources(label: Label) -> str:
    ordered = sorted(label.sources.items(), key=lambda item: (-item[1], item[0]))
    named = [f"{cut(source, NAME)} {count(number)}" for source, number in ordered[:SOURCES]]
    left = ordered[SOURCES:]
    rest = sum(number for _, number in left)
    return ", ".join([*named, f"{count(len(left))} more {count(rest)}"] if left else named)


def _grams(told: Told, positive: bool) -> Html:
    """The n-grams of one side, the most telling first."""
    value = "positive" if positive else "negative"
    rows = []
    for gram in told.telling.get(value, [])[:GRAMS]:
        here, there = (gram.positive, gram.negative) if positive else (gram.negative, gram.positive)
        text = cut(_SPACE_IN_CHINESE.sub("", gram.text), GRAM)
        rows.append(
            [code(text), _twin("f-kept" if positive else "f-dropped", here, there), _percent(here), _percent(there)]
        )
    if not rows:
        return tag("div", note(f"No n-gram speaks for {value}."))
    other = "negative" if positive else "positive"
    columns = [Column("n-gram"), Column(""), Column(value, True), Column(other, True)]
    return tag(
        "div", table(f"Speaks for {value}: share of documents that have it; thin, of the {other} ones", columns, rows)
    )


def _twin(kind: str, here: float, there: float) -> Html:
    """Two bars, one below the other: the share on the side it speaks for, and on the other."""
    shown = [(kind, 0, 6, here), ("other", 7, 3, there)]
    return tag("svg", tag("rect", x=0, y=0, width=1000, height=10, class_="track"),
               [tag("rect", x=0, y=y, width=1000 * min(max(value, 0.0), 1.0), height=height, class_=css)
                for css, y, height, value in shown if value > 0],
               viewBox="0 0 1000 10", preserveAspectRatio="none", class_="bar", aria_hidden="true")  # fmt: skip


def _decimals(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "unknown"


def _percent(value: float) -> str:
    return share(value, 1.0) if math.isfinite(value) else "unknown"


SECTION = Section("learned", "Learned relevance and quality", body)
