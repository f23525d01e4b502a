"""What the tests of training share: a corpus and tokenizers, made once, a run, and one torch thread."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from corpus.progress import Silent
from tests.tokenizer.small import corpus_of, documents
from tests.train import small
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

[save]
at = [10_000]

[hook]
command = ["python", "-c", 'print("{\\"exam\\": {\\"accuracy\\": 0.25}, \\"questions\\": 40}")', "{checkpoint}"]
"""


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 invented documents, English and Chinese, of two tiers, some held out."""
    return corpus_of(tmp_path_factory.mktemp("corpus"), documents(120))


@pytest.fixture(scope="session")
def bpe(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A byte-level BPE of 320 ids."""
    return small.tokenizer(corpus, tmp_path_factory.mktemp("tokenizers") / "bpe", "quick-start", "vocabulary=320")


@pytest.fixture(scope="session")
def wordpiece(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WordPiece with a mask."""
    folder = tmp_path_factory.mktemp("tokenizers") / "wordpiece"
    return small.tokenizer(corpus, folder, "quick-start", "vocabulary=320", "algorithm=wordpiece")


class Ground(NamedTuple):
    """What `run_folder` stands on: corpus, tokenizer, store of ids, file of the recipe."""

    corpus: Path
    tokenizer: Path
    store: Path
    recipe: Path

    def loaded(self, *sets: str) -> LoadedTrain:
        """The recipe with `--set` values."""
        return load_train(self.recipe, sets)


@pytest.fixture(scope="session")
def ground(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """Two slices, one of them read twice."""
    folder = tmp_path_factory.mktemp("ground")
    (folder / "small-run.toml").write_text(RECIPE, encoding="utf-8")
    return Ground(corpus, bpe, folder / "store", folder / "small-run.toml")


@pytest.fixture(scope="session")
def run_folder(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of a dozen steps with a checkpoint and a hook. Not to be changed: copy it."""
    from train.run import Asked, train

    out = tmp_path_factory.mktemp("run") / "model"
    train(Asked(ground.loaded(), out, ground.store, ground.corpus, str(ground.tokenizer)), Silent())
    return out
