"""By which names the world knows the work that a document gives: PMID, PMCID, DOI; and its text in other languages.

Comes from the `meta` column that the PubMed and PMC sources write; goes to `corpus/relate/works.py`, which finds the
same work in two forms, and its translations.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from corpus.annotate.fact import Fact

NEEDS: tuple[str, ...] = ()
LIBRARIES: tuple[str, ...] = ("polars",)

FACTS = (
    Fact("identifiers.pmid", "String", "", "digits, null if none", "PubMed's number of the work."),
    Fact("identifiers.pmcid", "String", "", "PMC and digits, null if none", "PubMed Central's number of the work."),
    Fact(
        "identifiers.doi", "String", "", "10.<registrant>/..., null if none", "The DOI, in lower case as DOIs compare."
    ),
    Fact("identifiers.twins", "List(String)", "", "document ids", "The same work in other languages."),
)

_META = pl.Struct({"pmid": pl.String, "pmcid": pl.String, "doi": pl.String, "twin": pl.List(pl.String)})
# 24866606, PMID:24866606, 24866606.1 (a version), https://pubmed.ncbi.nlm.nih.gov/24866606/; without leading zeros.
_PMID = (
    r"(?i)^(?:https?://)?(?:(?:www\.)?ncbi\.nlm\.nih\.gov/pubmed/|pubmed\.ncbi\.nlm\.nih\.gov/|(?:pmid|pubmed)\s*[:=]?\s*)?"
    r"0*([1-9]\d*)(?:\.\d{1,2})?/?(?:[?#]\S*)?$"
)
_DOI = r"^(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)$"


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row, from `meta`."""
    meta = batch["meta"].fill_null("{}").str.json_decode(_META).struct.unnest()
    return meta.select(
        pl.col("pmid").str.strip_chars().str.extract(_PMID).alias("identifiers.pmid"),
        pl.col("pmcid").str.to_uppercase().str.extract(r"^(PMC\d+)$").alias("identifiers.pmcid"),
        pl.col("doi").str.strip_chars().str.to_lowercase().str.extract(_DOI).alias("identifiers.doi"),
        pl.col("twin").fill_null([]).alias("identifiers.twins"),
    )
