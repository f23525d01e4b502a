"""Who must be named: `ATTRIBUTION.tsv`, one line for each kept document whose licence is known.

Read from the data files that `corpus/export.py` wrote, streamed file by file; the licence table is in
`corpus/annotate/licence.py`.
"""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl

HEADER = "id\tlicence\ttitle\tsource\twhere\n"


def write_attribution(folder: Path) -> int:
    """Write `ATTRIBUTION.tsv` in a corpus folder; returns the number of documents named."""
    count = 0
    with open(folder / "ATTRIBUTION.tsv", "w", encoding="utf-8") as out:
        out.write(HEADER)
        for path in sorted((folder / "data").glob("*.parquet")):
            known = pl.scan_parquet(path, glob=False).filter(pl.col("licence") != "unknown")
            for row in known.select("id", "licence", "title", "source", "meta").collect().iter_rows():
                out.write("\t".join(_flat(value) for value in (*row[:4], _where(row[4]))) + "\n")
                count += 1
    return count


def _where(meta: str) -> str:
    """Where the original can be found: DOI, PMC id, PMID or address, in that order."""
    told = json.loads(meta)
    if doi := told.get("doi"):
        return f"https://doi.org/{doi}"
    if pmcid := told.get("pmcid"):
        return f"https://www.ncbi.nlm.nih.gov/pmc/articles/{pmcid}/"
    if pmid := told.get("pmid"):
        return f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/"
    return str(told.get("url", ""))


def _flat(value: str) -> str:
    return " ".join(value.split())
