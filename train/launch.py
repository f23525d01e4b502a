"""Starts the processes that train one model on this machine, waits for them, and says what they ended with.

Called by a command of `train/cli.py` with what `--launch`, `--processes` and `--sharding` say. The workers run the same
command line again and find in their environment that they are workers (`train/processes.py`). Only the first of them
writes to the terminal; what the others say is kept and shown when one of them was the first to fail. On several
machines there is no such parent: `torchrun` or Slurm start the workers there (docs/cluster.md).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from corpus.controls import visible_lines
from corpus.errors import UserError
from train.orphans import end_with_parent, parent_of
from train.presets import PRESETS
from train.processes import ToldByFirst, is_first, is_worker, leave, rank
from train.sharding import SHARDINGS

T = TypeVar("T")
LAUNCHERS = ("local", "torchrun", "deepspeed")
SAID = "MATERIA_WORKERS_SAID"  # the folder in which every worker but the first keeps what it says
FAILED = ".failed"  # beside it: what the user must mend, or an empty list for a fault that was printed
TAIL = 4000  # characters of it that are shown


class Launch(NamedTuple):
    """`kind`: local (this process alone), torchrun or deepspeed. `sharding`: of `train/sharding.py`."""

    kind: str = "local"
    processes: int = 1
    sharding: str = "none"


def checked(launch: Launch) -> Launch:
    """The same. Raises `UserError` for what does not fit together."""
    kind, processes, sharding = launch
    for told, names, option in ((kind, LAUNCHERS, "--launch"), (sharding, SHARDINGS, "--sharding")):
        if told not in names:
            raise UserError(f"There is no {told!r} for {option}.", mend=f"choose one of {', '.join(names)}")
    if processes < 1:
        raise UserError(f"{processes} processes cannot train.", where="--processes", mend="give 1 or more")
    if is_worker():
        return launch  # torchrun, deepspeed or Slurm said how many
    if kind == "local" and (processes > 1 or sharding != "none"):
        raise UserError("--launch local is one process, which has nothing to share out.", where="--launch",
                        mend="add --launch torchrun")  # fmt: skip
    if processes > 1 and sharding == "none":
        raise UserError(f"{processes} processes need to know how to share the work.", where="--sharding",
                        mend="add --sharding ddp (each holds the whole model), zero2, zero3 or fsdp2")  # fmt: skip
    if kind == "deepspeed" and sharding not in PRESETS:
        raise UserError(f"--launch deepspeed starts DeepSpeed's own sharding, and {sharding} is not of it.",
                        where="--sharding", mend="give zero1, zero2 or zero3; or --launch torchrun")  # fmt: skip
    return launch


def launched(launch: Launch, work: Callable[[], T]) -> T | None:
    """Do the work in this process, when it is alone or a worker, and give its result; else start workers that run this
    command line again, and give None when all ended well. Raises `UserError`, and `SystemExit` with the code of the
    worker that failed first and has said why."""
    checked(launch)
    if is_worker():
        return as_worker(work)
    if launch.kind == "local":
        return work()
    start([sys.executable, "-P", "-m", "train.cli", *sys.argv[1:]], launch)
    return None


def as_worker(work: Callable[[], T]) -> T:
    """The work of a worker. What the user must mend is handed to the parent, which says it once, however many met it;
    without a parent of ours the first says what it told the others."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C reaches every process: the parent alone answers
    end_with_parent()
    folder = os.environ.get(SAID)
    if folder and not is_first():
        _speak_into(Path(folder) / f"{rank()}.txt")
    try:
        result = work()
    except ToldByFirst:
        raise SystemExit(0) from None
    except BaseException as error:
        if folder:
            told = error.args if isinstance(error, UserError) else []
            (Path(folder) / f"{rank()}{FAILED}").write_text(json.dumps(told), encoding="utf-8")
            if told:
                raise SystemExit(1) from None
        raise
    leave()
    return result


def _speak_into(file: Path) -> None:
    """Output and errors of this process, and of what it starts, into a file."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    with file.open("ab") as kept:
        os.dup2(kept.fileno(), 1)
        os.dup2(kept.fileno(), 2)


def start(command: Sequence[str], launch: Launch) -> None:
    """Start workers that run a command, and wait until all have ended. Raises as `launched` does, and
    `KeyboardInterrupt` after Ctrl-C, when the workers are gone."""
    _refuse_too_many(launch.processes)
    with (
        tempfile.TemporaryDirectory(prefix="materia-workers-") as folder,
        parent_of(Path(folder)) as told,
        _surroundings(launch.processes, {SAID: folder, **told}),
    ):
        code = {"torchrun": _torchrun, "deepspeed": _deepspeed}[launch.kind](list(command), launch.processes, folder)
        if code:
            raise _ended(code, Path(folder))


def _refuse_too_many(processes: int) -> None:
    import torch

    if torch.cuda.is_available() and processes > torch.cuda.device_count():
        raise UserError(f"{processes} processes want a GPU each, and there are {torch.cuda.device_count()}.",
                        where="--processes", mend=f"give {torch.cuda.device_count()}")  # fmt: skip


@contextlib.contextmanager
def _surroundings(processes: int, more: dict[str, str]) -> Iterator[None]:
    """What workers find in their environment: where modules come from, in this process' own order (with `-P` a file
    train.py where the user stands is none of them), their share of the cores, and `more`: where to speak, whose end is
    theirs."""
    cores = max((os.cpu_count() or 1) // processes, 1)
    # What torch's C++ warns of goes past Python's filters: DDP, that it looked for weights without a part in the loss
    # and found none, which holds of some steps of a first phase and not of others. Its errors are heard.
    told = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            "OMP_NUM_THREADS": os.environ.get("OMP_NUM_THREADS", str(cores)),
            "TORCH_CPP_LOG_LEVEL": os.environ.get("TORCH_CPP_LOG_LEVEL", "ERROR"), **_device(), **more}  # fmt: skip
    before = {name: os.environ.get(name) for name in told}
    os.environ.update(told)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _device() -> dict[str, str]:
    """DeepSpeed, whose launchers are processes too, warns in each of a device that it does not find and is not told."""
    import torch

    return {} if torch.accelerator.is_available() else {"DS_ACCELERATOR": os.environ.get("DS_ACCELERATOR", "cpu")}


def _torchrun(command: list[str], processes: int, folder: str) -> int:
    """What `torchrun --standalone --no-python` does, called as a function: so that its own traceback beside the
    worker's is not shown."""
    import logging
    import uuid

    from torch.distributed.elastic.multiprocessing import SignalException
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.launcher.api import LaunchConfig, elastic_launch

    logging.getLogger("torch.distributed.elastic").setLevel(logging.CRITICAL)
    config = LaunchConfig(
        min_nodes=1, max_nodes=1, nproc_per_node=processes, rdzv_backend="c10d", rdzv_endpoint="localhost:0",
        run_id=uuid.uuid4().hex, max_restarts=0, local_addr="localhost",
    )  # fmt: skip
    try:
        elastic_launch(config, command[0])(*command[1:])
    except ChildFailedError as error:
        return error.get_first_failure()[1].exitcode
    except SignalException as error:
        if error.sigval == signal.SIGINT:
            raise KeyboardInterrupt from None
        raise SystemExit(128 + error.sigval) from None
    return 0


def _deepspeed(command: list[str], processes: int, folder: str) -> int:
    """DeepSpeed's own launcher, without a host file."""
    none = str(Path(folder) / "hosts")
    runner = [sys.executable, "-P", "-m", "deepspeed.launcher.runner", "--hostfile", none, "--num_gpus", str(processes),
              "--master_port", str(_free_port()), "--no_python", "--no_local_rank", "--quiet", "--"]  # fmt: skip
    with subprocess.Popen([*runner, *command]) as running:
        try:
            return running.wait()
        except KeyboardInterrupt:
            running.send_signal(signal.SIGINT)
            running.wait()
            raise


def _free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("localhost", 0))
        port: int = one.getsockname()[1]
        return port


def _ended(code: int, folder: Path) -> Exception | SystemExit:
    """What is raised for workers that ended badly: what the one said that failed before all others."""
    failed = sorted(folder.glob(f"*{FAILED}"), key=lambda path: path.stat().st_mtime_ns)
    if failed and (told := json.loads(failed[0].read_bytes() or "[]")):
        return UserError(*told)
    if code < 0 and not failed:
        name = signal.Signals(-code).name
        return UserError(f"A process that trained was ended by {name}, which for SIGKILL mostly means lack of memory.",
                         mend="run the same command again to go on from the last checkpoint")  # fmt: skip
    if failed and (said := folder / f"{failed[0].name.removesuffix(FAILED)}.txt").is_file():
        print(visible_lines(said.read_text(encoding="utf-8", errors="replace")[-TAIL:]), file=sys.stderr)
    return SystemExit(code if code > 0 else 128 - code)
