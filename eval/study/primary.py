"""Whether the primary metrics of a study are scored at all: better known before anything is trained than after it.

Takes a study and its suite (`eval/run/recipe.py`), with the exams where their files are on this disk; used by
`eval/study/carry_out.py` and `evaluate ablate --dry-run`. Parts of held-out text are known when its corpora stand, and
are looked at then.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence

import polars as pl

from corpus.controls import visible
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.report.folder import open_build
from eval.generate.answer_tasks import GENERATED
from eval.generate.rows import PUBLISHED, segmenter
from eval.generate.scores import metrics_of as metrics_of_answers
from eval.run.exams import Answered, Asked, read_answered, read_tasks
from eval.run.measure_bits import EXPLANATION, HELD, held_out, texts_of
from eval.run.recipe import LoadedSuite
from eval.run.score_tasks import CHOICE
from eval.run.scores import ALL, BITS, CORPUS, OF_ITEMS, OF_TEXTS, metrics_of, parts_of, with_corpus
from eval.study.arms import Places, Run
from eval.study.exams_there import without_hub
from eval.study.readings import YET, tuning
from eval.study.recipe import LoadedStudy, PrimaryMetric
from eval.study.steps import suite_of, texts
from eval.tasks.ask import Wording
from eval.tasks.question import SUBSETS


def refuse_unscored(loaded: LoadedStudy) -> None:
    """Raises `UserError` for a primary metric that the study does not score, with what it does."""
    suite = suite_of(loaded)
    for one in loaded.study.primary:
        read = _read(suite, one)
        if why := _never(loaded, suite, one, read):
            raise UserError(f"Nothing scores the primary metric {_spelt(one)!r}: {why[0]}.", f"{loaded.file}: primary",
                            why[1])  # fmt: skip
        forms = _forms(loaded, suite)
        known = _metrics(suite, one, read, forms)
        if one.metric not in known:
            raise UserError(f"The suite {suite.suite.name!r} scores nothing that is called {_spelt(one)!r}.",
                            f"{loaded.file}: primary", _mend(loaded, suite, known, forms))  # fmt: skip
        _refuse_part(loaded, one, _parts(suite, one, read))


def refuse_unheld(loaded: LoadedStudy, places: Places) -> None:
    """Raises `UserError` for a part of held-out text that the corpora, which stand, do not have."""
    wanted = [one for one in loaded.study.primary if one.task == HELD and one.part != ALL]
    if wanted:
        size = suite_of(loaded).suite.bits.bytes
        rows = with_corpus(pl.concat([held_out(open_build(one), size) for one in texts(loaded, places)]))
        for one in wanted:
            _refuse_part(loaded, one, _named(rows, OF_TEXTS))


def _refuse_part(loaded: LoadedStudy, one: PrimaryMetric, parts: Sequence[str]) -> None:
    """`parts`: those that there are; one that ends with a space stands for any such part."""
    if not any(one.part == part or (part.endswith(" ") and one.part.startswith(part)) for part in parts):
        told = [f"{part}..." if part.endswith(" ") else part for part in parts]
        raise UserError(f"No part {visible(one.part)!r} of {_spelt(one)!r} is scored.", f"{loaded.file}: primary: part",
                        f"name one of {', '.join(map(visible, told))}")  # fmt: skip


def _spelt(one: PrimaryMetric) -> str:
    return visible(" ".join(part for part in (one.task, one.formulation, one.metric) if part))


def _read(suite: LoadedSuite, one: PrimaryMetric) -> list[Asked | Answered] | None:
    """The exams that a metric is of, where they are on this disk and can be read; that they cannot is told elsewhere
    (`eval/study/exams_there.py`)."""
    of = [task for task in suite.suite.task if one.task in (EXPLANATION, task.name) and one.formulation != GENERATED]
    written = [task for task in suite.suite.generate if task.name == one.task and one.formulation == GENERATED]
    some = suite._replace(suite=suite.suite.model_copy(update={"task": tuple(of), "generate": tuple(written)}))
    try:
        here = without_hub(some)
        found: list[Asked | Answered] = [*read_tasks(here)[0], *read_answered(here)[0]]
    except UserError:
        return None
    return found if len(found) == len(of) + len(written) else None


def _never(
    loaded: LoadedStudy, suite: LoadedSuite, one: PrimaryMetric, read: list[Asked | Answered] | None
) -> tuple[str, str] | None:  # fmt: skip
    """Why a metric is never scored whatever it is called, and what mends that."""
    bits = suite.suite.bits
    if one.task == HELD and not bits.bytes:
        return f"the suite {suite.suite.name!r} reads no held-out text, bits.bytes is 0", "give a suite that reads some"
    if one.task == EXPLANATION and not bits.explanations:
        return (f"the suite {suite.suite.name!r} measures no explanations, bits.explanations is 0",
                "give a suite with bits.explanations above 0")  # fmt: skip
    if one.task == EXPLANATION and read is not None and not _explained(suite, read):
        return f"no exam of the suite {suite.suite.name!r} has an explanation", "name another primary metric"
    if _by_choice(loaded) and (one.task in (HELD, EXPLANATION) or one.formulation == GENERATED):
        return "a model with a choice head tells nothing of text", f"name a task with formulation = {CHOICE!r}"
    if one.formulation == GENERATED and not loaded.study.tune:
        return ("answers are written by fine-tuned models alone, and the study names no recipe of fine-tuning",
                "write tune = ... at the top, a recipe of `train sft`, or name another metric")  # fmt: skip
    return None


def _by_choice(loaded: LoadedStudy) -> bool:
    """Whether any arm is fine-tuned with a choice head, of which options have scores and text has none. That a recipe
    cannot be used is told elsewhere."""
    heads = set[str]()
    for arm in loaded.study.arm if loaded.study.tune else ():
        with contextlib.suppress(UserError):
            heads.add(tuning(loaded, Run(arm, arm.name, 0, 0), YET, "epochs=1.0").recipe.head)
    return CHOICE in heads


def _forms(loaded: LoadedStudy, suite: LoadedSuite) -> dict[str, tuple[str, ...]]:
    """The formulations of each task of the suite, as the models of the study are asked."""
    choice = _by_choice(loaded)
    return {task.name: (CHOICE,) if choice else task.formulations for task in suite.suite.task}


def _metrics(
    suite: LoadedSuite, one: PrimaryMetric, read: list[Asked | Answered] | None, forms: dict[str, tuple[str, ...]]
) -> list[str]:  # fmt: skip
    """The metrics of a task and formulation, none where the suite has not both."""
    if one.task in (HELD, EXPLANATION):
        return [BITS.name] if not one.formulation else []
    if one.formulation == GENERATED:
        task = next((task for task in suite.suite.generate if task.name == one.task), None)
        if task is None:
            return []
        published = read is None or any(item.exam == PUBLISHED for some in read for item in some.items)
        explained = task.explanations and (read is None or any(item.explanation for item in _items(one, read)))
        return metrics_of_answers(published, explained, segmenter()[0] is not None)
    if one.formulation not in forms.get(one.task, ()) or (read is not None and not _items(one, read)):
        return []
    return [*(metric.name for metric in metrics_of(one.formulation)), *(["f1"] if one.formulation == SUBSETS else [])]


def _items(one: PrimaryMetric, read: Iterable[Asked | Answered]) -> list[ExamItem]:
    """Those that are asked so."""
    return [
        item
        for some in read
        for item in (some.items_of(Wording(some.task.form, one.formulation)) if isinstance(some, Asked) else some.items)
    ]


def _parts(suite: LoadedSuite, one: PrimaryMetric, read: list[Asked | Answered] | None) -> list[str]:
    """The parts of a metric, as `_refuse_part` takes them."""
    if one.task == HELD:
        return [ALL, *(f"{column} " for column in OF_TEXTS)]
    columns = [column for column in OF_TEXTS if column != CORPUS] if one.task == EXPLANATION else list(OF_ITEMS)
    if read is None:
        return [ALL, *(f"{column} " for column in columns)]
    if one.task == EXPLANATION:
        rows = [{"source": name, "tier": "", "language": item.language}
                for name, items in _explained(suite, read).items() for item in items]  # fmt: skip
    else:
        rows = [{"language": item.language, "subject": item.subject} for item in _items(one, read)]
    return _named(pl.DataFrame(rows), columns)


def _explained(suite: LoadedSuite, read: Iterable[Asked | Answered]) -> dict[str, list[ExamItem]]:
    """The items whose explanation is measured, by task."""
    return texts_of(suite, [some for some in read if isinstance(some, Asked)]).explained


def _named(rows: pl.DataFrame, columns: Sequence[str]) -> list[str]:
    return [name for name, _ in parts_of(rows, tuple(columns))]


def _mend(loaded: LoadedStudy, suite: LoadedSuite, known: list[str], forms: dict[str, tuple[str, ...]]) -> str:
    if known:
        return f"name one of {', '.join(known)}"
    tasks = [f"{name} ({', '.join(some)})" for name, some in forms.items()]
    tasks += [f"{task.name} ({GENERATED})" for task in suite.suite.generate if loaded.study.tune]
    return f"name one of the tasks and its formulation: {', '.join([*tasks, HELD, EXPLANATION])}"
