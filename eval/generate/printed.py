"""What the command line prints of written answers: each scorer's figures, explanations, and why the scorers differ.

Called by `eval/run/printed.py` with the scores of a run and its card; goes to standard output.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
from rich.console import Console
from rich.table import Table

from corpus.card import Card
from eval.generate.told import READINGS, explanations, found_of, heading, left_out, readings, sentences

MOST = 4  # causes that are told


def print_answers(scores: pl.DataFrame, card: Card, console: Console) -> None:
    """Print a section for each task that was answered in writing, and say what was not."""
    for task, counts in card.counts.get("answers", {}).items():
        found = found_of(scores, task)
        console.print(f"\n{heading(card, task)}", markup=False, highlight=False, soft_wrap=True)
        console.print(_table(READINGS, readings(found)))
        heads, rows = explanations(found)
        if rows:
            console.print(_table(heads, rows))
        for line in sentences(found, counts, MOST):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    for line in left_out(card):
        console.print(f"note: {line}", markup=False, soft_wrap=True)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for number, name in enumerate(names):
        table.add_column(name, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table
