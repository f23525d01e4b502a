"""Scores drawn and listed, each beside its interval and the level of chance: for the page of a run.

Takes `scores.parquet` (`eval/run/scores.py`), gives sections to `eval/run/page.py`. Whole tasks stand in one picture
and one table; languages and subjects are folded away where they are many; texts come by source and tier.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, key, note, table
from corpus.report.wording import count, cut, plural
from eval.page.forest import NEITHER, Mark, forest
from eval.page.forest import told as at_end
from eval.page.whole import NAME, folded
from eval.run.measure_bits import EXPLANATION, HELD
from eval.run.printed import CLOZE_ALONE, SHOWN, WORDS, above_chance, always_same
from eval.run.printed import spelt as of_score
from eval.run.scores import ALL
from eval.tasks.question import SUBSETS

FEW = 8  # lines from which on a picture is folded away
BEHIND = 6  # columns of the table, up to that of chance
DRAWN = ("accuracy", *CLOZE_ALONE)  # in the picture; the table has more
TEXTS = {HELD: "Held-out text", EXPLANATION: "Explanations of exams, after question and right answer"}
ABOVE, SAME, BELOW = "above chance", "not told from chance", "below chance"
COLOURS = {ABOVE: 0, BELOW: 1, SAME: NEITHER, "": 3}
ALONE = pl.col("metric").is_in(CLOZE_ALONE) & (pl.col("formulation") != "cloze")
BY_SETS = (
    "Where sets of letters are asked for, chance is a guess among all sets. Most right answers are one letter, so that "
    "a model that only ever names one is far above that level and knows nothing: look at what "
    "always answering the same gets, and at its letters."
)
CONSTANT = (
    "Always the same: what always giving the answer that is right most often gets on these questions, where that is "
    "more than chance. A score between the two may be a preference for one answer, and no knowledge."
)
MAY_BE_BELOW = (
    "Below chance a model may lie by its way of choosing, as when it prefers short options and right ones are longer, "
    "or by writing no answer."
)
LEAD = (
    "Each score with its 95 % interval: were as many questions drawn again and again, 95 of 100 such intervals would "
    "hold the score on all questions of the kind. Where the interval holds the level of chance, the model is not shown "
    "to know more than a guess."
)


def whole_tasks(scores: pl.DataFrame) -> Html:
    """All tasks as wholes: a picture of accuracy, one of the bits per byte of right answers, and every score."""
    asked = scores.filter((pl.col("part") == ALL) & (pl.col("formulation") != "") & ~ALONE)
    if asked.is_empty():
        return tag("p", "No question was asked: the suite measures text alone.")
    accuracy = asked.filter(pl.col("metric").is_in(DRAWN))
    bits = asked.filter(metric="bits_per_byte")
    marks = [_mark(row, _asked_by(row)) for row in accuracy.iter_rows(named=True)]
    pictures: list[Child] = [forest(marks, "Share of right answers, %", _place), _chances(marks)] if marks else []
    if SUBSETS in accuracy["formulation"]:
        pictures.append(note(BY_SETS))
    if not bits.is_empty():
        small = "less is better; of the text of the option, after the question alone"
        lines = [_mark(row, _asked_by(row)) for row in bits.iter_rows(named=True)]
        pictures.append(forest(lines, "Bits per byte of the right answer", _place, small=small))
    answer = _answer(accuracy)
    return join(tag("p", answer) if answer else None, tag("p", LEAD), pictures,
                _table(asked.filter(pl.col("metric").is_in(SHOWN))),
                note("scores.parquet has more ways to choose among the options, and every part."))  # fmt: skip


def _answer(rows: pl.DataFrame) -> str | None:
    """How many shares of right answers are told from a guess, in a sentence; and from an answer that is always the
    same, where that makes a difference."""
    read = [word for row in rows.iter_rows(named=True) if (word := reading(row))]
    if not read:
        return None
    above, below, same = (read.count(word) for word in (ABOVE, BELOW, SAME))
    told = f"Of {plural(len(read), 'share')} of right answers {_are(above)} above chance with the whole of the " \
           f"interval, {_are(below)} below it, and {_are(same)} not told from a guess."  # fmt: skip
    beyond = sum(reading(row) == ABOVE and row["low"] > (row["constant"] or 0.0) for row in rows.iter_rows(named=True))
    if beyond < above:
        told += (
            f" Of the {count(above)} above chance {_are(beyond)} above what always giving the same answer gets, too."
        )
    return told + (f" {MAY_BE_BELOW}" if below else "")


def _are(number: int) -> str:
    return f"{count(number) if number else 'none'} {'are' if number > 1 else 'is'}"


def _chances(marks: Iterable[Mark]) -> Html:
    """What the colours mean, of those that there are."""
    there = {one.colour for one in marks}
    kinds = [(f"c{COLOURS[word]}", f"interval {word}" if word != SAME else word) for word in (ABOVE, SAME, BELOW)
             if COLOURS[word] in there]  # fmt: skip
    told = "The dashed line is the level of chance, a guess without the question. The colours are not adjusted for how "
    told += "many tasks there are: of twenty scores of a model that knows nothing, one is expected off the line."
    return join(key(kinds), note(told))


def _table(rows: pl.DataFrame) -> Html:
    columns = [Column("Task"), Column("Asked by"), Column("Metric"), Column("Score", True), Column("95 %", True),
               Column("Chance", True), Column(""), Column("Items", True)]  # fmt: skip
    told: list[list[Child]] = [
        [cut(row["task"], NAME), _asked_by(row), word_of(row), of_score(row, "value"), interval(row),
         of_score(row, "chance"), reading(row), count(row["n"])] for row in rows.iter_rows(named=True)
    ]  # fmt: skip
    if not above_chance(rows):
        return table("Every score of whole tasks", columns, told)
    columns.insert(BEHIND, Column("Always the same", True))
    for cells, row in zip(told, rows.iter_rows(named=True), strict=True):
        cells.insert(BEHIND, always_same(row))
    return join(table("Every score of whole tasks", columns, told), note(CONSTANT))


def by_part(scores: pl.DataFrame) -> Html | None:
    """Accuracy by language and subject, a picture a task and kind of part; None where no task has parts."""
    keys = ["task", "formulation", "shots"]
    told = scores.filter((pl.col("formulation") != "") & (pl.col("metric") == "accuracy"))
    found = list[Html]()
    for (task, *_), rows in told.group_by(keys, maintain_order=True):
        for kind, plural_ in (("language", "languages"), ("subject", "subjects")):
            some = rows.filter(pl.col("part").str.starts_with(f"{kind} ")).sort("part")
            if some.height:
                marks = [_mark(row, plural(row["n"], "item"), _words(row["part"].removeprefix(f"{kind} ")))
                         for row in some.iter_rows(named=True)]  # fmt: skip
                name = f"{cut(str(task), NAME)}, {_asked_by(some.row(0, named=True))}"
                drawn = forest(marks, f"{name}: share of right answers, %", _place)
                found.append(folded(f"{name}: {count(some.height)} {plural_}", drawn, when=some.height > FEW))
    if not found:
        return None
    return join(tag("p", "The fewer items, the wider the interval: look at it before at the score. Of many parts some "
                    "lie far from the others by chance. The dashed line and the colours mean what they do above."),
                found)  # fmt: skip


def of_texts(scores: pl.DataFrame) -> Html | None:
    """Bits per byte by source and tier; None where no text was measured."""
    found = list[Html]()
    for text, heading in TEXTS.items():
        rows = scores.filter(task=text, formulation="")
        if rows.height:
            marks = [_mark(row, plural(row["n"], "text"), _part(row["part"])) for row in rows.iter_rows(named=True)]
            picture = forest(marks, "Bits per byte", _place, small="less is better; intervals over texts, 95 %")
            heads = [Column("Part"), Column("Bits per byte", True), Column("95 %", True), Column("Texts", True)]
            listed = [[_part(row["part"]), of_score(row, "value"), interval(row), count(row["n"])]
                      for row in rows.iter_rows(named=True)]  # fmt: skip
            whole = rows.filter(part=ALL).row(0, named=True)
            said = f"{of_score(whole, 'value')} bits per byte over {plural(whole['n'], 'text')} (95 %: " \
                   f"{_between(whole)})."  # fmt: skip
            found.append(
                join(tag("h3", heading), tag("p", said), picture, folded("as a table", table(heading, heads, listed)))
            )
    if not found:
        return None
    return join(tag("p", "How many bits the model needs for a byte of text that it has not seen; written as it stands, "
                    "a byte takes 8. Unlike a loss it does not depend on the tokenizer, and small models differ in it "
                    "where their exam scores are still those of a guess."), found)  # fmt: skip


def _part(part: str) -> str:
    return "all together" if part == ALL else part


def _words(name: str) -> str:
    """A subject as it is read: publishers write `college_medicine`."""
    return name.replace("_", " ")


def _mark(row: dict[str, Any], more: str, name: str = "") -> Mark:
    percent = row["metric"] != "bits_per_byte"
    scale = 100.0 if percent else 1.0
    chance = None if row["chance"] is None else row["chance"] * scale
    told = at_end(of_score(row, "value"), _between(row))
    if row["metric"] in CLOZE_ALONE:
        more = f"{more}, by byte"
    return Mark(name or str(row["task"]), row["value"] * scale, row["low"] * scale, row["high"] * scale,
                COLOURS[reading(row)], chance, told, more)  # fmt: skip


def reading(row: dict[str, Any]) -> str:
    """How a score's interval lies to chance, in words; nothing where there is no such level."""
    if row["chance"] is None or not math.isfinite(row["low"]):
        return ""
    return ABOVE if row["low"] > row["chance"] else BELOW if row["high"] < row["chance"] else SAME


def _between(row: dict[str, Any]) -> str:
    """An interval where nothing else says what it is."""
    return interval(row) if math.isfinite(row["low"]) and math.isfinite(row["high"]) else "no interval"


def interval(row: dict[str, Any]) -> str:
    """An interval as it is read."""
    if not (math.isfinite(row["low"]) and math.isfinite(row["high"])):
        return "none"
    return f"{of_score(row, 'low')} to {of_score(row, 'high')}"


def word_of(row: dict[str, Any]) -> str:
    """A metric in words."""
    return WORDS.get(row["metric"], str(row["metric"]).replace("_", " "))


def _asked_by(row: dict[str, Any]) -> str:
    told = f", {plural(row['shots'], 'example')}" if row["shots"] else ""
    return f"{row['formulation']}{told}"


def _place(value: float) -> str:
    return f"{value:g}"
