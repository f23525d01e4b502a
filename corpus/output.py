"""The output folder: replaced whole, atomically, and only when it is ours.

`corpus/build.py` fills a folder beside the final one and swaps it in when its books balance. A folder that holds
anything else than an earlier build of the same recipe is refused; a swap cut short by a crash is completed by the
next build.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TextIO

from corpus.card import NOT_HASHED, Card, read_card
from corpus.disk import refusal
from corpus.errors import UserError
from corpus.store import kill_point
from corpus.walk import leftover


def refuse_strangers(out: Path, recipe_name: str | None, kind: str = "corpus") -> Card | None:
    """The card of what `out` holds, of that kind and recipe (None: of any); None when there is nothing; raises
    `UserError` for anything else."""
    _finish_swap(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    card = read_card(out) if out.is_dir() else None
    if card is None or card.kind != kind:
        raise UserError(
            f"The output folder holds something that is not a {kind} of ours, and it will not be replaced.",
            where=str(out), mend="give another --out, or move that folder away",
        )  # fmt: skip
    if recipe_name is not None and card.name != recipe_name:
        shared = " (the store is shared, so nothing is done twice)" if kind == "corpus" else ""
        raise UserError(
            f"The output folder holds the {kind} of another recipe, {card.name!r}; this one is {recipe_name!r}.",
            where=str(out),
            mend=f"give another --out{shared}",
        )  # fmt: skip
    if strangers := _strangers(out, card):
        raise UserError(
            f"The output folder is replaced whole, and it holds {len(strangers):,} files that no build put there.",
            where=", ".join(str(out / name) for name in strangers[:3]),
            mend="move them away, or give another --out",
        )
    return card


def refuse_places(out: Path, store: Path) -> None:
    """Raises `UserError` for an output or store that cannot be made or replaced, or lies inside the other."""
    if not out.name or out.resolve() == Path.cwd().resolve() or out.resolve() in Path.cwd().resolve().parents:
        raise UserError("The output folder is replaced whole, and this one holds the folder you stand in.",
                        where=str(out), mend="give an --out below it")  # fmt: skip
    if store.is_relative_to(out):
        raise UserError("The store lies inside the output folder, which is replaced whole.", where=str(store),
                        mend="give a --store beside the output")  # fmt: skip
    for folder in (store, out.parent):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            if refusal(error):
                raise
            raise UserError(f"A folder cannot be made: {error.strerror}.", where=str(folder),
                            mend="give another --out or --store") from None  # fmt: skip
    refuse_unwritable(out.parent)


def refuse_inputs(out: Path, inputs: Iterable[Path]) -> None:
    """Raises `UserError` for an output folder that is, or holds, what the work reads: it would be replaced by what is
    made of it."""
    for one in inputs:
        if one.resolve().is_relative_to(out.resolve()):
            raise UserError("The output folder would take the place of what it is made of.",
                            f"--out {out}, made of {one}", "give another --out")  # fmt: skip


def refuse_unwritable(folder: Path) -> None:
    """Raises `UserError` for a folder in which nothing can be made: better known before the work than after it."""
    try:
        with tempfile.TemporaryDirectory(prefix=".materia-", dir=folder):
            pass
    except OSError as error:
        if refusal(error):
            raise
        raise UserError(f"Nothing can be written there: {error.strerror}.", str(folder), "give another --out") from None


def _strangers(out: Path, card: Card) -> list[str]:
    """Files in the output folder that no build of ours put there."""
    files = (path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir())
    ours = {*card.outputs, *NOT_HASHED}
    return sorted(name for name in files if name not in ours and not leftover(name.rpartition("/")[2]))


def staging(out: Path) -> Path:
    """An empty folder beside `out` to fill; what a killed build left there is removed."""
    folder = out.with_name(f".{out.name}.building")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def swap(folder: Path, out: Path) -> None:
    """Put the filled folder in the place of `out`. Killed at any moment, the next build finds one of the two whole."""
    old = _old(out)
    if out.exists():
        os.rename(out, old)
        kill_point("export:swapping")
    os.rename(folder, out)
    kill_point("export:swapped")
    shutil.rmtree(old, ignore_errors=True)


def _finish_swap(out: Path) -> None:
    old = _old(out)
    if old.exists():
        if out.exists():
            shutil.rmtree(old, ignore_errors=True)
        else:
            os.rename(old, out)


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.replaced")


@contextlib.contextmanager
def only_build(out: Path) -> Iterator[None]:
    """Hold the right to write `out` on this machine; raises `UserError` when another build holds it, whatever its
    store."""
    with _lock(out) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"Another process{_holder(file)} is writing this output folder.",
                where=str(out),
                mend="wait for it or end it, or give another --out",
            ) from None
        _held(file)
        yield


def _held(file: TextIO) -> None:
    """Note who holds a lock, for those who find it taken."""
    file.seek(0)
    file.truncate()
    file.write(str(os.getpid()))
    file.flush()


def _holder(file: TextIO) -> str:
    file.seek(0)
    told = file.read(20)
    return f" (process {told})" if told.isdecimal() else ""


@contextlib.contextmanager
def in_turn(place: Path, waits: Callable[[], None]) -> Iterator[None]:
    """Hold the right to make what lies at a place on this machine. Where another process holds it, `waits` is called,
    and the other waited for."""
    with _lock(place) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _lock(place: Path) -> TextIO:
    """The file by which processes agree on a place. It lies in the folder for temporary files, so that none is left
    beside the output."""
    name = hashlib.sha256(str(place.resolve()).encode()).hexdigest()[:16]
    return open(Path(tempfile.gettempdir()) / f"materia-{os.getuid()}-{name}.lock", "a+", encoding="utf-8")
