"""The rows of new pieces in an embedding, one function a method.

`train/embeddings.py` hands in a matrix (rows of ids, columns of the hidden size) and what each new piece stands for;
back come rows in float32. Sources: the mean of the old pieces is what Gee et al. 2022 (Fast Vocabulary Transfer,
EMNLP industry, doi 10.18653/v1/2022.emnlp-industry.41) start from; the normal distribution around the mean of all rows
is Hewitt 2021 (Initializing New Word Embeddings for Pretrained Language Models) and the default of transformers.
Measured in `train/compare_rows.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from corpus.errors import UserError

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from train.embeddings import NewPieces

# What each does, for the help and the table.
METHODS: dict[str, str] = {
    "mean": "mean of the old pieces' rows",
    "weighted-mean": "mean of the old pieces' rows, each weighted by the bytes of text that it stands for",
    "half-mean": "halfway from the mean of all old rows to that of the old pieces' rows",
    "first-piece": "row of the first old piece",
    "last-piece": "row of the last old piece",
    "normal": "drawn around the mean of all old rows with their covariance, times 1e-9 (transformers' mean_resizing)",
    "random": "drawn as the model's own initializer does: around 0 with its standard deviation",
}
SPREAD = 1e-9  # of the covariance, as transformers has it (PreTrainedModel._init_added_embeddings_weights_with_mean)


def refuse_unknown(*methods: str) -> None:
    """Raises `UserError` for a name that is no method; an empty one is none."""
    for method in methods:
        if method and method not in METHODS:
            raise UserError(f"There is no method {method!r} for the rows of new pieces.",
                            mend=f"give one of {', '.join(METHODS)}")  # fmt: skip


def new_rows(matrix: Tensor, pieces: NewPieces, method: str, std: float, seed: int) -> Tensor:
    """Rows for the new pieces, float32, shape (new pieces, columns of `matrix`). `std`: of the model's initializer;
    `seed`: of the methods that draw. Rows of padding, from `pieces.first` on, say nothing and are not read."""
    import torch

    generator = torch.Generator().manual_seed(seed)
    count, width = len(pieces.old_ids), matrix.shape[1]
    if method == "random":
        return torch.randn(count, width, generator=generator).to(matrix.device) * std
    if method == "normal":
        return _normal(matrix[: pieces.first].detach().float(), count, generator)
    rows = _joined(matrix.detach(), pieces.old_ids, _weights(pieces, method))
    return (rows + matrix[: pieces.first].detach().float().mean(0)) / 2 if method == "half-mean" else rows


def _weights(pieces: NewPieces, method: str) -> list[list[float]]:
    """The weight of each old piece in each new one; a new one's add up to 1."""
    if method == "weighted-mean":
        return [[size / sum(row) for size in row] for row in pieces.bytes]
    if method == "first-piece":
        return [[1.0] + [0.0] * (len(row) - 1) for row in pieces.old_ids]
    if method == "last-piece":
        return [[0.0] * (len(row) - 1) + [1.0] for row in pieces.old_ids]
    return [[1 / len(row)] * len(row) for row in pieces.old_ids]


def _joined(matrix: Tensor, old_ids: tuple[tuple[int, ...], ...], weights: list[list[float]]) -> Tensor:
    """Weighted sums of rows, read from those rows alone: the matrix may be large and of low precision."""
    import torch

    used, places = np.unique([one for row in old_ids for one in row], return_inverse=True)
    ends = torch.tensor([len(row) for row in old_ids]).cumsum(0)
    starts = torch.cat([torch.zeros(1, dtype=torch.long), ends[:-1]])
    rows = matrix[torch.from_numpy(used).to(matrix.device)].float()
    shares = torch.tensor([one for row in weights for one in row])
    device = rows.device
    summed: Tensor = torch.nn.functional.embedding_bag(
        torch.from_numpy(places).to(device), rows, starts.to(device), mode="sum", per_sample_weights=shares.to(device)
    )
    return summed


def _normal(old: Tensor, count: int, generator: Generator) -> Tensor:
    import torch

    mean = old.mean(0)
    centred = old - mean
    covariance = (centred.T @ centred / len(old)).double().cpu()
    values, vectors = torch.linalg.eigh(covariance)  # no Cholesky: fewer rows than columns leave it singular
    root = vectors * (SPREAD * values.clamp(min=0)).sqrt()
    drawn = torch.randn(count, len(mean), generator=generator, dtype=torch.float64)
    rows: Tensor = mean + (drawn @ root.T).float().to(mean.device)
    return rows
