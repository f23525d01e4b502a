"""Items of an exam into questions for a model: wording, examples before them, and what is scored.

Takes ExamItems (`corpus/exams/read.py`) and the wording of `eval/tasks/prompts.py`; gives `Question`s to
`eval/run/score.py`. Examples are the first of the items that are given for them, of the same subject where the exam has
subjects: fixed, so that two models and two days see the same prompt, and listed in the card by their ids.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from corpus.errors import UserError
from corpus.exams.item import LETTERS, ExamItem
from eval.tasks.prompts import Prompt, description, prompt_of
from eval.tasks.question import CLOZE, FORMULATIONS, SUBSETS, Question
from eval.tasks.question import LETTERS as LISTED

DELIMITER, BETWEEN = " ", "\n\n"  # before an answer, and between examples, as in the harness
YES_NO = ("pubmedqa",)  # whose options are the answers themselves and have no letters


class Wording(NamedTuple):
    """How the items of an exam are asked. `exam`: form of `corpus/exams/read.py`. `shots`: examples before each."""

    exam: str
    formulation: str
    shots: int = 0


def questions(items: Sequence[ExamItem], wording: Wording, examples: Sequence[ExamItem] = ()) -> Iterator[Question]:
    """A question of each item, in order. Raises `UserError` for a formulation that is none, too few examples, and an
    example that is itself asked."""
    if wording.formulation not in FORMULATIONS:
        raise UserError(
            f"There is no formulation {wording.formulation!r}.", mend=f"name one of {', '.join(FORMULATIONS)}"
        )
    shown = Examples(examples, wording)
    shown.refuse_asked(items)
    for item in items:
        prompt = prompt_of(wording.exam, item.language)
        answers = _answers(item, wording)
        texts = [answer.strip() for answer in answers]
        sizes = tuple(map(len, texts)), tuple(len(text.encode()) for text in texts)
        asked = _asked(item, prompt, wording)
        yield Question(item.id, shown.before(item), asked, tuple(answers), _right(item, wording), *sizes)


class Examples:
    """Items that are shown with their answers, by subject."""

    def __init__(self, items: Sequence[ExamItem], wording: Wording) -> None:
        self.wording, self.by = wording, defaultdict[str, list[ExamItem]](list)
        for item in items:
            self.by[item.subject if self._by_subject else ""].append(item)
        self._made: dict[tuple[str, Prompt], str] = {}

    @property
    def _by_subject(self) -> bool:
        return bool(prompt_of(self.wording.exam, "en").described)

    def of(self, item: ExamItem) -> list[ExamItem]:
        """The examples that stand before an item. Raises `UserError` when there are too few."""
        found = self.by[item.subject if self._by_subject else ""][: self.wording.shots]
        if len(found) < self.wording.shots:
            of = f" of {item.subject}" if self._by_subject else ""
            raise UserError(f"{self.wording.shots} examples are to stand before each question, and there are "
                            f"{len(found)}{of}.", item.id, "give more examples, or fewer shots")  # fmt: skip
        return found

    def before(self, item: ExamItem) -> str:
        """Description and examples, as one text, in the wording of the item's own language: a plain exam may hold
        several, and what stands before an item must not hang on which one comes first."""
        subject = item.subject if self._by_subject else ""
        prompt = prompt_of(self.wording.exam, item.language)
        if (subject, prompt) not in self._made:
            told = [_asked(one, prompt, self.wording) + _shown(one, self.wording) for one in self.of(item)]
            whole = description(prompt.described, subject) + "".join(f"{one}{BETWEEN}" for one in told)
            self._made[subject, prompt] = whole
        return self._made[subject, prompt]

    def refuse_asked(self, items: Iterable[ExamItem]) -> None:
        """Raises `UserError` for an example that is itself asked."""
        shown = {one.id for some in self.by.values() for one in some[: self.wording.shots]}
        if twice := sorted(shown & {item.id for item in items}):
            raise UserError(f"{len(twice):,} examples are asked themselves, the first is {twice[0]}.",
                            mend="take the examples from another split")  # fmt: skip


def unconditional(wording: Wording, language: str) -> str:
    """What stands before a continuation when the question is taken away."""
    return prompt_of(wording.exam, language).answer


def _asked(item: ExamItem, prompt: Prompt, wording: Wording) -> str:
    return prompt.open(item) if wording.formulation == CLOZE else prompt.listed(item)


def _answers(item: ExamItem, wording: Wording) -> list[str]:
    if wording.formulation == CLOZE or wording.exam in YES_NO:
        return [f"{DELIMITER}{option.strip()}" for option in item.options]
    letters = LETTERS[: len(item.options)]
    if wording.formulation == LISTED:
        return [f"{DELIMITER}{letter}" for letter in letters]
    return [f"{DELIMITER}{''.join(some)}\n" for some in subsets(letters)]


def _right(item: ExamItem, wording: Wording) -> tuple[int, ...]:
    if wording.formulation != SUBSETS:
        return item.answers
    return (list(subsets(LETTERS[: len(item.options)])).index(tuple(item.letters)),)


def _shown(item: ExamItem, wording: Wording) -> str:
    answers = _answers(item, wording)
    return answers[_right(item, wording)[0]].rstrip()


def subsets(letters: str) -> Iterator[tuple[str, ...]]:
    """Every non-empty set of letters, the smaller ones first: 31 of five."""
    return itertools.chain.from_iterable(itertools.combinations(letters, size) for size in range(1, len(letters) + 1))
