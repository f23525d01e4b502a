"""How much a text repeats itself: lines, paragraphs and n-grams, as shares of the text.

The rules are Gopher's (Rae et al. 2021, arXiv:2112.11446, table A1), in the form in which FineWeb applies them
(datatrove's `GopherRepetitionFilter`): every share of characters is a share of the whole text, white space included.
Where words stand between spaces, n-grams are made of words and punctuation marks (`corpus/text/words.py`). Chinese,
Japanese and other scripts without spaces need no word segmenter: there an n-gram of n words is taken as the
characters that n words have on average, 1.75 each (`CHARACTERS`). Reads text and `language.tag`; goes to the rules of
the recipe.
"""

from __future__ import annotations

import unicodedata

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.fact import Fact
from corpus.annotate.measure import measured
from corpus.text import codepoints, lines, repeats, words
from corpus.text.classes import SPACE, class_table
from corpus.text.codepoints import CodePoints, Spans

NEEDS = ("language",)
LIBRARIES = ("numpy",)

TOP = (2, 3, 4)
DUPLICATE = (5, 6, 7, 8, 9, 10)

# How many characters stand for n words where words are not spaced: 1.75 n, rounded. jieba's tokens, punctuation
# included, have 1.57 (hotel reviews) to 1.84 (web pages) characters; with 1.75 the shares come closest to jieba's.
CHARACTERS = {2: 4, 3: 5, 4: 7, 5: 9, 6: 10, 7: 12, 8: 14, 9: 16, 10: 18}
UNSPACED = ("zh", "lzh", "ja", "yue", "wuu", "th", "lo", "km", "my", "bo", "dz")

_LINES = "of the whole text, white space included"
FACTS = (
    Fact("repetition.duplicate_lines", "Float64", "share of lines", "0..1",
         "Lines that stood earlier in the text, of all lines that are not empty."),
    Fact("repetition.duplicate_line_characters", "Float64", "share of characters", "0..1",
         f"Characters in such lines, {_LINES}."),
    Fact("repetition.duplicate_paragraphs", "Float64", "share of paragraphs", "0..1",
         "Paragraphs (between blank lines) that stood earlier, of all paragraphs."),
    Fact("repetition.duplicate_paragraph_characters", "Float64", "share of characters", "0..1",
         f"Characters in such paragraphs, {_LINES}."),
    *(
        Fact(f"repetition.top_{n}_gram", "Float64", "share of characters", "0..",
             f"Characters of the most frequent {n}-gram times its count, {_LINES}; overlaps count twice.")
        for n in TOP
    ),
    *(
        Fact(f"repetition.duplicate_{n}_grams", "Float64", "share of characters", "0..1",
             f"Characters in {n}-grams that stood earlier, none counted twice, {_LINES}.")
        for n in DUPLICATE
    ),
)  # fmt: skip

Columns = dict[str, NDArray[np.float64]]


def resources(settings: object = None) -> dict[str, str]:
    """Python's Unicode tables say which characters are letters; their version is part of the facts' identity."""
    return {"unicode": unicodedata.unidata_version}


def annotate(batch: pl.DataFrame, settings: object = None) -> pl.DataFrame:
    """The facts of `FACTS` for every document."""
    texts = batch["text"].fill_null("").to_list()
    by_character = unspaced(batch["language.tag"])
    return measured(texts, [(~by_character, _measure_words), (by_character, _measure_characters)], FACTS)


def unspaced(tags: pl.Series) -> NDArray[np.bool_]:
    """Which documents are in a language that writes words without spaces between them."""
    base = tags.fill_null("").str.split("-").list.first()
    return base.is_in(UNSPACED).to_numpy()


def _measure_words(text: CodePoints) -> Columns:
    reading = words.read(text)
    running = codepoints.prefix_sums(text.codes)
    tokens = reading.tokens
    units = repeats.word_units(codepoints.hashes(running, tokens), tokens.owners, tokens.lengths, text.size)
    return _pieces(text, running, reading.chunks) | _ngrams(text, units, {n: n for n in CHARACTERS})


def _measure_characters(text: CodePoints) -> Columns:
    space = class_table().take(text.codes) & SPACE != 0
    found = _pieces(text, codepoints.prefix_sums(text.codes), words.chunks_of(text, space))
    places = np.flatnonzero(~space)
    units = repeats.character_units(text.codes[places], text.owner(places), text.size)
    return found | _ngrams(text, units, CHARACTERS)


def _pieces(text: CodePoints, running: codepoints.Hashes, chunks: Spans) -> Columns:
    found = _duplicate_pieces(text, running, lines.full_lines(text), "line")
    return found | _duplicate_pieces(text, running, lines.paragraphs(text, chunks), "paragraph")


def _duplicate_pieces(text: CodePoints, running: codepoints.Hashes, pieces: Spans, name: str) -> Columns:
    first = codepoints.first_equal(codepoints.hashes(running, pieces), pieces.owners)
    again = pieces.only(first != np.arange(len(first)))
    return {
        f"duplicate_{name}s": codepoints.share(
            codepoints.tally(again.owners, text.size), codepoints.tally(pieces.owners, text.size)
        ),
        f"duplicate_{name}_characters": codepoints.share(
            codepoints.sums(again.lengths, again.owners, text.size), text.lengths
        ),
    }


def _ngrams(text: CodePoints, units: repeats.Units, sizes: dict[int, int]) -> Columns:
    top = {sizes[n]: n for n in TOP}
    duplicate = {sizes[n]: n for n in DUPLICATE}
    found: Columns = {}
    for repeated in repeats.repeated_ngrams(units, max(duplicate)):
        if repeated.size in top:
            counted = repeats.top_characters(units, repeated)
            found[f"top_{top[repeated.size]}_gram"] = codepoints.share(counted, text.lengths)
        if repeated.size in duplicate:
            characters = repeats.duplicate_characters(units, repeated)
            found[f"duplicate_{duplicate[repeated.size]}_grams"] = codepoints.share(characters, text.lengths)
    return found
