"""Which pieces a base gets: the family's own way of learning them, under the guard, in a number that rounds the size.

Called by `tokenizer/extend/run.py`; what comes out goes to `tokenizer/extend/grown.py` and `tokenizer/extend/table.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corpus.errors import UserError
from corpus.progress import Silent
from tokenizer.extend.family import Family
from tokenizer.extend.guard import General
from tokenizer.extend.learn import Piece
from tokenizer.extend.price import Wanted, learn_within
from tokenizer.extend.rates import pairs_of
from tokenizer.extend.sequences import Sequences, sequences
from tokenizer.extend.texts import DomainText, Lines

LONGEST_PIECE = 24  # characters of a name
PER_MILLION = 3  # a piece occurs at least that often in a million of the domain's tokens, and at least twice


class Chosen(NamedTuple):
    """The new pieces in order of id. `expected`: by language, the share of general lines they are reckoned to change.
    `warnings`: lines for the reader."""

    pieces: list[Piece]
    expected: dict[str, float]
    warnings: tuple[str, ...]


def choose(
    family: Family, domain: DomainText, general: Lines, limit: float, room: int, multiple: int, watch: Silent
) -> Chosen:
    """The pieces. Raises `UserError` when the text gives none."""
    learning = _read(domain.learning, family, "domain", watch)
    ordinary = _read(general.lines, family, "general", watch)
    tokens = int((learning.ids >= 0).sum())
    minimum = max(2, round(PER_MILLION * tokens / 1e6))
    known = General(ordinary, general.group, general.names, pairs_of(learning), family.size, minimum)
    wanted = Wanted(room, family.size, _longest(family), minimum, limit)
    with watch.stage("pieces", room, "pieces"):
        learned = learn_within(learning, family, known, wanted, seen=lambda found: watch.tick(found, {}))
    kept = rounded(family.size, learned.pieces, multiple)
    warnings = [] if len(kept) == room else [
        f"{len(kept):,} pieces were found that are worth what they change, {room:,} were asked for"
    ]  # fmt: skip
    if not kept:
        raise UserError(
            f"No {multiple} new pieces can be had: {len(learned.pieces)} occur in the domain's text and leave "
            f"{1 - limit:.1%} of general lines as they are.", where="tokenizer extend",
            mend="give a larger corpus, a larger --changed, or a smaller --multiple",
        )  # fmt: skip
    expected = dict(zip(known.names, np.round(learned.expected, 6).tolist(), strict=True))
    present = {name: expected[name] for name, size in zip(known.names, known.sizes, strict=True) if size}
    return Chosen(kept, present, tuple([*warnings, *family.warnings]))


def rounded(size: int, pieces: list[Piece], multiple: int) -> list[Piece]:
    """As many of the pieces, the first ones, as make the whole size a multiple. No piece is made of a later one, so
    that the rest can go."""
    whole = (size + len(pieces)) // multiple * multiple
    kept = pieces[: max(0, whole - size)]
    last = size + len(kept)
    return [piece._replace(pairs=tuple(pair for pair in piece.pairs if max(pair) < last)) for piece in kept]


def _longest(family: Family) -> int:
    """Characters of a name: a letter of a byte-level name is a byte."""
    return LONGEST_PIECE * 2 if family.kind == "byte-level BPE" else LONGEST_PIECE


def _read(lines: list[str], family: Family, what: str, watch: Silent) -> Sequences:
    done = 0

    def seen(size: int) -> None:
        nonlocal done
        done += size
        watch.tick(done, {"bytes": size})

    with watch.stage(what, sum(map(len, lines)), "bytes"):
        return sequences(lines, family, seen)
