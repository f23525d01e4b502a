"""ExamItem: one question of an exam, whatever file it came from.

Made by the readers of this folder; read by `train/sft/examples.py`, `train/sft/leaks.py` and `eval`. The text is as its
source wrote it; what is a letter, a number or a word in the file is an index here.
"""

from __future__ import annotations

import json
import string
from typing import Any, NamedTuple

LETTERS = string.ascii_uppercase  # of options by place: the first is A


class ExamItem(NamedTuple):
    """One question.

    `id`: `<exam>:<split>:<key>`, where the key is the file's own id or else the number of the entry in its file, from 1
    and counting entries without an answer too, so that it is the same in every reading. `exam`: `cmexam`, `medqa-us`,
    ..., or the name given. `split`: `train`, `validation`, `test`, or a word of the publisher's (`dev`). `language`:
    BCP 47. `subject`: "" where none. `context`: what is to be read first (PubMedQA's abstract), else "". `options`: in
    order, two at least. `answers`: indices of the right ones from 0, sorted, one at least. `explanation`: "" where
    none. `source_id`: what the item is about elsewhere (PubMedQA: the PMID), else "". `numbered`: the key is the number
    of the entry, so that two files that are no parts of one may give the same id to different items.
    """

    id: str
    exam: str
    split: str
    language: str
    subject: str
    context: str
    question: str
    options: tuple[str, ...]
    answers: tuple[int, ...]
    explanation: str
    source_id: str
    numbered: bool = False

    @property
    def letters(self) -> str:
        """The right answers as letters, `BD`."""
        return "".join(LETTERS[answer] for answer in self.answers)


def as_json(item: ExamItem) -> str:
    """The item as one line of the plain form, which `corpus/exams/plain.py` reads back as the same item."""
    row: dict[str, Any] = {**item._asdict(), "options": list(item.options), "answer": item.letters}
    del row["answers"]
    return json.dumps({name: value for name, value in row.items() if value not in ("", False)}, ensure_ascii=False)
