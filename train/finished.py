"""What a run does about a finished model that lies where its own is to go: it is this run's result already, or another
one, which is replaced only when that was asked for.

Called by `train/run_folder.py` before anything is trained, and by `train/model_folder.py` before a model is made of
others, with the card of the run to be. A model may be the work of weeks; a corpus (`corpus/output.py`) is replaced by
one of its recipe without a question, since its store makes it again in minutes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.card import Card, foreign
from corpus.controls import visible
from corpus.errors import UserError
from corpus.output import refuse_strangers
from tokenizer.written import intact

LONGEST = 40  # characters of a value that is told
MOST = 8  # of what differs


def finished(out: Path, card: Card, replace: bool) -> Card | None:
    """The card of what is there, where it is this very run's result, whole; None where there is nothing, or something
    that may be replaced. Raises `UserError` for the finished model of another run, unless `replace` is set."""
    before = refuse_strangers(out, None, card.kind)  # of another recipe, too: what differs is told below
    if before is None:
        return None
    if before.identity == card.identity:
        return before if intact(out, before) and not foreign(out) else None
    if not replace:
        told = differences(before, card)
        more = [f"and {len(told) - MOST:,} more"] if len(told) > MOST else []
        raise UserError(f"A finished {card.kind} is there, of another run: {', '.join([*told[:MOST], *more])}.",
                        str(out),
                        "give another --out to keep it, or --replace to put this one in its place")  # fmt: skip
    return None


def differences(before: Card, now: Card) -> list[str]:
    """What two runs do not share: their names, keys of the recipe with both values, what they read, and the program."""
    told = [f"the name ({visible(before.name)} before, {visible(now.name)} now)"] if before.name != now.name else []
    told += changed_keys(before.recipe, now.recipe)
    parents = {name.rpartition(" ")[0] or name for name, _ in before.parents.items() ^ now.parents.items()}
    told += sorted(visible(name) for name in parents)
    told += ["the code of this program"] if before.code != now.code else []
    versions = {name: (before.versions.get(name, "none"), now.versions.get(name, "none"))
                for name in sorted({*before.versions, *now.versions})}  # fmt: skip
    told += [f"{name} {old} before, {new} now" for name, (old, new) in versions.items() if old != new]
    return told or ["the order in which it reads"]


def changed_keys(before: Any, now: Any, where: str = "") -> Iterator[str]:
    """The keys whose values differ, dotted, with both values."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from changed_keys(before.get(key), now.get(key), f"{where}.{key}".lstrip("."))
    elif before != now:
        yield f"{visible(where)} ({_short(before)} before, {_short(now)} now)"


def _short(value: Any) -> str:
    text = visible(str(value))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
