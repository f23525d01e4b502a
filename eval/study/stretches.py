"""Whether the runs of a study read held-out text in stretches of one length.

Bits per byte depend on that length, and it on how many positions a model has: arms that differ in `model.sequence`
differ in it, too. Takes the runs of `eval/study/results.py`, whose scores say how long it was; gives a sentence to
`eval/study/page.py` and `eval/study/command.py`.
"""

from __future__ import annotations

import polars as pl


def stretches(runs: pl.DataFrame) -> str:
    """A sentence where runs read held-out text in stretches of different lengths, else nothing. `runs`: `arm`, `size`
    and `stretch` in bytes, null of a run that read none."""
    known = runs.drop_nulls("stretch").sort("stretch", descending=True, maintain_order=True)
    if known["stretch"].n_unique() < 2:
        return ""
    named = known.select("stretch", name=pl.concat_str("arm", "size", separator=" ").str.strip_chars())
    told = [f"of {size:,} bytes by {', '.join(rows['name'].unique(maintain_order=True))}"
            for (size,), rows in named.group_by("stretch", maintain_order=True)]  # fmt: skip
    return f"Held-out text was read in stretches of different lengths, {'; '.join(told)}: part of a difference of " \
           "bits per byte between these is that."  # fmt: skip
