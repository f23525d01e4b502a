"""MedQA: licensing exams of physicians in the United States and mainland China (Jin et al. 2021, arXiv 2009.13081).

Forms `medqa-us` and `medqa-mainland`. The authors' files are JSONL, one entry a line:

    {"question": "...", "answer": "Iron", "options": {"A": "Iron", "B": "Tin"}, "meta_info": "step1", "answer_idx": "A"}

The hub releases GBaker/MedQA-USMLE-4-options (the same and `metamap_phrases`) and bigbio/med_qa (configurations
`*_source`: options are a list of `{"key": "A", "value": ...}`) are read too, and the repackaged form of the mainland
exam that has neither letters nor a text for its answer but `"options": "(A) 铁.\\n(B) 锌."` and `"answer": "(A)"`; that
one puts a full stop behind each option, which is taken off where all options of an entry have it. An entry without
an answer is counted and gives no item. Letter and text of an answer that disagree are an error.
"""

from __future__ import annotations

import re

from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem
from corpus.exams.options import named

_BRACKETED = re.compile(r"\(([A-Z])\)")


def us_item(entry: Entry) -> ExamItem | None:
    """The item of one entry of the American exam, None when it has no answer. Raises `UserError`."""
    return _item(entry, "medqa-us", "en")


def mainland_item(entry: Entry) -> ExamItem | None:
    """The item of one entry of the mainland exam, None when it has no answer. Raises `UserError`."""
    return _item(entry, "medqa-mainland", "zh-Hans")


def _item(entry: Entry, exam: str, language: str) -> ExamItem | None:
    question, answer = entry.text("question", required=True), entry.text("answer")
    names, options = named(entry, "options")
    if isinstance(entry.row["options"], str) and all(option.endswith(".") for option in options):
        options = entry.options("options", (option[:-1] for option in options))
    letter = entry.text("answer_idx")
    if bracketed := _BRACKETED.fullmatch(answer):
        letter, answer = letter or bracketed[1], ""
    if not letter and not answer:
        return None
    answers = entry.places("answer_idx" if entry.has("answer_idx") else "answer", letter or _place(entry, names,
                           options, answer), names)  # fmt: skip
    if letter and answer and " ".join(options[answers[0]].split()) != " ".join(answer.split()):
        entry.fail(f"The answer is {letter!r} by its letter and {answer[:60]!r} by its text.", "answer")
    return entry.item(exam, language, question, options, answers)


def _place(entry: Entry, names: str, options: tuple[str, ...], answer: str) -> str:
    """The letter of an answer that is given by its text alone."""
    found = [name for name, option in zip(names, options, strict=True) if option == answer]
    if len(found) != 1:
        entry.fail(f"The answer {answer[:60]!r} is the text of {len(found)} options and should be of one.", "answer")
    return found[0]
