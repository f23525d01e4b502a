"""The table that embedding initialisation needs: for each new piece, the base's pieces that it replaces.

Written beside the tokenizer as `new_pieces.parquet` by `tokenizer/extend/run.py`, read by the training step.
"""

from __future__ import annotations

import io

import polars as pl

from tokenizer.extend.choose import Chosen
from tokenizer.extend.family import Family

# id: of the new piece, in ascending order. piece: its name in tokenizer.json. text: what it stands for, null where that
# is no whole characters. bytes: the same in UTF-8. old_ids: the base's ids in whose place it stands; their bytes joined
# are its own, but for a character that was unknown. count: how often it was made in the domain's sample.
COLUMNS: dict[str, pl.DataType] = {
    "id": pl.UInt32(), "piece": pl.String(), "text": pl.String(), "bytes": pl.Binary(), "old_ids": pl.List(pl.UInt32()),
    "count": pl.Int64(),
}  # fmt: skip


def table_bytes(family: Family, chosen: Chosen) -> bytes:
    """The table as the bytes of a Parquet file."""
    spelt = {piece.number: piece.old for piece in chosen.pieces[: chosen.characters]}
    rows = [
        (piece.number, piece.name, _text(raw := family.text(piece.name)), raw,
         [old for one in piece.old for old in spelt.get(one, (one,))], piece.saved)
        for piece in chosen.pieces
    ]  # fmt: skip
    buffer = io.BytesIO()
    pl.DataFrame(rows, COLUMNS, orient="row").write_parquet(buffer, compression="zstd", statistics=False)
    return buffer.getvalue()


def _text(raw: bytes) -> str | None:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return None
