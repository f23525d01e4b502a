"""What is measured: every figure as a ratio of two counts, with what it means, and which end of it is better.

`tokenizer/compare/counted.py` makes the counts, `tokenizer/compare/intervals.py` the ratios of their sums, and the
table, the report and the documentation say of them what stands here. A ratio of sums, not a mean of ratios: long
documents count for what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

# Counts of a document whatever the tokenizer.
OF_TEXT = ("documents", "bytes", "characters", "words", "letter_words", "terms", "han")
# Counts of a document by one tokenizer.
OF_PIECES = ("tokens", "unknown", "lost", "whole_words", "whole_terms", "joined", "torn", "exact")
# Counts of a term, and by one tokenizer.
OF_TERM = ("listed",)
OF_TERM_PIECES = ("pieces", "one", "parts_whole")
CONTEXT = 2048  # tokens

Written = Literal["both", "spaced", "unspaced"]


class Measure(NamedTuple):
    """`name` in JSON, `heading` in a table. `of` / `per`: the counts whose sums are divided. `share`: between 0 and 1,
    shown in per cent; its differences are points, those of other measures per cent of the first tokenizer's. `better`:
    1 when more is better, -1 when less is. `written`: for which languages it is told. `told`: what it is."""

    name: str
    heading: str
    of: str
    per: str
    share: bool
    better: int
    told: str
    written: Written = "both"


MEASURES: tuple[Measure, ...] = (
    Measure("bytes_per_token", "bytes per token", "bytes", "tokens", False, 1,
            "Bytes of UTF-8 that one token stands for."),
    Measure("characters_per_token", "characters per token", "characters", "tokens", False, 1,
            "Characters (code points) that one token stands for."),
    Measure("fertility", "tokens per word", "tokens", "words", False, -1,
            "Fertility: tokens for each word between white space, punctuation and numbers among them.", "spaced"),
    Measure("tokens_per_character", "tokens per character", "tokens", "characters", False, -1,
            "Fertility of a language without spaces, where what a word is depends on who segments it.", "unspaced"),
    Measure("whole_words", "words kept whole", "whole_words", "letter_words", True, 1,
            "Share of the runs of letters in the text that are exactly one token, a space before it allowed "
            "(STRR, arXiv 2510.09947, counted in running text).", "spaced"),
    Measure("joined", "Han in longer pieces", "joined", "han", True, 1,
            "Share of Han characters that stand in a token with at least one more.", "unspaced"),
    Measure("whole_terms", "terms in one token", "whole_terms", "terms", True, 1,
            "Share of the occurrences of listed terms in the text that are exactly one token, a space before it "
            "allowed: terms of one word, or of two and more Han characters."),
    Measure("torn", "characters torn", "torn", "characters", True, -1,
            "Share of characters for which there are several tokens: bytes instead of a piece."),
    Measure("unknown", "unknown tokens", "unknown", "tokens", True, -1, "Share of tokens that are the unknown token."),
    Measure("lost", "characters lost", "lost", "characters", True, -1,
            "Share of characters that an unknown token stands for, or no token at all, white space excepted."),
    Measure("round_trip", "round trip", "exact", "documents", True, 1,
            "Share of documents that encoding and decoding gives back exactly."),
)  # fmt: skip
TERM_MEASURES: tuple[Measure, ...] = (
    Measure("one_token", "in one token", "one", "listed", True, 1, "Share of the terms that are exactly one token."),
    Measure("every_word_whole", "every word whole", "parts_whole", "listed", True, 1,
            "Share of the terms of which each run of letters, or of Han characters, is one token."),
    Measure("tokens_per_term", "tokens per term", "pieces", "listed", False, -1, "Tokens that a term takes."),
)  # fmt: skip


def measures_for(spaced: bool, measures: Sequence[Measure] = MEASURES) -> tuple[Measure, ...]:
    """The measures of a language."""
    left_out = "unspaced" if spaced else "spaced"
    return tuple(measure for measure in measures if measure.written != left_out)
