"""The runs of a study: every arm with every seed and in every size, and where what they need and make lies.

Takes a study (`eval/study/recipe.py`); goes to `eval/study/steps.py`, which does the work of one run, and
`eval/study/carry_out.py`, which has all of them done. What arms ask alike is made once: corpora and tokenizers for all
that want the same, and models of one seed for all arms that differ behind the training alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.store import sha256_json
from eval.study.recipe import Arm, LoadedStudy, Study

NULL = "null"
OTHER = 1000  # added to the seeds of the null arm
BASE, MODEL, MERGED, TUNED = "bases", "models", "merged", "tuned"  # what a run makes, in this order


class Run(NamedTuple):
    """One run. `arm`: what it differs in. `name`: of the arm, `null` for the null arm. `seed`: of weights and order,
    and `pair`: which runs of other arms it is paired with. `size`: of the ladder, empty where the study names none."""

    arm: Arm
    name: str
    seed: int
    pair: int
    size: str = ""


class Places(NamedTuple):
    """The folder of a study's work."""

    folder: Path

    @property
    def store(self) -> Path:
        """Of everything that is read and encoded, shared by all arms."""
        return self.folder / "store"

    def corpus(self, sets: tuple[str, ...]) -> Path:
        return self.folder / "corpora" / _named(sets)

    def tokenizer(self, corpus: tuple[str, ...], sets: tuple[str, ...]) -> Path:
        return self.folder / "tokenizers" / _named((*corpus, "", *sets) if corpus or sets else ())

    def text(self) -> Path:
        return self.folder / "corpora" / "text"

    def general(self) -> Path:
        return self.folder / "corpora" / "general"

    def general_tokenizer(self) -> Path:
        return self.folder / "tokenizers" / "general"

    def made(self, study: Study, run: Run, what: str) -> Path:
        """What a run makes, BASE to TUNED: under the name of the first arm that makes the same."""
        return self.folder / what / run_name(run._replace(name=maker(study, run, what)))

    def scores(self, run: Run) -> Path:
        return self.folder / "scores" / run_name(run)

    def look(self, study: Study, run: Run, step: int) -> Path:
        """The scores of a checkpoint on the way."""
        return self.folder / "looks" / f"{run_name(run._replace(name=maker(study, run, MODEL)))}-{step}"


def run_name(run: Run) -> str:
    """What a run's folders are called."""
    return "-".join(part for part in (run.name, run.size, str(run.pair)) if part)


def runs(loaded: LoadedStudy) -> Iterator[Run]:
    """All of them: seed by seed, so that every arm is there early."""
    study = loaded.study
    for pair in range(study.seeds):
        for size in study.sizes or ("",):
            for arm in study.arm:
                yield Run(arm, arm.name, pair, pair, size)
            if study.null:
                yield Run(study.arm[0], NULL, pair + OTHER, pair, size)


def maker(study: Study, run: Run, what: str) -> str:
    """The name of the first arm that makes the same up to there; the null arm makes all of its own."""
    if run.name == NULL:
        return NULL
    return next(arm.name for arm in study.arm if _asked(arm, what) == _asked(run.arm, what))


def _asked(arm: Arm, what: str) -> tuple[object, ...]:
    """All that what is made depends on, the seed and the size apart."""
    if what == BASE:
        return (arm.base,)
    behind = (arm.merge,) if what == MERGED else (arm.merge, arm.tune) if what == TUNED else ()
    return (arm.start, arm.base, arm.corpus, arm.tokenizer, arm.train, arm.match, arm.training_share, *behind)


def _named(sets: tuple[str, ...]) -> str:
    return sha256_json(list(sets))[:12] if sets else "base"
