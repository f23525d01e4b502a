"""An exact n-gram index: which pieces of exams a batch of documents may hold, and where. All of it NumPy.

Pieces come from `corpus/leaks/pieces.py`, the index lies as arrays in the store (`corpus/leaks/stage.py`) and is mapped
into memory; candidates go to `corpus/leaks/verify.py`. Of each piece at most GRAMS grams at equal distances are kept,
so that a change leaves most of them whole, and of options, which are looked for word for word, OPTION_GRAMS; of a
document every gram is looked up. The hash of a gram is a polynomial of its characters, put together by doubling; a
bitmap tells most grams that no piece has from the rest. Hits of a piece on one diagonal (place in the document less
place in the piece, give or take GAP) are one candidate; those of a question that a page break parted lie on two, as far
apart as the break is long, and count together. An item has to have several pieces in a document, or the question by
which it is known alone. Wrong hits by equal hashes are no harm: candidates are compared character by character.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.leaks.breaks import LONGEST
from corpus.leaks.pieces import GRAM_SIZES, HAN_SMALL, LATIN_GRAM, LATIN_SMALL, OPTION, QUESTION, Piece
from corpus.leaks.view import Bare, is_han
from corpus.text.codepoints import Ints

GRAMS = 32  # of a piece
OPTION_GRAMS = 4  # of an option, the rarest: all of them have to stand
COMMON = 8  # pieces with a gram, beyond which it is kept only of those that have no other
GAP = 16  # characters that a change may add or take
BITS = 26  # of a hash that choose its place in the bitmap, 8 MiB
ARRAYS = ("grams", "first", "owner", "offset", "need", "length", "number", "kind")
_SLOT_BITS = 18  # of the table in which hits are counted, 2 MiB
_BASE, _MIX = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xD6E8FEB86659FD93)
_TEXT_BITS, _PIECE_BITS, _PLACE_BITS = 12, 23, 28  # of the key by which hits are brought together

Hashes = NDArray[np.uint64]


class Candidates(NamedTuple):
    """Where pieces may stand, one row each: `text` of the batch, `number` of the item, `kind` of the piece, `low` and
    `high`, between which it would begin (bare characters from the text's start), its `length`, and the `piece`."""

    text: Ints
    number: Ints
    kind: Ints
    low: Ints
    high: Ints
    length: Ints
    piece: Ints


class GramIndex:
    """`tables`: by size of gram the arrays of ARRAYS: `grams` sorted, `first` of each in `owner` (piece) and `offset`;
    and by piece how many hits it `need`s, its `length`, item `number` and `kind`. `least`: by item, how many of its
    pieces a document has to have. `alone`: by item, whether anything but an option is enough."""

    def __init__(
        self, tables: dict[int, dict[str, NDArray[Any]]], least: NDArray[Any], alone: NDArray[np.bool_]
    ) -> None:
        self.tables, self.least, self.alone = tables, least, alone
        self._bitmaps = {size: _bitmap(table["grams"]) for size, table in tables.items()}

    def candidates(self, view: Bare) -> Candidates:
        """Where pieces may stand in a batch of bare texts."""
        chinese = bool(is_han(view.codes).any())
        sizes = [size for size, table in self.tables.items() if len(table["grams"])]
        found = [self._by_size(view, size) for size in sizes if chinese or size in (LATIN_GRAM, LATIN_SMALL)]
        if not found:
            return Candidates(*(np.zeros(0, np.int64) for _ in Candidates._fields))
        return self._several(Candidates(*(np.concatenate(columns) for columns in zip(*found, strict=True))))

    def _several(self, found: Candidates) -> Candidates:
        """The candidates of items that have enough pieces in a text."""
        if not len(found.text):
            return found
        owner = found.text << 32 | found.number
        owners, pieces = np.unique(_distinct(owner, found.piece), return_counts=True)
        enough = pieces[np.searchsorted(owners, owner)] >= self.least[found.number]
        known = np.unique(owner[self.alone[found.number] & (found.kind != OPTION)])
        enough |= np.isin(owner, known)
        return Candidates(*(column[enough] for column in found))

    def _by_size(self, view: Bare, size: int) -> Candidates:
        table = self.tables[size]
        hashes = hashed(view.codes, size)
        bits = hashes >> np.uint64(64 - BITS)
        bitmap = self._bitmaps[size]
        maybe = np.flatnonzero(bitmap[bits >> np.uint64(3)] >> (bits & np.uint64(7)).astype(np.uint8) & 1)
        asked = hashes[maybe]
        at = np.searchsorted(table["grams"], asked)
        known = table["grams"][np.minimum(at, len(table["grams"]) - 1)] == asked
        maybe, at = maybe[known], at[known]
        text = np.searchsorted(view.starts, maybe, "right") - 1
        inside = maybe + size <= view.ends[text]
        place = maybe[inside] - view.starts[text[inside]]
        return self._together(place, text[inside], at[inside], table, GRAM_SIZES.index(size))

    def _together(self, place: Ints, text: Ints, at: Ints, table: dict[str, NDArray[Any]], which: int) -> Candidates:
        """The hits of each piece on each diagonal, where they are enough."""
        first = table["first"]
        many = first[at + 1] - first[at]
        row = np.repeat(np.arange(len(at)), many)
        entry = np.arange(len(row)) - np.repeat(np.cumsum(many) - many, many) + first[at][row]
        piece = table["owner"][entry].astype(np.int64)
        frequent = often(text[row], piece, table["need"])
        row, entry, piece = row[frequent], entry[frequent], piece[frequent]
        diagonal = place[row] - table["offset"][entry] + (1 << (_PLACE_BITS - 1))
        keys = np.sort((text[row] << (_PIECE_BITS + _PLACE_BITS)) | (piece << _PLACE_BITS) | diagonal)
        if not len(keys):
            return Candidates(*(np.zeros(0, np.int64) for _ in Candidates._fields))
        # Keys of another text or piece lie farther apart than any diagonal that is used.
        begins = np.concatenate(([0], np.flatnonzero(np.diff(keys) > GAP) + 1))
        ends = np.append(begins[1:], len(keys))
        piece = keys[begins] >> _PLACE_BITS & ((1 << _PIECE_BITS) - 1)
        need = table["need"][piece]
        enough = ends - begins >= need
        parted = np.append(keys[begins[1:]] - keys[ends[:-1] - 1] <= GAP + LONGEST, False)
        parted &= table["kind"][piece] == QUESTION
        both = np.flatnonzero(parted)
        both = both[ends[both + 1] - begins[both] >= need[both]]
        enough[both] |= 2 * (ends - begins)[both] >= need[both]
        enough[both + 1] |= 2 * (ends - begins)[both + 1] >= need[both]
        begins, ends, piece = begins[enough], ends[enough], piece[enough]
        low, high = ((keys[side] & ((1 << _PLACE_BITS) - 1)) - (1 << (_PLACE_BITS - 1)) for side in (begins, ends - 1))
        return Candidates(
            keys[begins] >> (_PIECE_BITS + _PLACE_BITS), table["number"][piece].astype(np.int64),
            table["kind"][piece].astype(np.int64), low, high, table["length"][piece].astype(np.int64),
            piece * len(GRAM_SIZES) + which,
        )  # fmt: skip


def often(text: Ints, piece: Ints, need: Ints) -> Ints:
    """The hits of pieces that a text has often enough, wherever: most are alone, and need not be sorted. Counted by a
    hash of text and piece, so that some are kept for others."""
    slot = (text * 0x9E3779B1 ^ piece * 0x85EBCA77) >> 7 & ((1 << _SLOT_BITS) - 1)
    found: Ints = np.flatnonzero(np.bincount(slot, minlength=1 << _SLOT_BITS)[slot] >= need[piece])
    return found


def _distinct(owner: Ints, piece: Ints) -> Ints:
    """The owner of each piece, once for each owner and piece."""
    order = np.lexsort((piece, owner))
    owner, piece = owner[order], piece[order]
    new = np.ones(len(owner), np.bool_)
    new[1:] = (np.diff(owner) != 0) | (np.diff(piece) != 0)
    return owner[new]


def hashed(codes: NDArray[np.uint32], size: int) -> Hashes:
    """The hash of the `size` characters from each place on; those that run over the end are of no use."""
    power, width = codes.astype(np.uint64) * _MIX, 1
    power ^= power >> np.uint64(29)
    total: Hashes | None = None
    done, rest = 0, size
    while rest:
        if rest & 1:
            part = _shifted(power, done)
            total = part.copy() if total is None else total * _factor(width) + part
            done += width
        rest >>= 1
        if rest:
            power, width = power * _factor(width) + _shifted(power, width), 2 * width
    assert total is not None
    total ^= total >> np.uint64(32)
    total *= _MIX
    return total


def _factor(width: int) -> np.uint64:
    return np.uint64(pow(int(_BASE), width, 1 << 64))


def _shifted(values: Hashes, by: int) -> Hashes:
    return np.concatenate([values[by:], np.zeros(min(by, len(values)), np.uint64)])


def _bitmap(grams: Hashes) -> NDArray[np.uint8]:
    bits = np.unique(grams >> np.uint64(64 - BITS))
    bitmap = np.zeros(1 << (BITS - 3), np.uint8)
    np.bitwise_or.at(bitmap, bits >> np.uint64(3), np.uint8(1) << (bits & np.uint64(7)).astype(np.uint8))
    return bitmap


def build_index(pieces: Sequence[Piece]) -> GramIndex:
    """The index of pieces; those shorter than a gram are left out."""
    tables = {size: _table([piece for piece in pieces if piece.gram == size], size) for size in GRAM_SIZES}
    alone = _alone(pieces)
    return GramIndex(tables, _least(pieces, alone), alone)


def _alone(pieces: Sequence[Piece]) -> NDArray[np.bool_]:
    """By item whether its question or context is enough."""
    alone = np.zeros(max((piece.number for piece in pieces), default=0) + 1, np.bool_)
    alone[[piece.number for piece in pieces if piece.alone]] = True
    return alone


def _least(pieces: Sequence[Piece], alone: NDArray[np.bool_]) -> Ints:
    """By item how many of its pieces a document has to have: one where no options are looked up or too few pieces can
    be; else two, or of five pieces three, since half of the options must stand there, and the question. Of an item
    that its question alone tells, the options that are looked up."""
    numbers = np.array([piece.number for piece in pieces], np.int64)
    known = np.array([piece.known for piece in pieces], np.int64)
    has = np.bincount(numbers, weights=known, minlength=1).astype(np.int64)
    options = np.bincount(numbers, weights=[piece.kind == OPTION for piece in pieces], minlength=1)
    several = np.where((options == 0) | (has < 4), 1, np.where(has == 4, 2, 3))
    return np.where(alone[: len(has)] & (options > 0), np.minimum(options, 2), several).astype(np.int64)


def _table(pieces: Sequence[Piece], size: int) -> dict[str, NDArray[Any]]:
    lengths = np.array([len(piece.text) for piece in pieces], np.int64)
    joined = np.frombuffer("".join(piece.text for piece in pieces).encode("utf-32-le"), "<u4").astype(np.uint32)
    hashes = hashed(joined, size)
    grams = np.maximum(lengths - size + 1, 0)
    kind = np.array([piece.kind for piece in pieces], np.int64)
    taken = np.minimum(grams, GRAMS)
    owner = np.repeat(np.arange(len(pieces)), taken)
    rank = np.arange(len(owner)) - np.repeat(np.cumsum(taken) - taken, taken)
    offset = rank * np.maximum(grams[owner] - 1, 0) // np.maximum(taken[owner] - 1, 1)
    value = hashes[(np.cumsum(lengths) - lengths)[owner] + offset]
    owner, offset, value = _telling(owner, offset, value, kind)
    order = np.lexsort((owner, value))
    unique, first = np.unique(value[order], return_index=True)
    has = np.bincount(owner, minlength=len(pieces))
    return {
        "grams": unique, "first": np.append(first, len(owner)).astype(np.int64),
        "owner": owner[order].astype(np.uint32), "offset": offset[order].astype(np.int64),
        "need": needed(has, kind, lengths - size + 1, size).astype(np.int64), "length": lengths.astype(np.uint32),
        "number": np.array([piece.number for piece in pieces], np.uint32), "kind": kind.astype(np.uint8),
    }  # fmt: skip


def _telling(owner: Ints, offset: Ints, value: Hashes, kind: Ints) -> tuple[Ints, Ints, Hashes]:
    """Grams that many pieces have ("whichofthefo") only cost time; a piece with no others keeps its own. Of options the
    rarest are enough."""
    _, where, counts = np.unique(value, return_inverse=True, return_counts=True)
    times = counts[where]
    rare = times <= COMMON
    alone = np.bincount(owner[rare], minlength=len(kind)) == 0
    order = np.lexsort((offset, times, owner))
    pieces = owner[order]
    rank = np.empty(len(owner), np.int64)
    rank[order] = np.arange(len(owner)) - np.searchsorted(pieces, pieces)
    keep = (rare | alone[owner]) & ((kind[owner] != OPTION) | (rank < OPTION_GRAMS))
    return owner[keep], offset[keep], value[keep]


def needed(has: Ints, kind: Ints, grams: Ints, size: int) -> Ints:
    """How many hits make a candidate. Of options all grams: they are looked for word for word. Of the rest nearly a
    third (of short ones a half), or what one changed word of seven characters leaves, or a Chinese character; from 24
    grams on never fewer than four."""
    word = 7 if size in (LATIN_GRAM, LATIN_SMALL) else 1
    left = (has * (grams - size - word + 1)) // np.maximum(grams, 1)
    share = has // 2 if size in (HAN_SMALL, LATIN_SMALL) else has * 3 // 10
    some = np.clip(np.minimum(share, left), 1, None)
    some = np.where(grams >= 24, np.maximum(some, 4), some)
    return np.where(kind == OPTION, has, np.minimum(some, np.maximum(has, 1)))


def write_index(index: GramIndex, folder: Path) -> None:
    """One file an array, `<size>-<name>.npy`."""
    for size, table in index.tables.items():
        for name in ARRAYS:
            np.save(folder / f"{size}-{name}.npy", table[name])
    np.save(folder / "least.npy", index.least)
    np.save(folder / "alone.npy", index.alone)


def read_index(folder: Path) -> GramIndex:
    """The index of a folder, mapped into memory: workers of one machine share its pages."""
    tables = {size: {name: np.load(folder / f"{size}-{name}.npy", mmap_mode="r") for name in ARRAYS}
              for size in GRAM_SIZES}  # fmt: skip
    return GramIndex(tables, np.load(folder / "least.npy"), np.load(folder / "alone.npy"))
