"""Answers on a terminal: they fit 80 columns."""

from __future__ import annotations

import pytest

from corpus.tables import show_classifiers
from tests.corpus.report.made_related import told


def test_the_table_of_classifiers_fits_80_columns_with_whole_headings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    show_classifiers([told("relevance", "en"), told("quality", "zh")], "models")
    text = capsys.readouterr().out
    assert "…" not in text
    for heading in ("task", "language", "trained on", "held back", "AUC", "95 % interval", "calibration", "error"):
        assert heading in text
    assert "0.9500–0.9994" in text
    assert max(map(len, text.splitlines())) <= 80
