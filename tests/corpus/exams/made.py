"""Invented exams in the file form of each publisher, and the way to read them in a test."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus.exams.read import Exam, open_exam

CMEXAM = (
    "Question,Options,Answer,Explanation\n"
    "出血时应首先,A 观察\\nB 加压包扎\\nC 服药\\nD 输液\\nE 手术,B,加压包扎可止血（B对）。\n"
    '发热时可以,A 多饮水\\nB 休息\\nC 久站\\nD 测体温,ABD,"多饮水、休息、测体温均可。\n久站不可（C错）。"\n'
    "咳嗽时应,A 观察\\nB 服药,A,nan\n"
    "无答案的题,A 甲\\nB 乙,nan,不知道。\n"
)
MEDQA = {"question": "Which metal rusts?", "answer": "Iron", "options": {"A": "Gold", "B": "Iron", "C": "Tin"},
         "meta_info": "step1", "answer_idx": "B"}  # fmt: skip
MEDMCQA = {"id": "c6f3", "question": "Which metal rusts?", "opa": "Gold", "opb": "Iron", "opc": "Tin", "opd": "Zinc",
           "cop": 2, "exp": None, "subject_name": "Chemistry", "topic_name": None, "choice_type": "multi"}  # fmt: skip
PUBMEDQA = {"QUESTION": "Does tea help?", "CONTEXTS": ["Many drink tea.", "We asked 40 people."], "LABELS": ["A", "B"],
            "MESHES": [], "LONG_ANSWER": "It may help.", "final_decision": "maybe"}  # fmt: skip
PLAIN = {"id": "w-1", "exam": "ward", "split": "train", "language": "en", "question": "Which metal rusts?",
         "options": ["Gold", "Iron"], "answer": "B", "explanation": "Iron rusts."}  # fmt: skip


def jsonl(path: Path, *rows: Any) -> Path:
    """A file with one row a line."""
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def table(path: Path, text: str) -> Path:
    """A file with this text; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def parquet(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    """A Parquet file with these rows; its folder is made."""
    import polars as pl

    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(rows).write_parquet(path)
    return path


def opened(form: str, path: Path, split: str = "") -> Exam:
    """The exam, whose counts must balance."""
    exam = open_exam(form, path, split)
    assert exam.entries == len(exam.items) + len(exam.unanswered)
    return exam
