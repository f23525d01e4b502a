"""ROUGE as CMExam's published scorers compute it, and their BLEU in percent.

Used by `eval/cmexam/legacy_lora.py` and `eval/cmexam/legacy_gpt.py`, never for a score of ours. Both published scripts
call one library that came from Google's seq2seq (facts: williamliujl/CMExam, src/evaluation). It differs from Lin 2004
(`eval/cmexam/overlap.py`) in three things:

- n-grams are sets: a word said ten times counts once;
- ROUGE-L weighs precision and recall by beta = precision / recall: (P² + R²) P R / (P³ + R³), which is below the usual
  F, the more so the more the lengths differ, and the same when text and reference are swapped;
- texts are split at single spaces, so that an empty text has one token, the empty one, and equals another empty text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from eval.cmexam.overlap import ORDERS, Tokens, bleu_counts, corpus_bleu, longest, ngrams


class Published(NamedTuple):
    """All in percent, as the scripts print them. `rouge`, `precision`, `recall`: of ROUGE-1, ROUGE-2, ROUGE-L, the mean
    over items; `rouge` is F."""

    bleu_1: float
    bleu_2: float
    bleu_4: float
    rouge: tuple[float, ...]
    precision: tuple[float, ...]
    recall: tuple[float, ...]


def published(bleu: Sequence[tuple[Tokens, Tokens]], rouge: Sequence[tuple[str, str]]) -> Published:
    """Scores of pairs (text, reference): tokens for BLEU, and texts that are spaced out here into characters."""
    counts = np.array([bleu_counts(*pair) for pair in bleu], dtype=np.int64).reshape(-1, 2 * ORDERS + 2)
    means = np.array([_rouge(spaced(text), spaced(other)) for text, other in rouge]).mean(axis=0)  # (3, 3)
    one, two, four = (100 * corpus_bleu(counts, order) for order in (1, 2, 4))
    return Published(one, two, four, *(tuple((100 * column).tolist()) for column in means.T))


def spaced(text: str) -> list[str]:
    """Characters joined by spaces and split at each space again: a space in the text leaves two empty tokens."""
    return " ".join(text).split(" ")


class Score(NamedTuple):
    """Of one pair, from 0 to 1."""

    f: float
    precision: float
    recall: float


def rouge_sets(text: Tokens, reference: Tokens, order: int) -> Score:
    """The different n-grams in common; 0 where a side has none."""
    ours, theirs = set(ngrams(text, order)), set(ngrams(reference, order))
    if not ours & theirs:
        return Score(0, 0, 0)
    common = len(ours & theirs)
    return Score(2 * common / (len(ours) + len(theirs)), common / len(ours), common / len(theirs))


def rouge_l_beta(text: Tokens, reference: Tokens) -> Score:
    """The longest common subsequence, F with beta = precision / recall."""
    common = longest(text, reference)
    if not common:
        return Score(0, 0, 0)
    recall, precision = common / len(reference), common / len(text)
    squared = (precision / recall) ** 2
    return Score((1 + squared) * recall * precision / (recall + squared * precision), precision, recall)


def _rouge(text: Tokens, reference: Tokens) -> tuple[Score, Score, Score]:
    return rouge_sets(text, reference, 1), rouge_sets(text, reference, 2), rouge_l_beta(text, reference)
