"""Which split a file of an exam is, so that no question gets from one into another.

Told by the words in the file's name, else by its folder's name; what the user says must not contradict them. Used by
`corpus/exams/read.py`.
"""

from __future__ import annotations

import re
from pathlib import Path

from corpus.errors import UserError

# Words of names and what they mean. `dev` is the few-shot split of MMLU, CMMLU and C-Eval, which have `val` beside it,
# and the validation split of all others: the reader of those says so (`corpus/exams/read.py`).
WORDS = {"train": "train", "val": "validation", "valid": "validation", "validation": "validation", "test": "test",
         "dev": "dev"}  # fmt: skip
_WORD = re.compile(r"[A-Za-z]+")


def told(path: Path, dev_is_validation: bool) -> str:
    """The split that a word in the name of a file tells, else its folder if that is called so; "" when none does, or
    several differ."""
    found = {WORDS[word] for word in _WORD.findall(path.stem.lower()) if word in WORDS}
    folder = path.parent.name.lower()
    if not found and folder in WORDS:
        found = {WORDS[folder]}
    split = found.pop() if len(found) == 1 else ""
    return "validation" if split == "dev" and dev_is_validation else split


def subject(path: Path) -> str:
    """What an exam by subject calls its subject: the file's name without the split and the number of a shard, or the
    folder's where nothing is left of it (`anatomy/val-00000-of-00001.parquet`)."""
    stem = re.sub(r"-\d+-of-\d+$", "", path.stem)
    return path.parent.name if stem in WORDS else re.sub(r"[_-](dev|val|test|train)$", "", stem)


def meant(asked: str, dev_is_validation: bool) -> str:
    """The split that somebody asks for by any of its names."""
    named = WORDS.get(asked, asked)
    return "validation" if named == "dev" and dev_is_validation else named


def settled(path: Path, asked: str, dev_is_validation: bool) -> str:
    """The split of a file. Raises `UserError` when nothing tells it, or when two tell different ones."""
    named, asked = told(path, dev_is_validation), meant(asked, dev_is_validation)
    if asked and named and asked != named:
        mend = f"say {named!r} or leave it out; if the name is wrong, rename the file"
        raise UserError(
            f"The file is the split {named!r} by its name, and was asked for as {asked!r}.", str(path), mend
        )
    if not asked and not named:
        raise UserError("The name of the file does not tell which split of the exam it is.", str(path),
                        "say which: train, validation or test")  # fmt: skip
    return asked or named
