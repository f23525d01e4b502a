"""The price of a changed line, found so that what changes stays below the limit in every language.

Comes from the texts as arrays; goes to `tokenizer/extend/run.py` with the pieces that are worth it. A price for each
language is halved and doubled on a part of the domain's text until the pieces learned under it change almost as many
general lines as they may; then the pieces are learned from all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tokenizer.extend.guard import General, Price
from tokenizer.extend.learn import Learner, Names, Piece
from tokenizer.extend.rates import Numbers
from tokenizer.extend.sequences import Sequences

MARGIN = 0.8  # of the limit is aimed at, so that the lines that judge stay below it too
PART = 3_000_000  # ids from which prices are found
TRIES = 9
LOWEST, HIGHEST = -3.0, 3.0  # powers of ten of a price
AGAIN = 8


class Wanted(NamedTuple):
    """What is to be learned: at most `room` pieces with ids from `first` on, each of at most `longest` characters and
    in at least `minimum` places; `limit`: share of general lines that may change."""

    room: int
    first: int
    longest: int
    minimum: int
    limit: float


class Learned(NamedTuple):
    """The pieces, and by group the share of general lines they are expected to change and the price that was asked."""

    pieces: list[Piece]
    expected: Numbers
    prices: Numbers


def learn_within(
    domain: Sequences, names: Names, general: General, wanted: Wanted, changed: Numbers | None = None,
    seen: Callable[[int], None] = lambda found: None,
) -> Learned:  # fmt: skip
    """The pieces that are worth what they change. Where even the highest price leaves more than the limit, `expected`
    says so."""
    part = _part(domain)
    share = len(part.ids) / max(len(domain.ids), 1)
    smaller = wanted._replace(minimum=max(2, int(wanted.minimum * share)))
    low, high = np.full(len(general.names), LOWEST), np.full(len(general.names), HIGHEST)
    for _ in range(TRIES):
        middle = (low + high) / 2
        found = _learn(part, names, general, smaller, 10**middle, changed)
        over = found.expected > MARGIN * wanted.limit
        low, high = np.where(over, middle, low), np.where(over, high, middle)
    prices = _mended(10**high, lambda prices: _learn(part, names, general, smaller, prices, changed), wanted.limit)[1]
    return _mended(prices, lambda prices: _learn(domain, names, general, wanted, prices, changed, seen), wanted.limit)[0]


def _mended(prices: Numbers, learn: Callable[[Numbers], Learned], limit: float) -> tuple[Learned, Numbers]:
    """Prices raised until nothing is above the limit: languages share the room for pieces, so that the price of one
    moves what the others change."""
    for _ in range(AGAIN):
        found = learn(prices)
        over = found.expected > MARGIN * limit
        if not over.any():
            break
        excess = found.expected / max(MARGIN * limit, 1e-9)
        prices = np.where(over, prices * np.clip(excess, 1.1, 10.0), prices)
    return found, prices


def _learn(
    text: Sequences, names: Names, general: General, wanted: Wanted, prices: Numbers, changed: Numbers | None,
    seen: Callable[[int], None] = lambda found: None,
) -> Learned:  # fmt: skip
    tokens = int((text.ids >= 0).sum())
    guard = Price(general, prices, tokens, changed)
    learner = Learner(text.ids, names, wanted.longest, wanted.minimum)
    return Learned(learner.learn(wanted.room, wanted.first, guard, seen), guard.shares, prices)


def _part(text: Sequences) -> Sequences:
    """Every so manieth line, about `PART` ids in all."""
    step = len(text.ids) // PART
    if step < 2:
        return text
    chosen = text.line % step == 0
    return Sequences(text.ids[chosen], text.line[chosen])
