"""The exams of a suite, read: which items are asked or answered in writing, and which are shown as examples.

Takes the tasks of a suite (`eval/run/recipe.py`) and reads their files (`corpus/exams/read.py`); gives `Asked` and
`Answered` to `eval/run/run.py`. Everything is read before a model is loaded: what is missing is told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import FORMS, open_exam, read_exam
from corpus.listing import expanded
from corpus.store import sha256_file, sha256_json
from eval.run.exam_notes import FileNotes, notes_of
from eval.run.recipe import ExamSettings, GenerateSettings, LoadedSuite, TaskSettings
from eval.tasks.ask import Wording
from eval.tasks.question import SUBSETS

HUB = "hub:"


class NotHad(UserError):
    """An exam that is on the Hub, and cannot be had from there."""


class Asked(NamedTuple):
    """A task with its items and examples. `files`: SHA-256 by path as the suite names it. `notes`: what else is to be
    known of its file."""

    task: TaskSettings
    items: list[ExamItem]
    examples: list[ExamItem]
    files: dict[str, str]
    notes: FileNotes = FileNotes()

    def wordings(self) -> list[Wording]:
        """One for each formulation."""
        return [Wording(self.task.form, one, self.task.shots) for one in self.task.formulations]

    def items_of(self, wording: Wording) -> list[ExamItem]:
        """The items that are asked so: letters alone cannot be two, so that items with several right answers are asked
        as sets where the task has that formulation."""
        apart = SUBSETS in self.task.formulations and wording.formulation == "letters"
        return [item for item in self.items if len(item.answers) == 1] if apart else self.items


class Answered(NamedTuple):
    """An exam whose answers are written, with its items. `files`, `notes`: as in `Asked`."""

    task: GenerateSettings
    items: list[ExamItem]
    files: dict[str, str]
    notes: FileNotes = FileNotes()


def read_tasks(loaded: LoadedSuite, leave_out: bool = False) -> tuple[list[Asked], list[str]]:
    """Every task, read, and the names of those that are left out because their file is not there. `leave_out`: whether
    that is allowed. Raises `UserError`."""
    found, missing = list[Asked](), list[str]()
    for task in loaded.suite.task:
        place = _found(task, loaded, leave_out)
        if place is None:
            missing.append(task.name)
        else:
            found.append(_read(task, place, loaded.base, loaded.suite.bits.explanations > 0))
    return found, missing


def read_answered(loaded: LoadedSuite, leave_out: bool = False) -> tuple[list[Answered], list[str]]:
    """The same of the exams whose answers are written."""
    found, missing = list[Answered](), list[str]()
    for task in loaded.suite.generate:
        place = _found(task, loaded, leave_out)
        if place is None:
            missing.append(f"{task.name}, generated")
        else:
            items, notes = _items(task, place[1], task.explanations)
            found.append(Answered(task, items, {place[0]: identity_of(place[1])}, notes))
    return found, missing


def notes_by_task(tasks: Sequence[Asked], answered: Sequence[Answered]) -> dict[str, FileNotes]:
    """What is to be known of the files, by the name of a task. An exam that is asked and answered in writing alike, or
    whose file another task has, is told of once where nothing new is said."""
    told, seen = dict[str, FileNotes](), set[tuple[object, ...]]()
    read: list[Asked | Answered] = [*tasks, *answered]
    for one in read:
        own = (*sorted(one.files), one.notes.unanswered, one.notes.again, one.notes.unexplained)
        if own not in seen:
            told[one.task.name if one.task.name not in told else f"{one.task.name}, generated"] = one.notes
            seen.add(own)
    return told


def refuse_nothing(loaded: LoadedSuite, found: Sequence[Asked | Answered]) -> None:
    """Raises `UserError` when no exam of a suite is there and it measures no text."""
    if not found and not loaded.suite.bits.corpora:
        raise UserError("Of no task of the suite the exam is there.", str(loaded.base),
                        "give --exams the folder of them")  # fmt: skip


def _found(task: ExamSettings, loaded: LoadedSuite, leave_out: bool) -> tuple[str, Path] | None:
    _refuse_form(task)
    try:
        place = place_of(task.path, loaded.base)
    except NotHad:
        if not leave_out:
            raise
        place = None
    if place is None and not leave_out:
        raise UserError(f"The exam of task {task.name!r} is not there.", ", ".join(_told(task.path, loaded.base)),
                        "put it there, give --exams the folder it lies in, or add --skip-missing")  # fmt: skip
    return place


def _items(task: ExamSettings, file: Path, explanations: bool) -> tuple[list[ExamItem], FileNotes]:
    exam = open_exam(task.form, file, task.split)
    items = drawn(exam.items, task.limit)
    if not task.context:
        items = [item._replace(context="") for item in items]
    return items, notes_of(exam, items, task.form, explanations)


def _refuse_form(task: ExamSettings) -> None:
    if task.form not in FORMS:
        raise UserError(f"There is no form of exams {task.form!r}.", f"task {task.name}",
                        f"name one of {', '.join(FORMS)}")  # fmt: skip


def _read(task: TaskSettings, place: tuple[str, Path], base: Path, explanations: bool) -> Asked:
    items, notes = _items(task, place[1], explanations)
    files = {place[0]: identity_of(place[1])}
    examples = list[ExamItem]()
    if task.shots:
        shown = place_of(task.examples, base)
        if shown is None:
            raise UserError(f"The examples of task {task.name!r} are not there.", ", ".join(_told(task.examples, base)),
                            "put them there, or set shots = 0")  # fmt: skip
        examples = read_exam(task.form, shown[1], task.examples_split)
        files[shown[0]] = identity_of(shown[1])
    if not task.context:
        examples = [item._replace(context="") for item in examples]
    return Asked(task, items, examples, files, notes)


def drawn(items: Sequence[ExamItem], limit: int) -> list[ExamItem]:
    """So many items, in their order: those whose ids have the smallest hashes, whatever else the file holds."""
    if not limit or limit >= len(items):
        return list(items)
    chosen = set(sorted((sha256_json(item.id), item.id) for item in items)[:limit])
    ids = {name for _, name in chosen}
    return [item for item in items if item.id in ids]


def identity_of(path: Path) -> str:
    """The SHA-256 of a file, or of what a folder's tables are."""
    if path.is_file():
        return sha256_file(path)
    return sha256_json({file.name: sha256_file(file) for file in sorted(path.iterdir()) if file.is_file()})


def place_of(paths: Sequence[str], base: Path) -> tuple[str, Path] | None:
    """The first of the paths that is there, as it is named and as it lies."""
    for path in paths:
        if path.startswith(HUB):
            return path, _of_hub(path)
        there = base / expanded(path, "the suite")
        if there.exists():
            return path, there
    return None


def _told(paths: Sequence[str], base: Path) -> list[str]:
    return [path if path.startswith(HUB) else str(base / path) for path in paths]


def _of_hub(path: str) -> Path:
    """A file of a data set on the Hub, downloaded or from its cache."""
    from huggingface_hub import hf_hub_download

    owner, _, rest = path.removeprefix(HUB).partition("/")
    name, _, file = rest.partition("/")
    if not file:
        raise UserError(f"{path!r} names no file of a data set.", mend="write hub:OWNER/NAME/FILE")
    try:
        return Path(hf_hub_download(f"{owner}/{name}", file, repo_type="dataset"))
    except Exception as error:
        raise NotHad("An exam cannot be had from the Hub.", f"{path}: {str(error)[:300]}",
                     "look at the name and the network, or download it and give its path") from None  # fmt: skip
