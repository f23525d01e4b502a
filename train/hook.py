"""What a recipe has run of each checkpoint, such as an evaluation: a command of the user's in a process of its own.

Settings come from `[hook]` of a recipe (`train/recipe.py`); `train/loop.py` runs it by the first process, when a
checkpoint is whole, and hands the result to `train/progress.py`. Whatever the command does, it cannot harm the run: it
fails, hangs, is killed for want of memory, and is told as such. It sees the weights on disk alone, so that nothing of
this floor knows who measures them.

The command ends with 0 and prints a JSON object on standard output (all of it, or its last line); numbers in it get
curves. Its output is kept in the run's folder.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from corpus.controls import visible
from corpus.errors import UserError
from train.recipe import HookSettings

OUTPUT = "hook"  # the folder in which the output of every call is kept
MOST = 64 * 1024  # bytes of a result that the log takes up
TAIL = 300  # characters of what a command said before it failed
# What a launcher tells its workers: a command that trains or evaluates would take itself for one of them.
LAUNCHED = ("RANK", "WORLD_SIZE", "LOCAL_", "GROUP_", "ROLE_", "CROSS_", "MASTER_", "TORCHELASTIC_", "ACCELERATE_",
            "FSDP_", "MATERIA_WORKERS_")  # fmt: skip


class Hook(NamedTuple):
    """A command. `folder`: where it runs, which is that of the recipe; `timeout`: seconds that it may take."""

    command: tuple[str, ...]
    folder: Path
    timeout: int


def hook_of(told: HookSettings, folder: Path) -> Hook | None:
    """The hook of a recipe in a folder; None where it has none. Raises `UserError` when there is no such program."""
    if not told.command:
        return None
    name, folder = told.command[0], folder.absolute()
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    found = shutil.which(str(folder / name)) if os.sep in name else shutil.which(name, path=beside)
    if found is None:
        raise UserError(f"There is no program {visible(name)!r} to run of each checkpoint.", where="hook.command",
                        mend="install it beside `train` or on the PATH, or give its path")  # fmt: skip
    return Hook((found, *told.command[1:]), folder, told.timeout)


def call(hook: Hook, checkpoint: Path, step: int, tokens: int, folder: Path) -> dict[str, Any]:
    """Run the command of a checkpoint and wait for it; its output goes to files in `folder`. What is logged of it:
    `seconds`; `exit`, its code, None where it did not end by itself; `result`, its JSON, or `left_out`, the bytes of
    one that is too long; `failed`, in words. Raises nothing for what the command does."""
    told = {"{checkpoint}": str(checkpoint), "{step}": str(step), "{tokens}": str(tokens)}
    command = [_filled(part, told) for part in hook.command]
    folder.mkdir(exist_ok=True)
    out, said = folder / f"{checkpoint.name}.out", folder / f"{checkpoint.name}.err"
    started = time.monotonic()
    try:
        code = _ran(command, hook, out, said)
    except OSError as error:
        return {"seconds": 0.0, "exit": None, "failed": f"could not be started: {visible(str(error))}"}
    except subprocess.TimeoutExpired:
        return {"seconds": _since(started), "exit": None, "failed": f"stopped after {hook.timeout:,} seconds"}
    ended: dict[str, Any] = {"seconds": _since(started), "exit": code}
    if code:
        return {**ended, "failed": f"{_how(code)}; {_last_words(said) or 'it said nothing'}"}
    return {**ended, **_result(out)}


def _since(started: float) -> float:
    return round(time.monotonic() - started, 2)


def _filled(part: str, told: dict[str, str]) -> str:
    for name, value in told.items():
        part = part.replace(name, value)
    return part


def _ran(command: list[str], hook: Hook, out: Path, said: Path) -> int:
    """The exit code. The command leads a group of processes, all of which are ended when it takes too long, and when
    this process is stopped meanwhile, by Ctrl-C, by torchrun or by Slurm."""
    around = {name: value for name, value in os.environ.items() if not name.startswith(LAUNCHED)}
    with out.open("wb") as output, said.open("wb") as errors, _ended_with_this() as group:
        running = subprocess.Popen(command, cwd=hook.folder, env=around, stdin=subprocess.DEVNULL, stdout=output,
                                   stderr=errors, start_new_session=True)  # fmt: skip
        try:
            group.started(running.pid)
            return running.wait(hook.timeout)
        except BaseException:
            os.killpg(running.pid, signal.SIGKILL)  # not waited for yet, so that the number is still its own
            running.wait()
            raise


class _Group:
    """The processes of a command, which a signal to this process ends first, even one that came while they were being
    started."""

    def __init__(self) -> None:
        self.number = self.signal = 0

    def started(self, number: int) -> None:
        self.number = number
        if self.signal:
            self.end(self.signal)

    def end(self, number: int, _: object = None) -> None:
        self.signal = number
        if self.number:
            os.killpg(self.number, signal.SIGKILL)
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)


@contextlib.contextmanager
def _ended_with_this() -> Iterator[_Group]:
    """Where a signal would end this process without a word, as workers leave it to their launcher, the group ends
    first."""
    group = _Group()
    mine = threading.current_thread() is threading.main_thread()  # no other may say what a signal does
    silent = [one for one in (signal.SIGINT, signal.SIGTERM) if mine and signal.getsignal(one) is signal.SIG_DFL]
    for one in silent:
        signal.signal(one, group.end)
    try:
        yield group
    finally:
        for one in silent:
            signal.signal(one, signal.SIG_DFL)
        if group.signal and not group.number:  # nothing was started
            os.kill(os.getpid(), group.signal)


def _how(code: int) -> str:
    return f"ended with {code}" if code > 0 else f"was ended by {signal.Signals(-code).name}"


def _last_words(said: Path) -> str:
    """The end of what a command said on standard error."""
    return visible(_end_of(said, 4 * TAIL)[-TAIL:])


def _result(out: Path) -> dict[str, Any]:
    """The JSON object that stands on standard output, whole or in its last line: as `result`, or, where it is too long
    for a log, as `left_out`. Nothing where there is none."""
    size, text = out.stat().st_size, _end_of(out, MOST)
    for part in (text, text.rpartition("\n")[2]):
        try:
            found = json.loads(part, parse_constant=lambda _: None)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict):
            return {"result": found}
    return {"left_out": size} if size > MOST else {}


def _end_of(file: Path, size: int) -> str:
    with file.open("rb") as read:
        read.seek(max(file.stat().st_size - size, 0))
        return read.read().decode(errors="replace").strip()
