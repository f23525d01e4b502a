"""The files in which a model's weights lie: which they are, whether they are whole, and their tensors.

Read by `train/model_folder.py` and whoever works on tensors without a model (`train/convert`). Weights are safetensors;
pickles, which could run code, are refused. A GGUF file, which `train quantize` writes for llama.cpp, counts as weights
where somebody only wants to ask a model.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from corpus.errors import UserError

if TYPE_CHECKING:
    from torch import Tensor

WEIGHTS = "model.safetensors"
INDEX = "model.safetensors.index.json"
GGUF = "model.gguf"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


def shards_of(folder: Path, gguf: bool = False) -> tuple[Path, ...]:
    """The weight files of a folder: those that its index names, or the only one. `gguf`: whether that may be a GGUF
    file. Raises `UserError` for files that are missing, cut short, or pickles."""
    if (folder / GGUF).is_file() and not any((folder / name).is_file() for name in (WEIGHTS, INDEX)):
        if gguf:
            return (folder / GGUF,)
        raise UserError("The folder holds a GGUF file, whose weights are for asking a model and not for training it or "
                        "making others of it.", str(folder / GGUF), "give the model that it was made of")  # fmt: skip
    paths = _indexed(folder) if (folder / INDEX).is_file() else (folder / WEIGHTS,)
    gone = [path for path in paths if not path.is_file()]
    if gone and any(True for pattern in PICKLES for _ in folder.glob(pattern)):
        raise UserError(
            "The model's weights are pickles, which run code when they are opened.", where=str(folder),
            mend="where you trust their source, write them as safetensors: load them in a place of their own and call "
            "`save_pretrained`",
        )  # fmt: skip
    if gone:
        raise UserError("A weight file of the model is missing.", str(gone[0]), "copy the model's folder again")
    _refuse_cut(paths)
    return paths


def _indexed(folder: Path) -> tuple[Path, ...]:
    try:
        names = sorted(set(json.loads((folder / INDEX).read_bytes())["weight_map"].values()))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError("The index of the weights cannot be read.", f"{folder / INDEX}: {error}",
                        "copy the model's folder again") from None  # fmt: skip
    return tuple(folder / Path(str(name)).name for name in names)


def _refuse_cut(shards: Sequence[Path]) -> None:
    """Raises `UserError` for a weight file whose head speaks of more than it holds."""
    from safetensors import safe_open

    for shard in shards:
        with readable(shard), safe_open(shard, "np"):
            pass


def tensors_of(shard: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a weight file by name, one at a time. Raises `UserError` for a damaged file."""
    from safetensors import safe_open

    with readable(shard), safe_open(shard, "pt") as file:
        names = list(file.keys())
        for name in names:
            yield name, file.get_tensor(name)


@contextmanager
def readable(shard: Path) -> Iterator[None]:
    """A damaged weight file becomes a `UserError`."""
    from safetensors import SafetensorError

    try:
        yield
    except SafetensorError as error:
        raise UserError("A weight file is damaged.", f"{shard}: {error}", "copy the model's folder again") from None
