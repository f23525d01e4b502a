"""Whether the primary metrics of a study are scored at all: better known before anything is trained than after it.

Takes a study and its suite (`eval/run/recipe.py`); used by `eval/study/carry_out.py` and `evaluate ablate --dry-run`.
"""

from __future__ import annotations

from corpus.controls import visible
from corpus.errors import UserError
from eval.run.measure_bits import EXPLANATION, HELD
from eval.run.recipe import Suite, load_suite
from eval.run.scores import BITS, metrics_of
from eval.study.readings import named_file
from eval.study.recipe import LoadedStudy, PrimaryMetric
from eval.tasks.question import SUBSETS

GENERATED = "generated"


def refuse_unscored(loaded: LoadedStudy) -> None:
    """Raises `UserError` for a primary metric that the suite does not score, with what it does."""
    suite = load_suite(named_file(loaded, loaded.study.suite)).suite
    for one in loaded.study.primary:
        known = _metrics(suite, one)
        if one.metric not in known:
            asked = " ".join(part for part in (one.task, one.formulation, one.metric) if part)
            raise UserError(f"The suite {suite.name!r} scores nothing that is called {visible(asked)!r}.",
                            f"{loaded.file}: primary", _mend(suite, one, known))  # fmt: skip


def _metrics(suite: Suite, one: PrimaryMetric) -> list[str]:
    """The metrics of a task and formulation, none where the suite has not both."""
    if one.task in (HELD, EXPLANATION):
        return [BITS.name] if not one.formulation else []
    if one.formulation == GENERATED:
        return [one.metric] if one.task in {task.name for task in suite.generate} else []
    forms = {task.name: task.formulations for task in suite.task}.get(one.task, ())
    if one.formulation not in forms:
        return []
    return [*(metric.name for metric in metrics_of(one.formulation)), *(["f1"] if one.formulation == SUBSETS else [])]


def _mend(suite: Suite, one: PrimaryMetric, known: list[str]) -> str:
    if known:
        return f"name one of {', '.join(known)}"
    tasks = [f"{task.name} ({', '.join(task.formulations)})" for task in suite.task]
    return f"name one of the tasks and its formulation: {', '.join([*tasks, HELD, EXPLANATION])}"
