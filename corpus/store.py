"""The content-addressed store: what is done, and what is not.

Every finished piece of a stage's work is one folder, `<store>/<stage>/<2 hex>/<key>/`, whose name is a hash of all
that could change it. A folder is written under `tmp/`, its files are hashed and flushed, `done.json` is added and the
whole is renamed into place: so a folder that exists is complete, whatever was killed when, and completion is told by
content and never by rank or position. Builds and arms share a store; nothing in it is ever changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import socket
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import UserError

_CHECKED: set[Path] = set()  # files of stores whose hash this process has compared
KILL_VARIABLE = "MATERIA_KILL_AT"


def kill_point(name: str) -> None:
    """A named moment at which tests kill the process (`MATERIA_KILL_AT=name`), as a power cut would."""
    if os.environ.get(KILL_VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)


def sha256_file(path: Path) -> str:
    """Hex SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_json(value: Any) -> str:
    """Hex SHA-256 of a JSON value in canonical form (sorted keys, no spaces)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def write_json(path: Path, value: Any) -> None:
    """Write JSON to a temporary name and rename it into place."""
    text = json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    write_whole(path, text)


def write_whole(path: Path, text: str) -> None:
    """Write a text to a temporary name and rename it into place; where that fails, nothing of it is left."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


class Entry(NamedTuple):
    """A finished piece: its folder, the SHA-256 of each file in it, and the counts its maker noted."""

    folder: Path
    outputs: dict[str, str]
    counts: dict[str, Any]


class Store:
    """A store at `root`; created on first use."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root)

    def folder(self, stage: str, key: str) -> Path:
        """Where the piece of that key lies, or will lie."""
        return self.root / stage / key[:2] / key

    def has(self, stage: str, key: str) -> bool:
        """Whether the piece is finished and still whole (every file present in its noted size)."""
        folder = f"{self.root}{os.sep}{stage}{os.sep}{key[:2]}{os.sep}{key}{os.sep}"  # asked thousands of times a build
        try:
            with open(folder + "done.json", "rb") as file:
                noted = json.load(file)
            return all(os.stat(folder + name).st_size == size for name, size in noted["sizes"].items())
        except (OSError, ValueError, TypeError, KeyError):
            return False

    def file(self, stage: str, key: str, name: str) -> Path:
        """A file of a finished piece, its hash checked once a process: bytes that a disk has changed must not become
        a corpus. A damaged piece is removed, so that the next build makes it anew. Raises `UserError` then."""
        path = self.folder(stage, key) / name
        if path not in _CHECKED:
            if sha256_file(path) != self.entry(stage, key).outputs[name]:
                shutil.rmtree(path.parent, ignore_errors=True)
                raise UserError(
                    "A file of the store is not what was written there: the disk, or somebody, has changed it.",
                    where=str(path),
                    mend="the piece has been removed; run again, and it is made anew",
                )
            _CHECKED.add(path)
        return path

    def entry(self, stage: str, key: str) -> Entry:
        """The finished piece. Raises `FileNotFoundError` when there is none."""
        folder = self.folder(stage, key)
        noted = json.loads((folder / "done.json").read_bytes())
        return Entry(folder, noted["outputs"], noted["counts"])

    @contextlib.contextmanager
    def making(self, stage: str, key: str) -> Iterator[Making]:
        """Make a piece: fill `.folder` with files and set `.counts`; it is committed when the block ends well."""
        with self.scratch(stage) as folder:
            making = Making(folder)
            yield making
            kill_point(f"{stage}:written")
            self._commit(folder, self.folder(stage, key), making.counts)
            kill_point(f"{stage}:committed")

    @contextlib.contextmanager
    def scratch(self, stage: str) -> Iterator[Path]:
        """An empty folder for what nobody needs afterwards; it is removed when the block ends, however it ends, or by
        the next build when this one is killed."""
        host = socket.gethostname().replace("-", "_")
        folder = self.root / "tmp" / f"{stage}-{host}-{os.getpid()}-{uuid.uuid4().hex[:12]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _commit(self, folder: Path, final: Path, counts: dict[str, Any]) -> None:
        names = sorted(p.name for p in folder.iterdir())
        for name in names:
            _flush(folder / name)
        noted = {
            "outputs": {name: sha256_file(folder / name) for name in names},
            "sizes": {name: (folder / name).stat().st_size for name in names},
            "counts": counts,
        }
        write_json(folder / "done.json", noted)
        _flush(folder / "done.json")
        final.parent.mkdir(parents=True, exist_ok=True)
        kill_point(f"{final.parent.parent.name}:renaming")
        try:
            os.rename(folder, final)
        except OSError:
            if not final.exists():
                raise
            if self.has(final.parent.parent.name, final.name):  # another build was quicker, with the same bytes
                return
            shutil.rmtree(final)  # damaged by hand, by a bad disk or by a power cut: replace it
            os.rename(folder, final)
        _flush(final.parent)

    def sweep(self) -> None:
        """Remove what killed builds of this machine left under `tmp/`."""
        host = socket.gethostname().replace("-", "_")
        for folder in (self.root / "tmp").glob("*-*-*-*"):
            _, where, pid, _ = folder.name.rsplit("-", 3)
            if where == host and pid.isdigit() and not _alive(int(pid)):
                shutil.rmtree(folder, ignore_errors=True)


class Making:
    """A piece being made: its temporary folder, and the counts that will be noted with it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.counts: dict[str, Any] = {}


def _flush(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
