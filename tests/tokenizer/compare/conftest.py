"""A comparison of four small tokenizers on the small corpus, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.progress import Silent
from tests.tokenizer.compare.made import byte_level, opened, unigram, word_piece
from tests.tokenizer.small import CHINESE, PLAIN
from tokenizer.compare.result import Compared, compare


@pytest.fixture(scope="session")
def four(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Folders of tokenizers: bytes alone, with words, WordPiece, Unigram with byte fallback."""
    folder = tmp_path_factory.mktemp("four")
    spaced = [f" {word}" for word in PLAIN]
    made = {
        "bytes": byte_level([]), "words": byte_level([*spaced, *CHINESE]),
        "wordpiece": word_piece([*PLAIN, *"糖尿病。，", *(chr(n) for n in range(33, 127) if not chr(n).isupper())]),
        "unigram": unigram([*CHINESE, *(f"_{word}" for word in PLAIN), *map(chr, range(33, 127))]),
    }  # fmt: skip
    for name, each in made.items():
        opened(folder / name, each)
    return [str(folder / name) for name in made]


@pytest.fixture(scope="session")
def terms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of terms, some of which the corpus has."""
    file = tmp_path_factory.mktemp("terms") / "terms.txt"
    file.write_text("\n".join([*CHINESE, "treatment", "dose", "mean risk", "nowhere", ""]), encoding="utf-8")
    return file


@pytest.fixture(scope="session")
def compared(four: list[str], corpus: Path, terms: Path) -> Compared:
    return compare(four, corpus, [terms], 0, 0, Silent())
