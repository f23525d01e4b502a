"""An output folder with invented documents, for the tests of the report's sections."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.report.made import Row, documents, make


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return documents(1500)


@pytest.fixture(scope="module")
def folder(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("made"), rows)
