"""Byte-level BPE: every byte has an id, so that any text can be written and comes back byte for byte.

Merges of characters come from `tokenizer/merges.py`; the tokenizer goes to `tokenizer/fit.py`. Below the merges lie
those that make a character of its bytes. Which characters are worth an id is decided as BPE decides everything: by how
often the merge occurs, beside the merges of characters. Two things differ from BPE learned on bytes (HF, rustbpe): no
piece ends in the middle of a character that it does not begin with, and learning looks at a third of the symbols in
Chinese. Bytes per token are the same (benchmarks/tokenizers-2026-11.md).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

import polars as pl
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tokenizer.merges import Merges, learn_merges
from tokenizer.pretokenize import Pattern
from tokenizer.trained import Need, Seen

BYTES = 256


def fit_bpe(words: pl.DataFrame, cut: Pattern, special: Sequence[str], need: Need, seen: Seen) -> Tokenizer:
    """A byte-level BPE whose vocabulary has exactly `need.vocabulary` ids, the special tokens first. Raises `UserError`
    when the words give fewer."""
    room = need.vocabulary - len(special) - BYTES
    if room < 0:
        raise need.cramped(len(special) + BYTES)
    number = room
    while True:
        learned = learn_merges(words, number, need.minimum, seen, special)
        characters, pairs = fill(learned, room)
        merges = [*_of_characters(characters), *((left.encode(), right.encode()) for left, right in pairs)]
        if len(merges) >= room or len(learned.pairs) < number:
            break
        number *= 2  # where the room is small, many of the first merges are of characters that it has no place for
    if len(merges) < room:
        raise need.missing(len(merges) + need.vocabulary - room)
    backend = Tokenizer(_model(special, merges))
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [cut.pre_tokenizer(), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    backend.decoder = decoders.ByteLevel()
    return backend


def fill(learned: Merges, room: int) -> tuple[list[str], list[tuple[str, str]]]:
    """The characters that are made of their bytes, and the merges of characters: the most frequent of both, until the
    room is full. A merge stays out when one of its characters does."""
    low, high = 0, len(learned.pairs)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _size(_frequent(learned, middle)) + middle <= room else (low, middle - 1)
    characters = _frequent(learned, low)
    if low == len(learned.pairs):  # every merge fits: rarer characters take what is left
        rare = [one for one in learned.characters if len(one.encode()) > 1][len(characters) :]
        for one in rare:
            if _size([*characters, one]) + low > room:
                break
            characters.append(one)
    written = {*characters, *(one for one in learned.characters if len(one.encode()) == 1)}
    possible = ((left, right) for left, right in learned.pairs if written.issuperset(left + right))
    return characters, list(islice(possible, room - _size(characters)))


def _frequent(learned: Merges, merges: int) -> list[str]:
    """The characters beyond ASCII that occur at least as often as the last of that many merges."""
    least = max(1, learned.occurs(merges)) if merges else max(learned.counts, default=1)
    counted = zip(learned.characters, learned.counts, strict=True)
    return [one for one, count in counted if count >= least and len(one.encode()) > 1]


def _size(characters: Sequence[str]) -> int:
    """How many merges make these characters of their bytes."""
    return len(characters) + len(_starts(characters))


def _starts(characters: Sequence[str]) -> list[bytes]:
    """The first two, and of four bytes the first three, that characters begin with, the shorter ones first."""
    starts = {raw[:end] for raw in (one.encode() for one in characters) for end in range(2, len(raw))}
    return sorted(starts, key=lambda start: (len(start), start))


def _of_characters(characters: Sequence[str]) -> list[tuple[bytes, bytes]]:
    """The merges that make characters, byte by byte, what they begin with first."""
    made = [*_starts(characters), *(one.encode() for one in characters)]
    return [(raw[:-1], raw[-1:]) for raw in made]


def _model(special: Sequence[str], merges: Sequence[tuple[bytes, bytes]]) -> models.BPE:
    """Ids: special tokens, bytes, then what each merge makes, in order."""
    letters = byte_letters()
    spelt = [("".join(letters[byte] for byte in left), "".join(letters[byte] for byte in right))
             for left, right in merges]  # fmt: skip
    pieces = [*special, *sorted(letters), *(left + right for left, right in spelt)]
    return models.BPE(vocab={piece: number for number, piece in enumerate(pieces)}, merges=spelt)


def byte_letters() -> list[str]:
    """The letter that stands for each byte in `tokenizer.json`: the byte's own character where that can be printed,
    else one from U+0100 on (openai/gpt-2, src/encoder.py, bytes_to_unicode)."""
    printed = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    others = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(others)) for byte in range(BYTES)]
