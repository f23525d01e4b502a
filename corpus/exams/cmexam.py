"""CMExam: the Chinese licensing exam of physicians, with explanations (Liu et al. 2023, arXiv 2306.03030).

Form `cmexam`, of the repository williamliujl/CMExam (CSV: Question, Options, Answer, Explanation; its annotated files
have more columns, which are not read) and of the hub release fzkuji/CMExam (the same columns, Options a list of
`{"key": "A", "value": ...}`). Licence: Apache-2.0 by its repository. Example:

    Question,Options,Answer,Explanation
    出血时应首先,A 观察\\nB 加压包扎\\nC 服药\\nD 输液\\nE 手术,B,加压包扎可止血（B对）。

The options of the CSV are joined by a backslash and an n, two characters. The answer is one letter or several, `BCE`.
The files were written by pandas, so that the word `nan` stands where there was nothing: in the validation file (6,811
entries) one answer and 1,039 explanations. That one answer has three letters like many with several right answers,
of which there are 210. An entry without an answer is counted and gives no item; an explanation `nan` is none.
"""

from __future__ import annotations

from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem
from corpus.exams.options import named

NOTHING = "nan"


def item(entry: Entry) -> ExamItem | None:
    """The item of one entry, None when it has no answer. Raises `UserError`."""
    question, letters = entry.text("Question", required=True), entry.text("Answer")
    names, options = named(entry, "Options", "\\n")
    if letters in ("", NOTHING):
        return None
    explanation = entry.text("Explanation")
    return entry.item("cmexam", "zh-Hans", question, options, entry.places("Answer", letters, names),
                      explanation="" if explanation == NOTHING else explanation)  # fmt: skip
