"""What the command line prints of scores: a table of every task beside the level of chance and that of an
answer that is always the same, and where they lie.

Called by `eval/run/command.py` with a folder that `eval/run/run.py` wrote; goes to standard output.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import polars as pl
from rich.console import Console
from rich.table import Table

from corpus.card import Card
from corpus.controls import visible
from corpus.report.wording import cut_width, plural
from eval.generate.answer_tasks import GENERATED
from eval.generate.printed import print_answers
from eval.run.cost import line
from eval.run.exam_notes import lacking, standing_twice
from eval.run.scores import ALL
from train.model_folder import Written

# What the table has of each task; the file has more.
WORDS = {"accuracy": "accuracy, %", "f1": "F1, %", "accuracy_bytes": "by byte, %", "probability": "probability, %",
         "bits_per_byte": "bits per byte"}  # fmt: skip
SHOWN = tuple(WORDS)
CLOZE_ALONE = ("accuracy_bytes",)  # letters are all of one byte
NAME = 12  # columns that a task's name has at least, however narrow the terminal
SAME = "same"
HEADS = ("task", "asked by", "metric", "score", "95 %", "chance", SAME, "items")
WORDY = 3  # of them words, and the rest figures
WIDE = 400  # columns where there is no terminal: nothing is cut, and no line is broken
PERCENT = ("accuracy", "f1", "accuracy_characters", "accuracy_bytes", "accuracy_pmi", "probability")


def read_scores(folder: Path) -> pl.DataFrame:
    """The scores of a run; of one of before `constant` is not known."""
    found = pl.read_parquet(folder / "scores.parquet")
    return found if "constant" in found.columns else found.with_columns(constant=pl.lit(None, pl.Float64))


def print_scores(done: Written, console: Console | None = None) -> None:
    """Print the scores of whole tasks, what was left out, and where everything lies."""
    console = console or output()
    found = read_scores(done.out)
    if (table := score_table(found, console.width)).row_count:
        console.print(table)
        if any(column.header == SAME for column in table.columns):
            console.print(f"{SAME}: what always giving the answer that is right most often gets, where it is above "
                          "chance", soft_wrap=True)  # fmt: skip
    print_answers(found, done.card, console)
    if told := stretches(done.card):
        console.print(f"note: {told}", markup=False, soft_wrap=True)
    for name, count in done.card.counts.get("dropped", {}).items():
        console.print(f"note: {plural(count, 'item')} of {name} longer than the model reads, left out", markup=False)
    for name, count in done.card.counts.get("not_measured", {}).items():
        console.print(f"note: {plural(count, 'text')} of {name} not measured: longer than the model reads, or of a "
                      "kind that it does not tell", markup=False, soft_wrap=True)  # fmt: skip
    for line_ in (*lacking(done.card.counts), *standing_twice(done.card.counts)):
        console.print(f"note: {line_}", markup=False, soft_wrap=True)
    for name in done.card.recipe.get("left_out", []):
        console.print(f"note: {name} was not asked: its exam is not there", markup=False)
    shared = done.run.get("tokens_without_sharing", 0) / max(done.run.get("tokens_computed", 0), 1)
    if done.fresh:
        more = f"; of the items {shared:.1f} times as many tokens if none were shared" if shared else ""
        console.print(f"cost    {line(done.run['cost']['all'])}{more}", soft_wrap=True)
    console.print(f"scores  {visible(str(done.out))}" + ("" if done.fresh else ", as they were: nothing to do"),
                  markup=False, soft_wrap=True)  # fmt: skip


def stretches(card: Card) -> str:
    """How held-out text was read, in a sentence without its end; nothing where none was."""
    size = card.recipe.get("stretch")
    if not isinstance(size, int):
        return ""
    return f"held-out text is read in stretches of {size:,} bytes, each without what stands before it"


def output() -> Console:
    """Standard output: as wide as the terminal, and as wide as it takes where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDE)


def score_table(scores: pl.DataFrame, width: int = WIDE) -> Table:
    """A line a task, formulation and metric: score, interval, chance, what an answer that is always the same gets
    where that is more, items. `width`: columns of the terminal, for which long names of tasks are cut."""
    alone = pl.col("metric").is_in(CLOZE_ALONE) & (pl.col("formulation") != "cloze")
    asked = pl.col("formulation") != GENERATED  # what is written has a table of its own
    shown = scores.filter((pl.col("part") == ALL) & pl.col("metric").is_in(SHOWN) & ~alone & asked)
    kept = [place for place, head in enumerate(HEADS) if head != SAME or above_chance(shown)]
    lines = [[_cells(row)[place] for place in kept] for row in shown.iter_rows(named=True)]
    heads = [HEADS[place] for place in kept]
    beside = sum(max(len(cells[place]) for cells in [heads, *lines]) + 1 for place in range(1, len(heads)))
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for number, head in enumerate(heads):
        table.add_column(head, no_wrap=True, justify="right" if number >= WORDY else "left")
    last = list[str]()
    for cells in lines:
        first = [cut_width(cells[0], max(width - beside - 1, NAME)), cells[1]]
        table.add_row(*(first if first != last else ("", "")), *cells[2:])
        last = first
    return table


def _cells(row: dict[str, Any]) -> list[str]:
    """A score as HEADS."""
    by = row["formulation"] + (f" {row['shots']}-shot" if row["shots"] else "")
    return [row["task"], by, WORDS[row["metric"]], spelt(row, "value"), interval(row), spelt(row, "chance"),
            always_same(row), f"{row['n']:,}"]  # fmt: skip


def above_chance(scores: pl.DataFrame) -> bool:
    """Whether an answer that is always the same gets more than a guess in one of them."""
    return any(always_same(row) for row in scores.iter_rows(named=True))


def always_same(row: dict[str, Any]) -> str:
    """What an answer that is always the same gets, where that is more than chance as it is spelt; else nothing."""
    told, chance = row["constant"], row["chance"]
    more = told is not None and chance is not None and told > chance
    return spelt(row, "constant") if more and spelt(row, "constant") != spelt(row, "chance") else ""


def interval(row: dict[str, object]) -> str:
    """The interval as it is read; of one row there is none."""
    ends = [row["low"], row["high"]]
    known = all(isinstance(end, float) and math.isfinite(end) for end in ends)
    return f"{spelt(row, 'low')}-{spelt(row, 'high')}" if known else "none"


def spelt(row: dict[str, object], name: str) -> str:
    """A value as it is read: in percent where it is a share."""
    value = row[name]
    if not isinstance(value, float):
        return ""
    return f"{100 * value:.1f}" if row["metric"] in PERCENT else f"{value:.3f}"
