"""What the tests of extensions share: bases of every family, general text, and each base extended once."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from corpus.progress import Silent
from tests.tokenizer.extend.bases import general_lines, write_bases
from tokenizer.extend.run import Asked, Extended, extend

NAMES = ("gpt-2", "middle", "llama-3", "bert", "llama-2", "no-bytes", "unigram", "llama-2-json")


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return write_bases(tmp_path_factory.mktemp("bases"))


@pytest.fixture(scope="session")
def general(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of general lines that no base was fitted to."""
    file = tmp_path_factory.mktemp("general") / "lines.txt"
    file.write_text("\n".join(general_lines(3000, seed=1)) + "\n", encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def extended(
    bases: dict[str, Path], corpus: Path, general: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Extended]:
    """Each base extended once, by name."""
    folder = tmp_path_factory.mktemp("extended")

    @cache
    def of(name: str) -> Extended:
        return extend(Asked(str(bases[name]), corpus, general, pieces=60), folder / name, Silent())

    return of
