"""Several processes that train one model: who is first, and what the first does while the others wait.

What the launcher says comes from the environment (`RANK`, `WORLD_SIZE`, `LOCAL_RANK`, as torchrun, `deepspeed` and
Slurm templates set them); used by `train/run.py` and `train/launch.py`. Without a launcher everything here is a
process alone. The process group is made here, so that it stands before model, Trainer and DeepSpeed ask for it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, TypeVar

from corpus.errors import UserError

T = TypeVar("T")
PATIENCE = timedelta(days=7)  # for what the first process prepares; training keeps torch's own, by which a hang is seen


class ToldByFirst(UserError):
    """The first process could not go on and says why; this one stops without a word."""


def world() -> int:
    """How many processes train."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def rank() -> int:
    """Which of them this is, from 0."""
    return int(os.environ.get("RANK", "0"))


def is_first() -> bool:
    """Whether this process prints, prepares and writes."""
    return rank() == 0


def is_worker() -> bool:
    """Whether a launcher started this process."""
    return "RANK" in os.environ and "WORLD_SIZE" in os.environ


def join() -> Any:
    """The group in which processes wait for the first; None for a process alone. Made once."""
    import torch
    import torch.distributed as group

    if not is_worker():
        return None
    if not group.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        group.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    if _waiting:
        return _waiting[0]
    _waiting.append(group.new_group(backend="gloo", timeout=PATIENCE))
    return _waiting[0]


_waiting: list[Any] = []


def leave() -> None:
    """End the group, as torch asks of a process that ends well."""
    import torch.distributed as group

    _waiting.clear()
    if group.is_initialized():
        group.destroy_process_group()


def wait() -> None:
    """Go on when all processes are here."""
    import torch.distributed as group

    if waiting := join():
        group.barrier(waiting)


@contextlib.contextmanager
def in_first(managed: Callable[[], contextlib.AbstractContextManager[Any]]) -> Iterator[None]:
    """A `with` that only the first process enters; the others wait until it has."""
    with contextlib.ExitStack() as stack:
        first_does(lambda: stack.enter_context(managed()) and None)
        yield


def first_does(work: Callable[[], T]) -> T:
    """What the first process's work gives, in every process; the others wait. Raises what the work raised in the
    first, and `ToldByFirst` in the others. The result is sent, so it is small: an answer and no table."""
    import torch.distributed as group

    waiting = join()
    if waiting is None:
        return work()
    told: list[Any] = [None, None]
    try:
        if is_first():
            told[0] = work()
    except BaseException as error:
        told[1] = error.args if isinstance(error, UserError) else (repr(error), "", "")
        raise
    finally:
        group.broadcast_object_list(told, src=0, group=waiting)
    if told[1] is not None:
        raise ToldByFirst(*told[1])
    result: T = told[0]
    return result
