"""Checkpoints of a run: whole or absent, the oldest pruned, refused where they are of another run.

Written by `train/loop.py` into a folder aside, which is renamed when all of it is on disk; read again when a run is
taken up. A checkpoint is named by its step. `checkpoint.json` in each says how large every file is and what its hash
is (XXH3: against bad disks, as nobody forges a checkpoint of his own), so that one that lost or changed a byte is not
taken for whole; `measured.json`, what was measured of those very weights on what is held out, as it stands in the log:
by it a checkpoint is chosen. The tokenizer lies in each, so that it is a model to open.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xxhash

from corpus.errors import UserError
from corpus.store import kill_point, write_json
from train.modes import by_umask

if TYPE_CHECKING:
    from train.hook import Hook

CONTENT, MEASURED = "checkpoint.json", "measured.json"
PREFIX = "checkpoint-"  # transformers' own name, which its Trainer writes and reads
BLOCK = 1 << 22  # bytes that are hashed at once

Noted = dict[str, tuple[int, str]]  # of each file of a checkpoint its size and its hash


class Checkpoints(NamedTuple):
    """The checkpoints in a folder. `keep`: how many of them stay; `fixed`: steps whose checkpoint always stays;
    `beside`: puts the tokenizer into one, which so is a model that can be evaluated or trained on; `resumable`: whether
    the state of the optimizer is in them; `hook`: what is run of each that is whole."""

    folder: Path
    keep: int = 2
    fixed: frozenset[int] = frozenset()
    beside: Callable[[Path], None] = lambda _: None
    resumable: bool = True
    hook: Hook | None = None

    @property
    def aside(self) -> Path:
        """Where the next one is written."""
        return self.folder / ".saving"

    def clear(self) -> None:
        """Make room for one; what a killed run left there goes."""
        shutil.rmtree(self.aside, ignore_errors=True)
        self.aside.mkdir(parents=True)
        kill_point("checkpoint: begun")

    def give_up(self) -> None:
        """Remove the folder aside, with what was begun of the next one."""
        shutil.rmtree(self.aside, ignore_errors=True)

    def finish(self, step: int, measured: Mapping[str, Any]) -> None:
        """Put the one that was written in its place, with what was `measured` of it, then prune."""
        written, place = self.aside / f"{PREFIX}{step}", self.place(step)
        write_json(written / MEASURED, measured)
        kill_point("checkpoint: written")
        self.beside(written)
        by_umask(written)
        files = sorted(path for path in written.rglob("*") if path.is_file())
        noted = {path.relative_to(written).as_posix(): (path.stat().st_size, _hash(path)) for path in files}
        for path in files:
            _to_disk(path)
        write_json(written / CONTENT, noted)
        kill_point("checkpoint: on disk")
        shutil.rmtree(place, ignore_errors=True)
        written.rename(place)
        self.give_up()  # the folder aside, which is empty
        kill_point("checkpoint: renamed")
        self.prune()

    def prune(self) -> None:
        """Remove the oldest, but for `fixed` ones."""
        passing = [step for step in self.steps() if step not in self.fixed]
        for step in passing[: -self.keep]:
            gone = self.folder / f".gone-{step}"
            self.place(step).rename(gone)
            kill_point("checkpoint: pruning")
            shutil.rmtree(gone)
        for left in self.folder.glob(".gone-*"):
            shutil.rmtree(left, ignore_errors=True)

    def place(self, step: int) -> Path:
        """Where that of a step lies, or will lie."""
        return self.folder / f"{PREFIX}{step}"

    def steps(self) -> list[int]:
        """The steps that have a checkpoint, in order."""
        names = [path.name.removeprefix(PREFIX) for path in self.folder.glob(f"{PREFIX}*")]
        return sorted(int(name) for name in names if name.isdigit())

    def last(self) -> Path | None:
        """The newest; None when there is none."""
        steps = self.steps()
        return self.place(steps[-1]) if steps else None

    def start(self) -> Path | None:
        """Where a stopped run goes on, whole; None where it begins anew. Raises `UserError` as `check` does."""
        last = self.last() if self.resumable else None
        if last:
            self.check(last)
        return last

    def bytes_of_last(self) -> int | None:
        """How many the newest has; None where there is none, or it does not say."""
        last = self.last()
        try:
            return sum(size for size, _ in _noted(last).values()) if last else None
        except (OSError, ValueError):
            return None

    def way_on(self) -> str:
        """How a run goes on that could not write here, as the end of a sentence."""
        work, last = self.folder.parent, self.last() if self.resumable else None
        then = f"goes on from {last.name}, which is whole" if last else "begins anew, as there was no checkpoint yet"
        return (f"and run the same command again: it {then}. Or move {work} to another disk first, and give its new "
                f"place without {work.suffix} as --out")  # fmt: skip

    def check(self, checkpoint: Path) -> None:
        """Raises `UserError` when a checkpoint is not as it was written."""
        try:
            noted = _noted(checkpoint)
        except (OSError, ValueError) as error:
            raise self._corrupt(checkpoint, CONTENT, str(error)) from None
        for name, (size, hashed) in noted.items():
            try:
                found = (checkpoint / name).stat().st_size
                told = f"{found:,} bytes of {size:,}" if found != size else ""
                told = told or ("other bytes than were written" if _hash(checkpoint / name) != hashed else "")
            except OSError as error:
                told = error.strerror or str(error)
            if told:
                raise self._corrupt(checkpoint, name, told)

    def _corrupt(self, checkpoint: Path, name: str, told: str) -> UserError:
        earlier = [step for step in self.steps() if f"{PREFIX}{step}" != checkpoint.name]
        then = f"goes on from {PREFIX}{earlier[-1]}" if earlier else "begins anew, as there is no other"
        return UserError("A checkpoint is not as it was written.", where=f"{checkpoint / name}: {told}",
                         mend=f"remove {checkpoint} and run the same command again, which then {then}")  # fmt: skip


def _noted(checkpoint: Path) -> Noted:
    """What a checkpoint says of its files. Raises `OSError` or `ValueError` where it says nothing."""
    noted = json.loads((checkpoint / CONTENT).read_bytes())
    if not isinstance(noted, dict):
        raise ValueError("it is no table")
    try:
        return {str(name): (int(size), str(hashed)) for name, (size, hashed) in noted.items()}
    except TypeError:
        raise ValueError("it names no sizes and hashes") from None


def _hash(path: Path) -> str:
    hasher = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            hasher.update(block)
    return hasher.hexdigest()


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def steps_at(tokens: Sequence[int], read: Sequence[int]) -> frozenset[int]:
    """The steps after which so many tokens have been read. `read`: tokens read after each step, padding not counted; a
    number beyond the last of them is reached by no step."""
    steps = np.searchsorted(np.asarray(read), np.asarray(tokens, np.int64)) + 1
    return frozenset(steps[steps <= len(read)].tolist())


def steps_each(tokens: int, read: Sequence[int]) -> frozenset[int]:
    """The steps after which another so many tokens have been read; none for 0."""
    if not tokens:
        return frozenset()
    times = np.asarray(read) // tokens
    return frozenset((np.flatnonzero(np.diff(times, prepend=0)) + 1).tolist())
