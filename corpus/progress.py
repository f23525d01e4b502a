"""What a build shows while it works: the stage, how much is done, the rate, the time left.

`corpus/build.py` tells a `Watch`; `Screen` draws it with rich on standard error, `Silent` does not.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from typing import Any


class Silent:
    """Shows nothing and keeps the times of the stages (seconds), which go to `run.json`."""

    def __init__(self) -> None:
        self.times: dict[str, dict[str, float]] = {}
        self._unit = ""
        self._items = 0

    @contextlib.contextmanager
    def stage(self, name: str, total: int, unit: str = "documents") -> Iterator[None]:
        """A stage of `total` pieces of work, counted in `unit`."""
        start = time.monotonic()
        self._unit, self._items = unit, 0
        self._begin(name, total, unit)
        whole = False
        try:
            yield
            whole = True
        finally:
            seconds = time.monotonic() - start
            told = {"seconds": round(seconds, 3), "pieces": total, unit: self._items}
            before = self.times.get(name, {})  # relate is entered again to settle what the first pass left open
            self.times[name] = {key: round(before.get(key, 0) + value, 3) for key, value in told.items()}
            self._end(name, seconds, whole)

    def tick(self, done: int, counts: dict[str, int]) -> None:
        """`done` pieces are finished; `counts` are those of the latest."""
        self._items += counts.get(self._unit, 0)
        self._advance(done)

    def say(self, text: str) -> None:
        """A line for the reader."""

    def _begin(self, name: str, total: int, unit: str) -> None: ...
    def _end(self, name: str, seconds: float, whole: bool) -> None: ...
    def _advance(self, done: int) -> None: ...


class Screen(Silent):
    """The same, drawn with rich on standard error: one line a stage."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console

        self.console = Console(stderr=True)
        self._bar: Any = None
        self._task: Any = None
        self._start = 0.0

    def say(self, text: str) -> None:
        """A line for the reader, above the bar."""
        self.console.print(text, highlight=False, markup=False)

    def _begin(self, name: str, total: int, unit: str) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._start = time.monotonic()
        columns = (
            TextColumn("  {task.description:<9}"), BarColumn(bar_width=28), MofNCompleteColumn(),
            TextColumn("{task.fields[rate]}"), TextColumn("left"), TimeRemainingColumn(compact=True),
        )  # fmt: skip
        self._bar = Progress(*columns, console=self.console, transient=True, disable=not self.console.is_terminal)
        self._task = self._bar.add_task(name, total=total, rate="")
        self._bar.start()

    def _advance(self, done: int) -> None:
        rate = self._items / max(time.monotonic() - self._start, 1e-9)
        self._bar.update(self._task, completed=done, rate=f"{rate:,.0f} {self._unit}/s")

    def _end(self, name: str, seconds: float, whole: bool) -> None:
        self._bar.stop()
        items = f"{self._items:,} {self._unit}" if self._items else "nothing new" if whole else ""
        if not whole:
            items = f"broken off after {items}" if items else "broken off"
        self.console.print(f"  {name:<9} {items:<22} {seconds:6.1f} s", highlight=False)
