"""The runs of a study on its page, and the links that lead from what is made of their scores to them.

Takes `Results` (`eval/study/results.py`); gives a section to `eval/study/page.py`, and links to every other section.
The runs of an arm stand together, so that one link leads to all of its seeds: there stand the primary scores, run by
run, and links to each run's own reports and to its cards.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, note, table
from eval.page.whole import capital
from eval.study.results import SHARES, Effect, Results, metric_name
from train.page import spelt

ANCHOR = "runs"  # of the section
PAGE, CARD = "report.html", "card.json"  # in the folder of each run's model and scores
LEAD = (
    "Every effect is the difference of means of the scores that stand here, those of other metrics in each run's "
    "scores. The card of the scores names the model, the model's card its tokenizer and corpora, and the corpus' card "
    "every file that was read, with its hash (INPUTS.tsv)."
)


def linked(arm: str, size: str = "", name: str = "") -> Html:
    """A name that leads to the runs of an arm, all seeds of it."""
    return tag("a", name or " ".join(part for part in (arm, size) if part), href=f"#{_anchor(arm, size)}")


def made_of(base: str, effects: Sequence[Effect]) -> Html:
    """Links to the runs of whose scores effects are made, those of the first arm before them."""
    there = dict.fromkeys((arm, one.key.get("size", "")) for one in effects for arm in (base, one.arm))
    links = [linked(*one) for one in there]
    return tag("small", "Scores: ", [join(link, ", ") for link in links[:-1]], links[-1:], class_="made-of")


def _anchor(arm: str, size: str) -> str:
    return "-".join(part for part in (ANCHOR, arm, size) if part)


def runs_section(found: Results) -> Html:
    """The table, arm by arm."""
    primary = [one.model_dump() for one in found.study.primary]
    columns = [Column("Run"), Column("Seed", True),
               *(Column(capital(f"{metric_name(key)}{', %' if key['metric'] in SHARES else ''}"), True)
                 for key in primary),
               Column("Scores"), Column("Model"), Column("Card of the scores"),
               Column("Card of the training")]  # fmt: skip
    rows = list[list[Child]]()
    for (arm, size), some in found.runs.group_by("arm", "size", maintain_order=True):
        for place, row in enumerate(some.sort("pair").iter_rows(named=True)):
            name = tag("span", row["folder"], id=f"run-{row['folder']}")
            first = tag("span", name, id=_anchor(str(arm), str(size))) if place == 0 else name
            rows.append([first, str(row["seed"]), *(_score(found.scores, row, key) for key in primary), *_links(row)])
    return join(note(LEAD), table("Every run, arm by arm", columns, rows))


def _score(scores: pl.DataFrame, run: dict[str, Any], key: dict[str, str]) -> str:
    values = scores.filter(arm=run["arm"], size=run["size"], pair=run["pair"], **key)["value"]
    if not len(values):
        return spelt.NONE
    return f"{100 * values[0]:.1f}" if key["metric"] in SHARES else f"{values[0]:.4f}"


def _links(run: dict[str, Any]) -> Iterator[Child]:
    """To the pages of the scores and of the models, and to the cards."""
    scores = f"scores/{run['folder']}"
    yield tag("a", scores, href=f"{scores}/{PAGE}")
    models = [folder for folder in (run["model_folder"], run["tuned_folder"]) if folder]
    yield join([join(", " if place else "", tag("a", folder, href=f"{folder}/{PAGE}"))
                for place, folder in enumerate(models)])  # fmt: skip
    yield tag("a", code(run["scored"][:12]), href=f"{scores}/{CARD}")
    yield tag("a", code(run["model"][:12]), href=f"{run['model_folder']}/{CARD}")
