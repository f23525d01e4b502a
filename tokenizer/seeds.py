"""Seeds of a Unigram model: the substrings of words that its search begins with, by how much of the sample they cover.

Made from the words and counts that `tokenizer/unigram.py` trains on, and given to sentencepiece as a file. Left to
itself it takes seeds from the lines it reads and counts each distinct line once; given distinct words it would leave
out every piece that stands in one word alone, however frequent that word is.
"""

from __future__ import annotations

import polars as pl

MOST = 1_000_000  # seeds, sentencepiece's own default
LEAST = 2  # occurrences
MOST_WORDS = 1_000_000  # the most frequent ones, whose substrings are seeds: bounds the memory


def seeds(words: pl.DataFrame, longest: int) -> pl.DataFrame:
    """`piece` and `count` (occurrences in the sample) of all characters, and of the substrings of up to that many
    characters that cover most text: count times length, as in sentencepiece (Kudo and Richardson 2018,
    arXiv:1808.06226)."""
    frequent = words.sort(["count", "word"], descending=[True, False]).head(MOST_WORDS)
    counted = [_of_length(words if length == 1 else frequent, length) for length in range(1, longest + 1)]
    longer = pl.concat(counted[1:]).sort(["weight", "piece"], descending=[True, False]).head(MOST)
    both = pl.concat([counted[0], longer]).sort(["weight", "piece"], descending=[True, False])
    return both.select("piece", "count")


def _of_length(words: pl.DataFrame, length: int) -> pl.DataFrame:
    """`piece`, `count` and `weight` of all substrings of that length."""
    last = pl.col("word").str.len_chars().cast(pl.Int64) - length + 1
    places = words.lazy().filter(last > 0).with_columns(at=pl.int_ranges(0, last)).explode("at")
    pieces = places.select("count", piece=pl.col("word").str.slice(pl.col("at"), length))
    table = pieces.group_by("piece").agg(pl.col("count").sum()).filter(pl.col("count") >= (LEAST if length > 1 else 1))
    return table.with_columns(weight=pl.col("count") * length).collect()
