"""Exams against exams by the index of items: CMExam against MedQA mainland, whose pairs are listed, and all others.

    python -m benchmarks.leaks_exams

Exams as in `benchmarks/leaks.py`; what came out is in leaks-2026-11.md.
"""

from __future__ import annotations

from collections import Counter

from benchmarks.leaks import exams
from corpus.exams.item import ExamItem
from corpus.exams.same import ExamIndex
from corpus.leaks.view import strings


def run_exams() -> None:
    """Exams against exams, by the index of items."""
    everything = exams()
    for one, items in everything.items():
        index = ExamIndex(items)
        for other, asked in everything.items():
            if one == other or items[0].language[:2] != asked[0].language[:2]:
                continue
            twins = index.among(asked)
            pairs = [(item, twin) for item, twin in zip(asked, twins, strict=True) if twin]
            print(f"{other} in {one}: {len(pairs)} of {len(asked):,}")
            if {one, other} == {"cmexam", "medqa-mainland"} and one == "cmexam":
                by_id = {item.id: item for item in items}
                kinds = Counter(_kind(item, by_id[twin]) for item, twin in pairs)
                print(dict(kinds))
                for item, twin in pairs[:80]:
                    print(f"  {item.id} = {twin} ({_kind(item, by_id[twin])}): {item.question[:60]!r} | "
                          f"{by_id[twin].question[:60]!r}")  # fmt: skip


def _kind(one: ExamItem, other: ExamItem) -> str:
    questions = strings([one.question, other.question])
    options = [frozenset(strings(list(item.options))) for item in (one, other)]
    asked = "same question" if questions[0] == questions[1] else "question changed"
    return f"{asked}, {'same options' if options[0] == options[1] else 'options differ'}"


if __name__ == "__main__":
    run_exams()
