"""The output folder of a build as the report sees it: its card, its run, and where the files of each family lie.

Nothing else is read: a folder that was copied to another machine gives the same report. What it holds is described in
`corpus/export.py`, `corpus/ledger.py` and `corpus/card.py`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from corpus.card import Card, read_card
from corpus.errors import UserError
from corpus.recipe import Recipe


class Build(NamedTuple):
    """A folder, its card, the recipe in the card as models, and `run.json` (empty where there is none)."""

    folder: Path
    card: Card
    recipe: Recipe
    run: dict[str, Any]

    def files(self, family: str) -> list[Path]:
        """The Parquet files of a family (`ledger/documents`, `facts/facts`), in order."""
        path = self.folder / family
        return sorted(path.parent.glob(f"{path.name}-[0-9]*.parquet"))

    def scan(self, family: str) -> pl.LazyFrame | None:
        """All rows of a family, lazily; None where the build has no such file."""
        files = self.files(family)
        return pl.scan_parquet(files, glob=False) if files else None

    def columns(self, family: str) -> dict[str, pl.DataType]:
        """The columns of a family and their types, without reading a row."""
        files = self.files(family)
        return dict(pl.scan_parquet(files[0], glob=False).collect_schema()) if files else {}


def open_build(folder: Path) -> Build:
    """Open the output folder of a build. Raises `UserError` when it holds no corpus."""
    card = read_card(folder)
    if card is None or card.kind != "corpus":
        raise UserError("That folder holds no corpus.", where=str(folder), mend="give the --out of a build")
    try:
        run = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        run = {}
    return Build(folder, card, Recipe.model_validate(card.recipe), run if isinstance(run, dict) else {})
