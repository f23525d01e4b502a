"""The identity of code covers what runs and nothing else."""

from __future__ import annotations

import pytest

from corpus.annotate import ANNOTATORS
from corpus.annotate.stage import RUNS_IN
from corpus.closure import import_closure


def test_a_source_reaches_its_own_parts_and_the_record_but_not_its_neighbours() -> None:
    found = import_closure("corpus.sources.pubmed")
    assert {"corpus.sources.pubmed", "corpus.document", "corpus.files"} <= set(found)
    assert not {"corpus.sources.web", "corpus.decide", "corpus.cli"} & set(found)


def test_deciding_reaches_no_reader_and_no_annotator() -> None:
    found = import_closure("corpus.decide")
    assert not [name for name in found if name.startswith("corpus.sources.p")]
    assert "corpus.annotate.english" not in found


@pytest.mark.parametrize("module", ANNOTATORS.values())
def test_an_annotator_that_is_added_makes_no_others_facts_stale(module: str) -> None:
    found = import_closure(RUNS_IN, module)
    assert module in found
    assert not {"corpus.annotate", "corpus.annotate.stage", *ANNOTATORS.values()} & set(found) - {module}


def test_relations_outlive_a_new_annotator_too() -> None:
    assert "corpus.annotate" not in import_closure("corpus.relate.stage")
