"""Where each run of a study is, while they go on: a table in a terminal, a line a run elsewhere.

Told by `eval/study/carry_out.py` what its processes say; draws with rich on standard error. A run that is done shows
its first primary score, so that arms can be seen to part before all seeds are there.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any, Self

import polars as pl

from corpus.controls import visible
from corpus.errors import UserError
from eval.study.arms import NULL, Places, Run, run_name, runs
from eval.study.recipe import LoadedStudy

WAITS = "·"


class Board:
    """Shows nothing."""

    def __init__(self, loaded: LoadedStudy, places: Places) -> None:
        self.loaded, self.places = loaded, places
        self.runs = {run_name(run): run for run in runs(loaded)}
        self.seconds: dict[str, float] = {}
        self.began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """The end, however it came."""

    def at(self, name: str, stage: str, share: str) -> None:
        """Where a run is: a stage, and the share of it that is done."""

    def done(self, name: str, seconds: float) -> None:
        """A run is done."""
        self.seconds[name] = seconds

    @property
    def left(self) -> int:
        """Runs that are not done."""
        return len(self.runs) - len(self.seconds)

    def stopped(self) -> UserError:
        """What is told when the time is up."""
        told = f"Stopped after {(time.monotonic() - self.began) / 60:.1f} minutes with {len(self.seconds)} of "
        return UserError(f"{told}{len(self.runs)} runs done.", str(self.places.folder),
                         "give the same command again: what is finished is kept")  # fmt: skip

    def score(self, run: Run) -> float | None:
        """The first primary score of a run that is done."""
        primary = self.loaded.study.primary[0]
        wanted = {"task": primary.task, "formulation": primary.formulation, "metric": primary.metric,
                  "part": primary.part}  # fmt: skip
        found = pl.read_parquet(self.places.scores(run) / "scores.parquet").filter(**wanted)
        return float(found["value"][0]) if found.height else None


class Lines(Board):
    """A line for each run that is done."""

    def __init__(self, loaded: LoadedStudy, places: Places, console: Any) -> None:
        super().__init__(loaded, places)
        self.console = console

    def done(self, name: str, seconds: float) -> None:
        super().done(name, seconds)
        score = self.score(self.runs[name])
        told = f"{visible(name)}: {seconds:,.1f} s" + (f", {score:.4f}" if score is not None else "")
        self.console.print(f"  {len(self.seconds):>3} of {len(self.runs)}  {told}", markup=False, highlight=False)


class Table(Lines):
    """A table that is drawn anew: arms down, seeds across."""

    def __init__(self, loaded: LoadedStudy, places: Places, console: Any) -> None:
        from rich.live import Live

        super().__init__(loaded, places, console)
        self.cells = dict.fromkeys(self.runs, WAITS)
        self.live = Live(self.table(), console=console, refresh_per_second=2, transient=True)

    def __enter__(self) -> Self:
        self.live.start()
        return self

    def __exit__(self, *told: Any) -> None:
        self.live.stop()
        self.console.print(self.table())

    def at(self, name: str, stage: str, share: str) -> None:
        self.cells[name] = f"{visible(stage)[:24]} {float(share):.0%}"
        self.live.update(self.table())

    def done(self, name: str, seconds: float) -> None:
        Board.done(self, name, seconds)
        score = self.score(self.runs[name])
        self.cells[name] = f"{score:.4f}" if score is not None else f"{seconds:,.0f} s"
        self.live.update(self.table())

    def table(self) -> Any:
        """The table as it stands."""
        from rich.console import Group
        from rich.table import Table as Rich
        from rich.text import Text

        study = self.loaded.study
        primary = study.primary[0]
        spent = f"{len(self.seconds)} of {len(self.runs)} runs, {(time.monotonic() - self.began) / 60:.1f} minutes"
        told = f"{primary.metric.replace('_', ' ')} on {primary.task} of the runs that are done; {spent}"
        made = Rich(box=None, pad_edge=False)
        made.add_column("arm")
        for pair in range(study.seeds):
            made.add_column(f"seed {pair}", justify="right")
        for size in study.sizes or ("",):
            for name in (*(arm.name for arm in study.arm), *((NULL,) if study.null else ())):
                mine = (run for run in self.runs.values() if (run.name, run.size) == (name, size))
                cells = [self.cells[run_name(run)] for run in mine]
                made.add_row(f"{name} {size}".strip(), *cells)
        return Group(made, Text(told if self.left else spent, style="dim"))


def board_for(loaded: LoadedStudy, places: Places, quiet: bool) -> Board:
    """A table in a terminal, lines elsewhere, nothing where nothing is asked."""
    from rich.console import Console

    console = Console(stderr=True)
    return Board(loaded, places) if quiet else (Table if console.is_terminal else Lines)(loaded, places, console)
