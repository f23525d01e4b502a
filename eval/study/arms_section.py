"""The arms of a study on its page: in what each differs, what it read and what that cost, as means over seeds.

Takes `Results` (`eval/study/results.py`); gives a section to `eval/study/page.py`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, code, note, table
from corpus.report.wording import count, size
from eval.page.whole import power
from eval.study.arms import NULL
from eval.study.budget import in_words
from eval.study.recipe import STEPS, Study
from eval.study.results import Results
from eval.study.runs_section import linked
from train.page import spelt


class Measured(NamedTuple):
    """A column: its name in `runs`, its heading, and how its mean over seeds is written."""

    name: str
    heading: str
    spell: Any


COLUMNS = (
    Measured("tokens", "Tokens", spelt.short),
    Measured("tuned_tokens", "Tuned on", spelt.short),
    Measured("bytes", "Text", lambda value: size(round(value))),
    Measured("unique_tokens", "Unique tokens", spelt.short),
    Measured("epochs", "Epochs", lambda value: f"{value:.2f}"),
    Measured("parameters", "Parameters", spelt.short),
    Measured("flops", "FLOPs", power),
    Measured("seconds", "Seconds a run", lambda value: f"{value:.1f}"),
)
LEAD = (
    "What each arm differs in from the study's own settings, and what it read. Arms that differ in more than they were "
    "meant to, such as in unique tokens or sources, cannot tell which of it made a difference: that is what controls "
    "are for."
)
UNIQUE = (
    "Tokens, text and costs are means over seeds. Unique tokens are those of the text that was read, each counted "
    "once: an arm of few is read in more epochs. FLOPs and seconds are of training and fine-tuning. "
)


def arms_section(found: Results) -> Html:
    """The table; a column that is nothing in every arm is left out."""
    shown = [one for one in COLUMNS if float(found.runs[one.name].sum())]
    columns = [Column("Arm"), Column("What it differs in"), *(Column(one.heading, True) for one in shown)]
    rows = list[list[Child]]()
    for (arm, scale), some in found.runs.group_by("arm", "size", maintain_order=True):
        mean = some.select(pl.col(one.name).mean() for one in shown).row(0, named=True)
        rows.append([linked(str(arm), str(scale)),
                     tag("div", _told(found, str(arm)), class_="prose"),
                     *(one.spell(mean[one.name]) if mean[one.name] else "" for one in shown)])  # fmt: skip
    return join(
        tag("p", LEAD),
        table("What each arm read and cost", columns, rows),
        note(UNIQUE, _budget_told(found.study), _base_told(found)),
    )


def _budget_told(study: Study) -> str:
    """Of what the budget is, and where fine-tuning is counted."""
    told = f"The budget of a run is {in_words(study)}, in training. "
    if not study.tune:
        return told
    within = [one.name for one in study.arm if one.training_share < 1]
    if not within:
        return f"{told}What an arm is fine-tuned on comes on top of it, beside it in the table, and differs by arm. "
    beside = "" if len(within) == len(study.arm) else " That of the others comes on top of it."
    return f"{told}The fine-tuning of {', '.join(within)} is counted within it: training reads its share, and " \
           f"fine-tuning the rest, to an example.{beside} "  # fmt: skip


def _base_told(found: Results) -> str:
    """What a base cost, which no arm's row counts."""
    if not any(one.start == "base" for one in found.study.arm):
        return ""
    read = found.study.budget.base or found.study.budget.tokens
    return f"The base of each seed, on {count(read)} tokens, is shared by the arms that go on from it, and in no row."


def _told(found: Results, arm: str) -> Child:
    if arm == NULL:
        return "Nothing: the first arm from other seeds."
    (one,) = (some for some in found.study.arm if some.name == arm)
    sets = [f"{step}: {value}" for step in STEPS for value in getattr(one, step)]
    if (like := one.match) is not None:
        what = {"amount": "amount", "sources": "sources", "both": "sources and amount"}[like.by]
        sets.append(f"all tiers in the {what} of {', '.join(like.tiers)}")
    sets += ["on from the base"] if one.start == "base" else []
    sets += [f"merged with the base, {one.merge:g} of the way"] if one.merge < 1 else []
    sets += [f"{one.training_share:.0%} of the budget in training"] if one.training_share != 1 else []
    words = [part for part in (one.description, f"Control: {one.matched}" if one.matched else "") if part]
    codes = [join(code(value), " ") for value in sets] if sets else "The study's own settings."
    return join(" ".join(words), " " if words else None, codes)
