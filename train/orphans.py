"""Processes that end with the one that started them, however that ends.

A parent holds a lock on a file, which the system lets go of when the parent is gone, killed with -9 too. Each of its
processes waits for that lock in a thread, and ends when it gets it: else workers would train on, with nobody to answer,
and keep the output folder from whoever gives the command again. Used by `train/launch.py` and `eval/study/carry_out.py`
for those that they start, however many launchers stand between.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

PARENT = "MATERIA_PARENT"  # the file whose lock the parent holds
GRACE = 5.0  # seconds in which a process may end what it has started


@contextlib.contextmanager
def parent_of(folder: Path) -> Iterator[dict[str, str]]:
    """Be the parent of what is started meanwhile. Gives what it is to find in its environment; the file lies in
    `folder`."""
    file = folder / "parent"
    with file.open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield {PARENT: str(file)}


def end_with_parent() -> None:
    """End this process when its parent ends; nothing where it has none that said so."""
    if file := os.environ.get(PARENT):
        threading.Thread(target=_outlived, args=(file,), daemon=True).start()


def _outlived(file: str) -> None:
    """SIGTERM first, to the main thread, which may be running a hook that has to end too (`train/hook.py`)."""
    with contextlib.suppress(FileNotFoundError), open(file, encoding="utf-8") as lock:  # gone with a parent that ended
        fcntl.flock(lock, fcntl.LOCK_SH)
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
