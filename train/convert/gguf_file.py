"""A model of Llama's shape as one GGUF file, which llama.cpp and its kin run, and transformers reads (`gguf_file=`).

Takes a model's folder and writes with the library `gguf`; called by `train/convert/quantize.py`. The format is
described in ggml's docs/gguf.md. Weights go tensor by tensor, so that memory holds the file's tensors and no whole
model.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from corpus.controls import visible
from corpus.errors import UserError
from tokenizer.opened import Opened
from train.model_folder import CONFIG, ModelFolder
from train.weight_files import tensors_of

if TYPE_CHECKING:
    from gguf import GGUFWriter

# By name: what matrices are written as, and what the embedding and the output matrix are. In 4 bits these two cost
# most, and llama.cpp keeps them in more, too.
TYPES = {"f16": ("F16", "F16"), "q8_0": ("Q8_0", "Q8_0"), "q4_0": ("Q4_0", "Q8_0")}
BLOCK = 32  # numbers that share one scale
NORMAL, CONTROL = 1, 3  # kinds of token
# What the format has no field for: the value that a model must have here.
DEMANDED = {"attention_bias": False, "mlp_bias": False, "hidden_act": "silu"}


def write_gguf(model: ModelFolder, file: Path, kind: str) -> list[str]:
    """Write the file; returns what the reader should know of it. Raises `UserError` for a model of another shape than
    Llama's, or with rows that no block fits."""
    import gguf

    refuse_shape(model)
    writer = gguf.GGUFWriter(file, "llama")
    _add_config(writer, model, kind)
    warnings = _add_tokenizer(writer, model.tokenizer)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, int(model.config["num_hidden_layers"]))
    for name, tensor in _named(model):
        new = names.get_name(name, try_suffixes=(".weight", ".bias"))
        if new is None:
            raise UserError(f"GGUF has no place for the tensor {visible(name)}.", str(model.folder),
                            "quantize to int8 or nf4")  # fmt: skip
        _add(writer, new, _permuted(name, tensor, model.config), kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return warnings


def refuse_shape(model: ModelFolder) -> None:
    """Raises `UserError` for a model that this file would not describe: another result would come out of it."""
    config = model.config
    if config.get("model_type") != "llama":
        raise UserError(f"GGUF is written for Llama's shape, and this is {visible(str(config.get('model_type')))!r}.",
                        str(model.folder / CONFIG), "quantize to int8 or nf4")  # fmt: skip
    if "quantization_config" in config:
        raise UserError("The model is quantized already.", str(model.folder), "give the model that it was made of")
    told = {**DEMANDED, "rope_type": "default"}
    found = {**config, "rope_type": _rope(config).get("rope_type", "default")}
    for key, wanted in told.items():
        if found.get(key, wanted) != wanted:
            raise UserError(f"The file cannot say {key} = {visible(str(found[key]))}, only {wanted}.",
                            str(model.folder / CONFIG), "quantize to int8 or nf4")  # fmt: skip


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    """How positions turn, wherever this version of transformers wrote it."""
    scaling = config.get("rope_parameters") or config.get("rope_scaling") or {}
    return {"rope_theta": config.get("rope_theta") or 10000.0, **scaling}


def _add_config(writer: GGUFWriter, model: ModelFolder, kind: str) -> None:
    import gguf

    config = model.config
    heads = int(config["num_attention_heads"])
    head_size = int(config.get("head_dim") or config["hidden_size"] // heads)
    writer.add_name(model.name)
    writer.add_context_length(int(config["max_position_embeddings"]))
    writer.add_embedding_length(int(config["hidden_size"]))
    writer.add_block_count(int(config["num_hidden_layers"]))
    writer.add_feed_forward_length(int(config["intermediate_size"]))
    writer.add_head_count(heads)
    writer.add_head_count_kv(int(config.get("num_key_value_heads") or heads))
    writer.add_key_length(head_size)
    writer.add_value_length(head_size)
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(float(_rope(config)["rope_theta"]))
    writer.add_layer_norm_rms_eps(float(config.get("rms_norm_eps") or 1e-6))
    writer.add_vocab_size(int(config["vocab_size"]))
    writer.add_file_type(gguf.LlamaFileType[{"f16": "MOSTLY_F16"}.get(kind, f"MOSTLY_{kind.upper()}")])
    for name in ("bos", "eos", "pad"):
        number = config.get(f"{name}_token_id")
        number = number[0] if isinstance(number, list) and number else number
        if isinstance(number, int) and number >= 0:
            getattr(writer, f"add_{name}_token_id")(number)


def _add_tokenizer(writer: GGUFWriter, opened: Opened | None) -> list[str]:
    """The pieces and merges of a byte-level BPE. How text is cut into words the format knows by name alone, and a
    tokenizer of another kind would not be itself: the file then has none."""
    spec = opened.spec if opened else {}
    if opened is None or spec["model"]["type"] != "BPE" or spec["model"].get("byte_fallback"):
        writer.add_tokenizer_model("no_vocab")
        return ["the GGUF file has no tokenizer: encode text with the tokenizer.json beside it"]
    vocabulary = opened.backend.get_vocab(with_added_tokens=True)
    names = {number: piece for piece, number in vocabulary.items()}
    special = {token["id"] for token in spec["added_tokens"] if token["special"]}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list([names.get(number, f"[unused{number}]") for number in range(opened.size)])
    writer.add_token_types([CONTROL if number in special or number not in names else NORMAL
                            for number in range(opened.size)])  # fmt: skip
    merges = spec["model"]["merges"]
    writer.add_token_merges([" ".join(pair) if isinstance(pair, list) else pair for pair in merges])
    return ["llama.cpp cuts text into words by rules of its own: where its ids must be the model's, encode text with "
            "the tokenizer.json beside the file"]  # fmt: skip


def _named(model: ModelFolder) -> Iterator[tuple[str, NDArray[np.float32]]]:
    for shard in model.shards:
        for name, tensor in tensors_of(shard):
            if not name.endswith("rotary_emb.inv_freq"):
                yield name, tensor.float().numpy()


def _permuted(name: str, tensor: NDArray[np.float32], config: dict[str, Any]) -> NDArray[np.float32]:
    """Queries and keys with the two halves that turn together laid side by side, as ggml turns them."""
    heads = int(config["num_attention_heads"])
    if name.endswith("k_proj.weight"):
        heads = int(config.get("num_key_value_heads") or heads)
    elif not name.endswith("q_proj.weight"):
        return tensor
    halves = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, *tensor.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(tensor.shape))


def _add(writer: GGUFWriter, name: str, tensor: NDArray[np.float32], kind: str) -> None:
    import gguf

    if tensor.ndim == 1:
        writer.add_tensor(name, tensor)
        return
    chosen = TYPES[kind][name.startswith(("token_embd", "output."))]
    if chosen != "F16" and tensor.shape[-1] % BLOCK:
        raise UserError(f"The rows of {name} have {tensor.shape[-1]:,} numbers, and {chosen} needs a multiple of "
                        f"{BLOCK}.", mend="quantize to gguf-f16 or int8")  # fmt: skip
    type_ = gguf.GGMLQuantizationType[chosen]
    writer.add_tensor(name, gguf.quants.quantize(tensor, type_), raw_dtype=type_)
