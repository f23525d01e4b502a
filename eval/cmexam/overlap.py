"""How much of a reference a text has: BLEU and ROUGE, on characters or on words, by item.

Takes tokens of generated explanations and of the exam's own (`eval/cmexam/answers.py`, ExamItem.explanation). Per item
there are values, so that intervals can be computed by drawing items: for ROUGE and sentence BLEU the scores
themselves, whose mean is reported; for corpus BLEU the counts, which are summed before anything is divided.

BLEU: Papineni et al. 2002, doi 10.3115/1073083.1073135: clipped n-gram precisions of the corpus, geometric mean,
brevity penalty; no smoothing, so that it is 0 where an order has no match. Sentence BLEU: orders above 1 smoothed by
adding one to matches and n-grams, Lin and Och 2004, doi 10.3115/1218955.1219032.
ROUGE: Lin 2004 (aclanthology W04-1013): n-grams counted with their number, the longest common subsequence; F with equal
weight of precision and recall.

Words are cut by jieba, as in the published scores: those of another segmenter could not be compared with them. It is
in the extra `train`; characters, which need none, are the primary tokens.
"""

from __future__ import annotations

import importlib
import logging
import math
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import LCSseq

from corpus.errors import UserError

ORDERS = 4
Tokens = Sequence[str]
Cut = Callable[[str], list[str]]


class Overlap(NamedTuple):
    """`bleu`: of the corpus, orders 1 to 4. `sentence_bleu`: (items, 4). `rouge`: (items, 3), ROUGE-1, -2 and -L.
    `counts`: (items, 10), what `corpus_bleu` sums. All scores from 0 to 1."""

    bleu: tuple[float, ...]
    sentence_bleu: NDArray[np.float64]
    rouge: NDArray[np.float64]
    counts: NDArray[np.int64]

    @property
    def means(self) -> tuple[float, float, float]:
        """ROUGE-1, ROUGE-2 and ROUGE-L, the mean over items."""
        one, two, longest = self.rouge.mean(axis=0).tolist()
        return one, two, longest


def characters(text: str) -> list[str]:
    """The characters of a text, spaces left out."""
    return [one for one in text if not one.isspace()]


def words() -> Cut:
    """A function that cuts a text into words, spaces left out. Raises `UserError` without jieba."""
    cut = jieba_cut()
    return lambda text: [word for word in cut(text) if not word.isspace()]


def overlap(texts: Sequence[str], references: Sequence[str], cut: Cut = characters) -> Overlap:
    """BLEU and ROUGE of texts against one reference each. Raises `UserError` when there is none, when they are not as
    many, and for a reference without a token, which says nothing about a text: leave such items out."""
    if not texts or len(texts) != len(references):
        raise UserError(f"There are {len(texts):,} texts and {len(references):,} references.",
                        mend="give one reference a text")  # fmt: skip
    pairs = [(cut(text), cut(reference)) for text, reference in zip(texts, references, strict=True)]
    if blank := [number for number, (_, reference) in enumerate(pairs, 1) if not reference]:
        raise UserError(f"{len(blank):,} references are empty.", f"reference {blank[0]}", "leave these items out")
    counts = np.array([bleu_counts(*pair) for pair in pairs], dtype=np.int64)
    return Overlap(
        tuple(corpus_bleu(counts, order) for order in range(1, ORDERS + 1)),
        np.array([[sentence_bleu(row, order) for order in range(1, ORDERS + 1)] for row in counts]),
        np.array([[rouge_n(*pair, 1), rouge_n(*pair, 2), rouge_l(*pair)] for pair in pairs]),
        counts,
    )


def bleu_counts(text: Tokens, reference: Tokens) -> list[int]:
    """What BLEU needs of one item: matches of orders 1 to 4 (each n-gram as often as the reference has it at most),
    n-grams of the text of orders 1 to 4, tokens of the text, tokens of the reference."""
    orders = range(1, ORDERS + 1)
    matches = [(ngrams(text, order) & ngrams(reference, order)).total() for order in orders]
    return [*matches, *(max(len(text) - order + 1, 0) for order in orders), len(text), len(reference)]


def corpus_bleu(counts: NDArray[np.int64], order: int = ORDERS) -> float:
    """BLEU of the rows of `bleu_counts`, their sum: (items, 10)."""
    total = counts.sum(axis=0)
    matches, possible = total[:order], total[ORDERS : ORDERS + order]
    if not matches.all():
        return 0.0
    return _brevity(total[-2], total[-1]) * math.exp(float(np.log(matches / possible).mean()))


def sentence_bleu(counts: NDArray[np.int64], order: int = ORDERS) -> float:
    """Smoothed BLEU of one row of `bleu_counts`."""
    if not counts[0]:
        return 0.0
    added = np.arange(order) > 0
    precisions = (counts[:order] + added) / (counts[ORDERS : ORDERS + order] + added)
    return _brevity(counts[-2], counts[-1]) * math.exp(float(np.log(precisions).mean()))


def rouge_n(text: Tokens, reference: Tokens, order: int) -> float:
    """F of the n-grams in common. Two texts too short for an n-gram have ROUGE 1 when they are the same."""
    ours, theirs = ngrams(text, order), ngrams(reference, order)
    if not ours and not theirs:
        return float(list(text) == list(reference))
    return 2 * (ours & theirs).total() / (ours.total() + theirs.total())


def rouge_l(text: Tokens, reference: Tokens) -> float:
    """F of the longest common subsequence."""
    return 2 * longest(text, reference) / (len(text) + len(reference)) if text or reference else 1.0


def longest(one: Tokens, other: Tokens) -> int:
    """Tokens of the longest common subsequence."""
    return int(LCSseq.similarity(list(one), list(other)))


def ngrams(tokens: Tokens, order: int) -> Counter[tuple[str, ...]]:
    """The n-grams of a text with their number."""
    return Counter(tuple(tokens[at : at + order]) for at in range(len(tokens) - order + 1))


def _brevity(length: int, reference: int) -> float:
    return 1.0 if length >= reference else math.exp(1 - float(reference) / float(length))


def jieba_cut() -> Cut:
    """jieba's `lcut` with its own dictionary. Raises `UserError` where jieba is not installed.

    jieba keeps its dictionary, marshalled, in the directory for temporary files and believes what lies there
    under that name; where several users share it that may be another's. So it is given a directory of its own."""
    try:
        module = importlib.import_module("jieba")
    except ImportError:
        mend = "pip install -c constraints.txt '.[train]' in the checkout, or score on characters"
        raise UserError("Scores on words need jieba, which is not installed.", "the extra `train`", mend) from None
    logging.getLogger("jieba").setLevel(logging.CRITICAL)  # it tells of its dictionary, and that no copy could be kept
    tokenizer = module.Tokenizer()
    with tempfile.TemporaryDirectory() as private:
        tokenizer.tmp_dir = private
        tokenizer.initialize()
    cut: Cut = tokenizer.lcut
    return cut
