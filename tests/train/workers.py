"""Small workers for `tests/train/test_launch.py`: each shows one way to end. They train nothing and load no torch."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from corpus.errors import UserError
from corpus.terminal import run
from train.launch import as_worker
from train.processes import ToldByFirst, is_first, rank, world


def speak() -> None:
    """Both say something; one of them is heard. The first writes what it finds around it."""
    print(f"process {rank()} of {world()}", flush=True)
    print(f"warning of {rank()}", file=sys.stderr, flush=True)
    if is_first():
        Path(sys.argv[2]).write_text(os.environ["OMP_NUM_THREADS"], encoding="utf-8")


def refuse() -> None:
    """Both meet what the user must mend, having said something."""
    print(f"process {rank()} of {world()}", flush=True)
    raise UserError("The lamp is out.", "the cellar", "bring oil")


def refuse_second() -> None:
    """One meets it; the other would go on for long."""
    if rank() == 1:
        raise UserError("The door is shut.", "the attic")
    time.sleep(60)


def told() -> None:
    """The first says why, the other knows it from the first and ends before it."""
    if rank() == 1:
        raise ToldByFirst("The lamp is out.")
    time.sleep(0.3)
    raise UserError("The lamp is out.")


def broken() -> None:
    """A fault of ours in the second."""
    if rank() == 1:
        raise ZeroDivisionError("in the second")
    time.sleep(60)


def killed() -> None:
    """The second is ended from outside."""
    if rank() == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)


def code() -> None:
    """The second ends with a code of its own."""
    sys.exit(3 if rank() == 1 else 0)


def wait() -> None:
    """Both wait for Ctrl-C, and say where they are."""
    Path(sys.argv[2], f"{rank()}.pid").write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(60)


WAYS = {one.__name__: one for one in (speak, refuse, refuse_second, told, broken, killed, code, wait)}

if __name__ == "__main__":
    run(lambda: as_worker(WAYS[sys.argv[1]]))
