"""Runs of `evaluate run`, opened to be compared, or refused.

Read from their folders (`eval/run/run.py`); goes to `eval/compare/pairs.py`.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from corpus.card import Card, read_card, whole
from corpus.controls import visible
from corpus.errors import UserError
from eval.generate.answer_tasks import ANSWER
from eval.run.run import ANSWERS, BITS, ITEMS, VERSION, identity_of


class Scored(NamedTuple):
    """A run: what its card says, its items, documents and answers in writing. `name`: what it is called in tables."""

    folder: Path
    card: Card
    items: pl.DataFrame
    bits: pl.DataFrame
    answers: pl.DataFrame
    name: str


def open_scores(folder: Path, name: str = "") -> Scored:
    """Open a run. Raises `UserError` for a folder that holds none, one of another version, or one that was changed."""
    card = read_card(folder)
    if card is None or card.kind != "score":
        raise UserError("That folder holds no scores.", str(folder), "give the --out of `evaluate run`")
    if card.recipe.get("version") != VERSION:
        raise UserError(f"The scores are of version {card.recipe.get('version')} of the suite, and this one compares "
                        f"version {VERSION}.", str(folder), "score the model again: `evaluate run`")  # fmt: skip
    if card.identity != identity_of(card.recipe, card.parents, card.code, card.versions) or not whole(folder, card):
        raise UserError(
            "The scores are not as they were written.", str(folder), "score the model again: `evaluate run`"
        )
    written = folder / ANSWERS  # a run of before answers were written has none
    answers = pl.read_parquet(written) if written.is_file() else pl.DataFrame(schema=ANSWER)
    return Scored(folder, card, pl.read_parquet(folder / ITEMS), pl.read_parquet(folder / BITS), answers,
                  name or visible(folder.resolve().name))  # fmt: skip


def open_all(folders: list[Path]) -> list[Scored]:
    """Several, by names of their own. Raises `UserError` for one that is given twice, and as `open_scores` does."""
    opened = [open_scores(folder) for folder in folders]
    names = [one.name for one in opened]
    for number, one in enumerate(opened):
        if one.card.identity in {other.card.identity for other in opened[:number]}:
            raise UserError("The same scores are given twice.", str(one.folder), "give each run once")
        if names.count(one.name) > 1:
            opened[number] = one._replace(name=visible(str(one.folder)))
    return opened
