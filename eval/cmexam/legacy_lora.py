"""CMExam's scorer of fine-tuned models, as it was published: for comparison with its tables, not for ours.

Behaviour of src/evaluation/evaluate_lora_result.py of williamliujl/CMExam (arXiv 2306.03030), written anew:

- read is the first line where the text says 解释 (explanation) anywhere, and else the whole text;
- an option counts as chosen when its letter occurs anywhere in that, or the first word of its text does: the C of
  `CT` chooses C, and so does `不选C`;
- a text that chooses nothing is the answer 无答案, wrong and a class of its own;
- the explanation is what stands between the first `解释:` (half-width colon) and the next, and else the whole text;
- BLEU on characters, ROUGE on sets of characters (`eval/cmexam/legacy_overlap.py`); items without a reference are left
  out of both. The script reads its files with pandas, where an empty text is none: it becomes the explanation 无答案.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from corpus.exams.item import LETTERS, ExamItem
from eval.cmexam.legacy_overlap import Published, published
from eval.cmexam.overlap import characters
from eval.cmexam.strict import refuse_unpaired, weighted_f1

NONE = "无答案"
EXPLANATION, COLON = "解释", "解释:"


class Lora(NamedTuple):
    """`accuracy`, `weighted_f1`: from 0 to 1. `unanswered`: items. `answers`: of each item, as letters, or `NONE`.
    `correct`: of each item. `explanations`: None where no item has one to compare with."""

    accuracy: float
    weighted_f1: float
    unanswered: int
    answers: tuple[str, ...]
    correct: tuple[bool, ...]
    explanations: Published | None


def lora(items: Sequence[ExamItem], texts: Sequence[str]) -> Lora:
    """The published scores of what a model wrote on each item. Raises `UserError` when there is no item, or not one
    text an item."""
    refuse_unpaired(len(items), len(texts))
    answers = tuple(answer(text, item.options) for item, text in zip(items, texts, strict=True))
    right = [item.letters for item in items]
    correct = tuple(one == other for one, other in zip(answers, right, strict=True))
    told = [(_explained(text), item.explanation) for item, text in zip(items, texts, strict=True) if item.explanation]
    scores = published([(characters(one), characters(other)) for one, other in told], told) if told else None
    return Lora(sum(correct) / len(items), weighted_f1(right, answers), answers.count(NONE), answers, correct, scores)


def answer(text: str, options: Sequence[str]) -> str:
    """The letters of the options that a text chooses, in order of the options, or `NONE`."""
    line = looked_at(text)
    found = [letter for letter, option in zip(LETTERS, options, strict=False)
             if letter in line or (word(option) and word(option) in line)]  # fmt: skip
    return "".join(found) or NONE


def looked_at(text: str) -> str:
    """The part of a text in which an answer is looked for."""
    return text.split("\n")[0].strip() if EXPLANATION in text else text


def word(option: str) -> str:
    """The part of an option that is looked for: its first word, "" of a blank one, on which the script stops."""
    return option.split()[0] if option.strip() else ""


def _explained(text: str) -> str:
    if not text:
        return NONE
    return text.split(COLON)[1].strip() if COLON in text else text
