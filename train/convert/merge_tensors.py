"""Two checkpoints made one, tensor by tensor from their files: in memory are two tensors and one file of the output.

`train/convert/merge.py` hands in two models' folders; shards are written as the first model has them, in its precision.
Tensors are interpolated in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpus.controls import visible
from corpus.errors import UserError
from train.model_folder import CONFIG, ModelFolder
from train.weight_files import INDEX, readable, tensors_of

if TYPE_CHECKING:
    from torch import Tensor

# What may differ between the configs of two models whose weights mean the same.
ASIDE = (
    "_name_or_path", "transformers_version", "dtype", "torch_dtype", "use_cache", "bos_token_id", "eos_token_id",
    "pad_token_id", "attention_dropout", "hidden_dropout_prob", "attn_pdrop", "embd_pdrop", "resid_pdrop",
)  # fmt: skip
PARALLEL = 1e-4  # radians: below it the arc is its chord, and its formula divides by nothing


def linear(first: Tensor, second: Tensor, coefficient: float) -> Tensor:
    """The chord: (1 - c) a + c b."""
    import torch

    return torch.lerp(first, second, coefficient)


def slerp(first: Tensor, second: Tensor, coefficient: float) -> Tensor:
    """The arc between two tensors taken as vectors, which keeps their length: sin((1 - c) t) / sin t a + sin(c t) /
    sin t b at the angle t between them; the chord where they are parallel, opposite or 0."""
    a, b = first.double().flatten(), second.double().flatten()
    lengths = float(a.norm() * b.norm())
    angle = math.acos(max(-1.0, min(1.0, float(a @ b) / lengths))) if lengths else 0.0
    if angle < PARALLEL or math.pi - angle < PARALLEL:
        return linear(first, second, coefficient)
    share, other = (math.sin(part * angle) / math.sin(angle) for part in (1 - coefficient, coefficient))
    return share * first + other * second


METHODS: dict[str, Callable[[Tensor, Tensor, float], Tensor]] = {"linear": linear, "slerp": slerp}


def write_interpolated(
    first: ModelFolder, second: ModelFolder, folder: Path, coefficient: float, method: str
) -> dict[str, int]:
    """Write the weight files of a model between two; returns how many `parameters` and `tensors` there are."""
    from safetensors.torch import save_file

    parameters = tensors = 0
    with _opened(second) as there:
        for shard in first.shards:
            made = {name: _between(tensor, there[name].get_tensor(name), name, coefficient, method)
                    for name, tensor in tensors_of(shard)}  # fmt: skip
            save_file(made, folder / shard.name, metadata={"format": "pt"})
            tensors += len(made)
            parameters += sum(tensor.numel() for tensor in made.values())
    if (first.folder / INDEX).is_file():
        (folder / INDEX).write_bytes((first.folder / INDEX).read_bytes())
    return {"parameters": parameters, "tensors": tensors}


def refuse_unlike(first: ModelFolder, second: ModelFolder) -> list[str]:
    """Raises `UserError` for two models that cannot lie on one line: other configs, tensors, shapes or tokenizers; the
    first difference is named. Returns what could not be compared."""
    where = f"{first.folder} beside {second.folder}"
    _refuse_configs(first, second, where)
    _refuse_shapes(first, second, where)
    return _refuse_tokenizers(first, second, where)


def _refuse_configs(first: ModelFolder, second: ModelFolder, where: str) -> None:
    for model in (first, second):
        if "quantization_config" in model.config:
            raise UserError("A quantized model cannot be interpolated.", str(model.folder / CONFIG),
                            "merge first, then quantize")  # fmt: skip
    for key in sorted({*first.config, *second.config} - set(ASIDE)):
        one, other = (model.config.get(key) for model in (first, second))
        if one != other:
            raise UserError(
                f"The two models are not of one shape: {visible(key)} is {visible(str(one))[:60]} in the first, "
                f"{visible(str(other))[:60]} in the second.", where, "give two checkpoints of one model",
            )  # fmt: skip


def _refuse_shapes(first: ModelFolder, second: ModelFolder, where: str) -> None:
    shapes, others = _shapes(first), _shapes(second)
    for name in [*shapes, *others]:
        one, other = shapes.get(name), others.get(name)
        if one != other:
            told = [f"of {shape}" if shape is not None else "missing" for shape in (one, other)]
            raise UserError(
                f"The two models differ in tensor {visible(name)}: it is {told[0]} in the first, {told[1]} in the "
                "second.", where, "give two checkpoints of one model; after a vocabulary extension, extend both",
            )  # fmt: skip


def _refuse_tokenizers(first: ModelFolder, second: ModelFolder, where: str) -> list[str]:
    if not (first.tokenizer and second.tokenizer):
        return ["not both folders hold a tokenizer: whether they share one was not checked"]
    one, other = (opened.backend.get_vocab(with_added_tokens=True) for opened in (first.tokenizer, second.tokenizer))
    unlike = sorted(one.items() ^ other.items(), key=lambda item: (item[1], item[0]))
    if unlike:
        piece = unlike[0][0]
        told = " and ".join(f"{ids[piece]:,}" if piece in ids else "none" for ids in (one, other))
        raise UserError(
            f"The two models have different tokenizers: the id of {visible(piece)!r} is {told}.", where,
            "give two checkpoints with one tokenizer",
        )  # fmt: skip
    return []


def _between(first: Tensor, second: Tensor, name: str, coefficient: float, method: str) -> Tensor:
    if not first.is_floating_point():
        if not bool((first == second).all()):
            raise UserError(f"The two models differ in tensor {visible(name)}, which holds whole numbers.",
                            mend="give two checkpoints of one model")  # fmt: skip
        return first
    return METHODS[method](first.float(), second.float(), coefficient).to(first.dtype).contiguous()


def _shapes(model: ModelFolder) -> dict[str, list[int]]:
    """The shape of each tensor, from the heads of the files."""
    with _opened(model) as files:
        return {name: list(file.get_slice(name).get_shape()) for name, file in files.items()}


@contextmanager
def _opened(model: ModelFolder) -> Iterator[dict[str, Any]]:
    """The open file of each tensor, by name."""
    from safetensors import safe_open

    with ExitStack() as stack:
        files: dict[str, Any] = {}
        for shard in model.shards:
            with readable(shard):
                file = stack.enter_context(safe_open(shard, "pt"))
            files |= dict.fromkeys(file.keys(), file)
        yield files
