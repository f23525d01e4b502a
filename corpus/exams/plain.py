"""The plain form: exam items of one's own, one JSON object a line (`corpus/samples/tables/exam_items.jsonl`).

Form `plain`. `question`, `options` and `answer` are required, all else may be missing, other fields are not read:

    {"id": "w-12", "exam": "ward", "split": "train", "language": "en", "subject": "nursing", "context": "...",
     "question": "...", "options": {"A": "Iron", "B": "Zinc"}, "answer": "B", "explanation": "...", "source_id": ""}

`options`: a mapping from letters, or a list. `answer`: the letter of the right option, or several, `"BD"` or
`["B", "D"]`; a number is refused, because it may count from 0 or from 1. `numbered`: true where the id is no id of its
own but made of the number of a line, as items of other exams have it that were written in this form. `exam`: the
file's name where missing. An entry without an answer is an error: here it is the writer's own slip, and no publisher
who hides the answers of a test.
"""

from __future__ import annotations

from pathlib import PurePath

from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem
from corpus.exams.options import named


def split_of(row: dict[str, object], told: str) -> str:
    """The split that an entry names, "" where it names none."""
    own = row.get("split")
    return own if isinstance(own, str) else ""


def item(entry: Entry) -> ExamItem:
    """The item of one entry. Raises `UserError`."""
    question = entry.text("question", required=True)
    names, options = named(entry, "options")
    answers = entry.places("answer", _letters(entry), names)
    exam = entry.text("exam") or PurePath(entry.where.split(", ")[0]).stem
    made = entry.item(exam, entry.text("language") or "und", question, options, answers, key=entry.text("id"),
                      context=entry.text("context"), explanation=entry.text("explanation"),
                      subject=entry.text("subject"), source_id=entry.text("source_id"),
                      numbered=entry.row.get("numbered") is True)  # fmt: skip
    own = entry.text("id")  # an id that is whole already is not made longer each time it is written and read
    return made._replace(id=own) if own.startswith(f"{exam}:{entry.split}:") else made


def _letters(entry: Entry) -> str:
    if not entry.has("answer") or entry.row["answer"] == []:
        entry.fail("The entry has no answer, and nothing could be learned or scored from it.", "answer",
                   'write the letter of the right option, `"answer": "B"`, or take the entry out')  # fmt: skip
    value = entry.row["answer"]
    letters = value if isinstance(value, list) else [value]
    if not all(isinstance(letter, str) for letter in letters):
        entry.fail(f"The answer {value!r} is a number, which may count from 0 or from 1.", "answer",
                   'write its letter, `"answer": "B"`')  # fmt: skip
    return "".join(letters).strip()
