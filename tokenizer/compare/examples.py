"""Example sentences: where tokenizers differ most, and one where they differ as they usually do.

Sentences are cut out of the texts of a comparison (`tokenizer/compare/documents.py`); the report shows them in pieces
side by side (`tokenizer/compare/coloured.py`). The choice depends on the texts and the tokenizers alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from tokenizer.compare.words import spaced
from tokenizer.cut import Piece, cut
from tokenizer.opened import Opened

CANDIDATES = 1500  # sentences of a language that are looked at
PER_DOCUMENT = 4
MOST_DIFFERENT = 2
LENGTHS = {True: (50, 150), False: (16, 60)}  # characters of a sentence, in a spaced language and in others
LETTERS = 0.7  # share of letters among its characters: tables and formulas make no sentence
MARKS = ".!?。！？"  # what a sentence ends in: headings and fields of a form are none
_END = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+(?=\S)|\n+")


class Example(NamedTuple):
    """`id` of the document, `why` it was chosen, the sentence, and its pieces by each tokenizer."""

    id: str
    why: str
    text: str
    pieces: list[list[Piece]]


class Sentences:
    """Collects sentences of each language, a few of a document."""

    def __init__(self) -> None:
        self._found: dict[str, list[tuple[str, str]]] = {}

    def add(self, ids: Iterable[str], languages: Iterable[str], texts: Iterable[str]) -> None:
        """The sentences of documents."""
        for name, language, text in zip(ids, languages, texts, strict=True):
            held = self._found.setdefault(language, [])
            if len(held) < CANDIDATES:
                fit = [one for one in map(str.strip, _END.split(text[:20_000])) if _fits(one, spaced(language))]
                held += [(name, one) for one in fit[:PER_DOCUMENT]]

    def choose(self, tokenizers: Sequence[Opened]) -> dict[str, list[Example]]:
        """The examples of each language that has sentences: of different documents, the most different first."""
        return {language: _choose(held, tokenizers) for language, held in sorted(self._found.items()) if held}


def _fits(sentence: str, spaced_: bool) -> bool:
    least, most = LENGTHS[spaced_]
    if not least <= len(sentence) <= most or sentence[-1] not in MARKS:
        return False
    return sum(map(str.isalpha, sentence)) >= LETTERS * len(sentence)


def _choose(held: Sequence[tuple[str, str]], tokenizers: Sequence[Opened]) -> list[Example]:
    held = list({text: (name, text) for name, text in reversed(held)}.values())  # a sentence of several documents once
    texts = [text for _, text in held]
    counts = np.array([[len(ids) for ids in opened.encode(texts)] for opened in tokenizers])
    spread = (counts.max(0) - counts.min(0)) / np.array([len(text) for text in texts])
    order = sorted(range(len(held)), key=lambda place: (-spread[place], held[place][0], texts[place]))
    chosen: list[tuple[int, str]] = []
    for place in order:
        if len(chosen) < MOST_DIFFERENT and held[place][0] not in {held[other][0] for other, _ in chosen}:
            chosen.append((place, "where they differ most" if not chosen else "where they differ much"))
    taken = {place for place, _ in chosen}
    if (middle := order[len(order) // 2]) not in taken:
        chosen.append((middle, "where they differ as usual"))
    return [
        Example(held[place][0], why, texts[place], [cut(opened, texts[place]) for opened in tokenizers])
        for place, why in chosen
    ]
