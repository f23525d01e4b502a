"""CMExam's scorer of GPT models, as it was published: for comparison with its tables, not for ours.

Behaviour of src/evaluation/evaluate_gpt_result.py of williamliujl/CMExam (arXiv 2306.03030), written anew:

- an answer is all from `答案：` (full-width colon) to the last full-width comma of the line, so that a comma in the
  explanation makes it a wrong answer; compared as text, so that `A,C` is not `AC`;
- without answer or without `解释：` there is neither, and the item is left out of accuracy and F1, not held wrong;
- BLEU on words, cut by jieba, of all items, left out ones as empty texts;
- ROUGE on sets of characters with text and reference swapped: precision and recall change places, F stays.

Two things are not as in the script. It asks five questions at once and reads a line for each; here a text answers one
item, and one of several lines has no answer, as a batch of five that is not five lines. And its loop runs over
Python's `list` instead of its lines, by which every row would be blank and the script end in a division by zero; the
published figures cannot come from that, so the lines are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from corpus.exams.item import ExamItem
from eval.cmexam.legacy_overlap import Published, published
from eval.cmexam.overlap import Cut
from eval.cmexam.strict import refuse_unpaired, weighted_f1

_ANSWER, _EXPLAINED = re.compile("答案：(.*)，"), re.compile("解释：(.*)")


class Read(NamedTuple):
    """What is read of a text: both are "" where either is missing."""

    answer: str
    explanation: str


class Gpt(NamedTuple):
    """`accuracy`, `weighted_f1`: from 0 to 1, of the `kept` items; None where none was. `answers`: of each item, "" of
    those left out. `correct`: None of those. `explanations`: None where no segmenter was given."""

    accuracy: float | None
    weighted_f1: float | None
    kept: int
    answers: tuple[str, ...]
    correct: tuple[bool | None, ...]
    explanations: Published | None


def gpt(items: Sequence[ExamItem], texts: Sequence[str], cut: Cut | None = None) -> Gpt:
    """The published scores of what a model wrote on each item. `cut`: text to words, jieba's `lcut` in the script
    (spaces are tokens there); without it explanations are not scored. Raises `UserError` when there is no item, or not
    one text an item."""
    refuse_unpaired(len(items), len(texts))
    read = [parsed(text) for text in texts]
    answers = tuple(one.answer for one in read)
    right = [item.letters for item in items]
    kept = [(one, other) for one, other in zip(right, answers, strict=True) if other]
    correct = tuple(one == other if other else None for one, other in zip(right, answers, strict=True))
    accuracy = sum(one == other for one, other in kept) / len(kept) if kept else None
    f1 = weighted_f1(*zip(*kept, strict=True)) if kept else None
    return Gpt(accuracy, f1, len(kept), answers, correct, _explanations(items, read, cut) if cut else None)


def parsed(text: str) -> Read:
    """Answer and explanation of the text of one item."""
    if "\n" in text:
        return Read("", "")
    answer, explained = _ANSWER.search(text), _EXPLAINED.search(text)
    return Read(answer[1], explained[1]) if answer and explained else Read("", "")


def _explanations(items: Sequence[ExamItem], read: Sequence[Read], cut: Cut) -> Published:
    pairs = [(one.explanation, item.explanation) for item, one in zip(items, read, strict=True)]
    swapped = [(reference, text) for text, reference in pairs]
    return published([(cut(text), cut(reference)) for text, reference in pairs], swapped)
