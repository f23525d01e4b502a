"""What a file's content is, without reading it again when nothing has touched it.

`corpus/listing.py` finds the files; `identify` gives each local one the SHA-256 of its bytes, which the build uses to
know what is already done. The hashes are kept in a small SQLite file in the store, by path, size and times. A file
that was written within `RACY` of being hashed is hashed again next time: it may change once more without its time
changing, which is git's "racily clean" problem (git, Documentation/technical/racy-git.txt).
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from corpus.errors import UserError
from corpus.files import CHUNK, InputFile
from corpus.walk import unreadable

RACY = 2_000_000_000  # nanoseconds; FAT keeps times to two seconds, the coarsest in use
KEEP_EVERY = 500  # files: what a killed run has hashed is not hashed again
THREADS = 4  # hashing releases the interpreter's lock, and a disk likes a few requests at once
_TABLE = """create table if not exists hashes1 (path text primary key, size integer, modified integer,
            changed integer, inode integer, sha256 text) without rowid"""

_Stamp = tuple[int, int, int, int]  # size, modified, changed, inode


def identify(files: Iterable[InputFile], cache_path: str = "") -> list[InputFile]:
    """The files in the same order, each with an identity: those that have one keep it.

    `cache_path` is a file of the store, made when missing and thrown away when damaged; without it, or where it
    cannot be written, everything is hashed. Raises `UserError` for a file that cannot be read or does not hold still.
    """
    listed = list(files)
    with contextlib.closing(_Cache(cache_path)) as cache, ThreadPoolExecutor(THREADS) as threads:
        stamps = [_stamp(file) for file in listed]
        known = [
            file.identity or (cache.get(file.url, stamp) if stamp else "")
            for file, stamp in zip(listed, stamps, strict=True)
        ]
        missing = [file for file, identity in zip(listed, known, strict=True) if not identity]
        hashed = iter([sha256 for start in range(0, len(missing), KEEP_EVERY)
                       for sha256 in _hashes(missing[start : start + KEEP_EVERY], cache, threads)])  # fmt: skip
        return [
            dataclasses.replace(file, identity=identity or next(hashed))
            for file, identity in zip(listed, known, strict=True)
        ]


def _hashes(files: list[InputFile], cache: _Cache, threads: ThreadPoolExecutor) -> Iterator[str]:
    """The hash of each file; those that can be trusted later are written down."""
    for file, (sha256, stamp) in zip(files, threads.map(_hash, files), strict=True):
        if stamp and time.time_ns() - max(stamp[1], stamp[2]) > RACY:
            cache.put(file.url, stamp, sha256)
        yield sha256
    cache.commit()


def _hash(file: InputFile) -> tuple[str, _Stamp | None]:
    """The SHA-256 of the bytes as stored (compressed, if they are), and the stamp they had throughout."""
    for _ in range(3):
        before = _stamp(file)
        try:
            with file.open() as stream:
                total = hashlib.sha256()
                while piece := stream.read(CHUNK):
                    total.update(piece)
        except OSError as error:
            raise unreadable(file.url, error) from None
        if before == _stamp(file):
            return total.hexdigest(), before
    raise UserError("The file changes while it is being read.", file.url, "wait until it is written, then run again")


def _stamp(file: InputFile) -> _Stamp | None:
    """What changes when a local file does. The time of change and the inode catch a copy that kept size and time."""
    if "://" in file.url:
        return None
    try:
        status = os.stat(file.url)
    except OSError as error:
        raise unreadable(file.url, error) from None
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino


class _Cache:
    """The SQLite file, or nothing when there is none to be had: a cache that fails must not stop a build."""

    def __init__(self, path: str) -> None:
        self._database = _open(path) if path else None

    def get(self, path: str, stamp: _Stamp) -> str:
        if self._database is None:
            return ""
        query = "select sha256 from hashes1 where path = ? and (size, modified, changed, inode) = (?, ?, ?, ?)"
        try:
            row = self._database.execute(query, (os.fsencode(path), *stamp)).fetchone()
        except sqlite3.Error:
            return ""
        return str(row[0]) if row else ""

    def put(self, path: str, stamp: _Stamp, sha256: str) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):  # a full disk is met again, and told, by what needs the space
                row = (os.fsencode(path), *stamp, sha256)
                self._database.execute("insert or replace into hashes1 values (?, ?, ?, ?, ?, ?)", row)

    def commit(self) -> None:
        if self._database is not None:
            with contextlib.suppress(sqlite3.Error):
                self._database.commit()

    def close(self) -> None:
        if self._database is not None:
            self._database.close()


def _open(path: str) -> sqlite3.Connection | None:
    for _ in range(2):
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            database = sqlite3.connect(path, timeout=30)
            database.execute(_TABLE)
            database.execute("select path, size, modified, changed, inode, sha256 from hashes1 limit 1").fetchone()
            return database
        except sqlite3.OperationalError:  # locked by another build, read-only, disk full: not ours to remove
            return None
        except sqlite3.DatabaseError:  # no database, or a damaged one
            with contextlib.suppress(OSError):
                os.remove(path)
        except OSError:
            return None
    return None
