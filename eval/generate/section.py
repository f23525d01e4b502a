"""Written answers on the page of a run: tables of what each scorer reads and of explanations, and why scorers differ.

Takes the scores of a run and its card; gives a section to `eval/run/page.py`.
"""

from __future__ import annotations

import polars as pl

from corpus.card import Card
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, note, table
from corpus.report.wording import cut
from eval.cmexam.differences import CAUSES
from eval.generate.told import READINGS, explanations, found_of, heading, readings, sentences
from eval.page.whole import NAME, capital

LEAD = (
    "The model wrote its answers, each token the likeliest. Ours counts an item without an answer as wrong and takes "
    "what is ambiguous for none. CMExam's two published scorers stand beside it for comparison with published figures, "
    "and are not to be believed: one takes letters and words for answers wherever they stand, the other leaves out "
    "what is not in its form."
)


def written_answers(scores: pl.DataFrame, card: Card) -> Html | None:
    """A part for each task; None where nothing was answered in writing."""
    tasks = card.counts.get("answers", {})
    if not tasks:
        return None
    return join(tag("p", LEAD), [_task(scores, card, task) for task in tasks])


def _task(scores: pl.DataFrame, card: Card, task: str) -> Html:
    found, name = found_of(scores, task), cut(task, NAME)
    said = list(sentences(found, card.counts["answers"][task], len(CAUSES)))
    heads, rows = explanations(found)
    compared = None
    if rows:
        compared = join(_table(f"{name}: explanations beside the exam's own", heads, rows),
                        note("BLEU of all items together, ROUGE the mean over items."))  # fmt: skip
    return join(tag("h3", heading(card, task)), _table(f"{name}: answers by scorer", READINGS, readings(found)),
                tag("ul", [tag("li", capital(line.strip())) for line in said]) if said else None, compared)  # fmt: skip


def _table(caption: str, heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> Html:
    return table(caption, [Column(head, place > 0) for place, head in enumerate(heads)], rows)
