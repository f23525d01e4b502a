"""Merges: byte pair encoding learned on characters, with which BPE and WordPiece begin.

Words and their counts come from `tokenizer/words.py`; merges in order go to `tokenizer/bpe.py` and
`tokenizer/wordpiece.py`. The trainer is sentencepiece's, given words and counts instead of text: of the trainers
measured it is the fastest in both languages and its counts have 64 bits (benchmarks/tokenizers-2026-11.md). It works on
characters, so that no piece is ever torn inside one; `tokenizer/bpe.py` adds the bytes below.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from tokenizers import Tokenizer, models

from tokenizer.trained import Seen
from tokenizer.trainer import run_trainer

LOGGED = 100  # the trainer says of every hundredth merge how often its pair occurred
LONGEST_PIECE = 24  # characters: longer pieces are whole phrases of boilerplate
# Characters that sentencepiece keeps for itself or that a line cannot hold: learned under other names, from a private
# plane; a word that holds one of those names is not learned from.
KEPT = "\0\t\n\r \u2581\u2585"
NAMES = {ord(character): 0xF0000 + number for number, character in enumerate(KEPT)}
BACK = {name: chr(code) for code, name in NAMES.items()}
_FOREIGN = f"[{chr(0xF0000)}-{chr(0xF0000 + len(KEPT) - 1)}]"


class Merges(NamedTuple):
    """What was learned. `characters` and `counts` of each in the sample, the most frequent first. `pairs`: what is
    joined, in order. `curve`: of every hundredth merge its number and how often its pair stood in the sample."""

    characters: list[str]
    counts: list[int]
    pairs: list[tuple[str, str]]
    curve: list[tuple[int, int]]

    def occurs(self, number: int) -> int:
        """How often the pair of that merge (counted from 1) stood in the sample when it was joined, about."""
        if not self.curve:
            return 0
        numbers, counts = zip(*self.curve, strict=True)
        return int(np.interp(number, numbers, counts))


def learn_merges(words: pl.DataFrame, number: int, minimum: int, seen: Seen, taken: Sequence[str] = ()) -> Merges:
    """Learn up to that number of merges, each of which occurs at least `minimum` times; `seen` is told how many are
    there. There are fewer where the words give no more. `taken`: special tokens, which no merge may make."""
    usable = words.filter(~pl.col("word").str.contains(_FOREIGN))
    characters, counts = count_characters(usable)
    if not (usable["word"].str.len_chars() > 1).any():
        return Merges(characters, counts, [], [])
    asked = -(-number // LOGGED) * LOGGED  # so that the trainer says of the very last how often it occurred
    options = {"model_type": "bpe", "vocab_size": asked + len(characters) + 3, "character_coverage": 1.0,
               "max_sentencepiece_length": LONGEST_PIECE}  # fmt: skip
    trained = run_trainer(named(usable), options, seen)
    pairs = as_pairs([one for one in trained_pieces(trained.model) if len(one) > 1 and one not in taken][:number])
    if not trained.curve or trained.curve[-1][1] < minimum:  # it goes on with pairs that no longer occur
        occurs = occurrences(usable, characters, pairs)
        pairs = pairs[: next((at for at, count in enumerate(occurs) if count < minimum), len(pairs))]
    return Merges(characters, counts, pairs, trained.curve)


def count_characters(words: pl.DataFrame) -> tuple[list[str], list[int]]:
    """Every character and its count, the most frequent first (then by code point)."""
    split = words.lazy().select(character=pl.col("word").str.split(""), count="count").explode("character")
    table = split.filter(pl.col("character") != "").group_by("character").agg(pl.col("count").sum())
    ordered = table.sort(["count", "character"], descending=[True, False]).collect()
    return ordered["character"].to_list(), ordered["count"].to_list()


def named(words: pl.DataFrame) -> pl.DataFrame:
    """The words as the trainer may see them."""
    expression = pl.col("word")
    for code, name in NAMES.items():
        expression = expression.str.replace_all(chr(code), chr(name), literal=True)
    return words.with_columns(expression)


def trained_pieces(model: Any) -> list[str]:
    """The pieces of text in a trained model, in order, under their own names."""
    return [piece.piece.translate(BACK) for piece in model.pieces if piece.type == 1]


def as_pairs(pieces: Sequence[str]) -> list[tuple[str, str]]:
    """What each piece is joined from: the two parts that earlier pieces make of it. A piece that earlier ones do not
    bring down to two parts cannot be reached by merging and is left out."""
    rank: dict[str, int] = {}
    pairs: list[tuple[str, str]] = []
    for piece in pieces:
        parts = _parts(piece, rank)
        if len(parts) == 2:
            rank[piece] = len(rank)
            pairs.append((parts[0], parts[1]))
    return pairs


def _parts(piece: str, rank: dict[str, int]) -> list[str]:
    """The piece, cut by the pieces ranked before it."""
    parts = list(piece)
    none = len(rank)
    ranks = [rank.get(left + right, none) for left, right in pairwise(parts)]
    while len(parts) > 2 and (best := min(ranks)) < none:
        at = ranks.index(best)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
        del ranks[at]
        for beside in (at - 1, at):  # only the pairs around it are others now
            if 0 <= beside < len(ranks):
                ranks[beside] = rank.get(parts[beside] + parts[beside + 1], none)
    return parts


def occurrences(words: pl.DataFrame, characters: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[int]:
    """How often each pair was joined: as often as its piece is left at the end, and as often as it went into others."""
    vocabulary: dict[str, int] = {}
    for piece in chain(characters, (left + right for left, right in pairs)):
        vocabulary.setdefault(piece, len(vocabulary))
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=list(pairs), cache_capacity=0))
    left = [0] * len(vocabulary)
    for rows in words.iter_slices(50_000):
        encoded = backend.encode_batch_fast(rows["word"].to_list(), add_special_tokens=False)
        for one, count in zip(encoded, rows["count"], strict=True):
            for number in one.ids:
                left[number] += count
    for first, second in reversed(pairs):
        joined = left[vocabulary[first + second]]
        left[vocabulary[first]] += joined
        left[vocabulary[second]] += joined
    return [left[vocabulary[first + second]] for first, second in pairs]
