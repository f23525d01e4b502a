"""The mixture of a run as rows to be shown: a row per slice, source and tier, and what is too much for a reader summed.

Comes from `train/data/mixture.py` (`table`) before the run and from `mixture.parquet` after it; goes to the screen
(`train/page/summary.py`) and to the final page (`train/page/page.py`), which so say the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import polars as pl

from corpus.errors import UserError

MIXTURE = "mixture.parquet"
COLUMNS = ("slice", "source", "tier", "documents", "tokens", "bytes", "epochs", "share")


class Mixed(NamedTuple):
    """A row. `epochs`: how often the text that there is was read, None where that cannot be told; `share` of all
    tokens of the run."""

    slice: str
    source: str
    tier: str
    documents: int
    tokens: int
    bytes: int
    epochs: float | None
    share: float


class Folded(NamedTuple):
    """Rows in the order of the table, `rest` the sum of those left out (None where none is), of how many (`left`),
    and the sum of all."""

    rows: list[Mixed]
    rest: Mixed | None
    left: int
    whole: Mixed


def folded(table: pl.DataFrame, most: int) -> Folded:
    """At most `most` rows: where there are more, those of most tokens, and one for the rest. `table`: COLUMNS."""
    rows = [Mixed(*row) for row in table.select(COLUMNS).iter_rows()]
    whole = _summed(rows, "all", sum(row.tokens for row in rows))
    if len(rows) <= most:
        return Folded(rows, None, 0, whole)
    by_size = sorted(range(len(rows)), key=lambda place: (-rows[place].tokens, place))
    kept = set(by_size[: most - 1])
    left = [row for place, row in enumerate(rows) if place not in kept]
    return Folded(
        [rows[place] for place in sorted(kept)], _summed(left, f"{len(left)} more", whole.tokens), len(left), whole
    )


def _summed(rows: list[Mixed], name: str, of: int) -> Mixed:
    """The sum of rows, as a row; `of`: tokens of the run. Rows that were not read at all have no epochs that would tell
    how much of them there is."""
    tokens = sum(row.tokens for row in rows)
    there = [row.tokens / row.epochs for row in rows if row.epochs]
    known = len(there) == len(rows) and bool(rows)
    return Mixed(name, "", "", sum(row.documents for row in rows), tokens, sum(row.bytes for row in rows),
                 tokens / sum(there) if known else None, tokens / max(of, 1))  # fmt: skip


def read_mixture(folder: Path) -> pl.DataFrame | None:
    """The mixture of a run's folder; None where it has none. Raises `UserError` when it cannot be read."""
    file = folder / MIXTURE
    if not file.is_file():
        return None
    try:
        return pl.read_parquet(file, columns=list(COLUMNS), use_pyarrow=False, glob=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UserError("The mixture of the run cannot be read.", where=f"{file}: {error}",
                        mend="train again, or remove that file: the page does without") from None  # fmt: skip
