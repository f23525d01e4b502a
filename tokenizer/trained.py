"""What every algorithm is told and how it tells: the size it must reach, and how far it has come.

Shared by `tokenizer/bpe.py`, `tokenizer/wordpiece.py`, `tokenizer/unigram.py` and their trainer; made by
`tokenizer/fit.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from corpus.errors import UserError
from tokenizer.recipe import SMALLEST


class Seen:
    """Told how many pieces are found, or still stand; and of the memory of a trainer's process, at its peak."""

    def __init__(self, found: Callable[[int], None] = lambda pieces: None) -> None:
        self.found = found
        self.peak_bytes = 0


class Need(NamedTuple):
    """What a recipe asks of an algorithm. `vocabulary`: ids in all. `minimum`: occurrences of a merge. `coverage`:
    share of the sample's characters with an id. `where`: the recipe's file, for what the user must mend."""

    vocabulary: int
    minimum: int
    coverage: float
    where: str

    def missing(self, most: int) -> UserError:
        """What is to be told when the sample does not give as many pieces as the vocabulary wants."""
        smaller = f"set vocabulary to {most:,} or less (--set vocabulary={most}), or " if most >= SMALLEST else ""
        return UserError(
            f"The sample gives no vocabulary of {self.vocabulary:,}: it is too small or too uniform, and its words "
            f"give {most:,} pieces at most.", where=self.where,
            mend=f"{smaller}give the sample more bytes",
        )  # fmt: skip

    def cramped(self, least: int) -> UserError:
        """What is to be told when a vocabulary has no room for what must be in it."""
        return UserError(
            f"A vocabulary of {self.vocabulary:,} has no room for special tokens, bytes and characters, which are "
            f"{least:,}.", where=self.where, mend=f"set vocabulary to {least} or more",
        )  # fmt: skip
