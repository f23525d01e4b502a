"""Invented rows of every exam that the harness has, as its hub release has them and as items read of files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any, NamedTuple

from corpus.exams.item import ExamItem
from corpus.exams.read import read_exam

WORDS = ["Which drug lowers ${n} mmHg?", "What rusts in wet air, {n}?", 'A {n}-year-old has "fever"; what next?']
SUBJECTS = {"mmlu": "anatomy", "cmmlu": "anatomy", "ceval": "physician"}
EXAMS = ("medmcqa", "medqa-us", "pubmedqa", "mmlu", "cmmlu", "ceval")


class Invented(NamedTuple):
    """`rows` and `shown` (examples) for the harness, `items` and `examples` for us."""

    rows: list[dict[str, Any]]
    shown: list[dict[str, Any]]
    items: list[ExamItem]
    examples: list[ExamItem]
    subject: str


def invented(exam: str, folder: Path, count: int = 6) -> Invented:
    """So many questions of an exam and five examples, written to files in its form and read back."""
    make = {"medmcqa": _medmcqa, "medqa-us": _medqa, "pubmedqa": _pubmedqa, "mmlu": _mmlu}.get(exam)
    if make is None:
        asked, shown = (_chinese(exam, folder, split, first, n) for split, first, n in
                        (("val", 0, count), ("dev", 90, 5)))  # fmt: skip
    else:
        asked, shown = make(folder, "test", 0, count), make(folder, "dev", 90, 5)
    return Invented(asked[0], shown[0], asked[1], shown[1], SUBJECTS.get(exam, ""))


def _options(number: int) -> list[str]:
    return [f"iron {number}", "gold, as leaf", "“tin”", f"zinc\t{number}"]


def _questions(first: int, count: int) -> list[tuple[int, str, list[str], int]]:
    return [(n, WORDS[n % 3].replace("{n}", str(n)), _options(n), n % 4) for n in range(first, first + count)]


def _read(form: str, file: Path, content: str) -> list[ExamItem]:
    file.write_text(content, encoding="utf-8")
    return read_exam(form, file)


def _medmcqa(folder: Path, split: str, first: int, count: int) -> tuple[list[dict[str, Any]], list[ExamItem]]:
    rows = [{"id": f"m{n}", "question": asked, "cop": right, "subject_name": "Medicine", "exp": "",
             **{f"op{letter}": option for letter, option in zip("abcd", options, strict=True)}}
            for n, asked, options, right in _questions(first, count)]  # fmt: skip
    return rows, _read("medmcqa-from-0", folder / f"m_{split}.jsonl", "\n".join(map(json.dumps, rows)))


def _medqa(folder: Path, split: str, first: int, count: int) -> tuple[list[dict[str, Any]], list[ExamItem]]:
    made = _questions(first, count)
    rows = [{"id": str(n), "sent1": asked, "label": right,
             **{f"ending{place}": option for place, option in enumerate(options)}}
            for n, asked, options, right in made]  # fmt: skip
    lines = [json.dumps({"question": asked, "options": dict(zip("ABCD", options, strict=True)),
                         "answer_idx": "ABCD"[right], "answer": options[right]})
             for _, asked, options, right in made]  # fmt: skip
    return rows, _read("medqa-us", folder / f"us_{split}.jsonl", "\n".join(lines))


def _pubmedqa(folder: Path, split: str, first: int, count: int) -> tuple[list[dict[str, Any]], list[ExamItem]]:
    rows = {str(n): {"QUESTION": f"Does {n} help?", "CONTEXTS": [f"We gave {n}.", "It helped 3.5%."],
                     "LONG_ANSWER": "Yes.", "final_decision": ("yes", "no", "maybe")[n % 3]}
            for n in range(first, first + count)}  # fmt: skip
    return list(rows.values()), _read("pubmedqa", folder / f"p_{split}.json", json.dumps(rows))


def _mmlu(folder: Path, split: str, first: int, count: int) -> tuple[list[dict[str, Any]], list[ExamItem]]:
    made, file = _questions(first, count), folder / f"anatomy_{split}.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        csv.writer(opened).writerows([asked, *options, "ABCD"[right]] for _, asked, options, right in made)
    rows = [{"question": asked, "choices": options, "answer": right} for _, asked, options, right in made]
    return rows, read_exam("mmlu", file)


def _chinese(
    exam: str, folder: Path, split: str, first: int, count: int
) -> tuple[list[dict[str, Any]], list[ExamItem]]:
    question, answer = ("Question", "Answer") if exam == "cmmlu" else ("question", "answer")
    rows = [{"id": str(n), question: f"下列哪项是第{n}条？", **dict(zip("ABCD", _options(n), strict=True)),
             answer: "ABCD"[n % 4]} for n in range(first, first + count)]  # fmt: skip
    file = folder / f"{SUBJECTS[exam]}_{split}.csv"
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows, read_exam(exam, file)
