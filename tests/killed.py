"""A process of its own that kills itself at a named moment, as a power cut would: for tests of what it leaves.

It is forked from a server that has the libraries loaded, for loading them takes longer than what these tests do. The
server has done nothing else, so that no thread of polars or Arrow is lost by the fork.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable

from corpus.store import KILL_VARIABLE

LOADED = ("datatrove.executor.local", "corpus.build", "corpus.report.page", "tests.corpus.small")
SECONDS = 120  # and no more, should it hang


def killed_at(point: str, work: Callable[..., object], *arguments: object) -> None:
    """Do `work` in another process, which must reach that moment and die of SIGKILL there."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(list(LOADED))
    process = processes.Process(target=_until, args=(point, work, arguments))
    process.start()
    process.join(SECONDS)
    assert process.exitcode == -9, f"{point} was never reached: exit code {process.exitcode}"


def _until(point: str, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    os.environ[KILL_VARIABLE] = point
    work(*arguments)
