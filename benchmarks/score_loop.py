"""Our scoring beside lm-evaluation-harness's own loop, on the same model and questions, in one run.

python -m benchmarks.score_loop --model MODEL --exams FOLDER [--shots 5] [--items 300] [--batch 16]

Both score MMLU (FOLDER/mmlu/val, examples of FOLDER/mmlu/dev) by letters, and MedMCQA by the options' texts without
examples, by turns, ours first and last. The harness runs its own task on the same rows (`lm_eval.evaluator.evaluate`
with its `HFLM`, its prompts made by itself); ours makes questions of ExamItems and scores them as `evaluate run` does,
without intervals. Told: items per second of each turn, the ratio of medians, and whether the scores are equal.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from corpus.exams.read import read_exam
from eval.likelihood.scorer import likelihoods, open_scorer
from eval.run.rows import row
from eval.tasks.ask import Wording, questions
from tests.eval.harness import harness_scores, harness_task

TURNS = 3
SPLITS = ("val", "dev")  # what is asked, and the examples


class Turn(NamedTuple):
    """`seconds` of a turn and the accuracy that came of it."""

    seconds: float
    accuracy: float


def timed(work: Callable[[], float]) -> Turn:
    """One turn."""
    started = time.perf_counter()
    accuracy = work()
    return Turn(time.perf_counter() - started, accuracy)


def mmlu(folder: Path, shots: int, most: int) -> list[tuple[str, Any, Any]]:
    """Subject, items and examples, as many subjects as `most` items take."""
    found, count = [], 0
    for file in sorted((folder / "mmlu" / "val").glob("*.csv")):
        subject = file.stem.removesuffix("_val")
        if count >= most:
            break
        items = read_exam("mmlu", file)
        count += len(items)
        found.append((subject, items, read_exam("mmlu", folder / "mmlu" / "dev" / f"{subject}_dev.csv")[:shots]))
    return found


def harness_rows(file: Path) -> list[dict[str, Any]]:
    """The rows of an MMLU table as the hub has them."""
    with file.open(encoding="utf-8", newline="") as opened:
        return [{"question": one[0].strip(), "choices": [part.strip() for part in one[1:5]],
                 "answer": "ABCD".index(one[5].strip())} for one in csv.reader(opened)]  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--exams", type=Path, required=True)
    parser.add_argument("--shots", type=int, default=5)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--batch", type=int, default=16)
    told = parser.parse_args()
    import torch

    torch.set_num_threads(1)
    scorer = open_scorer(told.model, told.batch)
    subjects = mmlu(told.exams, told.shots, told.items)
    count = sum(len(items) for _, items, _ in subjects)

    def ours() -> float:
        right = 0
        for _, items, examples in subjects:
            asked = list(questions(items, Wording("mmlu", "letters", told.shots), examples))
            for item, one, found in zip(items, asked, likelihoods(scorer, asked), strict=True):
                right += row(item, one, found.values, [], found.tokens)["correct_plain"]
        return right / count

    def theirs() -> float:
        right = 0.0
        for subject, items, _ in subjects:
            rows, shown = (harness_rows(told.exams / "mmlu" / split / f"{subject}_{split}.csv") for split in SPLITS)
            task = harness_task("mmlu", rows, shown, subject, told.shots)
            right += harness_scores(task, scorer.model, scorer.tokenizer, told.batch)["acc"] * len(items)
        return right / count

    turns: dict[str, list[Turn]] = {"ours": [], "harness": []}
    for number in range(TURNS):
        pair = [("ours", ours), ("harness", theirs)]
        for name, work in pair if number % 2 == 0 else pair[::-1]:
            turns[name].append(timed(work))
            print(f"{name:<8} {count / turns[name][-1].seconds:8.1f} items/s  accuracy {turns[name][-1].accuracy:.6f}",
                  flush=True)  # fmt: skip
    ratio = statistics.median(one.seconds for one in turns["harness"]) / statistics.median(
        one.seconds for one in turns["ours"])  # fmt: skip
    equal = len({one.accuracy for some in turns.values() for one in some}) == 1
    print(f"{count} items, {told.shots} shots: {ratio:.2f} times the harness; scores {'equal' if equal else 'DIFFER'}")


if __name__ == "__main__":
    main()
