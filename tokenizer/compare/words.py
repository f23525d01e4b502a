"""Words of a batch of texts, and the medical terms in it, as spans of code points.

Texts come from `tokenizer/compare/documents.py`, spans go to `tokenizer/compare/counted.py`. Two notions of a word are
needed. *Fertility* counts words as white space parts them, punctuation and numbers included, as it is reported
everywhere (Rust et al. 2021, doi:10.18653/v1/2021.acl-long.243). *Kept whole* asks of runs of letters: no tokenizer is
to be blamed for parting a word from its comma. Chinese and its like are written without spaces, and no segmenter is
asked here, because each cuts otherwise and a tokenizer would be measured by its likeness to the segmenter: there the
unit is the character, and whole words are told of by the terms of the lists alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import polars as pl

from corpus.text.codepoints import UNICODE_SIZE, CodePoints, Ints, Mask, Spans, properties
from corpus.text.scripts import BLOCKS, HAN_BLOCKS

# Primary subtags (BCP 47) of languages that are written without spaces between words.
UNSPACED = frozenset("zh lzh yue wuu ja th lo km my bo dz".split())
_HAN = "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in HAN_BLOCKS)
HAN = re.compile(f"[{_HAN}]")
SHORTEST_HAN, SHORTEST = 2, 3  # characters of a term that is looked for in running text


def spaced(language: str) -> bool:
    """Whether a language parts its words by spaces."""
    return language.partition("-")[0] not in UNSPACED


@lru_cache(maxsize=1)
def han() -> Mask:
    """True for the code points of Han characters."""
    table = np.zeros(UNICODE_SIZE, np.bool_)
    for first, last in HAN_BLOCKS:
        table[first : last + 1] = True
    return table


@lru_cache(maxsize=1)
def letters() -> Mask:
    """True for letters and marks of scripts that write words apart."""
    table = properties().is_alphabetic | properties().major(b"M")
    table &= ~han()
    for script in ("Kana", "Thai", "Laoo", "Khmr", "Mymr", "Tibt"):
        for first, last in BLOCKS[script]:
            table[first : last + 1] = False
    return table


def runs(text: CodePoints, member: Mask) -> Spans:
    """The runs of characters for which `member` (over all code points) is true. Texts are framed by newlines, so that
    no run reaches over the end of one unless newlines are members."""
    inside = np.concatenate([[False], member[text.codes], [False]])
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    starts, ends = edges[::2], edges[1::2]
    return Spans(starts, ends, text.owner(starts))


def words(text: CodePoints) -> Spans:
    """What white space parts."""
    return runs(text, ~properties().is_space)


def letter_words(text: CodePoints) -> Spans:
    """Runs of letters that no digit touches: the words that can be kept whole."""
    found = runs(text, letters())
    digit = properties().major(b"N")[text.codes]
    return found.only(~(digit[found.starts - 1] | digit[found.ends]))


class Finder:
    """Finds terms in running text: terms in Han characters wherever they stand, the longest first; others as whole
    words of one run of letters, whatever the case (ASCII)."""

    def __init__(self, terms: Iterable[str]) -> None:
        known = sorted(set(terms), key=lambda term: (-len(term), term))
        self._han = [term for term in known if HAN.search(term) and len(term) >= SHORTEST_HAN]
        self._other = [term for term in known if not HAN.search(term) and len(term) >= SHORTEST and _one_word(term)]

    def find(self, texts: Sequence[str], text: CodePoints, spaced_: Sequence[bool]) -> Spans:
        """The terms in a batch, in order: in texts of a spaced language those of letters, in others those in Han."""
        flags = np.array(spaced_, np.bool_)
        found = [self._search(texts, text, self._han, ~flags), self._search(texts, text, self._other, flags)]
        edge = letters()[text.codes] | properties().major(b"N")[text.codes]
        apart = found[1].only(~(edge[found[1].starts - 1] | edge[found[1].ends]))
        starts, ends = (
            np.concatenate([a, b]) for a, b in ((found[0].starts, apart.starts), (found[0].ends, apart.ends))
        )
        order = np.argsort(starts, kind="stable")
        return Spans(starts[order], ends[order], text.owner(starts[order]))

    def _search(self, texts: Sequence[str], text: CodePoints, terms: list[str], asked: Mask) -> Spans:
        if not terms or not asked.any():
            return Spans(*(np.zeros(0, np.int64) for _ in range(3)))
        series = pl.Series([one if wanted else "" for one, wanted in zip(texts, asked, strict=True)], dtype=pl.String)
        # Leftmost, and of those that start at one place the first of the list, which is the longest.
        how = {"ascii_case_insensitive": True, "leftmost": True}
        table = pl.select(at=series.str.find_many(terms, **how), is_=series.str.extract_many(terms, **how))
        flat = table.with_row_index("text").explode("at", "is_").drop_nulls()
        return _in_characters(text, flat["text"].to_numpy().astype(np.int64), flat["at"].to_numpy().astype(np.int64),
                              flat["is_"].str.len_chars().to_numpy().astype(np.int64))  # fmt: skip


def _in_characters(text: CodePoints, owners: Ints, at: Ints, lengths: Ints) -> Spans:
    """Spans from places in bytes of UTF-8 within each text."""
    widths = 1 + (text.codes >= 0x80) + (text.codes >= 0x800) + (text.codes >= 0x10000)
    before = np.concatenate([[0], np.cumsum(widths)])  # bytes before each character of the batch
    starts = np.searchsorted(before, before[text.starts[owners]] + at)
    return Spans(starts, starts + lengths, owners)


def _one_word(term: str) -> bool:
    return all(character.isalpha() for character in term)
