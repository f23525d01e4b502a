"""MMLU, CMMLU and C-Eval: exams that come as one table a subject, four options and one right letter.

Forms `mmlu`, `cmmlu` and `ceval`; the path is a table or a folder of them, and the subject is the name of the file
without the word for the split. Entries without an answer (C-Eval's test split) are counted and give no item.

    mmlu   hendrycks/test (data.tar): CSV without header: question, four options, letter; `dev/anatomy_dev.csv`.
           Hub cais/mmlu (Parquet): question, subject, choices (a list), answer (a number from 0: a class label)
    cmmlu  haonan-li/CMMLU and its hub release: CSV with header: (unnamed number), Question, A, B, C, D, Answer
    ceval  hub ceval/ceval-exam, CSV or Parquet: id, question, A, B, C, D, answer, explanation
"""

from __future__ import annotations

from corpus.exams.entry import Entry
from corpus.exams.item import LETTERS, ExamItem

OPTIONS = tuple("ABCD")
MMLU_COLUMNS = ("question", *OPTIONS, "answer")  # of the CSV, which does not name them


def mmlu_item(entry: Entry) -> ExamItem | None:
    """The item of one entry of MMLU. Raises `UserError`."""
    if "choices" not in entry.row:
        return _item(entry, "mmlu", "en", "question", "answer")
    question, choices = entry.text("question", required=True), entry.row["choices"]
    options = entry.options("choices", choices if isinstance(choices, list) else ())
    if not entry.has("answer"):
        return None
    answer = entry.row["answer"]
    if not isinstance(answer, int) or isinstance(answer, bool) or not 0 <= answer < len(options):
        entry.fail(f"The answer is {answer!r} and should be a number from 0 to {len(options) - 1}.", "answer")
    subject = entry.text("subject")
    return entry.item("mmlu", "en", question, options, (answer,), subject=subject,
                      key=f"{subject}:{entry.number}" if subject else "", numbered=True)  # fmt: skip


def cmmlu_item(entry: Entry) -> ExamItem | None:
    """The item of one entry of CMMLU, None when it has no answer. Raises `UserError`."""
    return _item(entry, "cmmlu", "zh-Hans", "Question", "Answer")


def ceval_item(entry: Entry) -> ExamItem | None:
    """The item of one entry of C-Eval, None when it has no answer. Raises `UserError`."""
    return _item(entry, "ceval", "zh-Hans", "question", "answer")


def _item(entry: Entry, exam: str, language: str, question: str, answer: str) -> ExamItem | None:
    text = entry.text(question, required=True)
    options = entry.options("+".join(OPTIONS), (entry.text(field) for field in OPTIONS))
    letter = entry.text(answer)
    if not letter:
        return None
    answers = entry.places(answer, letter, LETTERS[: len(options)])
    return entry.item(exam, language, text, options, answers, explanation=entry.text("explanation"))
