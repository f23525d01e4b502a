"""The words of a sample and how often each occurs: all that any trainer needs to know of the text.

Texts come from `tokenizer/sample.py`, are cut by a pattern of `tokenizer/pretokenize.py` inside Polars, and go as a
table to `tokenizer/merges.py`. Counts have 64 bits. Memory: the distinct words, and one batch of text at a time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

import polars as pl

from tokenizer.pretokenize import MARK, Pattern

BATCH_BYTES = 8 << 20
LONGEST = 256  # characters of a word that is counted: more is no word, and the rest is counted as further words
WORDS = {"word": pl.String, "count": pl.Int64}

_HAN = re.compile(r"[\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3038-\u303b\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
                  r"\U00016fe2\U00016fe3\U00016ff0\U00016ff1\U00020000-\U0003ffff]")  # fmt: skip


def count_words(
    texts: Iterable[list[str]], cut: Pattern, seen: Callable[[int], None] = lambda size: None
) -> pl.DataFrame:
    """`word` and `count` of the texts, in order of word. `seen` is told the bytes of each batch."""
    counted: list[pl.DataFrame] = []
    for batch in _batches(texts):
        counted.append(_count(batch, cut))
        seen(sum(len(text.encode()) for text in batch))
        if len(counted) > 8:
            counted = [_add(counted)]
    return _bounded(_add(counted), cut.bound).sort("word")


def _batches(texts: Iterable[list[str]]) -> Iterator[list[str]]:
    """The texts in batches of about `BATCH_BYTES` characters."""
    batch: list[str] = []
    size = 0
    for group in texts:
        for text in group:
            batch.append(text)
            size += len(text)
            if size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch


def _count(batch: list[str], cut: Pattern) -> pl.DataFrame:
    marked = pl.col("text").str.replace_all(MARK, "", literal=True).str.replace_all(
        cut.before_word, "${1}" + MARK + "${2}${3}")  # fmt: skip
    words = pl.LazyFrame({"text": batch}, {"text": pl.String}).select(
        word=marked.str.extract_all(cut.counted).explode()
    )
    words = words.with_columns(pl.col("word").str.replace_all(MARK, "", literal=True))
    table = words.filter(pl.col("word") != "").group_by("word").agg(count=pl.len().cast(pl.Int64))
    return table.collect()


def _add(tables: list[pl.DataFrame]) -> pl.DataFrame:
    if not tables:
        return pl.DataFrame(schema=WORDS)
    return pl.concat(tables).group_by("word").agg(pl.col("count").sum())


def _bounded(table: pl.DataFrame, bound: int) -> pl.DataFrame:
    """Words longer than the pattern allows, or than any word is, cut into several."""
    least = min(bound or LONGEST, LONGEST)
    long = table.filter(pl.col("word").str.len_chars() > least)
    if not long.height:
        return table
    cut = [(piece, count) for word, count in long.iter_rows() for piece in _pieces(word, bound)]
    pieces = pl.DataFrame(cut, WORDS, orient="row")
    return _add([table.filter(pl.col("word").str.len_chars() <= least), pieces])


def _pieces(word: str, bound: int) -> Iterator[str]:
    """A run of Han characters goes by the bound (one character before the run belongs to it), all else by `LONGEST`."""
    run = bound and _HAN.match(word[-1])
    step = bound if run else LONGEST
    at = step if not run or _HAN.match(word[0]) else step + 1
    yield word[:at]
    for start in range(at, len(word), step):
        yield word[start : start + step]
