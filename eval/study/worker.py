"""Runs of a study, one after another in a process of its own.

python -m eval.study.worker STUDY OUT RUN[,RUN] [SET ...]

Started by `eval/study/carry_out.py`, so that several go on side by side; the libraries are loaded once for all runs of
a process. On standard output it says which run is done; what the user must mend is told by the exit code 1 and the last
lines of standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path

from corpus.progress import Silent
from corpus.terminal import run as run_app

DONE = "done\t"  # what a line begins with that tells of a run


def main() -> None:
    """Do the work of the runs."""
    import time

    import torch

    from eval.study.arms import Places, run_name, runs
    from eval.study.recipe import load_study
    from eval.study.steps import carry_out
    from train.noise import quiet_libraries
    from train.orphans import end_with_parent

    end_with_parent()
    where, out, names, *sets = sys.argv[1:]
    torch.set_num_threads(1)  # several runs share the cores, and sums over two threads are rounded in another order
    quiet_libraries()
    loaded = load_study(where, tuple(sets))
    mine = {run_name(one): one for one in runs(loaded)}
    for name in names.split(","):
        started = time.monotonic()
        carry_out(loaded, Places(Path(out)), mine[name], Silent())
        print(f"{DONE}{name}\t{time.monotonic() - started:.1f}", flush=True)


if __name__ == "__main__":
    run_app(main)
