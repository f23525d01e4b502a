"""The output folder of a build, opened: its card, its run, and its files, refused where this version cannot read them.

Every command that asks a folder (`explain`, `similar`, `what-if`, `diff`, `report`) opens it here, so that a folder of
another version, or one that has lost something, is told of in the same words everywhere. Nothing else is read: a
folder that was copied to another machine gives the same answers. What it holds is described in `corpus/export.py`,
`corpus/ledger.py` and `corpus/card.py`.
"""

from __future__ import annotations

import contextlib
import fnmatch
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from pydantic import ValidationError

from corpus.card import FORMAT, Card, foreign, read_card
from corpus.errors import UserError
from corpus.recipe import Recipe
from corpus.report.wording import STANDING
from corpus.store import sha256_file


class Build(NamedTuple):
    """A folder, its card, the recipe in the card as models, and `run.json` (empty where there is none)."""

    folder: Path
    card: Card
    recipe: Recipe
    run: dict[str, Any]

    @property
    def standing(self) -> int:
        """How many documents had the last word on their record: without any, a build writes no facts and sketches."""
        fates = self.card.counts.get("documents", {})
        return sum(fates.get(fate, 0) for fate in STANDING)

    def file(self, name: str) -> Path | None:
        """A file of the build; None where it wrote none of that name. Raises `UserError` when it did, and the file is
        gone or has another size."""
        path = self.folder / name
        if name in self.card.outputs:
            size = path.stat().st_size if path.is_file() else None
            if size != self.card.outputs[name][1]:
                raise self.damage(name)
        return path if path.exists() else None

    def files(self, family: str) -> list[Path]:
        """The Parquet files of a family (`ledger/documents`, `facts/facts`), in order. Raises as `file` does."""
        path = self.folder / family
        for name in fnmatch.filter(self.card.outputs, f"{family}-[0-9]*.parquet"):
            self.file(name)
        return sorted(path.parent.glob(f"{path.name}-[0-9]*.parquet"))

    def texts(self) -> list[Path]:
        """The data files that are there: a folder may be handed on without them."""
        here = sorted((self.folder / "data").glob("*.parquet"))
        return [path for path in here if self.file(f"data/{path.name}")]

    def scan(self, family: str) -> pl.LazyFrame | None:
        """All rows of a family, lazily; None where the build has no such file."""
        files = self.files(family)
        return pl.scan_parquet(files, glob=False) if files else None

    def need(self, family: str, columns: Collection[str] = ()) -> pl.LazyFrame:
        """The same of a family that every build with standing documents writes. Raises `UserError` when there is none,
        or when it lacks one of the columns, as that of another version may."""
        rows = self.scan(family)
        if rows is None:
            raise self.damage(f"{family}-00000.parquet")
        missing = sorted(set(columns) - set(self.columns(family)))
        if missing:
            told = f"its {family.partition('/')[0]} have no column {missing[0]!r}, which this version needs"
            raise other_version(self.folder, told, str(self.files(family)[0]))
        return rows

    def columns(self, family: str) -> dict[str, pl.DataType]:
        """The columns of a family and their types, without reading a row."""
        files = self.files(family)
        return dict(pl.scan_parquet(files[0], glob=False).collect_schema()) if files else {}

    def changed(self) -> str | None:
        """The first file whose bytes are not those that the card lists, texts last; None when there is none. Reads
        every file."""
        for name in sorted(self.card.outputs, key=lambda name: (name.startswith("data/"), name)):
            path = self.folder / name
            if path.exists() and sha256_file(path) != self.card.outputs[name][0]:
                return name
        return None

    def damage(self, name: str) -> UserError:
        """What is to be told of a file that is not as the build wrote it."""
        here = (self.folder / name).exists()
        what = "is damaged: it is not what the build wrote" if here else "is missing"
        first = "remove that file, then " if here else ""
        return UserError(f"A file of this corpus {what}.", str(self.folder / name), f"{first}{_again(self.folder)}")


def open_build(folder: Path) -> Build:
    """Open the output folder of a build. Raises `UserError` when it holds no corpus, or that of another version."""
    card, other = read_card(folder), foreign(folder)
    if other and (card is None or card.kind == "corpus"):
        raise other_version(folder, other, str(folder / "card.json"))
    if card is None or card.kind != "corpus":
        raise UserError("That folder holds no corpus.", where=str(folder), mend="give the --out of a build")
    try:
        run = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        run = {}
    return Build(folder, card, _recipe(folder, card), run if isinstance(run, dict) else {})


@contextlib.contextmanager
def reading(*builds: Build) -> Iterator[None]:
    """Whatever goes wrong inside goes wrong because of a damaged file, where the folder has one: sizes are compared
    with those of the card before a file is opened, and here, after the fact, the bytes."""
    try:
        yield
    except UserError:
        raise
    except (Exception, pl.exceptions.PanicException) as error:
        for build in builds:
            if name := build.changed():
                raise build.damage(name) from error
        raise


def other_version(folder: Path, told: str, where: str) -> UserError:
    """What is to be told of a corpus that this version cannot read; `told`: what shows it."""
    return UserError(f"This corpus was made by another version of Materia: {told}.", where, _again(folder))


def _recipe(folder: Path, card: Card) -> Recipe:
    """The recipe of the card; one that this version would not load is one of another version."""
    try:
        return Recipe.model_validate(card.recipe)
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(map(str, problem["loc"]))
        new = problem["type"] == "extra_forbidden"
        what = "which this version does not know" if new else f"which this version reads otherwise ({problem['msg']})"
        told = f"the recipe in its card (format {card.format}; this version reads format {FORMAT}) has {key!r}, {what}"
        raise other_version(folder, told, str(folder / "card.json")) from None


def _again(folder: Path) -> str:
    return (
        f"build the corpus again: `corpus build RECIPE --out {folder}` (what its store holds is not done a second time)"
    )
