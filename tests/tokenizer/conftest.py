"""What the tests of tokenizers share: a small corpus, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tokenizer.small import corpus_of, documents


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output folder of a build of 400 invented documents, of which some are held out."""
    return corpus_of(tmp_path_factory.mktemp("corpus"), documents(400))
