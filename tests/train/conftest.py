"""What the tests of training share: a run small enough for a test, made once by the real thing."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from corpus.progress import Silent
from tests.tokenizer.small import corpus_of, documents
from tokenizer.fit import fit
from tokenizer.recipe import load_fit
from train.recipe import LoadedTrain, load_train

RECIPE = """
name = "small-run"
description = "Two languages, one of them twice."

[model]
size = "tiny"
sequence = 32

[[slice]]
name = "english"
languages = ["en"]
epochs = 0.5

[[slice]]
name = "chinese"
languages = ["zh"]
epochs = 2.0

[batch]
rows = 64
device_rows = 64

[evaluate]
every = 8192
bytes = 2000
"""


class Ground(NamedTuple):
    """What runs stand on: a corpus of 60 documents, a tokenizer of 384 ids, a store of ids, a recipe's file."""

    corpus: Path
    tokenizer: Path
    store: Path
    recipe: Path

    def loaded(self, *sets: str) -> LoadedTrain:
        """The recipe with `--set` values."""
        return load_train(self.recipe, sets)


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Corpus, tokenizer, store and recipe, made once."""
    folder = tmp_path_factory.mktemp("ground")
    corpus = corpus_of(folder / "corpus", documents(60))
    fit(load_fit("quick-start", ("vocabulary=384",)), corpus, folder / "tokenizer", Silent())
    (folder / "small-run.toml").write_text(RECIPE, encoding="utf-8")
    return Ground(corpus, folder / "tokenizer", folder / "store", folder / "small-run.toml")


@pytest.fixture(scope="session")
def run_folder(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of a dozen steps. Not to be changed: copy it."""
    import torch

    from train.run import Asked, train

    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("run") / "model"
    train(Asked(ground.loaded(), out, ground.store, ground.corpus, str(ground.tokenizer)), Silent())
    return out
