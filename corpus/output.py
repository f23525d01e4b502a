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
from collections.abc import Iterator
from pathlib import Path

from corpus.card import Card, read_card
from corpus.errors import UserError
from corpus.store import Store, kill_point


def refuse_strangers(out: Path, recipe_name: str) -> Card | None:
    """The card of the build that `out` holds, None when there is nothing; raises `UserError` for anything else."""
    _finish_swap(out)
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    card = read_card(out) if out.is_dir() else None
    if card is None or card.kind != "corpus":
        raise UserError(
            "The output folder holds something that is not a corpus of ours, and it will not be replaced.",
            where=str(out), mend="give another --out, or move that folder away",
        )  # fmt: skip
    if card.name != recipe_name:
        raise UserError(
            f"The output folder holds the corpus of another recipe, {card.name!r}; this one is {recipe_name!r}.",
            where=str(out), mend="give another --out (the store is shared, so nothing is done twice)",
        )  # fmt: skip
    return card


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
def only_build(store: Store, out: Path) -> Iterator[None]:
    """Hold the right to write `out`; raises `UserError` when another build holds it."""
    locks = store.root / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:16]
    with open(locks / f"{name}.lock", "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                "Another build is writing this output folder.",
                where=str(out),
                mend="wait for it, or give another --out",
            ) from None
        yield
