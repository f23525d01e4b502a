"""Items of CMExam's form, for tests of its scorers."""

from __future__ import annotations

from corpus.exams.item import LETTERS, ExamItem

OPTIONS = ("观察", "加压包扎", "补钾", "输液", "手术")


def item(letters: str, number: int = 1, options: tuple[str, ...] = OPTIONS, explanation: str = "") -> ExamItem:
    """An item of which `letters` are right."""
    answers = tuple(LETTERS.index(letter) for letter in letters)
    return ExamItem(f"cmexam:test:{number}", "cmexam", "test", "zh-Hans", "", "", "出血时应首先", options, answers,
                    explanation, "")  # fmt: skip
