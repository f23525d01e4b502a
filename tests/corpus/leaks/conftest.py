"""An index of the invented items, made once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.annotate.exam_overlap import found
from corpus.exams.item import ExamItem
from corpus.leaks.stage import Exams, opened, write
from corpus.leaks.verify import Leak
from tests.corpus.leaks.made import ITEMS

Find = Callable[..., list[Leak]]


def index(folder: Path, *items: ExamItem) -> Exams:
    """An index of items."""
    folder.mkdir(parents=True, exist_ok=True)
    write(items, folder)
    return opened(str(folder))


@pytest.fixture(scope="session")
def exams(tmp_path_factory: pytest.TempPathFactory) -> Exams:
    """The invented items, indexed."""
    return index(tmp_path_factory.mktemp("exams") / "index", *ITEMS)


@pytest.fixture(scope="session")
def find(exams: Exams) -> Find:
    """The leaks of one text."""

    def leaks(text: str, pmid: str | None = None) -> list[Leak]:
        return found([text], [pmid], exams)[0]

    return leaks
