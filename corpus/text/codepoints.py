"""A batch of texts as one NumPy array of code points: the form in which all quality signals are computed.

Texts come from the annotators (`corpus/annotate/`), arrays go to the readers of lines, words and repeats in this
folder. All texts of a batch lie one after the other with a newline before, between and after them, so that
"the character before" and "the character after" always exist and no word, line or n-gram can reach across
two texts. Everything here is a pure function; nothing depends on where a batch was cut.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Hashes = NDArray[np.uint64]

UNICODE_SIZE = 0x110000
# Assigned characters end here but for variation selectors and tags; private use and the rest have no class.
_ASSIGNED = (range(0x40000), range(0xE0000, 0xE0200))

# A batch of this many characters keeps its working arrays (about 40 bytes a character) in a core's cache.
BATCH_CHARACTERS = 1 << 18
BATCH_TEXTS = 1 << 11  # with the 21 bits of a code point, (text, character) is a number of 32 bits

NEWLINE = 10

_CODE_BITS = 21  # every code point fits
_SLOTS = 2  # of a hash table, per item


class CodePoints(NamedTuple):
    """`codes` (uint32) holds every text framed by newlines; text `i` is `codes[starts[i]:ends[i]]`."""

    codes: NDArray[np.uint32]
    starts: Ints
    ends: Ints

    @property
    def size(self) -> int:
        """How many texts."""
        return len(self.starts)

    @property
    def lengths(self) -> Ints:
        """Characters (code points) of each text."""
        return self.ends - self.starts

    def owner(self, positions: Ints) -> Ints:
        """Which text each of the sorted `positions` lies in; the newline after a text counts as its own."""
        return holder(self.starts, positions)


class Spans(NamedTuple):
    """Pieces of texts in order: piece `k` is `codes[starts[k]:ends[k]]` and belongs to text `owners[k]`."""

    starts: Ints
    ends: Ints
    owners: Ints

    @property
    def lengths(self) -> Ints:
        """Characters of each piece."""
        return self.ends - self.starts

    def only(self, keep: Mask) -> Spans:
        """The pieces where `keep` is true."""
        return Spans(self.starts[keep], self.ends[keep], self.owners[keep])


def encode(texts: Sequence[str]) -> CodePoints:
    """Lay `texts` end to end. A lone surrogate (impossible in a Polars column) is an error."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    framed = "\n".join(("", *texts, "")) if texts else "\n"
    codes = np.frombuffer(framed.encode("utf-32-le"), dtype="<u4").astype(np.uint32, copy=False)
    ends = np.cumsum(lengths + 1)
    return CodePoints(codes, ends - lengths, ends)


def batches(texts: Sequence[str], limit: int = BATCH_CHARACTERS) -> Iterator[tuple[int, int]]:
    """Cut `texts` into runs `[begin, end)` of about `limit` characters; a longer text is a run of its own."""
    begin, size = 0, 0
    for index, text in enumerate(texts):
        if size and (size + len(text) > limit or index - begin == BATCH_TEXTS):
            yield begin, index
            begin, size = index, 0
        size += len(text) + 1
    if begin < len(texts):
        yield begin, len(texts)


class Properties(NamedTuple):
    """What Python's Unicode tables say of every code point, as masks over all of them; private use and the planes
    without characters are false everywhere."""

    is_space: Mask
    is_alphabetic: Mask
    is_lower: Mask
    is_upper: Mask
    category: NDArray[np.bytes_]  # two letters, empty for those left out

    def major(self, letters: bytes) -> Mask:
        """Where the first letter of the category is one of `letters`."""
        first = self.category.astype("S1")
        return np.isin(first, np.frombuffer(letters, "S1"))


@lru_cache(maxsize=1)
def properties() -> Properties:
    """The tables, read once: every call of Python for a quarter of a million characters costs, so all share them."""
    places = np.concatenate([np.arange(block.start, block.stop) for block in _ASSIGNED])
    members = places.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")

    def over_all(of: Callable[[str], object], dtype: str) -> NDArray[Any]:
        whole = np.zeros(UNICODE_SIZE, dtype)
        whole[places] = np.fromiter(map(of, members), dtype, len(members))
        return whole

    spaces, letters, lower, upper = (over_all(of, "?") for of in (str.isspace, str.isalpha, str.islower, str.isupper))
    return Properties(spaces, letters, lower, upper, over_all(unicodedata.category, "S2"))


def characters(members: str) -> NDArray[np.bool_]:
    """A lookup table that is true for the characters of `members`."""
    chosen = np.zeros(UNICODE_SIZE, np.bool_)
    chosen[[ord(character) for character in members]] = True
    return chosen


def holder(starts: Ints, positions: Ints) -> Ints:
    """For each of the sorted `positions` the last of the sorted `starts` that is not after it, or -1."""
    edges = np.searchsorted(positions, starts)
    return np.repeat(np.arange(-1, len(starts)), np.diff(edges, prepend=0, append=len(positions)))


def counts(positions: Ints, text: CodePoints) -> Ints:
    """How many of the sorted `positions` lie in each text."""
    return np.searchsorted(positions, text.ends) - np.searchsorted(positions, text.starts)


def sums(values: NDArray[np.number], owners: Ints, texts: int) -> NDArray[np.float64]:
    """The sum of `values` per text. Exact up to 2^53."""
    return np.bincount(owners, weights=values, minlength=texts).astype(np.float64)


def tally(owners: Ints, texts: int) -> Ints:
    """How many pieces each text has."""
    return np.bincount(owners, minlength=texts)


def share(part: NDArray[np.number], whole: NDArray[np.number], empty: float = 0.0) -> NDArray[np.float64]:
    """`part / whole` in double precision, and `empty` where `whole` is 0.

    Double, because a published threshold such as 0.3 must compare equal to 3/10 and single precision does not.
    """
    result = np.full(len(whole), empty)
    np.divide(part, whole, out=result, where=np.asarray(whole) != 0)
    return result


# --- hashing -------------------------------------------------------------------------------------------------

# An odd multiplier from the golden ratio (Knuth, TAOCP vol. 3, 6.4) and SplitMix64's two (doi:10.1145/2660193.2660195).
_GOLDEN = 0x9E3779B97F4A7C15
_MIX_A, _MIX_B = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_BASE = 0xD6E8FEB86659FD93
_BLOCK = 1 << 19
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)
_BLOCK_INVERSE = pow(_BASE_INVERSE, _BLOCK, 1 << 64)


def mix(values: Hashes) -> Hashes:
    """SplitMix64's finaliser: a one-to-one scrambling of 64-bit numbers in which every bit reaches every other."""
    values = (values ^ (values >> np.uint64(30))) * _MIX_A
    values = (values ^ (values >> np.uint64(27))) * _MIX_B
    return values ^ (values >> np.uint64(31))


@lru_cache(maxsize=1)
def _character_values() -> Hashes:
    return mix(np.arange(1, UNICODE_SIZE + 1, dtype=np.uint64) * np.uint64(_GOLDEN))


@lru_cache(maxsize=4)
def _powers(base: int) -> Hashes:
    """The powers 0 to `_BLOCK` - 1 of an odd number modulo 2^64."""
    steps = np.full(_BLOCK, base, np.uint64)
    steps[0] = 1
    return np.multiply.accumulate(steps)


def prefix_sums(codes: NDArray[np.uint32]) -> Hashes:
    """Running polynomial sums modulo 2^64, from which `hashes` reads the hash of any piece in constant time."""
    running = np.zeros(len(codes) + 1, np.uint64)
    for begin in range(0, len(codes), _BLOCK):  # in blocks, so that a giant text needs no giant tables
        block = _character_values().take(codes[begin : begin + _BLOCK])
        block *= _powers(_BASE)[: len(block)]
        if begin:
            block *= np.uint64(pow(_BASE, begin, 1 << 64))
            block[:1] += running[begin : begin + 1]
        np.cumsum(block, out=running[begin + 1 : begin + 1 + len(block)])
    return running


def hashes(running: Hashes, spans: Spans) -> Hashes:
    """A 64-bit hash of each piece that depends on its characters only, not on its place.

    Two different pieces of one text agree with probability near 2^-64 (a Thue-Morse word of a thousand letters
    can be built to collide; the cost is one miscounted repeat). An empty piece hashes to `mix(0)`.
    """
    unshifted = (running[spans.ends] - running[spans.starts]) * _powers(_BASE_INVERSE)[spans.starts % _BLOCK]
    if len(running) > _BLOCK:
        unshifted *= _powers(_BLOCK_INVERSE)[spans.starts // _BLOCK]
    return mix(unshifted)


class Lexicon:
    """A fixed list of words, looked up by hash in constant time: `find` gives each hash's place in the list, or -1."""

    def __init__(self, words: Sequence[str]) -> None:
        text = encode(words)
        values = hashes(prefix_sums(text.codes), Spans(text.starts, text.ends, np.zeros(len(words), np.int64)))
        bits = max(4, (8 * len(words)).bit_length())
        while len(np.unique(values >> np.uint64(64 - bits))) < len(words):  # one slot for each word
            bits += 1
        self._shift = np.uint64(64 - bits)
        slots = (values >> self._shift).astype(np.int64)
        self._hashes = np.zeros(1 << bits, np.uint64)
        self._places = np.full(1 << bits, -1)
        self._hashes[slots], self._places[slots] = values, np.arange(len(words))

    def find(self, values: Hashes) -> Ints:
        """The place of each hashed word in the list; -1 for a word that is not in it."""
        slots = (values >> self._shift).astype(np.int64)
        return np.where(self._hashes[slots] == values, self._places[slots], -1)


def first_equal(keys: Hashes, owners: Ints) -> Ints:
    """For each item the index of the first item of the same text with the same key (its own index if none).

    `owners` are sorted. Grouping by a hash table in array operations, several times faster than sorting: every text has
    its own stretch of slots, into which its items write their index from last to first, so that the first stays. An
    item whose slot was taken by another key tries again in another slot. Keys are compared in full, so that collisions
    cost time, never exactness.
    """
    first = np.arange(len(keys))
    heads = np.flatnonzero(np.diff(owners, prepend=-1))
    sizes = np.diff(heads, append=len(keys))
    base = np.repeat(heads * _SLOTS, sizes)
    room = np.repeat((sizes * _SLOTS).astype(np.uint64), sizes)
    slots = np.empty(len(keys) * _SLOTS, np.int64)
    pending, left, scrambled = first.copy(), keys, keys * np.uint64(_GOLDEN)
    while len(pending):
        slot = base + ((scrambled >> np.uint64(32)) * room >> np.uint64(32)).astype(np.int64)
        slots[slot[::-1]] = pending[::-1]
        found = slots[slot]
        same = keys[found] == left
        first[pending[same]] = found[same]
        lost = np.flatnonzero(~same)
        pending, left, base, room = pending[lost], left[lost], base[lost], room[lost]
        scrambled = mix(scrambled[lost] + np.uint64(_GOLDEN))
    return first


def token_diversity(keys: Hashes, owners: Ints, total: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """How many different items each text has, and the entropy of their distribution in nats; `total` items per text."""
    times = np.bincount(first_equal(keys, owners), minlength=len(keys))
    heads = np.flatnonzero(times)
    return _diversity(times[heads], owners[heads], total)


def character_diversity(codes: NDArray[np.uint32], owners: Ints, total: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """The same for characters, by sorting: 32-bit numbers sort in a few nanoseconds each."""
    keys = (owners.astype(np.uint64) << np.uint64(_CODE_BITS)) | codes
    if len(total) << _CODE_BITS <= 1 << 32:
        keys = keys.astype(np.uint32)
    keys.sort()
    heads = np.flatnonzero(np.diff(keys, prepend=keys[:1] + 1) != 0)
    return _diversity(np.diff(heads, append=len(keys)), (keys[heads] >> _CODE_BITS).astype(np.int64), total)


def _diversity(times: Ints, owners: Ints, total: Ints) -> tuple[Ints, NDArray[np.float64]]:
    often = np.flatnonzero(times > 1)  # what occurs once adds 0
    weights = times[often] * np.log(times[often])
    entropy = np.log(np.maximum(total, 1)) - share(sums(weights, owners[often], len(total)), total)
    return tally(owners, len(total)), np.maximum(entropy, 0.0)
