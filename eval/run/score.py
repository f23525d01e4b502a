"""Log likelihoods of one question into what is known of it: predictions, whether they are right, probabilities.

Takes a `Question` (`eval/tasks/ask.py`) and the log likelihoods of its continuations in nats (`eval/likelihood`); gives
a `Row`, one row of items.parquet. Pure functions: no model, no file.

Four ways to choose, since the longest of several texts is the least likely by its length alone:

    likelihood   the harness' acc
    characters   per character of the option, without the space before it: the harness' acc_norm, which takes len()
    bytes        per byte of UTF-8: the same for text in Latin letters, and fair to options of mixed scripts
    pmi          minus the log likelihood without the question: how much the question speaks for an option
                 (Holtzman et al. 2021, doi 10.18653/v1/2021.emnlp-main.564)

Where k options are right and options are what is scored, the k most likely are taken: that k is told to the model,
which a score on subsets does not do. Of equal ones the first is taken, as numpy's argmax does, and so the harness.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.exams.item import LETTERS
from eval.tasks.ask import subsets
from eval.tasks.question import SUBSETS, Question

Floats = NDArray[np.float64]


class Row(NamedTuple):
    """One question, scored. `right` and `predicted…`: indices of options, sorted, in all formulations. `…_pmi`: None
    without unconditional likelihoods. `logprobs`, `unconditional`: nats, `characters`, `bytes`: sizes, one a
    continuation. `probability`: of the right continuations, together, after softmax of the log likelihoods;
    `probability_byte`: after softmax of those per byte (lighteval's normalised choice probability). `gold_nats`: of the
    right continuations, the space or line break around them included, and `gold_bytes`: of their text without it; the
    quotient in bits is bits per byte of the answer. `chance`: of being correct by guessing."""

    item: str
    options: int
    right: tuple[int, ...]
    predicted: tuple[int, ...]
    predicted_char: tuple[int, ...]
    predicted_byte: tuple[int, ...]
    predicted_pmi: tuple[int, ...] | None
    correct: bool
    correct_char: bool
    correct_byte: bool
    correct_pmi: bool | None
    logprobs: tuple[float, ...]
    unconditional: tuple[float, ...] | None
    characters: tuple[int, ...]
    bytes: tuple[int, ...]
    probability: float
    probability_byte: float
    gold_nats: float
    gold_bytes: int
    chance: float


def score(
    question: Question, formulation: str, likelihoods: Sequence[float], unconditional: Sequence[float] | None = None
) -> Row:
    """The row of a question. `likelihoods`: natural log, one a continuation; `unconditional`: those without the
    question. Raises `UserError` for one that is no number or infinite, for likelihoods that are not as many as
    continuations, and for an option without text, which cannot be scored by length."""
    _refuse_broken(question, likelihoods)
    given = np.asarray(likelihoods, dtype=np.float64)
    sizes = np.asarray(question.characters, dtype=np.float64), np.asarray(question.bytes, dtype=np.float64)
    per_byte = given / sizes[1]
    plain, char, byte = (_most_likely(values, question.right) for values in (given, given / sizes[0], per_byte))
    without = _without(question, given, unconditional)
    pmi = None if without is None else _most_likely(without, question.right)
    right = tuple(sorted(question.right))
    gold = list(right)
    return Row(
        item=question.item,
        options=options_of(question, formulation),
        right=_options(question, formulation, right),
        predicted=_options(question, formulation, plain),
        predicted_char=_options(question, formulation, char),
        predicted_byte=_options(question, formulation, byte),
        predicted_pmi=None if pmi is None else _options(question, formulation, pmi),
        correct=plain == right,
        correct_char=char == right,
        correct_byte=byte == right,
        correct_pmi=None if pmi is None else pmi == right,
        logprobs=tuple(given.tolist()),
        unconditional=None if unconditional is None else tuple(map(float, unconditional)),
        characters=question.characters,
        bytes=question.bytes,
        probability=float(softmax(given)[gold].sum()),
        probability_byte=float(softmax(per_byte)[gold].sum()),
        gold_nats=-math.fsum(given[gold].tolist()),
        gold_bytes=sum(question.bytes[place] for place in right),
        chance=chance_of(question),
    )


def chance_of(question: Question) -> float:
    """How often a guess is correct: 1 of the sets of k continuations out of n, where k are right. Of subsets one is
    right, 1 of 2^n - 1."""
    return 1 / math.comb(len(question.continuations), len(question.right))


def options_of(question: Question, formulation: str) -> int:
    """How many options an item has: of its subsets, n of 2^n - 1."""
    count = len(question.continuations)
    return (count + 1).bit_length() - 1 if formulation == SUBSETS else count


def softmax(values: Floats) -> Floats:
    """Probabilities that sum to 1, of log likelihoods up to a constant."""
    grown: Floats = np.exp(values - values.max())
    shares: Floats = grown / grown.sum()
    return shares


def _most_likely(values: Floats, right: Sequence[int]) -> tuple[int, ...]:
    """As many as are right, the likeliest, the first of equal ones; sorted."""
    order = np.argsort(-values, kind="stable")[: len(right)]
    return tuple(sorted(order.tolist()))


def _without(question: Question, given: Floats, unconditional: Sequence[float] | None) -> Floats | None:
    if unconditional is None:
        return None
    _refuse_broken(question, unconditional)
    return given - np.asarray(unconditional, dtype=np.float64)


def _options(question: Question, formulation: str, chosen: tuple[int, ...]) -> tuple[int, ...]:
    """Continuations as options: a subset is the options that it names."""
    if formulation != SUBSETS:
        return chosen
    named = list(subsets(LETTERS[: options_of(question, formulation)]))[chosen[0]]
    return tuple(LETTERS.index(letter) for letter in named)


def _refuse_broken(question: Question, likelihoods: Sequence[float]) -> None:
    if len(likelihoods) != len(question.continuations):
        raise UserError(f"There are {len(question.continuations)} continuations and {len(likelihoods)} likelihoods.",
                        question.item, "score the item anew")  # fmt: skip
    if not all(map(math.isfinite, likelihoods)):
        worst = next(value for value in likelihoods if not math.isfinite(value))
        raise UserError(f"The model gives a log likelihood of {worst}.", question.item,
                        "look whether its training diverged, or score it in 32-bit floats")  # fmt: skip
    if not all(question.characters):
        blank = question.characters.index(0)
        raise UserError(f"Option {blank + 1} has no text.", question.item, "mend the exam file")
