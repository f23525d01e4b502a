"""What `evaluate ablate --dry-run` says of the text of a study and its budget, and what it refuses.

Looks at the corpora that stand already in the study's folder (`eval/study/standing.py`), and makes nothing; what a run
would refuse is refused here too (`eval/study/foreseen.py`), as far as it can be seen. Goes to `eval/study/command.py`,
beside the arithmetic of `eval/study/cost.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from corpus.report.wording import plural
from eval.study.arms import BASE, Places, Run
from eval.study.foreseen import Problems, distinct, refuse_unready
from eval.study.primary import refuse_unscored
from eval.study.recipe import LoadedStudy
from eval.study.standing import Standing, Texts, built, of_base, of_run


class Looked(NamedTuple):
    """`stand`: what arms and bases would read, of which the corpora stand. `unseen`: names of the others. `problems`:
    what would be refused."""

    stand: list[Standing]
    unseen: list[str]
    problems: Problems


def refuse_what_would_be(loaded: LoadedStudy) -> None:
    """Raises `UserError` for what a run would refuse before it makes anything. A study that leaves corpus and exams to
    whoever runs it is shown as it is; no device is asked for, and nothing is had from the Hub."""
    refuse_unscored(loaded)
    if loaded.study.corpus:
        refuse_unready(loaded, hub=False, devices=False)


def looked(loaded: LoadedStudy, folder: Path) -> Looked:
    """The text of every arm, as far as it stands in the folder of the study."""
    places, texts = Places(folder), Texts(Places(folder).store)
    found = Looked([], [], Problems(loaded))

    def look(run: Run, name: str, of: Callable[[LoadedStudy, Places, Run, Texts], Standing]) -> None:
        if not loaded.study.corpus or not built(loaded, places, run.arm):
            found.unseen.append(f"{name} {run.size}".strip())
            return
        with found.problems.noted():
            found.stand.append(of(loaded, places, run, texts))

    for run in distinct(loaded, BASE):
        look(run, "base", of_base)
    for run in distinct(loaded):
        look(run, run.name, of_run)
    return found


def told(loaded: LoadedStudy, found: Looked) -> Iterator[str]:
    """The same, a line each."""
    yield "text and budget of the arms:"
    for one in found.stand:
        yield (f"  {one.name:<24}{plural(one.documents, 'document')}, {plural(one.characters, 'character')}, "
               f"{plural(one.tokens, 'token')} ({one.known}); {one.asked:,} are asked for, which reads them "
               f"{one.times:.2f} times")  # fmt: skip
        if one.doubt is not None:
            yield f"    if the estimate is right, this will be refused: {one.doubt.what} Mend: {one.doubt.mend}"
    if found.unseen:
        why = "the study names no corpus" if not loaded.study.corpus else "its corpus is yet to be built"
        for name in found.unseen:
            yield f"  {name:<24}could not be looked at: {why}"
        yield ("  They will be looked at before anything is trained: whether there is text for each arm when the "
               "corpora are built, and whether the budget can be met when tokenizers are fitted to them")  # fmt: skip
    elif any(one.known != "counted" for one in found.stand):
        yield "  Tokens will be counted when the tokenizers are fitted, before anything is trained"


def as_rows(found: Looked) -> dict[str, Any]:
    """The same for JSON."""
    rows = [{**one._asdict(), "times": one.times, "doubt": str(one.doubt) if one.doubt else ""} for one in found.stand]
    return {"text": rows, "not_looked_at": found.unseen}
