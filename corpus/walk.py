"""The files below a local folder: quickly, without loops, and without what nobody meant to offer.

Called by `corpus/listing.py` with a folder of the recipe; what comes back are paths, names and sizes. Nothing is
opened. Hidden files, the leftovers of editors, downloads and operating systems, and what is neither file nor folder
are passed over; a folder that may not be read, or a link that leads nowhere, stops the build before work starts.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from corpus.errors import UserError

LEFTOVERS = ("~", ".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".swp", ".swo", ".bak", ".lock")
SYSTEM = frozenset({"thumbs.db", "desktop.ini", "__macosx", "$recycle.bin", "lost+found", "__pycache__"})


class Found(NamedTuple):
    """One file: `path` as the operating system opens it, `name` below the folder (POSIX, NFC), `size` in bytes."""

    path: str
    name: str
    size: int


class Walk(NamedTuple):
    """What a folder holds: the files that were wanted, and how many were passed over, by suffix or reason
    (".pdf": 3, "hidden or left over": 2)."""

    found: list[Found]
    others: Counter[str]


def leftover(name: str) -> bool:
    """Is this the name of a hidden file, or of something an editor, a download or a system left behind?"""
    lowered = name.lower()
    return name.startswith((".", "~$", "#")) or lowered.endswith(LEFTOVERS) or lowered in SYSTEM


def _ours(names: set[str]) -> bool:
    """Does a folder with these names hold the output or the store of a build? It is no input of the next one."""
    return {"card.json", "ledger"} <= names or "identities.sqlite" in names


def portable(name: str) -> str:
    """A file name as ids and the ledger carry it: NFC (macOS stores NFD), and with a byte that is not UTF-8, as in
    archives packed on a Chinese Windows, written `\\xb5`."""
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def walk(root: str, wanted: Callable[[str], bool], depth: int = 1_000) -> Walk:
    """All files below `root`, at most `depth` levels down, whose name below it is `wanted`.

    A folder is entered once, however many links lead to it, and by its own name rather than a link's: so loops end,
    and names do not depend on the order of the disk. Raises `UserError` for what cannot be read.
    """
    result = Walk([], Counter())
    entered = set()
    folders, links = [(root, "")], list[tuple[str, str]]()
    while folders or links:
        if not folders:
            links.sort(key=lambda link: link[1], reverse=True)
            folders.append(links.pop())
        folder, below = folders.pop()
        identity = _stat(folder)
        if (identity.st_dev, identity.st_ino) in entered:
            continue
        entered.add((identity.st_dev, identity.st_ino))
        entries = _entries(folder)
        if below and _ours({entry.name for entry in entries}):
            result.others["folders of Materia's own"] += 1
            continue
        for entry in entries:
            if leftover(entry.name):
                result.others["hidden or left over"] += 1
                continue
            name = below + entry.name
            if _is_folder(entry):
                if name.count("/") + 1 < depth:
                    (links if entry.is_symlink() else folders).append((entry.path, name + "/"))
            else:
                _take(entry, portable(name), wanted, result)
    return result


def _take(entry: os.DirEntry[str], name: str, wanted: Callable[[str], bool], result: Walk) -> None:
    if not wanted(name):
        result.others[os.path.splitext(name)[1].lower() or "no suffix"] += 1
        return
    status = _stat(entry.path)
    if stat.S_ISREG(status.st_mode):  # a pipe or a socket would hang the reader
        result.found.append(Found(entry.path, name, status.st_size))
    else:
        result.others["neither file nor folder"] += 1


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise unreadable(folder, error) from None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _stat(path: str) -> os.stat_result:
    try:
        return os.stat(path)
    except OSError as error:
        raise unreadable(path, error) from None


def unreadable(path: str, error: OSError) -> UserError:
    """The error a user can act upon, from the one of the operating system."""
    where = portable(path)
    if isinstance(error, PermissionError):
        return UserError("This may not be read by the user who runs the build.", where, f"chmod -R u+rX {where!r}")
    if os.path.islink(path):
        return UserError(f"A link leads nowhere: it points to {os.readlink(path)!r}.", where, f"rm {where!r}")
    return UserError(f"This cannot be read: {error.strerror or error}.", where)
