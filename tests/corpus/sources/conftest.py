"""Fixtures of the source tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from corpus.document import Item
from corpus.sources.pubmed import read
from tests.corpus.sources.pubmed_xml import Reader, input_file, settings


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    """Reads one PubMed file with the given content."""

    def run(data: bytes | str, name: str = "pubmed26n0001.xml", **values: Any) -> list[Item]:
        return list(read(input_file(tmp_path / name, data), settings(**values)))

    return run
