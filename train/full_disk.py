"""A disk that is full while a run writes: told with what was needed, what is free, and how the run goes on.

Around everything that training writes: checkpoints (`train/loop.py`), log and model (`train/run_folder.py`), ids
(`train/data/tokenized.py`), and the models that are made of models (`train/model_folder.py`). What a full disk looks
like to the libraries is in `corpus/disk.py`; torch, and polars at the end of a Parquet file, say nothing of it, and
there the disk is asked.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import tempfile
from collections.abc import Callable, Iterator
from errno import EFBIG, ENOSPC
from pathlib import Path

from corpus.disk import FULL, MENDS, refusal
from corpus.errors import UserError
from corpus.report.wording import size

# Where a writer of files fails without a cause: torch's, and that of the end of a Parquet file in polars.
SILENT = ("inline_container", "PytorchStreamWriter", "Invalid thrift: transport error")
LEAST = 1 << 20  # bytes that are asked for where nobody knows how many were needed


@contextlib.contextmanager
def told_if_full(
    what: str, folder: Path, then: Callable[[], str], needed: Callable[[], int | None] = lambda: None,
    undo: Callable[[], object] = lambda: None,
) -> Iterator[None]:  # fmt: skip
    """A full disk in this block becomes a `UserError`. `what` was being written into `folder`, which takes `needed`
    bytes (None: not known); `undo` removes what was begun; `then` says what follows on making room."""
    try:
        yield
    except UserError:
        raise
    except BaseException as error:  # torch.distributed's own is no `Exception`
        wanted = needed()
        number = refusal(error) or _answer(error, folder, wanted or LEAST)
        if not number:
            raise
        undo()
        raise UserError(f"{FULL[number]}: {what} could not be written{_room(number, folder, wanted)}.",
                        where=str(folder), mend=f"{MENDS[number]}, {then()}") from None  # fmt: skip


def _answer(error: BaseException, folder: Path, wanted: int) -> int:
    """What the disk says to so many bytes, where a library could not write a file; 0 where it takes them."""
    if not any(name in str(error) for name in SILENT):
        return 0
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            os.posix_fallocate(file.fileno(), 0, wanted)
    except OSError as answer:
        return refusal(answer)
    return 0


def _room(number: int, folder: Path, wanted: int | None) -> str:
    """What was needed, and what there is."""
    needs = f"it takes {size(wanted)}, and" if wanted else ""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    if number == ENOSPC:
        free = size(shutil.disk_usage(folder).free)
        return f" ({needs} {free} are free)" if needs else f" (it takes more than the {free} that are free)"
    if number == EFBIG and limit != resource.RLIM_INFINITY:
        return f" ({needs or 'it takes more:'} a file may have {size(limit)})"
    return f" (it takes {size(wanted)})" if wanted else ""
