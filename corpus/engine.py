"""One small engine: pieces of a stage's work, dealt over local processes by datatrove's executor.

`Engine.run(work, payloads)` calls `work(payload, store)` once for each payload, in any order and on any number of
processes; the work function commits its own results to the store, so the order and the number of workers can never
change what comes out. datatrove's executor runs and logs the ranks; we do not use its completion markers (they know
only the rank) nor its process pool (it waits for ever when a worker is killed): a dead worker is noticed here, its
pieces are dealt out once more, and the build stops with a sentence if that fails again.
"""

from __future__ import annotations

import functools
import importlib
import json
import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from corpus.errors import UserError
from corpus.store import Store, kill_point

RANKS_PER_WORKER = 8  # enough that the last ones to finish do not keep the others waiting for long
POLL_SECONDS = 0.25
Payload = dict[str, Any]
Tick = Callable[[int, dict[str, int]], None]


class Engine:
    """Runs work on `workers` processes against `store`; a context manager that keeps its processes between stages.

    `tasks` is the number of ranks a stage is dealt into; 0 means one for a single worker and a few for each of
    several (a rank costs datatrove about 50 ms, mostly for its log).
    """

    def __init__(self, store: Store, workers: int = 1, tasks: int = 0) -> None:
        self.store = store
        self.workers = workers
        self.tasks = tasks
        self.peak_bytes = 0  # largest resident set of any worker so far
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def warm(self) -> None:
        """Start the processes of a pool: they are ready (about a second) when the first stage has something to do."""
        if self.workers > 1:
            self._processes().submit(_start_worker)

    def _processes(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                self.workers, mp_context=multiprocessing.get_context("spawn"), initializer=_start_worker
            )
        return self._pool

    def run(self, stage: str, work: str, payloads: Sequence[Payload], tick: Tick | None = None) -> list[dict[str, int]]:
        """Do all payloads; `work` is `module:function`. Returns the counts of each payload, in order.

        `tick(done, counts)` is called as pieces finish. Raises `UserError` when a worker dies twice.
        """
        default = 1 if self.workers == 1 else RANKS_PER_WORKER * self.workers
        tasks = min(self.tasks or default, len(payloads))
        logs = Path(tempfile.mkdtemp(prefix="materia-logs-"))  # datatrove's, per rank; of no use once a stage is done
        notes = _Notes(logs, len(payloads), tick)
        results: dict[int, dict[str, int]] = {}
        try:
            for rank, counted in self._ranks(stage, work, payloads, tasks, notes):
                results.update(zip(range(rank, len(payloads), tasks), counted, strict=True))
        finally:
            shutil.rmtree(logs, ignore_errors=True)
        return [results[index] for index in range(len(payloads))]

    def _ranks(self, stage: str, work: str, payloads: Sequence[Payload], tasks: int, notes: _Notes) -> Iterable[Any]:
        job = (work, str(self.store.root), tasks, str(notes.folder))
        if self.workers == 1:
            for rank in range(tasks):
                yield rank, self._noted(_run_rank(rank, payloads[rank::tasks], *job, notes.add))
            return
        waiting = set(range(tasks))
        for attempt in (1, 2):
            try:
                yield from self._pooled(waiting, payloads, job, notes)
                return
            except BrokenProcessPool:
                self._pool = None
                if attempt == 2:
                    raise UserError(
                        f"A worker of stage {stage!r} was killed twice; systems do that when memory is short.",
                        mend="run again with fewer --workers; what is finished is kept and not done again",
                    ) from None

    def _pooled(
        self, waiting: set[int], payloads: Sequence[Payload], job: tuple[Any, ...], notes: _Notes
    ) -> Iterable[Any]:
        """Ranks as they finish; `waiting` loses each, so that a second attempt knows what is left."""
        tasks = job[2]
        pool = self._processes()
        ranks = iter(sorted(waiting))
        running: dict[Future[Any], int] = {}
        try:
            while True:
                while len(running) < 2 * self.workers and (rank := next(ranks, None)) is not None:
                    # The queue is kept short: payloads are pickled when submitted.
                    running[pool.submit(_run_rank, rank, payloads[rank::tasks], *job)] = rank
                if not running:
                    return
                finished = wait(running, timeout=POLL_SECONDS, return_when=FIRST_COMPLETED).done
                notes.read()
                for future in finished:
                    rank = running.pop(future)
                    counted = self._noted(future.result())
                    waiting.discard(rank)
                    yield rank, counted
        except Exception:  # the others still write their logs, whose folder goes when this is raised on
            for future in running:
                future.cancel()
            wait(running)
            raise

    def _noted(self, answer: tuple[list[dict[str, int]], int]) -> list[dict[str, int]]:
        counted, peak = answer
        self.peak_bytes = max(self.peak_bytes, peak)
        return counted


class _Notes:
    """How far the ranks are: each worker adds a line a piece to a file of its own, and the parent reads on from where
    it was. (A queue would do as well, but one more thing hangs when a worker is killed.)"""

    def __init__(self, folder: Path, total: int, tick: Tick | None) -> None:
        self.folder = folder
        self._total = total
        self._tick = tick
        self._done = 0
        self._read: dict[Path, int] = {}

    def add(self, counts: dict[str, int]) -> None:
        """One more piece is finished."""
        self._done = min(self._done + 1, self._total)  # pieces of a killed worker are done, and counted, twice
        if self._tick:
            self._tick(self._done, counts)

    def read(self) -> None:
        """Add what the workers have written since."""
        for path in self.folder.glob("*.notes"):
            with open(path, "rb") as file:
                file.seek(self._read.get(path, 0))
                whole = file.read().rpartition(b"\n")[0]
            self._read[path] = self._read.get(path, 0) + len(whole) + bool(whole)
            for line in whole.splitlines():
                self.add(json.loads(line))


def _start_worker() -> None:
    """One thread a process: the processes are the parallelism, and two layers of it fight over the cores."""
    for name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS"):
        os.environ[name] = "1"
    import pyarrow

    pyarrow.set_cpu_count(1)
    pyarrow.set_io_thread_count(1)
    importlib.import_module("datatrove.executor.local")  # what every rank needs


def _run_rank(
    rank: int,
    payloads: Sequence[Payload],
    work: str,
    store: str,
    tasks: int,
    logs: str,
    done: Callable[[dict[str, int]], None] | None = None,
) -> tuple[list[dict[str, int]], int]:
    """One rank, run by datatrove's executor in this process. Returns each payload's counts and the peak memory."""
    from datatrove.executor.local import LocalPipelineExecutor
    from datatrove.utils.logging import logger

    module, _, name = work.partition(":")
    function = getattr(importlib.import_module(module), name)
    done = done or functools.partial(_note, Path(logs) / f"{rank}.notes")
    counted: list[dict[str, int]] = []
    failed: list[Exception] = []

    def step(_data: Any, rank: int, _world_size: int) -> Iterable[None]:
        try:
            for payload in payloads:
                kill_point(f"{name}:starting")
                counted.append(function(payload, Store(Path(store))) or {})
                done(counted[-1])
        except Exception as error:
            failed.append(error)  # raised after the executor, which would print a traceback for a user's own slips
        return ()

    logger.remove()
    executor = LocalPipelineExecutor([step], tasks=tasks, workers=1, logging_dir=logs, skip_completed=False)
    executor._run_for_rank(rank, local_rank=1)  # local rank 1: datatrove prints nothing to the console
    if failed:
        raise failed[0]
    return counted, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _note(path: Path, counts: dict[str, int]) -> None:
    """Tell the parent that a piece is finished."""
    with open(path, "ab") as file:
        file.write(json.dumps(counts).encode() + b"\n")


def default_workers() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def stopwatch() -> Callable[[], float]:
    """Seconds since the call, as a function."""
    start = time.monotonic()
    return lambda: time.monotonic() - start
