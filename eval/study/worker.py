"""Runs of a study, one after another in a process of its own.

python -m eval.study.worker STUDY OUT [SET ...]

Started by `eval/study/carry_out.py`, so that several go on side by side; the libraries are loaded once for all runs of
a process. On standard input come names of runs, a line each, until it is closed; on standard output goes where a run is
and that it is done. What the user must mend is told by the exit code 1 and the last lines of standard error.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from corpus.progress import Silent
from corpus.terminal import run as run_app

DONE, AT = "done\t", "at\t"  # what a line begins with that tells of a run's end, and of where it is
OFTEN = 0.5  # seconds from one line of where a run is to the next


class Telling(Silent):
    """Says on standard output where a run is: `at`, its name, the stage, and the share that is done."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.now, self.total, self.last = name, "", 1, 0.0

    def _begin(self, name: str, total: int, unit: str) -> None:
        self.now, self.total = name, max(total, 1)
        self._say(0)

    def _advance(self, done: int) -> None:
        if time.monotonic() - self.last >= OFTEN:
            self._say(done)

    def _say(self, done: int) -> None:
        self.last = time.monotonic()
        stage = " ".join(self.now.split())
        print(f"{AT}{self.name}\t{stage}\t{min(done / self.total, 1):.2f}", flush=True)


def main() -> None:
    """Do the work of the runs."""
    import torch

    from eval.study.arms import Places, run_name, runs
    from eval.study.recipe import load_study
    from eval.study.steps import carry_out
    from train.noise import quiet_libraries
    from train.orphans import end_with_parent

    end_with_parent()
    where, out, *sets = sys.argv[1:]
    torch.set_num_threads(1)  # several runs share the cores, and sums over two threads are rounded in another order
    quiet_libraries()
    loaded = load_study(where, tuple(sets))
    mine = {run_name(one): one for one in runs(loaded)}
    for line in sys.stdin:
        started, name = time.monotonic(), line.strip()
        carry_out(loaded, Places(Path(out)), mine[name], Telling(name))
        print(f"{DONE}{name}\t{time.monotonic() - started:.1f}", flush=True)


if __name__ == "__main__":
    run_app(main)
