"""What the server has loaded from which processes are forked: those of builds, and those that tests kill.

Loading these libraries takes longer than what such a process does in a test. Python starts one server for each process
of pytest, when it is first wanted, and heeds only what was asked for before: so `tests/conftest.py` asks at the start.
The server does nothing else, so that no thread of polars, Arrow or torch is lost by a fork.
"""

from __future__ import annotations

from multiprocessing import set_forkserver_preload

LOADED = (
    "datatrove.executor.local", "corpus.build", "corpus.report.page", "tests.corpus.small", "pyarrow.parquet",
    "deepspeed", "torch.utils.tensorboard", "train.setup", "tests.train.small",
)  # fmt: skip


def load_before_forks() -> None:
    """Ask for it; heeded until the first process is forked."""
    set_forkserver_preload(list(LOADED))
