"""A process of its own that kills itself at a named moment, as a power cut would: for tests of what it leaves.

It is forked from the server of `tests/forked.py`.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Callable

from corpus.store import KILL_VARIABLE

SECONDS = 120  # and no more, should it hang


def killed_at(point: str, work: Callable[..., object], *arguments: object) -> None:
    """Do `work` in another process, which must reach that moment and die of SIGKILL there."""
    process = multiprocessing.get_context("forkserver").Process(target=_until, args=(point, work, arguments))
    process.start()
    process.join(SECONDS)
    assert process.exitcode == -9, f"{point} was never reached: exit code {process.exitcode}"


def _until(point: str, work: Callable[..., object], arguments: tuple[object, ...]) -> None:
    if "torch" in sys.modules:  # one thread, as here: sums over two are rounded in another order
        sys.modules["torch"].set_num_threads(1)
    os.environ[KILL_VARIABLE] = point
    work(*arguments)
