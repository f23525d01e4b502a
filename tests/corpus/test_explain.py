"""`corpus explain` tells of a kept, a dropped, a superseded, a deleted, a retracted and a broken record."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.explain import explain, tell
from tests.corpus.small import build, corpus, write_inputs


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("told")
    build(write_inputs(folder / "in"), folder / "out")
    return folder / "out"


STORIES = {
    "pubmed:1": ["kept in tier high (by [[tier]] trials)", "split train", "pubmed26n0001.xml#1", "Trial 1"],
    "table:rows/short": ["dropped by long-enough: 10 is not >= 20", "A heading alone teaches nothing."],
    "pubmed:2": ["superseded by pubmed/pubmed26n0002.xml#1", "version 2", "the last word"],
    "pubmed:4": ["deleted by its publisher, see pubmed/pubmed26n0002.xml#3", "withdrawn by its publisher"],
    "pubmed:3": ["retracted: ", "D016441", "RetractionIn", "J Inv. 2021"],
    "rows/a.jsonl#21": ["an entry without a key", "could not be used (json-syntax)", "line 21"],
    "table:rows/1": ["repeats rows/a.jsonl#2 with the same key and the same content"],
    "table:rows/0": ["could not be used (duplicate-id)", "with other content"],
}


@pytest.mark.parametrize("name", STORIES)
def test_the_story_says_what_a_reader_needs(out: Path, name: str) -> None:
    told = tell(explain(out, name))
    for piece in STORIES[name]:
        assert piece in told, told


def test_a_bare_pmid_is_understood(out: Path) -> None:
    assert "pubmed:1" in tell(explain(out, "1"))


def test_a_name_that_was_never_read_offers_the_nearest(out: Path) -> None:
    with pytest.raises(UserError, match="ever read") as caught:
        explain(out, "table:rows/shrt")
    assert "table:rows/short" in caught.value.mend


def test_a_folder_without_a_corpus_is_refused(tmp_path: Path) -> None:
    done = corpus("explain", "x", "--out", str(tmp_path))
    assert done.returncode == 1
    assert "holds no corpus" in done.stderr
