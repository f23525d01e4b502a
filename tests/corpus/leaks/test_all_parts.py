"""Every passage of a document is listed, however many there are: what is not listed stays in the text."""

from __future__ import annotations

import polars as pl
import pytest

from corpus.annotate import exam_overlap
from corpus.leaks import stage
from corpus.leaks.settings import ExamIndexFile
from corpus.leaks.verify import Leak

PARTS = 12_000


def test_of_a_document_with_thousands_of_passages_all_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    leaks = [Leak(f"made:test:{place}", "question", 3 * place, 3 * place + 2, 1.0) for place in range(PARTS)]
    monkeypatch.setattr(exam_overlap, "found", lambda *_: [leaks])
    monkeypatch.setattr(stage, "opened", lambda _: None)
    batch = pl.DataFrame({"text": ["ab " * PARTS], "identifiers.pmid": [None]}, schema_overrides={"text": pl.String})
    settings = ExamIndexFile.model_construct(folder="none")
    row = exam_overlap.annotate(batch, settings).row(0, named=True)
    assert row["exam_overlap.count"] == PARTS
    for name in ("items", "parts", "starts", "ends", "scores"):
        assert len(row[f"exam_overlap.{name}"]) == PARTS
