"""A PMID is told in every usual spelling, and what is none is not."""

from __future__ import annotations

import json

import polars as pl
import pytest

from corpus.annotate.identifiers import annotate


def pmid(written: str) -> str | None:
    told: str | None = annotate(pl.DataFrame({"meta": [json.dumps({"pmid": written})]}))["identifiers.pmid"][0]
    return told


@pytest.mark.parametrize(
    "written",
    ["24866606", " 24866606 ", "24866606\n", "PMID:24866606", "PMID: 24866606", "pmid 24866606", "PMID24866606",
     "24866606.1", "0024866606", "https://pubmed.ncbi.nlm.nih.gov/24866606/", "http://pubmed.ncbi.nlm.nih.gov/24866606",
     "pubmed.ncbi.nlm.nih.gov/24866606/?term=lamp", "https://www.ncbi.nlm.nih.gov/pubmed/24866606", "pubmed:24866606"],
)  # fmt: skip
def test_a_pmid_in_every_usual_spelling(written: str) -> None:
    assert pmid(written) == "24866606"


@pytest.mark.parametrize("written", ["", "0", "PMC24866606", "none", "24866606 and 24866607", "2486-6606", "PMID"])
def test_what_is_no_pmid(written: str) -> None:
    assert pmid(written) is None
