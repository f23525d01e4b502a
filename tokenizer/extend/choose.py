"""Which pieces a base gets: the family's own way of learning them, under the guard, in a number that rounds the size.

Called by `tokenizer/extend/run.py`; what comes out goes to `tokenizer/extend/grown.py` and `tokenizer/extend/table.py`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from corpus.errors import UserError
from corpus.progress import Silent
from tokenizer.extend.characters import budget_of, new_characters
from tokenizer.extend.family import Family
from tokenizer.extend.grown import grown
from tokenizer.extend.guard import Ordinary
from tokenizer.extend.learn import Piece
from tokenizer.extend.price import TRIES, Wanted, aimed, find_prices, learn_within
from tokenizer.extend.sequences import Sequences, sequences
from tokenizer.extend.texts import DomainText, Lines
from tokenizer.extend.whole_words import looked_up_first, whole_words
from tokenizer.extend.wordpiece import fitting

LONGEST_PIECE = 24  # characters of a name
PER_MILLION = 3  # a piece occurs at least that often in three million of the domain's characters, and at least twice

LEFT = 0.4  # of what is aimed at: merges get that much whatever unknown characters change
WIDER = 3  # candidates for each piece of a WordPiece: what merges go through on the way is of no use there


class Chosen(NamedTuple):
    """The new pieces in order of id. `expected`: by language, the share of general lines they are reckoned to change.
    `characters`: how many of the pieces, the first ones, are single characters that the base had no id for.
    `warnings`: lines for the reader."""

    pieces: list[Piece]
    expected: dict[str, float]
    characters: int
    warnings: tuple[str, ...]


def choose(
    family: Family, domain: DomainText, general: Lines, limit: float, room: int, multiple: int, watch: Silent
) -> Chosen:
    """The pieces. Raises `UserError` when the text gives none."""
    minimum = max(2, round(PER_MILLION * sum(map(len, domain.learning)) / 3e6))
    aim = aimed(limit, np.bincount(general.group, minlength=len(general.names)).astype(float))
    characters, shares = new_characters(family, domain.learning, general, budget_of(family, limit, aim), minimum, room)
    wider = with_pieces(family, characters)
    learning = _read(domain.learning, wider, "domain", watch)
    ordinary = Ordinary(_read(general.lines, wider, "general", watch), general.group, general.names, general.document)
    words: list[Piece] = []
    told = list(family.warnings)
    if family.kind == "byte-level BPE" and looked_up_first(family):
        words, shares = whole_words(family, learning, ordinary, minimum, aim, room // 2, _longest(family))
        wider = with_pieces(family, words)
        learning = _read(domain.learning, wider, "domain", watch) if words else learning
    elif family.kind == "byte-level BPE":
        told.append("the base has pieces that its merges do not make, so that words cannot be looked up whole")
    taken = [*characters, *words]
    wanted = Wanted(room - len(taken), wider.size, _longest(family), minimum, np.maximum(aim - shares, LEFT * aim))
    if family.kind == "WordPiece":
        wanted = wanted._replace(room=WIDER * wanted.room)
    with watch.stage("prices", TRIES, "trials"):
        prices = find_prices(learning, wider, ordinary, wanted, lambda done: watch.tick(done, {"trials": 1}))
    with watch.stage("pieces", room, "pieces"):
        learned = learn_within(learning, wider, ordinary, wanted, prices, lambda found: watch.tick(found, {}))
        pieces = learned.pieces
        if family.kind == "WordPiece":
            pieces = fitting(wider, pieces, learning, ordinary, wanted.aim, room - len(characters))
        watch.tick(room, {"pieces": len(taken) + len(pieces)})
    kept = rounded(family.size, [*taken, *pieces], multiple)
    warnings = [] if len(kept) == room else [
        f"{len(kept):,} pieces were found that are worth what they change, {room:,} were asked for"
    ]  # fmt: skip
    if not kept:
        raise UserError(
            f"No {multiple} new pieces can be had: {len(taken) + len(pieces)} occur in the domain's text and are "
            "worth the general lines that they change.", where="tokenizer extend",
            mend="give a larger corpus, more general text, a larger --changed, or a smaller --multiple",
        )  # fmt: skip
    expected = dict(zip(general.names, np.round(learned.expected + shares, 6).tolist(), strict=True))
    present = {name: expected[name] for number, name in enumerate(general.names) if (general.group == number).any()}
    return Chosen(kept, present, len(characters), (*warnings, *told))


def with_pieces(family: Family, pieces: list[Piece]) -> Family:
    """The base with these characters or words, to learn from text in which they are known."""
    if not pieces:
        return family
    opened = family.opened._replace(backend=grown(family, pieces).backend)
    return Family(opened, family.kind)


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
