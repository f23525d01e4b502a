"""Scores as they come, in parts on the disk: a run that is ended anywhere goes on at the next part.

Lies in a folder beside the output while a run is under way. `asked.json` holds the identity of the run: parts of
another one are never gone on with. Filled by `eval/run/score_tasks.py` and `eval/run/measure_bits.py`; the whole table
goes into the output (`eval/run/run.py`).
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl

from corpus.store import kill_point, write_json

ASKED = "asked.json"


class Parts:
    """The parts of a run. `fresh`: how many were made now, and not found."""

    def __init__(self, folder: Path, identity: str) -> None:
        self.folder, self.fresh = folder, 0
        if _identity(folder) != identity:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            write_json(folder / ASKED, {"identity": identity})

    def part(self, name: str, make: Callable[[], pl.DataFrame]) -> pl.DataFrame:
        """The part of a name: as it lies there, or made and written whole."""
        place = self.folder / f"{name}.parquet"
        if place.is_file():
            return pl.read_parquet(place)
        table = make()
        making = place.with_name(f".{place.name}.making")
        table.write_parquet(making)
        kill_point(f"part: written {name}")
        os.replace(making, place)
        self.fresh += 1
        kill_point(f"part: {name}")
        return table

    def note(self, name: str, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The same of what is no table: figures of one name."""
        place = self.folder / f"{name}.json"
        if not place.is_file():
            write_json(place, make())
        found: dict[str, Any] = json.loads(place.read_bytes())
        return found

    def remove(self) -> None:
        """When the output holds everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _identity(folder: Path) -> str:
    try:
        return str(json.loads((folder / ASKED).read_bytes())["identity"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
