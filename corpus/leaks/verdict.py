"""What leaks cost a document: whether it goes, or which passages do.

The facts of `corpus/annotate/exam_overlap.py` and `[decide]` of the recipe come in, from `corpus/judge.py`; the verdict
goes to `corpus/decide.py`, `corpus/export.py` and the ledger. Only rows that leak are looked at one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.leaks.cut import JOINED, covered
from corpus.ledger import LEAKS

if TYPE_CHECKING:
    from corpus.recipe import DecideSettings

FIELDS = ("items", "parts", "starts", "ends", "scores")
LOOKED_AT = ("document.characters", "exam_overlap.score", *(f"exam_overlap.{name}" for name in FIELDS))
_SCHEMA: Any = {
    "goes": pl.Boolean, "leaked_value": pl.String, "leaked_threshold": pl.String, "item": pl.String, "leaks": LEAKS,
    "spans": pl.List(pl.UInt32),
}  # fmt: skip
_NONE = (False, None, None, None, None, None)


def leak_verdicts(frame: pl.DataFrame, settings: DecideSettings | None) -> pl.DataFrame:
    """One row per row of `frame`: `goes` (the document does, with the value and threshold that say why), `item` (of
    those that leak most clearly the first), `leaks` (LEAKS) and `spans` (start, end, start, end, ... of the passages
    to cut). `settings`: None where no exam is named, and nothing leaks."""
    leaky: list[int] = []
    if settings is not None:
        leaky = (frame["exam_overlap.score"] >= np.float32(settings.leak_score)).fill_null(False).arg_true().to_list()
    if settings is None or not leaky:
        return pl.DataFrame([pl.Series(name, [None], dtype).new_from_index(0, frame.height)
                             for name, dtype in _SCHEMA.items()]).with_columns(goes=pl.lit(False))  # fmt: skip
    rows = {row: _verdict(frame, row, settings) for row in leaky}
    return pl.DataFrame([rows.get(row, _NONE) for row in range(frame.height)], schema=_SCHEMA, orient="row")


def _verdict(frame: pl.DataFrame, row: int, settings: DecideSettings) -> tuple[Any, ...]:
    columns = [frame[f"exam_overlap.{name}"][row].to_list() for name in FIELDS]
    names = ("item", "part", "start", "end", "score")
    listed = [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
    # The facts hold single precision: 0.9 is stored as 0.89999998 and is 0.9 to the reader.
    counted = [leak for leak in listed if np.float32(leak["score"]) >= np.float32(settings.leak_score)]
    best = max(counted, key=lambda leak: leak["score"])
    spans = covered(((leak["start"], leak["end"]) for leak in counted), JOINED)
    share = sum(end - start for start, end in spans) / max(1, frame["document.characters"][row])
    goes, cut = settings.leaks == "drop", settings.leaks == "cut"
    value, threshold = f"{best['part']} {best['score']:.4g}", f"< {settings.leak_score}"
    if cut and share > settings.leak_share:
        goes, value, threshold = True, f"{share:.4g} of the text", f"<= {settings.leak_share}"
    flat = [edge for span in spans for edge in span] if cut and not goes else None
    return goes, value, threshold, best["item"], counted, flat


def cut_bytes(spans: pl.Series, rows: NDArray[np.intp], texts: Sequence[str]) -> pl.Series:
    """Bytes (UTF-8) of the passages to cut of each row, null where there are none. `texts`: those of the `rows` that
    have some."""
    sizes: list[int | None] = [None] * len(spans)
    for row, text in zip(rows.tolist(), texts, strict=True):
        edges = spans[row].to_list()
        sizes[row] = sum(len(text[start:end].encode()) for start, end in zip(edges[::2], edges[1::2], strict=True))
    return pl.Series("cut_bytes", sizes, dtype=pl.Int64)
