"""The price of a changed line, found so that what changes stays below the limit in every language.

Comes from the texts as arrays; goes to `tokenizer/extend/choose.py` with the pieces that are worth it. A price for each
language is moved up and down on a part of the domain's text. How much it lets change is counted where it chose
nothing: general text is cut in `FOLDS`, pieces are learned under the guard of all but one, and counted in that one.
Then pieces are learned from all of the domain's text under the guard of all general text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from tokenizer.extend.guard import General, Ordinary, Price
from tokenizer.extend.learn import Learner, Names, Piece
from tokenizer.extend.rates import Numbers, pairs_of
from tokenizer.extend.sequences import Sequences

CLUMP = 4  # lines that change together, since a document has several
SURE = 2.0  # standard deviations by which what is aimed at stays below the limit
PART = 2_000_000  # ids from which prices are found
FOLDS = 3
TRIES = 10
FIRST, LOWEST, HIGHEST = 3.0, 0.01, 1e4  # prices
AIM = 0.9  # of what may change: prices that come to rest there have stayed within it on the way
STEP = 0.5  # of the distance, on the scale of logarithms
AGAIN = 6

Seen = Callable[[int], None]


class Wanted(NamedTuple):
    """What is to be learned: at most `room` pieces with ids from `first` on, each of at most `longest` characters and
    in at least `minimum` places; `aim`: by group, the share of general lines that is to change at most."""

    room: int
    first: int
    longest: int
    minimum: int
    aim: Numbers


class Learned(NamedTuple):
    """The pieces, and by group the share of general lines they are expected to change and the price that was asked."""

    pieces: list[Piece]
    expected: Numbers
    prices: Numbers


class Text(NamedTuple):
    """A text to learn from and what is wanted of it. `guards`: each with the general lines in which is counted what its
    pieces change, where there are such."""

    domain: Sequences
    wanted: Wanted
    names: Names
    guards: list[tuple[General, General | None]]

    def learn(self, prices: Numbers, seen: Seen = lambda found: None) -> Learned:
        """Learn once for each guard; the pieces are those of the last."""
        tokens = int((self.domain.ids >= 0).sum())
        changed = lines = np.zeros(len(prices))
        expected = np.zeros(len(prices))
        for general, other in self.guards:
            price = Price(general, prices, tokens)
            learner = Learner(self.domain.ids, self.names, self.wanted.longest, self.wanted.minimum)
            pieces = learner.learn(self.wanted.room, self.wanted.first, price, seen)
            expected = np.maximum(expected, price.shares)
            if other:
                changed, lines = changed + other.changed_by(pieces), lines + other.sizes
        return Learned(pieces, np.maximum(expected, changed / np.maximum(lines, 1)), prices)


def aimed(limit: float, sizes: Numbers) -> Numbers:
    """The share of general lines to aim at, so that another sample of `sizes` lines (by group, the last for all
    languages that have none of their own) stays within the limit: where `CLUMP` lines change together, n of them
    scatter by the root of `CLUMP` n (Poisson), and the more lines choose, the closer to the limit one can go."""
    lines = limit * np.maximum(np.append(sizes[:-1], sizes.sum()), 1)
    root = (np.sqrt(SURE**2 * CLUMP + 4 * lines) - SURE * np.sqrt(CLUMP)) / 2  # n + SURE sqrt(CLUMP n) = lines
    return np.asarray(limit * root**2 / np.maximum(lines, 1e-12))


def find_prices(domain: Sequences, names: Names, ordinary: Ordinary, wanted: Wanted, tried: Seen) -> Numbers:
    """By group, the price at which little enough changes; `tried` is told how many of `TRIES` prices were tried."""
    part = _part(domain)
    smaller = wanted._replace(minimum=max(2, round(wanted.minimum * len(part.ids) / max(len(domain.ids), 1))))
    trial = Text(part, smaller, names, _folds(ordinary, part, smaller))
    return _mended(_found(trial, wanted.aim, tried), trial.learn, wanted.aim).prices


def learn_within(
    domain: Sequences,
    names: Names,
    ordinary: Ordinary,
    wanted: Wanted,
    prices: Numbers,
    seen: Seen = lambda found: None,
) -> Learned:
    """The pieces that are worth what they change. Where even the highest price lets more than the aim change,
    `expected` says so."""
    whole = Text(domain, wanted, names, [(_general(ordinary, domain, wanted), None)])
    return _mended(prices, lambda prices: whole.learn(prices, seen), wanted.aim)


def _found(trial: Text, aim: Numbers, tried: Seen) -> Numbers:
    """The prices under which most is saved within the aim. Each is moved by how far its language is from it: languages
    share the room for pieces and some pieces, so that none can be found alone."""
    prices = np.full(len(trial.guards[0][0].names), FIRST)
    best, most = prices, -1
    for number in range(TRIES):
        found = trial.learn(prices)
        tried(number + 1)
        saved = sum(piece.saved for piece in found.pieces)
        if saved > most and (found.expected <= aim).all():
            best, most = prices, saved
        distance = np.clip(found.expected / np.maximum(aim, 1e-9), 0.1, 10.0)
        prices = np.clip(prices * distance**STEP, LOWEST, HIGHEST)
    return best if most >= 0 else prices


def _folds(ordinary: Ordinary, domain: Sequences, wanted: Wanted) -> list[tuple[General, General | None]]:
    pairs = [(_general(rest, domain, wanted), _general(fold, domain, wanted)) for rest, fold in ordinary.folds(FOLDS)]
    return [*pairs]


def _general(ordinary: Ordinary, domain: Sequences, wanted: Wanted) -> General:
    return General(ordinary, pairs_of(domain), wanted.first, wanted.minimum)


def _mended(prices: Numbers, learn: Callable[[Numbers], Learned], aim: Numbers) -> Learned:
    """Prices raised until nothing is above the aim: languages share the room for pieces, so that the price of one
    moves what the others change."""
    for _ in range(AGAIN):
        found = learn(prices)
        over = found.expected > aim
        if not over.any():
            break
        excess = found.expected / np.maximum(aim, 1e-9)
        prices = np.where(over, prices * np.clip(excess, 1.1, 10.0), prices)
    return found


def _part(text: Sequences) -> Sequences:
    """Every so manieth line, about `PART` ids in all."""
    step = len(text.ids) // PART
    if step < 2:
        return text
    chosen = text.line % step == 0
    return Sequences(text.ids[chosen], text.line[chosen])
