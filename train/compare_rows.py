"""Which way to make the rows of new pieces is best for a model: its loss right after extension, for each.

Takes a model, its tokenizer, the extended one and held-out texts; `train continue` prints the table before it starts.
The model comes back as it was: rows are written, measured and taken back, so that no second copy of it is needed.

Measured with three seeds (benchmarks/new_rows.py, 2026-11-27 in benchmarks/LOG.md): a Llama with an output matrix of
its own and a GPT-2 with one matrix for both, 1,024 new pieces, bits per byte of held-out medical text. Right after
extension `normal` loses least (4.175 and 4.191; `half-mean` 4.209 and 4.226, `random` 4.297 and 4.314, `mean` 4.353 and
4.368, `first-piece` 5.004 and 5.020; 4.377 and 4.393 before). After 200 steps every way lies within 0.03 of `mean`
(3.580 and 3.641), which three seeds cannot tell apart, and 0.13 to 0.16 below the model that was not extended. So what
is chosen here decides the start and not the end. Copied output rows take probability from what the old pieces were
learned for, once for each new piece; how input rows are made matters less than that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import polars as pl

from tokenizer.opened import Opened
from train.bits import CHUNK, Bits, bits_per_byte
from train.embeddings import NewPieces, fill, new_pieces, output_bias, refuse_small, resize, rows_of, tied
from train.new_rows import METHODS

# Where the output matrix is another one: its rows by a method of their own. An output row says how often a piece is
# predicted, and what was learned of that for an old piece does not hold for each new one that begins with it.
OUTPUTS = (("mean", "normal"), ("weighted-mean", "normal"), ("mean", "first-piece"))
BEFORE = "before"


def compare_methods(
    model: Any, base: Opened, extended: Opened, texts: Sequence[str], methods: Sequence[str] = tuple(METHODS),
    seed: int = 0, chunk: int = CHUNK,
) -> pl.DataFrame:  # fmt: skip
    """The loss on texts right after extension, by method. Columns: `input`, `output` (methods; `before` for the model
    with its own tokenizer, the first row), `bits_per_byte`, `nats_per_token`, `tokens`, `new` (share of the tokens
    that are new pieces); below the first row in ascending order of loss."""
    pieces = new_pieces(base, extended)
    refuse_small(model, pieces)
    before = bits_per_byte(model, base, texts, chunk)
    share = _share(extended, texts, pieces)
    found = []
    with _room_for(model, pieces):
        pairs = [(method, method) for method in methods]
        if not tied(model):
            pairs += [pair for pair in OUTPUTS if set(pair) <= set(methods)]
        for method, output in pairs:
            fill(model, pieces, method, output, seed)
            found.append(_row(method, output, bits_per_byte(model, extended, texts, chunk), share))
    found.sort(key=lambda row: row["bits_per_byte"])
    return pl.DataFrame([_row(BEFORE, BEFORE, before, 0.0), *found])


def compare_texts(model: Any, base: Opened, extended: Opened, texts: Mapping[str, Sequence[str]],
                  seed: int = 0) -> pl.DataFrame:  # fmt: skip
    """The same for several texts, each by itself: tables of `compare_methods` one below another, with the column `text`
    for the name of each."""
    return pl.concat([
        compare_methods(model, base, extended, some, seed=seed).select(pl.lit(name).alias("text"), pl.all())
        for name, some in texts.items()
    ])  # fmt: skip


def best(table: pl.DataFrame) -> tuple[str, str]:
    """The methods, for the input and the output matrix, that lose least in a table of `compare_methods`, or of
    `compare_texts` in the mean over its texts."""
    mean = table.filter(pl.col("input") != BEFORE).group_by("input", "output", maintain_order=True).agg(
        pl.col("bits_per_byte").mean())  # fmt: skip
    row = mean.sort("bits_per_byte", maintain_order=True).row(0, named=True)
    return row["input"], row["output"]


def _row(method: str, output: str, bits: Bits, share: float) -> dict[str, Any]:
    return {"input": method, "output": output, "bits_per_byte": bits.per_byte, "nats_per_token": bits.per_token,
            "tokens": bits.tokens, "new": share}  # fmt: skip


def _share(extended: Opened, texts: Sequence[str], pieces: NewPieces) -> float:
    ids = [one for row in extended.encode(texts) for one in row]
    return sum(one >= pieces.first for one in ids) / max(len(ids), 1)


@contextmanager
def _room_for(model: Any, pieces: NewPieces) -> Iterator[None]:
    """Rows for the new pieces, while the block runs; then the model has the rows it had, padding included."""
    import torch

    rows = rows_of(model)
    kept = [one[pieces.first : rows].detach().clone() for one in _parts(model)]
    if pieces.size > rows:
        resize(model, pieces.size)
    try:
        yield
    finally:
        if pieces.size > rows:
            resize(model, rows)
        with torch.no_grad():
            for part, old in zip(_parts(model), kept, strict=True):
                part[pieces.first : rows] = old


def _parts(model: Any) -> list[Any]:
    parts = [model.get_input_embeddings().weight]
    if not tied(model):
        parts.append(model.get_output_embeddings().weight)
    bias = output_bias(model)
    return parts if bias is None else [*parts, bias]
