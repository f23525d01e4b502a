"""Reading an exam: the list of forms, and the way from a file to its items.

Files are read by the readers of tables (`corpus/sources/table_formats.py`: CSV, JSON, JSONL, Parquet, gzip, any
encoding); the reader of a form makes an item of each entry. Unlike a corpus, an exam is read whole or not at all: an
entry that cannot be read is an error, because a score over fewer questions is another score.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.errors import UserError
from corpus.exams import by_subject, cmexam, medmcqa, medqa, plain, pubmedqa, splits
from corpus.exams.entry import Entry
from corpus.exams.item import ExamItem
from corpus.exams.unanswered import refuse_none, refuse_unanswered
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.settings import TableSettings
from corpus.sources.table_formats import rows
from corpus.sources.table_rows import Fault, Row
from corpus.text.decode import Undecodable

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
QUESTION = ("question", "QUESTION", "Question")  # by these the reader of JSON tells an entry from what holds entries
Reader = Callable[[Entry], ExamItem | None]
Placed = tuple[str, ExamItem]  # file and line of an item, and the item


class Form(NamedTuple):
    """How an exam's files are read. `item`: the item of an entry, None when that has no answer. `columns`: names for a
    CSV without a header. `by_subject`: one table a subject. `dev`: what the word `dev` in a name means. `split`: what
    an entry tells of its split itself ("" for nothing), beside what the file's name or the user tells; of a file with
    entries of several splits one is read. `answer`: the fields in any of which an entry has its right answer.
    `explanation`: those in which it has its explanation, none where the exam has none."""

    item: Reader
    columns: tuple[str, ...] = ()
    by_subject: bool = False
    dev: str = "validation"
    split: Callable[[dict[str, object], str], str] | None = None
    answer: tuple[str, ...] = ("answer",)
    explanation: tuple[str, ...] = ()


_MEDQA, _COP, _EXP = ("answer_idx", "answer"), ("cop",), ("exp",)
FORMS: dict[str, Form] = {
    "cmexam": Form(cmexam.item, answer=("Answer",), explanation=("Explanation",)),
    "medqa-us": Form(medqa.us_item, answer=_MEDQA),
    "medqa-mainland": Form(medqa.mainland_item, answer=_MEDQA),
    "medmcqa": Form(medmcqa.item_from_1, answer=_COP, explanation=_EXP),  # or from 0: see `_reader`
    "medmcqa-from-0": Form(medmcqa.item_from_0, answer=_COP, explanation=_EXP),
    "medmcqa-from-1": Form(medmcqa.item_from_1, answer=_COP, explanation=_EXP),
    "pubmedqa": Form(pubmedqa.item, split=pubmedqa.split_of, answer=("final_decision",),
                     explanation=("long_answer", "LONG_ANSWER")),
    "mmlu": Form(by_subject.mmlu_item, by_subject.MMLU_COLUMNS, by_subject=True, dev="dev"),
    "cmmlu": Form(by_subject.cmmlu_item, by_subject=True, dev="dev", answer=("Answer",)),
    "ceval": Form(by_subject.ceval_item, by_subject=True, dev="dev", explanation=("explanation",)),
    "plain": Form(plain.item, split=plain.split_of, explanation=("explanation",)),
}  # fmt: skip


class Exam(NamedTuple):
    """An exam as it was read. `entries`: how many its files hold of the split. `unanswered`: where those stand that
    have no answer and gave no item; `entries` is the number of `items` and of these. `places`: where each item stands,
    by its id: file without folder, and line. `repeated`: where items stand with two options of the same text, as some
    do in nearly every real exam; they are read as they are."""

    items: list[ExamItem]
    entries: int
    unanswered: tuple[str, ...]
    places: dict[str, str]
    repeated: tuple[str, ...] = ()


def read_exam(form: str, path: Path, split: str = "") -> list[ExamItem]:
    """The items of an exam. As `open_exam`, without its counts."""
    return open_exam(form, path, split).items


def open_exam(form: str, path: Path, split: str = "") -> Exam:
    """Read an exam from a file or, where it comes as a table a subject, a folder. `split`: where the name does not tell
    it, or to choose one of several. Raises `UserError`: no such form or file, an entry that cannot be read, an id that
    stands twice, a file in which no entry has an answer."""
    if form not in FORMS:
        raise UserError(f"There is no form of exams {form!r}.", mend=f"name one of {', '.join(FORMS)}")
    placed, unanswered = list[Placed](), list[Entry]()
    for file, own in _files(FORMS[form], path, split):
        read = _entries(FORMS[form], file, own)
        reader = _reader(form, read, file)
        made = [(entry, reader(entry)) for entry in read]
        if not any(item for _, item in made):
            refuse_unanswered(read, FORMS[form].answer, file)
        placed += [(entry.where, item) for entry, item in made if item is not None]
        unanswered += [entry for entry, item in made if item is None]
    if not placed:
        refuse_none(len(unanswered), path)
    if FORMS[form].split is not None:
        placed = _one_split(placed, path, split)
        unanswered = [entry for entry in unanswered if entry.split == placed[0][1].split]
    _refuse_twice(placed, path)
    repeated = tuple(where for where, item in placed if len(set(item.options)) < len(item.options))
    folder = path.parent if path.is_file() else path
    places = {item.id: where.removeprefix(f"{folder}{os.sep}") for where, item in placed}
    return Exam([item for _, item in placed], len(placed) + len(unanswered),
                tuple(entry.where for entry in unanswered), places, repeated)  # fmt: skip


def _reader(form: str, entries: Sequence[Entry], file: Path) -> Reader:
    if form == "medmcqa":
        return medmcqa.item_from_0 if medmcqa.counted_from(entries, str(file)) == 0 else medmcqa.item_from_1
    return FORMS[form].item


def _files(form: Form, path: Path, asked: str) -> list[tuple[Path, str]]:
    """The files to read and the split of each, in order of their names."""
    dev = form.dev == "validation"
    if path.is_file():
        return [(path, asked or splits.told(path, dev) if form.split is not None else splits.settled(path, asked, dev))]
    if not path.is_dir() or not form.by_subject:
        what = "There is no such file." if not path.exists() else "That is a folder, and this exam comes as a file."
        raise UserError(what, str(path), "give the file of one split")
    found = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
    if not found:
        inside = ", ".join(sorted(one.name for one in path.iterdir() if one.is_dir())) or "nothing"
        raise UserError(f"The folder holds no table itself; it holds {inside}.", str(path),
                        "give the folder in which the tables of one split lie")  # fmt: skip
    tagged = [(file, splits.told(file, dev)) for file in found]
    wanted = splits.WORDS.get(asked, asked)
    chosen = [(file, split or wanted) for file, split in tagged if not wanted or split in ("", wanted)]
    if not chosen or not all(split for _, split in chosen) or len({split for _, split in chosen}) > 1:
        kinds = ", ".join(sorted({split or "of no known split" for _, split in tagged})) or "none"
        raise UserError(f"The folder holds tables of these splits: {kinds}; one is to be read.", str(path),
                        "say which split, or give the folder of one")  # fmt: skip
    return chosen


def _entries(form: Form, file: Path, split: str) -> list[Entry]:
    own = splits.subject(file) if form.by_subject else ""
    entries = list[Entry]()
    for row in _rows(form, file):
        if isinstance(row, Fault):
            raise UserError("An entry of the exam cannot be read.", f"{file}, {row.detail}", "correct the file")
        where, number = f"{file}, {row.where}", len(entries) + 1
        entries.append(Entry(row.value, where, number, _split(form, row.value, file, split, where), own))
        entries[-1].refuse_halves()
    if not entries:
        raise UserError("The file holds no entry.", str(file), "give a file that does")
    return entries


def _split(form: Form, row: dict[str, object], file: Path, told: str, where: str) -> str:
    """The split of an entry, where `told` is that of its file by name or user."""
    own = form.split(row, told) if form.split is not None else told
    if own:
        return splits.WORDS.get(own, own)
    if form.item is not plain.item:
        return splits.settled(file, told, form.dev == "validation")
    if not told:
        raise UserError("Nothing tells which split of the exam this is.", f"{where}, field 'split'",
                        "write it into the field, or say which: train, validation or test")  # fmt: skip
    return told


def _rows(form: Form, file: Path) -> Iterator[Row | Fault]:
    # Of Parquet that reader takes the columns that are named, or all where none of the names is there.
    known = ("",) if file.suffix.lower() == ".parquet" else QUESTION
    settings = TableSettings(kind="table", name="exam", path="", text=known, columns=form.columns)
    try:
        yield from rows(InputFile(str(file), file.name, file.stat().st_size, ""), settings)
    except (Undecodable, TruncatedFile, DecompressionBomb) as error:
        raise UserError("The exam cannot be read.", f"{file}: {error}", "give the file as it was published") from None


def _one_split(placed: list[Placed], path: Path, asked: str) -> list[Placed]:
    wanted = {splits.meant(asked, dev) for dev in (False, True)}
    counts = Counter(item.split for _, item in placed)
    chosen = [one for one in placed if not asked or one[1].split in wanted]
    if not chosen or (not asked and len(counts) > 1):
        kinds = ", ".join(f"{split} ({count:,})" for split, count in sorted(counts.items()))
        raise UserError(f"The file holds items of these splits: {kinds}; one is to be read.", str(path), "say which")
    return chosen


def _refuse_twice(placed: list[Placed], path: Path) -> None:
    places: dict[str, list[str]] = {}
    for where, item in placed:
        places.setdefault(item.id, []).append(_within(where, path))
    twice = [(name, own) for name, own in places.items() if len(own) > 1]
    if not twice:
        return
    name, own = twice[0]
    told = f"{name!r}, in {', '.join(own[:-1])} and {own[-1]}."
    what = "One id stands more than once: " if len(twice) == 1 else (
        f"{len(twice):,} ids stand more than once; the first is ")  # fmt: skip
    raise UserError(what + told, str(path), "give each entry an id of its own")


def _within(where: str, path: Path) -> str:
    """A place as the reader of a message that names the file or folder needs it: the line, or file and line."""
    return where.removeprefix(f"{path}, ").removeprefix(f"{path}{os.sep}")
