"""CMExam scored strictly: the set of answers is right or it is not, and every item counts.

Takes the right sets of ExamItems and predicted ones, from likelihoods of all subsets (`eval/run/score.py`) or read from
generated text (`eval/cmexam/answers.py`). A text without an answer is wrong, and its share is told beside the score;
it is a class of its own, so that it is never taken for a wrong letter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from corpus.errors import UserError

Answer = tuple[int, ...]  # indices of options, sorted


class Strict(NamedTuple):
    """`accuracy`: share of items whose whole set is right. `weighted_f1`: see there. `failed`: share of items without
    an answer. `correct`: of each item, for intervals. All from 0 to 1."""

    accuracy: float
    weighted_f1: float
    failed: float
    correct: tuple[bool, ...]


def strict(right: Sequence[Answer], predicted: Sequence[Answer | None]) -> Strict:
    """Accuracy and weighted F1 of predicted sets; None where no answer was found. Raises `UserError` when there is
    no item, or not one prediction an item."""
    refuse_unpaired(len(right), len(predicted))
    ours = [None if one is None else tuple(sorted(one)) for one in predicted]
    theirs = [tuple(sorted(one)) for one in right]
    correct = tuple(one == other for one, other in zip(ours, theirs, strict=True))
    failed = sum(one is None for one in ours) / len(ours)
    return Strict(sum(correct) / len(correct), weighted_f1(theirs, ours), failed, correct)


def weighted_f1(right: Sequence[Hashable], predicted: Sequence[Hashable]) -> float:
    """F1 of each class, averaged by how many items of it there are, as scikit-learn's `f1_score(average="weighted")`
    has it: a class that is never predicted, and one that is only predicted, have F1 0. Classes are whole answers (BD is
    one), as in CMExam's published scorers (arXiv 2306.03030)."""
    support, told = Counter(right), Counter(predicted)
    hits = Counter(one for one, other in zip(right, predicted, strict=True) if one == other)
    names = list(support)
    weights = np.array([support[name] for name in names], dtype=np.float64)
    both = np.array([support[name] + told[name] for name in names], dtype=np.float64)  # F1 = 2 hits / (right + told)
    f1 = 2 * np.array([hits[name] for name in names], dtype=np.float64) / both
    return float((weights * f1).sum() / weights.sum())


def refuse_unpaired(items: int, texts: int) -> None:
    """Raises `UserError` when there is nothing to score, or not one prediction an item."""
    if not items:
        raise UserError("There is no item to score.", mend="give an exam file with items")
    if items != texts:
        raise UserError(f"There are {items:,} items and {texts:,} predictions.", mend="give one prediction an item")
