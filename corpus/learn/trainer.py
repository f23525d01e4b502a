"""Trains one fastText classifier: `python -m corpus.learn.trainer LINES MODEL`, in a process of its own.

Called by `corpus/learn/fit.py`. With one thread, which alone gives the same model every time, the trainer of fastText
0.9 sets the first tenth of its matrix and takes the rest as the memory happens to be. So it is run in a fresh process
in which every large block of memory comes zeroed from the system (`ENVIRONMENT`), and gives the same bytes always.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

# glibc hands out blocks from this size on as fresh pages, and does not move the limit when they are freed.
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
# Chosen on the calibration half of the real documents (benchmarks/learned-2026-11.md).
ARGUMENTS = {"lr": 0.2, "dim": 16, "epoch": 10, "wordNgrams": 2, "bucket": 200_000, "minCount": 3, "minn": 0, "maxn": 0,
             "loss": "softmax", "thread": 1, "seed": 1, "verbose": 0}  # fmt: skip


class TrainingFailed(RuntimeError):
    """fastText gave up; its own message."""


def train(lines: Path, model: Path) -> None:
    """Train on a file of labelled lines and write the model. Raises `TrainingFailed`."""
    command = [sys.executable, "-m", "corpus.learn.trainer", str(lines), str(model)]
    root = str(Path(__file__).parents[2])
    paths = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    environment = {**os.environ, **ENVIRONMENT, "PYTHONPATH": paths}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise TrainingFailed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"exit {done.returncode}")


def main() -> None:
    """Train in this process."""
    import fasttext

    lines, model = sys.argv[1:3]
    fasttext.train_supervised(input=lines, **ARGUMENTS).save_model(model)


if __name__ == "__main__":
    main()
