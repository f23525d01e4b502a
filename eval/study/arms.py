"""The runs of a study: every arm with every seed, and where what they need and make lies.

Takes a study (`eval/study/recipe.py`); goes to `eval/study/steps.py`, which does the work of one run, and
`eval/study/carry_out.py`, which has all of them done. Arms that ask the same of a corpus or tokenizer share one.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from corpus.store import sha256_json
from eval.study.recipe import Arm, LoadedStudy

NULL = "null"
OTHER = 1000  # added to the seeds of the null arm


class Run(NamedTuple):
    """One run. `arm`: what it differs in. `name`: of the arm, `null` for the null arm. `seed`: of weights and order,
    and `pair`: which runs of other arms it is paired with."""

    arm: Arm
    name: str
    seed: int
    pair: int


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

    def model(self, run: Run) -> Path:
        return self.folder / "models" / run_name(run)

    def tuned(self, run: Run) -> Path:
        return self.folder / "tuned" / run_name(run)

    def scores(self, run: Run) -> Path:
        return self.folder / "scores" / run_name(run)


def run_name(run: Run) -> str:
    """What a run's folders are called."""
    return f"{run.name}-{run.pair}"


def runs(loaded: LoadedStudy) -> Iterator[Run]:
    """All of them: seed by seed, so that every arm is there early."""
    study = loaded.study
    for pair in range(study.seeds):
        for arm in study.arm:
            yield Run(arm, arm.name, pair, pair)
        if study.null:
            yield Run(study.arm[0], NULL, pair + OTHER, pair)


def _named(sets: tuple[str, ...]) -> str:
    return sha256_json(list(sets))[:12] if sets else "base"
