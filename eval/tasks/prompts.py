"""How each exam words its questions: the templates of lm-evaluation-harness, so that scores can be compared.

By the form of an exam (`corpus/exams/read.py`); used by `eval/tasks/ask.py`. The wording of MedMCQA, MedQA, PubMedQA,
MMLU, CMMLU and C-Eval is that of the harness's task files (lm_eval 0.4.13, `tasks/<exam>`; `tests/eval/tasks` compares
the two), the descriptions of subjects are read from them; white space around questions and options, which the harness
keeps in MedMCQA and MedQA, is not kept. CMExam is no task there: its wording is that of its authors' prompts
(williamliujl/CMExam, src/preprocess/prompt_templates.py: question, options, answer) in the harness's layout. Plain
items are worded as MedQA in English and as MedQA's mainland part, which is worded as C-Eval, in Chinese.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

from corpus.exams.item import LETTERS, ExamItem

DESCRIPTION = re.compile(r'^"?description"?:\s*("(?:[^"\\]|\\.)*")', re.MULTILINE | re.DOTALL)
SUBJECTS = {"mmlu": "mmlu/default/mmlu_{}.yaml", "cmmlu": "cmmlu/cmmlu_{}.yaml",
            "ceval": "ceval/ceval-valid_{}.yaml"}  # fmt: skip


class Prompt(NamedTuple):
    """`listed`: the question with its options, up to the answer. `open`: without them, for cloze. `answer`: the last
    words, which stand alone where the question is taken away (PMI). `described`: the exam of the harness whose
    descriptions of subjects stand before everything, "" for none."""

    listed: Callable[[ExamItem], str]
    open: Callable[[ExamItem], str]
    answer: str
    described: str = ""


def prompt_of(form: str, language: str) -> Prompt:
    """The wording of an exam. `language`: of its items, for plain ones."""
    if form == "plain":
        return PROMPTS["medqa-us" if language.startswith("en") else "medqa-mainland"]
    return PROMPTS[form]


@functools.cache
def description(exam: str, subject: str) -> str:
    """What the harness puts before the questions of a subject, "" where it has no such subject."""
    import yaml

    if exam not in SUBJECTS or not subject:
        return ""
    file = files("lm_eval") / "tasks" / SUBJECTS[exam].format(subject)
    if not file.is_file():
        return ""
    found = DESCRIPTION.search(file.read_text(encoding="utf-8"))
    return str(yaml.safe_load(found[1])) if found else ""


def _lettered(item: ExamItem) -> str:
    return "".join(f"{LETTERS[place]}. {option}\n" for place, option in enumerate(item.options))


def _medqa(item: ExamItem) -> str:
    return f"Question: {item.question}\n{_lettered(item)}Answer:"


def _medmcqa(item: ExamItem) -> str:
    return f"Question: {item.question}\nChoices:\n{_lettered(item)}Answer:"


def _pubmedqa(item: ExamItem) -> str:
    before = f"Abstract: {item.context}\n" if item.context else ""
    return f"{before}Question: {item.question}\nAnswer:"


def _mmlu(item: ExamItem) -> str:
    return f"{item.question.strip()}\n{_lettered(item)}Answer:"


def _chinese(item: ExamItem) -> str:
    return f"{item.question.strip()}\n{_lettered(item)}答案："


def _cmexam(item: ExamItem) -> str:
    return f"问题：{item.question}\n选项：\n{_lettered(item)}答案："


def _open(item: ExamItem) -> str:
    before = f"{item.context}\n" if item.context else ""
    return f"{before}Question: {item.question.strip()}\nAnswer:"


def _open_chinese(item: ExamItem) -> str:
    before = f"{item.context}\n" if item.context else ""
    return f"{before}问题：{item.question.strip()}\n答案："


ENGLISH, CHINESE = "Answer:", "答案："
PROMPTS = {
    "cmexam": Prompt(_cmexam, _open_chinese, CHINESE),
    "medqa-us": Prompt(_medqa, _open, ENGLISH),
    "medqa-mainland": Prompt(_chinese, _open_chinese, CHINESE),
    "medmcqa": Prompt(_medmcqa, _open, ENGLISH),
    "medmcqa-from-0": Prompt(_medmcqa, _open, ENGLISH),
    "medmcqa-from-1": Prompt(_medmcqa, _open, ENGLISH),
    "pubmedqa": Prompt(_pubmedqa, _pubmedqa, ENGLISH),
    "mmlu": Prompt(_mmlu, _open, ENGLISH, "mmlu"),
    "cmmlu": Prompt(_chinese, _open_chinese, CHINESE, "cmmlu"),
    "ceval": Prompt(_chinese, _open_chinese, CHINESE, "ceval"),
}
