"""Vocabulary extension applied to a model: a row of the embedding for every new piece, and where the output matrix is
another one, a row and a bias of that.

Takes a model of transformers, the tokenizer it was trained with, and the folder of `tokenizer extend`, whose
`new_pieces.parquet` says which of the model's ids each new piece stands for; used by `train continue`. How rows are
made stands in `train/new_rows.py`, which way is best in `train/compare_rows.py`.

Ids and rows are two numbers: a matrix may be padded beyond the vocabulary (Qwen 2.5 has 151,665 ids in 151,936 rows),
so that new ids lie inside the padding, are written there, and nothing is resized until they reach its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import polars as pl

from corpus.controls import visible
from corpus.errors import UserError
from tokenizer.extend.family import family_of
from tokenizer.opened import Opened

if TYPE_CHECKING:
    from torch import Tensor
    from torch.nn import Module

TABLE = "new_pieces.parquet"
COLUMNS = ("id", "old_ids")
# Without being asked, for one matrix and for two: what loses least right after extension (`train/compare_rows.py`).
TIED, INPUT, OUTPUT = "normal", "mean", "normal"
EXTEND = "extend the model's own tokenizer: `tokenizer extend --base MODEL --corpus DIR --general DIR --out DIR`"


class NewPieces(NamedTuple):
    """The new ids, from `first` to `size` - 1, and by place what each stands for: ids of the base (all below `first`)
    and how many bytes of text each of these is, at least 1."""

    first: int
    size: int
    old_ids: tuple[tuple[int, ...], ...]
    bytes: tuple[tuple[int, ...], ...]


class Extension(NamedTuple):
    """What was done to a model. `rows_before`, `rows`: of its input embedding. `tied`: whether the output matrix is
    the same one. `method`, `output`: how rows of the input and the output matrix were made."""

    first: int
    size: int
    rows_before: int
    rows: int
    tied: bool
    method: str
    output: str


def new_pieces(base: Opened, extended: Opened) -> NewPieces:
    """The pieces by which a tokenizer is larger than its base. Raises `UserError` when it is no extension of it: an id
    that moved, no table, or a table that does not speak of just the ids that are new."""
    _refuse_moved(base, extended)
    table = _table(extended)
    ids = table["id"].to_list()
    if ids != list(range(base.size, extended.size)):
        told = f"{ids[0]:,} to {ids[-1]:,}" if ids else "none"
        raise UserError(
            f"The new pieces do not follow on the model's tokenizer: it has the ids up to {base.size - 1:,}, the "
            f"extended one those up to {extended.size - 1:,}, and the table speaks of {told} ({len(ids):,} pieces).",
            where=str(extended.folder / TABLE), mend=EXTEND,
        )  # fmt: skip
    old_ids = _resolved(base.size, table["old_ids"].to_list(), extended)
    sizes = _sizes(base)
    return NewPieces(base.size, extended.size, old_ids, tuple(tuple(sizes[one] for one in row) for row in old_ids))


def same_ids(one: Opened, other: Opened) -> bool:
    """Whether two tokenizers have the same ids for the same pieces."""
    return one.backend.get_vocab(with_added_tokens=True) == other.backend.get_vocab(with_added_tokens=True)


def refuse_foreign(own: Opened, opened: Opened, rows: int) -> None:
    """Raises `UserError` for a tokenizer that is neither the model's own, with a row of the embedding for each id, nor
    an extension of it. `rows`: 0 where nobody knows them yet."""
    if not same_ids(own, opened):
        new_pieces(own, opened)
    elif rows:
        refuse_short(rows, opened)


def refuse_short(rows: int, opened: Opened) -> None:
    """Raises `UserError` when the tokenizer has more ids than the model rows."""
    if opened.size > rows:
        raise UserError(
            f"The tokenizer has {opened.size:,} ids, and the model's embedding {rows:,} rows.", where=opened.name,
            mend="give the tokenizer that the model was trained with, or one made by `tokenizer extend --base MODEL`",
        )  # fmt: skip


def extend_model(model: Any, pieces: NewPieces, method: str = "", output: str = "", seed: int = 0) -> Extension:
    """Give a model rows for new pieces, in place. `method`: a name of `train.new_rows.METHODS`; `output`: the same for
    an output matrix of its own [default: `method`; where that is not given either, the ones that lose least right after
    extension: `TIED`, or `INPUT` and `OUTPUT`]; `seed`: for methods that draw. Rows of old ids and padding beyond
    the new ids stay as they are, and so does the state of torch's generator. Not for a model that is sharded already.

    Raises `UserError` when the model has fewer rows than the base has ids, or there is no such method.
    """
    from train.new_rows import refuse_unknown

    before = rows_of(model)
    refuse_unknown(method, output)
    refuse_small(model, pieces)
    if pieces.size > before:
        resize(model, pieces.size)
    is_tied = tied(model)
    method, output = _chosen(method, output, is_tied)
    fill(model, pieces, method, output, seed)
    return Extension(pieces.first, pieces.size, before, rows_of(model), is_tied, method, output)


def _chosen(method: str, output: str, is_tied: bool) -> tuple[str, str]:
    if is_tied:
        method = method or TIED
        return method, method
    return method or INPUT, output or method or OUTPUT


def fill(model: Any, pieces: NewPieces, method: str, output: str = "", seed: int = 0) -> None:
    """Write the rows of new pieces of a model that has room for them."""
    import torch

    from train.new_rows import new_rows

    std = float(getattr(model.config, "initializer_range", None) or 0.02)
    for place, matrix in enumerate(_matrices(model)):
        rows = new_rows(matrix, pieces, method if place == 0 else output or method, std, seed + place)
        with torch.no_grad():
            matrix[pieces.first : pieces.size] = rows.to(matrix.dtype)
    bias = output_bias(model)
    if bias is not None:
        with torch.no_grad():  # a bias is no matrix that could be drawn: it goes with the pieces whatever the method
            named = output or method
            chosen = "mean" if named in ("normal", "random") else named
            rows = new_rows(bias[:, None], pieces, chosen, std, seed)
            bias[pieces.first : pieces.size] = rows[:, 0].to(bias.dtype)


def resize(model: Any, rows: int) -> None:
    """Give both matrices and the output bias so many rows. The generator's state is that before: what transformers
    draws for new rows is overwritten."""
    import torch

    with torch.random.fork_rng():
        model.resize_token_embeddings(rows, mean_resizing=False)


def rows_of(model: Any) -> int:
    """Rows of the input embedding."""
    return int(model.get_input_embeddings().weight.shape[0])


def tied(model: Any) -> bool:
    """Whether a model has no output matrix of its own."""
    head = model.get_output_embeddings()
    return head is None or head.weight is model.get_input_embeddings().weight


def output_bias(model: Any) -> Tensor | None:
    """The bias of the output layer: that of BERT's masked-language-model head, say."""
    head: Module | None = model.get_output_embeddings()
    bias: Tensor | None = getattr(head, "bias", None)
    return bias


def refuse_small(model: Any, pieces: NewPieces) -> None:
    """Raises `UserError` when a model has no row for an id of the base."""
    if (rows := rows_of(model)) < pieces.first:
        raise UserError(
            f"The tokenizer has {pieces.first:,} ids, and the model's embedding has {rows:,} rows: they do not belong "
            "together.", where=visible(str(getattr(model.config, "_name_or_path", "") or type(model).__name__)),
            mend="give the tokenizer that the model was trained with, or the model that belongs to it",
        )  # fmt: skip


def _matrices(model: Any) -> list[Tensor]:
    """The input embedding, and the output matrix where it is another."""
    matrices = [model.get_input_embeddings().weight]
    return matrices if tied(model) else [*matrices, model.get_output_embeddings().weight]


def _refuse_moved(base: Opened, extended: Opened) -> None:
    there = extended.backend.get_vocab(with_added_tokens=True)
    ours = sorted(base.backend.get_vocab(with_added_tokens=True).items(), key=lambda item: item[1])
    moved = [(piece, number) for piece, number in ours if there.get(piece) != number]
    if moved:
        piece, number = moved[0]
        now = f"is {there[piece]:,}" if piece in there else "is none"
        raise UserError(
            f"The tokenizer is no extension of the model's: {len(moved):,} of {len(ours):,} ids moved. In the model's "
            f"{visible(piece)!r} is {number:,}, in the other it {now}.",
            where=f"{extended.name} beside {base.name}", mend=EXTEND,
        )  # fmt: skip


def _table(extended: Opened) -> pl.DataFrame:
    file = extended.folder / TABLE
    if not file.is_file():
        raise UserError(
            f"The tokenizer's folder has no {TABLE}, which says what each new piece is made of.", str(file), EXTEND
        )
    try:
        table = pl.read_parquet(file, columns=list(COLUMNS), glob=False)
        return table.cast({"id": pl.Int64, "old_ids": pl.List(pl.Int64)})
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise UserError(f"{TABLE} is not as `tokenizer extend` writes it.", f"{file}: {error}", EXTEND) from None


def _resolved(first: int, rows: list[list[int]], extended: Opened) -> tuple[tuple[int, ...], ...]:
    """Each piece as ids of the base. `tokenizer extend` writes it so; a table that names an earlier new piece is read
    as that piece's own ids."""
    done: list[tuple[int, ...]] = []
    for place, row in enumerate(rows):
        if not row or max(row) >= first + place or min(row) < 0:
            raise UserError(
                f"The table says of the new piece {first + place:,} that it stands for {row or 'nothing'}, which is "
                "neither ids of the base nor earlier pieces.", where=str(extended.folder / TABLE), mend=EXTEND,
            )  # fmt: skip
        done.append(tuple(old for one in row for old in (done[one - first] if one >= first else (one,))))
    return tuple(done)


def _sizes(base: Opened) -> list[int]:
    """Bytes of text of every id of the base, at least 1: those of a token that is no text are not known."""
    family = family_of(base)
    sizes = [1] * base.size
    for name, number in family.vocabulary.items():
        if number not in family.added:
            sizes[number] = max(1, len(family.text(name)))
    return sizes
