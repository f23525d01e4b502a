"""Whether the exams of a study's suite can be read: better known before anything is trained than after it.

Reads them as `evaluate run` will (`eval/run/exams.py`); used by `eval/study/foreseen.py`.
"""

from __future__ import annotations

from eval.run.exams import HUB, place_of, read_answered, read_tasks
from eval.run.recipe import LoadedSuite
from eval.study.advice import InStudy, told_by
from eval.study.recipe import LoadedStudy
from eval.study.steps import suite_of


def refuse_unreadable(loaded: LoadedStudy, hub: bool) -> None:
    """Raises `UserError` for an exam of the suite that is not there, or cannot be read. `hub`: whether those that are
    on the Hub are had from there; else they are not looked at."""
    with told_by(loaded, loaded.study.arm[0], "suite"):
        suite = suite_of(loaded)
        _refuse_missing(loaded, suite)
        kept = suite if hub else without_hub(suite)
        read_tasks(kept)
        read_answered(kept)


def _refuse_missing(loaded: LoadedStudy, suite: LoadedSuite) -> None:
    """Raises `UserError` with all exams that are not there, each once, and where they were looked for."""
    missing = {task.name: task.path for task in (*suite.suite.task, *suite.suite.generate)
               if not any(path.startswith(HUB) for path in task.path) and not place_of(task.path, suite.base)}  # fmt: skip
    if not missing:
        return
    names = ", ".join(map(repr, missing))
    what = (
        f"The exam of task {names} is not there." if len(missing) == 1 else f"The exams of tasks {names} are not there."
    )
    put = "put it there" if len(missing) == 1 else "put them there, each in one of its places"
    folder = "it lies in" if len(missing) == 1 else "they lie in"
    places = dict.fromkeys(str(suite.base / path) for paths in missing.values() for path in paths)
    raise InStudy(what, ", ".join(places),
                  f"{put}, or set exams in {loaded.file} to the folder {folder} (--set exams=DIR)")  # fmt: skip


def without_hub(suite: LoadedSuite) -> LoadedSuite:
    """The tasks whose exam is on this disk, and without examples that are not."""

    def here(paths: tuple[str, ...]) -> bool:
        local = [path for path in paths if not path.startswith(HUB)]
        return not paths or place_of(local, suite.base) is not None

    tasks = tuple(one for one in suite.suite.task if here(one.path) and here(one.examples if one.shots else ()))
    told = {"task": tasks, "generate": tuple(one for one in suite.suite.generate if here(one.path))}
    return suite._replace(suite=suite.suite.model_copy(update=told))
