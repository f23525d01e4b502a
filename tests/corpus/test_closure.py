"""The identity of code covers what runs and nothing else."""

from __future__ import annotations

from corpus.closure import import_closure


def test_a_source_reaches_its_own_parts_and_the_record_but_not_its_neighbours() -> None:
    found = import_closure("corpus.sources.pubmed")
    assert {"corpus.sources.pubmed", "corpus.document", "corpus.files"} <= set(found)
    assert not {"corpus.sources.web", "corpus.decide", "corpus.cli"} & set(found)


def test_deciding_reaches_no_reader_and_no_annotator() -> None:
    found = import_closure("corpus.decide")
    assert not [name for name in found if name.startswith("corpus.sources.p")]
    assert "corpus.annotate.english" not in found
