"""Whether the exams of a study's suite can be read: better known before anything is trained than after it.

Reads them as `evaluate run` will (`eval/run/exams.py`); used by `eval/study/foreseen.py`.
"""

from __future__ import annotations

from eval.run.exams import HUB, place_of, read_answered, read_tasks
from eval.run.recipe import ExamSettings, LoadedSuite
from eval.study.advice import InStudy, told_by
from eval.study.recipe import LoadedStudy
from eval.study.steps import suite_of


def refuse_unreadable(loaded: LoadedStudy, hub: bool) -> None:
    """Raises `UserError` for an exam of the suite that is not there, or cannot be read. `hub`: whether those that are
    on the Hub are had from there; else they are not looked at."""
    with told_by(loaded, loaded.study.arm[0], "suite"):
        suite = suite_of(loaded)
        for task in (*suite.suite.task, *suite.suite.generate):
            _refuse_missing(loaded, suite, task)
        kept = suite if hub else without_hub(suite)
        read_tasks(kept)
        read_answered(kept)


def _refuse_missing(loaded: LoadedStudy, suite: LoadedSuite, task: ExamSettings) -> None:
    if not any(path.startswith(HUB) or place_of((path,), suite.base) for path in task.path):
        raise InStudy(f"The exam of task {task.name!r} is not there.",
                      ", ".join(str(suite.base / path) for path in task.path),
                      f"put it there, or set exams in {loaded.file} to the folder it lies in (--set exams=DIR)"
                      )  # fmt: skip


def without_hub(suite: LoadedSuite) -> LoadedSuite:
    """The tasks whose exam is on this disk, and without examples that are not."""

    def here(paths: tuple[str, ...]) -> bool:
        local = [path for path in paths if not path.startswith(HUB)]
        return not paths or place_of(local, suite.base) is not None

    tasks = tuple(one for one in suite.suite.task if here(one.path) and here(one.examples if one.shots else ()))
    told = {"task": tasks, "generate": tuple(one for one in suite.suite.generate if here(one.path))}
    return suite._replace(suite=suite.suite.model_copy(update=told))
