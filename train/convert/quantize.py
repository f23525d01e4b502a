"""`train quantize`: a model in 8 or 4 bits a weight, and what that costs, stated before and after.

Takes a model's folder (`train/model_folder.py`) and held-out texts, writes a folder that transformers loads by
`from_pretrained` (a GGUF file by its `gguf_file=`), loads it back, and measures both: size in memory, tokens per
second, bits per byte. The libraries do the work: torchao, bitsandbytes, gguf. Called by
`train/convert/quantize_command.py`.
"""

from __future__ import annotations

import contextlib
import importlib.util
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corpus.errors import UserError
from tokenizer.opened import Opened
from train.bits import bits_per_byte
from train.convert.gguf_file import refuse_shape, write_gguf
from train.convert.speed import memory, speed
from train.model_folder import (
    CONFIG,
    ModelFolder,
    Written,
    load_model,
    need_tokenizer,
    new_card,
    open_model,
    take_along,
    writing,
    written,
)
from train.taught import inherited
from train.weight_files import GGUF

# What each does, for the help.
KINDS: dict[str, str] = {
    "int8": "8 bits a weight, a scale a row (torchao); CPU and GPU",
    "int4": "weights of 4 bits, a scale for 32 of them (torchao); on a CPU each is held in a byte",
    "nf4": "4 bits a weight, normal floats (bitsandbytes, QLoRA's); CPU and GPU, sizes that are multiples of 64",
    "gguf-f16": "a GGUF file, 16 bits a weight; Llama's shape",
    "gguf-q8_0": "a GGUF file, 8 bits a weight and a scale for 32 of them; Llama's shape",
    "gguf-q4_0": "a GGUF file, 4 bits a weight and a scale for 32 of them, embedding and head in 8; Llama's shape",
}
LIBRARY = {"int8": "torchao", "int4": "torchao", "nf4": "bitsandbytes"}  # `gguf` for the others
GROUP = 32  # weights of 4 bits that share a scale
WHOLE = 64  # what a row of bitsandbytes' 4 bits must be a multiple of


class Measured(NamedTuple):
    """A model as measured. `file`: bytes of its weight files. `memory`: bytes of its tensors when loaded. `reading`,
    `writing`: ids per second, of a prompt and one by one (0 for a model that cannot). `bits`: per byte."""

    file: int
    memory: int
    reading: float
    writing: float
    bits: float


def quantize(
    folder: Path, out: Path, kind: str, texts: Sequence[str], corpus: str = "", replace: bool = False
) -> Written:
    """Write a model in fewer bits. `texts`: held-out text; `corpus`: the identity of where it comes from; `replace`: a
    finished model of other settings. The card's counts have `before` and `after` (the fields of `Measured`, speeds in
    `run.json`) and `warnings`. Raises `UserError` for a kind that is none or does not fit the model, a library that is
    missing, a model that is quantized already or has no tokenizer, and for no text."""
    refuse_kind(kind)
    model = open_model(folder)
    refuse_model(model, kind)
    opened = need_tokenizer(model)
    library = LIBRARY.get(kind, "gguf")
    parents = {"base": model.identity, **({"corpus": corpus} if corpus else {})}
    recipe = {"kind": kind, "texts": len(texts), "bytes": sum(len(text.encode()) for text in texts),
              **inherited([model.card])}  # fmt: skip
    card = new_card(
        f"{model.name} {kind}", parents, recipe, "train.convert.quantize", (library, "torch", "transformers")
    )
    started = time.monotonic()
    with writing(out, card, replace, (folder,)) as making:
        if not isinstance(making, Written):
            warnings = _write(model, making.folder, kind)
            take_along(model.folder, making.folder)
            sides = {
                "before": _measured(load_model(model), opened, texts, model.weights),
                "after": _measured(load_quantized(making.folder, kind), opened, texts, _bytes(making.folder)),
            }
            making.counts = {"warnings": warnings, **{
                side: {"file": told.file, "memory": told.memory, "bits_per_byte": round(told.bits, 6)}
                for side, told in sides.items()
            }}  # fmt: skip
            making.run = {"seconds": round(time.monotonic() - started, 2), "tokens_per_second": {
                side: {"reading": round(told.reading, 1), "writing": round(told.writing, 1)}
                for side, told in sides.items()
            }}  # fmt: skip
    return written(out, making)


def load_quantized(folder: Path, kind: str) -> Any:
    """A model that `quantize` wrote, by transformers alone."""
    if kind.startswith("gguf-"):
        from transformers import AutoModelForCausalLM

        with _without_bar():
            loaded: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF, local_files_only=True)
        return loaded.eval()
    return load_model(open_model(folder))


@contextlib.contextmanager
def _without_bar() -> Iterator[None]:
    """transformers shows a bar of its own for the tensors of a GGUF file, which none of its settings turns off."""
    reader: Any = importlib.import_module("transformers.modeling_gguf_pytorch_utils")
    bar = reader.tqdm
    reader.tqdm = lambda tensors, **_: tensors
    try:
        yield
    finally:
        reader.tqdm = bar


def refuse_kind(kind: str) -> None:
    """Raises `UserError` for a kind that is none, or whose library is not installed."""
    if kind not in KINDS:
        raise UserError(f"There is no kind {kind!r} to quantize to.", mend=f"give one of {', '.join(KINDS)}")
    library = LIBRARY.get(kind, "gguf")
    if importlib.util.find_spec(library) is None:
        raise UserError(f"Quantizing to {kind} needs the library {library}.", mend=f"pip install {library}")


def refuse_model(model: ModelFolder, kind: str) -> None:
    """Raises `UserError` for a model that this kind does not fit."""
    if "quantization_config" in model.config:
        raise UserError("The model is quantized already.", str(model.folder), "give the model that it was made of")
    if kind.startswith("gguf-"):
        refuse_shape(model)
    whole = {"nf4": WHOLE, "int4": GROUP}.get(kind, 1)
    for key in ("hidden_size", "intermediate_size", "n_embd"):
        if int(model.config.get(key) or 0) % whole:
            raise UserError(f"The model's {key} is {model.config[key]:,}, and {kind} needs a multiple of {whole}.",
                            str(model.folder), "quantize to int8")  # fmt: skip


def _write(model: ModelFolder, folder: Path, kind: str) -> list[str]:
    """Write the weights; returns what the reader should know."""
    if kind.startswith("gguf-"):
        told = write_gguf(model, folder / GGUF, kind.removeprefix("gguf-"))
        take_along(model.folder, folder, (CONFIG,))  # for `evaluate`; transformers and llama.cpp read the file's own
        return [*told, "transformers holds a GGUF file's weights in float32: what it saves in memory it saves in "
                "llama.cpp"]  # fmt: skip
    quantized = load_model(model, quantization_config=_settings(kind))
    if kind == "int4" and quantized.device.type == "cpu":
        told = ["torchao has no 4-bit weights on this CPU: each is held in a byte, and nf4 is half as large"]
    else:
        told = []
    quantized.save_pretrained(folder)
    return told


def _settings(kind: str) -> Any:
    """What transformers is asked for."""
    import torch
    import transformers

    libraries: Any = transformers
    if kind == "nf4":
        inner = torch.bfloat16 if torch.cuda.is_available() else torch.float32
        return libraries.BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=inner)
    from torchao.quantization import Int8WeightOnlyConfig, IntxWeightOnlyConfig
    from torchao.quantization.granularity import PerGroup

    if kind == "int8":
        return libraries.TorchAoConfig(Int8WeightOnlyConfig())
    dtypes: Any = torch  # whose annotations do not have int4
    return libraries.TorchAoConfig(IntxWeightOnlyConfig(weight_dtype=dtypes.int4, granularity=PerGroup(GROUP)))


def _measured(model: Any, opened: Opened, texts: Sequence[str], size: int) -> Measured:
    bits = bits_per_byte(model, opened, texts)
    reading, writing_ = speed(model, [one for row in opened.encode(texts[:8]) for one in row])
    return Measured(size, memory(model), reading, writing_, bits.per_byte)


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir() if path.suffix in (".safetensors", ".gguf"))


def held_out_texts(corpus: Path, size: int, seed: int = 0) -> tuple[list[str], str]:
    """Texts of a corpus' held-out split, `size` bytes of them, and the corpus' identity. Raises `UserError` when the
    folder is no corpus or has no held-out split."""
    from corpus.report.folder import open_build
    from train.data.held_out import held_out_text

    build = open_build(corpus)
    return held_out_text(build, size, seed), build.card.identity
