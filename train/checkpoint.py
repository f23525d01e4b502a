"""Checkpoints of a run: whole or absent, the oldest pruned, refused where they are of another run.

Written by `train/loop.py` into a folder aside, which is renamed when all of it is on disk; read again when a run is
taken up. A checkpoint is named by its step. `checkpoint.json` in each says how large every file is, so that one that
lost something is not taken for whole; `measured.json`, what was measured of those very weights on what is held out, as
it stands in the log: by it a checkpoint is chosen. The tokenizer lies in each, so that it is a model to open.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from corpus.errors import UserError
from corpus.store import kill_point, write_json

if TYPE_CHECKING:
    from train.hook import Hook

CONTENT, MEASURED = "checkpoint.json", "measured.json"
PREFIX = "checkpoint-"  # transformers' own name, which its Trainer writes and reads


class Checkpoints(NamedTuple):
    """The checkpoints in a folder. `keep`: how many of them stay; `fixed`: steps whose checkpoint always stays;
    `beside`: puts the tokenizer into one that is being written; `hook`: what is run of each that is whole."""

    folder: Path
    keep: int = 2
    fixed: frozenset[int] = frozenset()
    beside: Callable[[Path], None] | None = None
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

    def finish(self, step: int, measured: Mapping[str, Any]) -> None:
        """Put the one that was written in its place, with what was `measured` of it, then prune."""
        written, place = self.aside / f"{PREFIX}{step}", self.place(step)
        if self.beside is not None:
            self.beside(written)
        write_json(written / MEASURED, measured)
        kill_point("checkpoint: written")
        files = sorted(path for path in written.rglob("*") if path.is_file())
        for path in files:
            _to_disk(path)
        write_json(written / CONTENT, {path.relative_to(written).as_posix(): path.stat().st_size for path in files})
        kill_point("checkpoint: on disk")
        shutil.rmtree(place, ignore_errors=True)
        written.rename(place)
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

    def check(self, checkpoint: Path) -> None:
        """Raises `UserError` when a checkpoint is not as it was written."""
        try:
            sizes = json.loads((checkpoint / CONTENT).read_bytes())
            wrong = [name for name, size in sizes.items() if (checkpoint / name).stat().st_size != size]
        except (OSError, ValueError, AttributeError) as error:
            raise _corrupt(checkpoint, getattr(error, "filename", None) or CONTENT) from None
        if wrong:
            raise _corrupt(checkpoint, wrong[0])


def _corrupt(checkpoint: Path, name: str) -> UserError:
    return UserError(
        "A checkpoint is not as it was written.", where=f"{checkpoint}: {Path(name).name}",
        mend=f"remove {checkpoint}; the run then goes on from the one before it, or begins anew",
    )  # fmt: skip


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def steps_at(tokens: Sequence[int], per_step: int, steps: int) -> frozenset[int]:
    """The steps after which so many tokens have been read."""
    return frozenset(min(max(-(-count // per_step), 1), steps) for count in tokens)
