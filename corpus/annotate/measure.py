"""Runs one measure over the documents of a batch that it is meant for, and fills the columns of an annotator.

Between the annotators' `annotate` (a Polars batch in, a Polars table of facts out) and their measures (code points
in, arrays out). Cuts the texts into runs that fit a core's cache; the result does not depend on the cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.annotate import Fact
from corpus.text import codepoints
from corpus.text.codepoints import CodePoints

Measure = Callable[[CodePoints], Mapping[str, NDArray[Any]]]


def measured(texts: Sequence[str], chosen: NDArray[np.bool_], measure: Measure, facts: Sequence[Fact]) -> pl.DataFrame:
    """A table with the columns of `facts` and a row for each text: `measure`d where `chosen`, null elsewhere.

    `measure` returns one array per fact name, without the annotator's prefix, with one value per text it was given.
    """
    rows = np.flatnonzero(chosen)
    picked = [texts[row] for row in rows.tolist()]
    columns = {fact.name: np.zeros(len(texts), _numpy_type(fact)) for fact in facts}
    for begin, end in codepoints.batches(picked):
        found = measure(codepoints.encode(picked[begin:end]))
        for name, column in columns.items():
            column[rows[begin:end]] = found[name.partition(".")[2]]
    keep = pl.Series(chosen)
    return pl.DataFrame(columns).select(pl.when(keep).then(pl.col(name)).alias(name) for name in columns)


def _numpy_type(fact: Fact) -> str:
    return fact.dtype.lower()
