"""Counts of every document by every tokenizer: what all measures are made of.

Documents come from `tokenizer/compare/documents.py`; a batch is encoded by each tokenizer in turn, turned into flat
arrays (`tokenizer/compare/pieces.py`) and forgotten. What stays is a row of whole numbers a document and tokenizer, how
often each id was used in each language, and the first few places where a text did not come back.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.progress import Silent
from corpus.text.codepoints import CodePoints, Ints, counts, encode, tally
from tokenizer.compare.documents import Drawn
from tokenizer.compare.measures import OF_PIECES, OF_TEXT
from tokenizer.compare.pieces import Cover, Pieces, Vocabulary, vocabulary_of
from tokenizer.compare.pieces import encode as encode_pieces
from tokenizer.compare.words import Finder, han, letter_words, spaced, words
from tokenizer.opened import Opened

PLACES = 3  # of texts that do not come back, by tokenizer and language
AROUND = 16  # characters shown from such a place on


class Broken(NamedTuple):
    """Where a document does not come back: the first character (from 0) that differs, and what stands from there on in
    the text and in what was decoded."""

    id: str
    at: int
    text: str
    decoded: str


class Counted(NamedTuple):
    """`documents`: `id`, `language`, `source`, `tier` and OF_TEXT, one row a document, in order of id. `pieces`: per
    tokenizer its OF_PIECES (documents, counts). `used`: per tokenizer, how often each id occurs, by language.
    `broken`: per tokenizer and language."""

    documents: pl.DataFrame
    pieces: list[Ints]
    used: list[dict[str, Ints]]
    broken: list[dict[str, list[Broken]]]


def count(drawn: Drawn, tokenizers: Sequence[Opened], finder: Finder, watch: Silent) -> Counted:
    """Count all documents by all tokenizers."""
    known = [vocabulary_of(opened) for opened in tokenizers]
    rows: list[pl.DataFrame] = []
    pieces: list[list[Ints]] = [[] for _ in tokenizers]
    used: list[dict[str, Ints]] = [{} for _ in tokenizers]
    broken: list[dict[str, list[Broken]]] = [{} for _ in tokenizers]
    with watch.stage("measure", drawn.rows.height):
        for some, texts in drawn.batches():
            batch = _Batch(some, texts, finder)
            rows.append(batch.rows())
            for place, opened in enumerate(tokenizers):
                encoded = encode_pieces(opened.backend, texts, batch.text)
                back = _back(opened, encoded)
                pieces[place].append(batch.pieces(encoded, known[place], back))
                _use(used[place], some["language"].to_list(), encoded, known[place].size)
                _note(broken[place], some, texts, back)
            watch.tick(some.height, {"documents": some.height})
    documents = pl.concat(rows).with_row_index("order").sort("id")
    order = documents["order"].to_numpy()
    return Counted(documents.drop("order"), [np.concatenate(one)[order] for one in pieces], used, broken)


class _Batch:
    """A batch of documents, cut into words and terms once for all tokenizers."""

    def __init__(self, rows: pl.DataFrame, texts: Sequence[str], finder: Finder) -> None:
        self._rows, self._texts = rows, texts
        self.text = encode(texts)
        self._letter_words = letter_words(self.text)
        self._terms = finder.find(texts, self.text, [spaced(name) for name in rows["language"]])
        self._han = han()[self.text.codes]
        self._long = self.text.codes >= 0x80  # of several bytes: no other character can be torn

    def rows(self) -> pl.DataFrame:
        """Who the documents are, and the counts of their texts."""
        size = self.text.size
        told: dict[str, Sequence[int] | Ints] = {
            "documents": np.ones(size, np.int64), "bytes": [len(one.encode()) for one in self._texts],
            "characters": self.text.lengths, "words": counts(words(self.text).starts, self.text),
            "letter_words": tally(self._letter_words.owners, size), "terms": tally(self._terms.owners, size),
            "han": self._per_text(self._han),
        }  # fmt: skip
        columns = [pl.Series(name, told[name], pl.Int64) for name in OF_TEXT]
        return self._rows.select("id", "language", "source", "tier").with_columns(columns)

    def pieces(self, encoded: Pieces, known: Vocabulary, back: Sequence[str]) -> Ints:
        """OF_PIECES of each document (documents, counts)."""
        cover, size = Cover(self.text, encoded, known), self.text.size
        owners = np.repeat(np.arange(size), np.diff(encoded.at))
        depth = cover.depth()
        whole_words, whole_terms = cover.whole(self._letter_words), cover.whole(self._terms)
        told = {
            "tokens": np.diff(encoded.at), "unknown": tally(owners[known.unknown[encoded.ids]], size),
            "lost": self._per_text(cover.unknown()), "torn": self._per_text((depth > 1) & self._long),
            "whole_words": tally(self._letter_words.owners[whole_words], size),
            "whole_terms": tally(self._terms.owners[whole_terms], size),
            "joined": self._per_text(cover.in_longer(self._han) & (depth == 1)),
            "exact": np.array([text == other for text, other in zip(self._texts, back, strict=True)], np.int64),
        }  # fmt: skip
        return np.stack([np.asarray(told[name], np.int64) for name in OF_PIECES], axis=1)

    def _per_text(self, chosen: NDArray[np.bool_]) -> Ints:
        """How many of the chosen characters each text has."""
        return _in_texts(chosen, self.text)


def _in_texts(chosen: NDArray[np.bool_], text: CodePoints) -> Ints:
    before = np.concatenate([[0], np.cumsum(chosen)])
    return np.asarray(before[text.ends] - before[text.starts], np.int64)


def _back(opened: Opened, encoded: Pieces) -> list[str]:
    """The texts as decoding gives them back."""
    cuts = encoded.at.tolist()
    ids = encoded.ids.tolist()
    each = [ids[begin:end] for begin, end in pairwise(cuts)]
    return list(opened.backend.decode_batch(each, skip_special_tokens=False))


def _use(used: dict[str, Ints], languages: Sequence[str], encoded: Pieces, size: int) -> None:
    for language in dict.fromkeys(languages):
        mine = np.repeat(np.array([name == language for name in languages]), np.diff(encoded.at))
        used[language] = used.get(language, np.zeros(size, np.int64)) + np.bincount(encoded.ids[mine], minlength=size)


def _note(broken: dict[str, list[Broken]], rows: pl.DataFrame, texts: Sequence[str], back: Sequence[str]) -> None:
    for name, language, text, other in zip(rows["id"], rows["language"], texts, back, strict=True):
        noted = broken.setdefault(language, [])
        if text != other and len(noted) < PLACES:
            at = first_difference(text, other)
            noted.append(Broken(name, at, text[at : at + AROUND], other[at : at + AROUND]))


def first_difference(text: str, other: str) -> int:
    """The first place (character, from 0) at which two texts differ; the length of the shorter where one begins with
    the other."""
    low, high = 0, min(len(text), len(other))
    while low < high:  # halving: comparing slices is quick, comparing characters in Python is not
        middle = (low + high + 1) // 2
        low, high = (middle, high) if text[low:middle] == other[low:middle] else (low, middle - 1)
    return low
