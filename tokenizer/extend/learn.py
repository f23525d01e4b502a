"""New pieces for a base tokenizer: byte pair encoding, continued on the base's own ids and under a price.

Learning starts from text as the base writes it (`tokenizer/extend/sequences.py`), so that every new piece is a merge
behind all merges of the base and can be reached. It differs from byte pair encoding (Sennrich et al. 2016,
doi:10.18653/v1/P16-1162) in that a pair is joined only when the tokens it saves are worth the general lines that it
would change (`Guard`); a pair that is not stays apart, and what is learned next goes round it: where 血|压 may not be
joined, 高|血 may, and then 高血|压. What is learned goes to `tokenizer/extend/run.py`.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from tokenizer.extend.sequences import BREAK, Ids

Positions = NDArray[np.int64]
Pair = tuple[int, int]
_HALF = 32
_LOW = (1 << _HALF) - 1


class Names(Protocol):
    """What pieces are called: `name` of an id, `number` of a name, `join` of two names, and the `cuts` of one."""

    def name(self, number: int) -> str: ...
    def number(self, name: str) -> int | None: ...
    def join(self, left: str, right: str) -> str: ...
    def cuts(self, name: str) -> list[tuple[str, str]]: ...


class Guard(Protocol):
    """Asked for every piece, in order, before it is made: whether that many saved tokens are worth what it changes.
    `known`: pairs of the base's ids that would become it."""

    def allows(self, name: str, known: list[Pair], saved: int) -> bool: ...


class Piece(NamedTuple):
    """A new piece. `pairs`: of ids that are joined to it, base ids and ids of new pieces (`first` on). `old`: the
    base's ids in its place. `saved`: tokens fewer in the sample when it was made."""

    number: int
    name: str
    pairs: tuple[Pair, ...]
    old: tuple[int, ...]
    saved: int


class Learner:
    """The state of learning: who stands beside whom, and how often."""

    def __init__(self, ids: Ids, names: Names, longest: int, minimum: int) -> None:
        self.symbols = ids.copy()
        self.names, self.longest, self.minimum = names, longest, minimum
        self.next = np.arange(1, len(ids) + 1, dtype=np.int32)
        self.previous = np.arange(-1, len(ids) - 1, dtype=np.int32)
        self.mark = np.zeros(len(ids) + 1, bool)
        self.counts: dict[int, int] = {}
        self.places: dict[int, list[NDArray[np.int32]]] = {}
        self.queue: list[tuple[int, int]] = []
        starts = np.flatnonzero((ids[:-1] >= 0) & (ids[1:] >= 0)).astype(np.int32)
        self._note(_keys(ids[starts], ids[starts + 1]), starts)

    def learn(
        self, room: int, first: int, guard: Guard, seen: Callable[[int], None] = lambda found: None
    ) -> list[Piece]:
        """Up to `room` new pieces, with ids from `first` on, the one that saves most first."""
        made: list[Piece] = []
        own: dict[str, int] = {}
        refused: set[str] = set()
        old: dict[int, tuple[int, ...]] = {}
        while len(made) < room and self.queue:
            count, key = heapq.heappop(self.queue)
            if self.counts.get(key, 0) != -count:
                self._push(key)
                continue
            left, right = key >> _HALF, key & _LOW
            text = [own_name(made, first, self.names, one) for one in (left, right)]
            name = self.names.join(*text)
            if name in refused or len(name) > self.longest or self.names.number(name) is not None:
                self.counts.pop(key)
                continue
            if name in own:  # another way to a piece that there is
                piece = made[own[name] - first]
                made[own[name] - first] = piece._replace(pairs=(*piece.pairs, (left, right)))
                self._merge(key, own[name])
                continue
            ways = self._ways(name, own, (left, right))
            saved = sum(self.counts.get(_key(*way), 0) for way in ways)
            if not guard.allows(name, [way for way in ways if max(way) < first], saved):
                refused.add(name)
                self.counts.pop(key)
                continue
            number = first + len(made)
            old[number] = (*old.get(left, (left,)), *old.get(right, (right,)))
            made.append(Piece(number, name, ways, old[number], saved))
            own[name] = number
            for way in ways:
                self._merge(_key(*way), number)
            if len(made) % 100 == 0:
                seen(len(made))
        return made

    def _ways(self, name: str, own: dict[str, int], found: Pair) -> tuple[Pair, ...]:
        """All pairs that make a name, the one that was found first."""
        ways = [found]
        for left, right in self.names.cuts(name):
            numbers = [own.get(half, self.names.number(half)) for half in (left, right)]
            if numbers[0] is not None and numbers[1] is not None and (numbers[0], numbers[1]) != found:
                ways.append((numbers[0], numbers[1]))
        return tuple(ways)

    def _note(self, keys: Positions, starts: NDArray[np.int32]) -> None:
        """Count pairs that have not been counted before, and remember where they stand."""
        order = np.argsort(keys, kind="stable")
        keys, starts = keys[order], starts[order]
        edges = np.flatnonzero(np.diff(keys, prepend=-1))
        sizes = np.diff(edges, append=len(keys))
        enough = sizes >= self.minimum
        for edge, size in zip(edges[enough].tolist(), sizes[enough].tolist(), strict=True):
            key = int(keys[edge])
            self.counts[key] = self.counts.get(key, 0) + size
            self.places.setdefault(key, []).append(starts[edge : edge + size])
            self._push(key)

    def _push(self, key: int) -> None:
        count = self.counts.get(key, 0)
        if count >= self.minimum:
            heapq.heappush(self.queue, (-count, key))

    def _merge(self, key: int, number: int) -> None:
        """Join every occurrence of a pair, and count anew what stands around it."""
        self.counts.pop(key, None)
        symbols, following, before, mark = self.symbols, self.next, self.previous, self.mark
        left, right = key >> _HALF, key & _LOW
        places = self.places.pop(key, [])
        if not places:
            return
        at = np.unique(np.concatenate(places)) if len(places) > 1 else places[0]
        at = at[symbols[at] == left]
        at = at[symbols[following[at]] == right]
        if left == right:
            at = _alternate(at, following)
        if not len(at):
            return
        gone = following[at]
        after, ahead = following[gone], before[at]
        mark[gone] = True
        outer = ahead[~mark[ahead] & (ahead >= 0)]
        outer = outer[symbols[outer] != BREAK]
        inner = after[symbols[after] != BREAK]  # every word ends with a break
        self._less(_keys(symbols[outer], np.full(len(outer), left)))
        self._less(_keys(np.full(len(inner), right), symbols[inner]))
        mark[gone] = False
        symbols[at] = number
        symbols[gone] = BREAK - 1
        following[at] = after
        before[after[after < len(symbols)]] = at[after < len(symbols)]
        ahead = before[at]
        lefts = ahead[ahead >= 0]
        lefts = lefts[symbols[lefts] != BREAK]
        rights = at[(symbols[after] != BREAK) & (symbols[after] != number)]
        starts = np.concatenate([lefts, rights]).astype(np.int32)
        self._note(_keys(symbols[starts], symbols[following[starts]]), starts)

    def _less(self, keys: Positions) -> None:
        found, sizes = np.unique(keys, return_counts=True)
        counts = self.counts
        for key, size in zip(found.tolist(), sizes.tolist(), strict=True):
            if key in counts:
                counts[key] -= size


def own_name(made: list[Piece], first: int, names: Names, number: int) -> str:
    """The name of a base id or of a new one."""
    return made[number - first].name if number >= first else names.name(number)


def _alternate(at: NDArray[np.int32], following: NDArray[np.int32]) -> NDArray[np.int32]:
    """Of a pair of twice the same symbol, those occurrences that do not overlap: every second of a run."""
    kept: list[int] = []
    taken = -1
    for place in at.tolist():
        if place != taken:
            kept.append(place)
            taken = int(following[place])
    return np.array(kept, np.int32)


def _key(left: int, right: int) -> int:
    return left << _HALF | right


def _keys(left: Ids, right: Ids) -> Positions:
    return left.astype(np.int64) << _HALF | right.astype(np.int64)
