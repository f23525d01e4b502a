"""Decontamination beside its peer: the same abstracts and plants by MinHash LSH Ensemble (datasketch).

    python -m benchmarks.leaks_lsh

Exams and documents as in `benchmarks/leaks.py`; what came out is in leaks-2026-11.md.
"""

from __future__ import annotations

import random
import tempfile
import time
from pathlib import Path

from benchmarks.leaks import SEED, abstracts, exams, indexed
from benchmarks.planted_items import planted, whole
from corpus.annotate.exam_overlap import found
from corpus.leaks.view import strings


def run_lsh(documents: int = 2_000) -> None:
    """The same by MinHash LSH Ensemble: pieces of a question contained in a document."""
    from datasketch import MinHash, MinHashLSHEnsemble

    everything = exams()
    items = [item for name in ("medqa-us", "medmcqa") for item in everything[name]]
    texts = [one.text for one in abstracts(documents)]
    questions = strings([item.question for item in items])

    def sketch(text: str) -> tuple[MinHash, int]:
        grams = {text[at : at + 12].encode() for at in range(max(1, len(text) - 11))}
        made = MinHash(num_perm=128)
        made.update_batch(list(grams))
        return made, len(grams)

    started = time.process_time()
    ensemble = MinHashLSHEnsemble(threshold=0.8, num_perm=128, num_part=16)
    made = [sketch(text) for text in strings(texts)]
    print(f"datasketch: {len(texts) / (time.process_time() - started):,.0f} abstracts/s to sketch alone")
    # Which documents contain a question: the ensemble holds the documents, the questions are asked.
    ensemble.index([(number, *one) for number, one in enumerate(made)])
    draw = random.Random(SEED)
    plants, owners = [], []
    for number, item in enumerate(items[:600]):
        if len(questions[number]) >= 60:
            text = planted(item, whole, texts, draw)
            assert text is not None
            plants.append(text)
            owners.append(number)
    with tempfile.TemporaryDirectory() as folder:
        index = indexed(items, Path(folder))
        started = time.process_time()
        ours = found(plants, [None] * len(plants), index)
        speed = len(plants) / (time.process_time() - started)
        print(f"ours: {sum(map(bool, ours))} of {len(plants)} found, {speed:,.0f}/s")
    held = MinHashLSHEnsemble(threshold=0.8, num_perm=128, num_part=16)
    held.index([(number, *sketch(text)) for number, text in enumerate(strings(plants))])
    right = wrong = 0
    started = time.process_time()
    for place, number in enumerate(owners):
        answer = list(held.query(*sketch(questions[number])))
        right += place in answer
        wrong += len(answer) - (place in answer)
    print(f"datasketch: {right} of {len(owners)} found, and {wrong} candidates that are none; "
          f"{len(owners) / (time.process_time() - started):,.0f} questions/s")  # fmt: skip
    false = sum(len(list(ensemble.query(*sketch(question)))) for question in questions[:600] if len(question) >= 60)
    print(f"datasketch: {false} candidates among {len(texts):,} abstracts without one")


if __name__ == "__main__":
    run_lsh()
