"""The same work in two forms, and in two languages: what identifiers and links say, whatever the texts look like.

Standing documents come from `corpus/census.py`; the relations go to `corpus/relate/stage.py`. An abstract of PubMed and
its full text in PMC share a PMID, PMCID or DOI; a translation is named by its document (`twin`).
"""

from __future__ import annotations

import polars as pl

# An identifier that more records than this share names no single work: the DOI of a supplement, of a whole issue.
MOST_RECORDS = 8

WORKS = {"one": pl.String, "other": pl.String, "kind": pl.String, "evidence": pl.String}


def works(documents: pl.DataFrame) -> pl.DataFrame:
    """One row a pair of documents, the smaller id first: columns WORKS; `kind` is `work` or `translation`."""
    found = [_by_identifier(documents, name) for name in ("pmid", "pmcid", "doi")]
    table = pl.concat([_translations(documents), *found]).unique(["one", "other"], keep="first", maintain_order=True)
    return table.sort("one", "other")


def _by_identifier(documents: pl.DataFrame, name: str) -> pl.DataFrame:
    """Every two documents of different records that have the same identifier."""
    value = f"identifiers.{name}"
    known = documents.filter(pl.col(value).is_not_null()).select("id", "record", value)
    records = pl.col("record").n_unique().over(value)
    several = known.filter((records > 1) & (records <= MOST_RECORDS))
    pairs = several.join(several, on=value, suffix="_other")
    pairs = pairs.filter((pl.col("id") < pl.col("id_other")) & (pl.col("record") != pl.col("record_other")))
    return pairs.select(
        one="id", other="id_other", kind=pl.lit("work"), evidence=pl.format("{} {}", pl.lit(name), value)
    )


def _translations(documents: pl.DataFrame) -> pl.DataFrame:
    """Documents that name each other as the same work in another language, where both stand."""
    linked = documents.select("id", twin="identifiers.twins").explode("twin").drop_nulls("twin")
    pairs = linked.filter(pl.col("twin") != pl.col("id")).join(documents.select(twin="id"), on="twin", how="semi")
    return pairs.select(
        one=pl.min_horizontal("id", "twin"), other=pl.max_horizontal("id", "twin"), kind=pl.lit("translation"),
        evidence=pl.lit("twin"),
    ).unique(maintain_order=True)  # fmt: skip
