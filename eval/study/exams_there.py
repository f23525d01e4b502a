"""Whether the exams of a study's suite can be read: better known before anything is trained than after it.

Reads them as `evaluate run` will (`eval/run/exams.py`); used by `eval/study/foreseen.py`.
"""

from __future__ import annotations

from pathlib import Path

from eval.run.exams import HUB, NotHad, place_of, read_answered, read_tasks
from eval.run.recipe import LoadedSuite
from eval.study.advice import InStudy, told_by
from eval.study.recipe import LoadedStudy
from eval.study.steps import suite_of


def refuse_unreadable(loaded: LoadedStudy, hub: bool) -> None:
    """Raises `UserError` for an exam of the suite that is not there, or cannot be read. `hub`: whether those that are
    on the Hub are had from there; else they are not looked at."""
    with told_by(loaded, loaded.study.arm[0], "suite"):
        suite = suite_of(loaded)
        _refuse_missing(loaded, suite, hub)
        kept = suite if hub else without_hub(suite)
        read_tasks(kept)
        read_answered(kept)


def _refuse_missing(loaded: LoadedStudy, suite: LoadedSuite, hub: bool) -> None:
    """Raises `UserError` with all exams that are not there, each once, and where they were looked for."""
    sought = {task.name: _sought(task.path, suite.base, hub) for task in (*suite.suite.task, *suite.suite.generate)}
    missing = {name: places for name, places in sought.items() if places}
    names = ", ".join(map(repr, missing))
    mend = f"set exams in {loaded.file} to the folder {{}} (--set exams=DIR)"
    places = ", ".join(dict.fromkeys(place for some in missing.values() for place in some))
    if len(missing) == 1:
        what, put = f"The exam of task {names} is not there.", f"put it there, or {mend.format('it lies in')}"
        raise InStudy(what, places, put)
    if missing:
        what = f"The exams of {len(missing)} tasks are not there: {names}."
        raise InStudy(what, places, f"put each in one of its places, or {mend.format('they lie in')}")


def _sought(paths: tuple[str, ...], base: Path, hub: bool) -> list[str]:
    """Where an exam was looked for and is not; nothing where it is, and of one of the Hub unless `hub`."""
    local = [path for path in paths if not path.startswith(HUB)]
    if place_of(local, base) or (len(local) < len(paths) and not hub):
        return []
    try:
        found = place_of(paths, base)
    except NotHad as error:
        return [*(str(base / path) for path in local), error.where]  # which says why
    return [] if found else [str(base / path) for path in local]


def without_hub(suite: LoadedSuite) -> LoadedSuite:
    """The tasks whose exam is on this disk, and without examples that are not."""

    def here(paths: tuple[str, ...]) -> bool:
        local = [path for path in paths if not path.startswith(HUB)]
        return not paths or place_of(local, suite.base) is not None

    tasks = tuple(one for one in suite.suite.task if here(one.path) and here(one.examples if one.shots else ()))
    told = {"task": tasks, "generate": tuple(one for one in suite.suite.generate if here(one.path))}
    return suite._replace(suite=suite.suite.model_copy(update=told))
