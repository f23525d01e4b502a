"""Runs measures over the documents of a batch that they are meant for, and fills the columns of an annotator.

Between the annotators' `annotate` (a Polars batch in, a Polars table of facts out) and their measures (code points
in, arrays out). Cuts the texts into runs that fit a core's cache; the result does not depend on the cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate.fact import Fact
from corpus.text import codepoints
from corpus.text.codepoints import CodePoints, Mask

Measure = Callable[[CodePoints], Mapping[str, NDArray[Any]]]


def measured(texts: Sequence[str], measures: Sequence[tuple[Mask, Measure]], facts: Sequence[Fact]) -> pl.DataFrame:
    """A table with the columns of `facts` and a row for each text, null where no measure speaks of it.

    `measures` pairs the rows (a mask) with the measure they get. A measure returns one array per fact, named without
    the annotator's prefix, with one value per text it was given.
    """
    columns = {fact.name: np.zeros(len(texts), fact.dtype.lower()) for fact in facts}
    covered = np.zeros(len(texts), np.bool_)
    for chosen, measure in measures:
        covered |= chosen
        rows = np.flatnonzero(chosen)
        picked = [texts[row] for row in rows.tolist()]
        for begin, end in codepoints.batches(picked):
            found = measure(codepoints.encode(picked[begin:end]))
            for name, column in columns.items():
                column[rows[begin:end]] = found[name.partition(".")[2]]
    table = pl.DataFrame(columns)
    if covered.all():
        return table
    keep = pl.Series(covered)
    return table.select(pl.when(keep).then(pl.col(name)).alias(name) for name in columns)
