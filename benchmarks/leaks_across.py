"""Decontamination among exams: the items of each exam as documents, against the items of all others.

    python -m benchmarks.leaks_across

Exams ask alike, with the same options under other questions: no other documents are as easily taken for an item that
they are not. Every hit on an item with another question is printed, to be judged by reading; exams come from the folder
that `MATERIA_REAL_DATA` names (`benchmarks/leaks.py`), what came out is in leaks-2026-11.md.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.leaks import exams, indexed
from benchmarks.planted_items import lettered
from corpus.annotate.exam_overlap import found
from corpus.leaks.view import strings

FORMS: dict[str, Callable[[tuple[str, ...]], str]] = {"without letters": "\n".join, "with letters": lettered}


def main() -> None:
    """Print the hits of each form, and how many were on an item with the very same question."""
    everything = exams()
    every = [item for items in everything.values() for item in items]
    asked = dict(zip((item.id for item in every), strings([item.question for item in every]), strict=True))
    for form, written in FORMS.items():
        same, others = 0, list[str]()
        for exam, items in everything.items():
            with tempfile.TemporaryDirectory() as folder:
                index = indexed([item for item in every if not item.id.startswith(f"{exam}/")], Path(folder))
                texts = [f"{item.question}\n{written(item.options)}" for item in items]
                for item, text, leaks in zip(items, texts, found(texts, [None] * len(texts), index), strict=True):
                    told: dict[str, str] = {}
                    for leak in leaks:
                        told[leak.item] = f"{told.get(leak.item, '')} {leak.part} {leak.score}"
                    for name, parts in told.items():
                        if asked[name] == asked[item.id]:
                            same += 1
                        else:
                            others.append(f"  {item.id} {text[:150]!r} for {name}:{parts}")
        print(f"{form}: {same} with the same question, {len(others)} with another:", *others, sep="\n")


if __name__ == "__main__":
    main()
