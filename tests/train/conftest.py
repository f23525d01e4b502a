"""What the tests of training share: a corpus and tokenizers, made once, and one torch thread."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tokenizer.small import corpus_of, documents
from tests.train import small


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
