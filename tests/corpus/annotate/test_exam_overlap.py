"""The annotator's contract: columns, batches, and nothing without exams."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from corpus.annotate import exam_overlap
from corpus.annotate.fact import DTYPES
from corpus.leaks.settings import ExamIndexFile
from corpus.leaks.stage import write
from tests.corpus.leaks.made import CHINESE, ENGLISH, ITEMS, PAPER, lettered, page

TEXTS = [
    page(f"{ENGLISH.question}\n{lettered(ENGLISH.options)}"), "", page(), page(CHINESE.question, language="zh"),
    page(f"{CHINESE.question}\n{lettered(CHINESE.options)}", ENGLISH.question), "a" * 300_000, page(times=1),
]  # fmt: skip


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> ExamIndexFile:
    folder = tmp_path_factory.mktemp("index")
    write(ITEMS, folder)
    return ExamIndexFile(key="k", folder=str(folder))


def batch(texts: list[str]) -> pl.DataFrame:
    pmids = [PAPER.source_id if number == 6 else None for number in range(len(texts))]
    return pl.DataFrame({"text": texts, "identifiers.pmid": pl.Series(pmids, dtype=pl.String)})


def test_the_columns_are_those_that_are_documented(settings: ExamIndexFile) -> None:
    for told in (None, settings):
        table = exam_overlap.annotate(batch(TEXTS), told)
        assert dict(table.schema) == {fact.name: DTYPES[fact.dtype] for fact in exam_overlap.FACTS}
        assert table.height == len(TEXTS)


def test_facts_do_not_depend_on_where_batches_are_cut(settings: ExamIndexFile) -> None:
    frame = batch(TEXTS)
    whole = exam_overlap.annotate(frame, settings)
    pieces = [exam_overlap.annotate(frame[row : row + 1], settings) for row in range(frame.height)]
    assert whole.equals(pl.concat(pieces))
    assert exam_overlap.annotate(frame[:0], settings).height == 0


def test_counts_share_and_spans_agree(settings: ExamIndexFile) -> None:
    table = exam_overlap.annotate(batch(TEXTS), settings)
    assert table["exam_overlap.count"].to_list() == [1, 0, 0, 1, 2, 0, 1]
    for text, row in zip(TEXTS, table.iter_rows(named=True), strict=True):
        spans = list(zip(row["exam_overlap.starts"], row["exam_overlap.ends"], strict=True))
        assert row["exam_overlap.share"] == pytest.approx(
            sum(end - start for start, end in spans) / max(len(text), 1), abs=1e-6
        )
        assert len(row["exam_overlap.items"]) == len(spans) == len(row["exam_overlap.parts"])
        assert row["exam_overlap.score"] == (max(row["exam_overlap.scores"]) if spans else None)


def test_without_exams_nothing_is_known(settings: ExamIndexFile) -> None:
    table = exam_overlap.annotate(batch(TEXTS))
    assert all(table[name].null_count() == len(TEXTS) for name in table.columns)
    assert exam_overlap.resources(None) is None


def test_where_an_index_lies_is_no_part_of_what_it_is(settings: ExamIndexFile, tmp_path: Path) -> None:
    moved = ExamIndexFile(key=settings.key, folder=str(tmp_path))
    assert exam_overlap.resources(moved) == exam_overlap.resources(settings) == {"key": "k"}
