"""A model from a size, a shape and a seed: the transformers config first, then the weights.

The size comes from `train/sizes.py`, vocabulary and special ids from the tokenizer; the model goes to `train/loop.py`,
its config to `train/plan/dry_run.py`. Four shapes: `llama` and `gpt2` read forwards, `bert` and `modernbert` fill
masks. Weights are drawn on the CPU in fp32 from a generator that is put back afterwards: the same seed gives the same
weights whatever ran before and whichever device comes after.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from corpus.errors import UserError
from train.data.special_ids import SpecialIds
from train.sizes import Size, inner_width

if TYPE_CHECKING:
    import torch

DECODERS = ("llama", "gpt2")
ENCODERS = ("bert", "modernbert")
SHAPES = (*DECODERS, *ENCODERS)
# Dropped while training, where nothing else is said: decoders see a text about once and drop nothing (PaLM, section 5);
# BERT drops a tenth; ModernBERT drops nothing but a tenth behind its attention.
DROPOUT = {"llama": 0.0, "gpt2": 0.0, "bert": 0.1, "modernbert": 0.1}
TIED = {
    "llama": False,
    "gpt2": True,
    "bert": True,
    "modernbert": True,
}  # as in their papers; small models gain by tying
DTYPES = ("float32", "bfloat16", "float16")
NO_IDS = SpecialIds()


def config_of(
    shape: str, size: Size, vocabulary: int, special: SpecialIds = NO_IDS, *, sequence: int = 0,
    tied: bool | None = None, dropout: float | None = None, rows_of: int = 1, attention: str = "sdpa",
) -> Any:  # fmt: skip
    """The transformers config of a model to train.

    `vocabulary`: rows that the tokenizer needs. `sequence`: the longest row in tokens; 0 takes the size's. `tied`:
    whether input and output share their matrix; None takes the shape's own way. `rows_of`: the embedding is padded to a
    multiple of this (64 lets a GPU's matrix units work whole tiles). Raises `UserError` for an unknown shape, a special
    id outside the vocabulary, a mask that an encoder lacks, or heads that do not divide the width.
    """
    _check(shape, size, vocabulary, special, tied, dropout)
    from transformers import AutoConfig

    told: dict[str, Any] = _WRITERS[shape](
        size, sequence or size.sequence, DROPOUT[shape] if dropout is None else dropout
    )
    told |= {"vocab_size": -(-vocabulary // rows_of) * rows_of,
             "tie_word_embeddings": TIED[shape] if tied is None else tied,
             **_token_ids(shape, special)}  # fmt: skip
    if shape == "modernbert":
        told |= {"cls_token_id": special.cls, "sep_token_id": special.sep}
    else:
        told["use_cache"] = False  # with a cache, documents packed into one row see each other
    config = AutoConfig.for_model(shape, **told)
    config._attn_implementation = attention
    return config


def _token_ids(shape: str, special: SpecialIds) -> dict[str, int | None]:
    """Special ids by the names that every config of transformers has for them: an encoder's text begins with [CLS] and
    ends with [SEP], a decoder's ends as its rows do.

    torch gives the row of the padding id no gradient, so a token that ends documents and pads too must not be named: it
    would never be learnt."""
    if shape in ENCODERS:
        begin, end, more = special.cls, special.sep, {"mask_token_id": special.mask}
    else:
        begin, end, more = special.bos, special.sep if special.eos is None else special.eos, {}
    pad = None if special.pad in (begin, end) else special.pad
    return {"pad_token_id": pad, "bos_token_id": begin, "eos_token_id": end, **more}


def _llama(size: Size, sequence: int, dropout: float) -> dict[str, Any]:
    return {"hidden_size": size.hidden, "num_hidden_layers": size.layers, "num_attention_heads": size.heads,
            "num_key_value_heads": size.kv_heads, "intermediate_size": inner_width(size, gated=True),
            "max_position_embeddings": sequence, "attention_dropout": dropout, "rms_norm_eps": 1e-5}  # fmt: skip


def _gpt2(size: Size, sequence: int, dropout: float) -> dict[str, Any]:
    return {"n_embd": size.hidden, "n_layer": size.layers, "n_head": size.heads,
            "n_inner": inner_width(size, gated=False), "n_positions": sequence, "resid_pdrop": dropout,
            "embd_pdrop": dropout, "attn_pdrop": dropout,
            # GPT-2's own approximation of GELU as one kernel: written out, it keeps 2.5 times as much for the way back.
            "activation_function": "gelu_pytorch_tanh"}  # fmt: skip


def _bert(size: Size, sequence: int, dropout: float) -> dict[str, Any]:
    return {"hidden_size": size.hidden, "num_hidden_layers": size.layers, "num_attention_heads": size.heads,
            "intermediate_size": inner_width(size, gated=False), "max_position_embeddings": sequence,
            "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}  # fmt: skip


def _modernbert(size: Size, sequence: int, dropout: float) -> dict[str, Any]:
    return {"hidden_size": size.hidden, "num_hidden_layers": size.layers, "num_attention_heads": size.heads,
            "intermediate_size": inner_width(size, gated=True), "max_position_embeddings": sequence,
            "attention_dropout": dropout}  # fmt: skip


_WRITERS = {"llama": _llama, "gpt2": _gpt2, "bert": _bert, "modernbert": _modernbert}


def _check(
    shape: str, size: Size, vocabulary: int, special: SpecialIds, tied: bool | None, dropout: float | None
) -> None:
    if shape not in SHAPES:
        raise UserError(f"There is no shape {shape!r}.", mend=f"choose one of {', '.join(SHAPES)}")
    if vocabulary < 1:
        raise UserError("A model needs a vocabulary, and this one has no tokens.", mend="give another tokenizer")
    for name, number in special._asdict().items():
        if number is not None and not 0 <= number < vocabulary:
            raise UserError(f"The {name} token has id {number:,}, and the vocabulary ends at {vocabulary - 1:,}.",
                            mend="give the tokenizer whose vocabulary this is")  # fmt: skip
    if shape in ENCODERS and special.mask is None:
        raise UserError(f"A model of shape {shape} learns by filling masks, and the tokenizer has no mask token.",
                        mend="fit one with algorithm = \"wordpiece\", or choose llama or gpt2")  # fmt: skip
    if size.hidden % size.heads or size.heads % size.kv_heads:
        raise UserError(f"{size.heads} heads ({size.kv_heads} for keys) do not divide a width of {size.hidden}.",
                        mend="choose a number of heads that does")  # fmt: skip
    if dropout is not None and not 0 <= dropout < 1:
        raise UserError(f"Dropout is a share from 0 to below 1, not {dropout}.")


def build_model(config: Any, seed: int, dtype: str = "float32", device: str = "cpu") -> Any:
    """A model with fresh weights, in training mode. `dtype` and `device` are applied after the weights are drawn.
    Neither torch's global generators nor its number of threads are changed."""
    import torch

    with seeded(seed), undivided():
        model = class_of(config).from_config(config, attn_implementation=config._attn_implementation)
    return model.to(device=torch.device(device), dtype=getattr(torch, dtype)).train()


def class_of(config: Any) -> Any:
    """transformers' class for models of that config: of masks for encoders, of the next token for all others."""
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    return AutoModelForMaskedLM if config.model_type in ENCODERS else AutoModelForCausalLM


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """torch's generator of the CPU seeded, and put back at the end. `torch.manual_seed` would seed the GPUs' too."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


@contextmanager
def undivided() -> Iterator[None]:
    """ZeRO 3 switched off while a model is made. transformers would otherwise have DeepSpeed divide each as it is
    made, which draws more numbers from the generator, so that one seed would give two models. DeepSpeed divides the
    whole model afterwards; until then each process holds all of it."""
    deepspeed: Any = importlib.import_module("transformers.integrations.deepspeed")
    noted = deepspeed._hf_deepspeed_config_weak_ref
    settings = noted() if noted is not None else None
    deepspeed.unset_hf_deepspeed_config()
    try:
        yield
    finally:
        if settings is not None:
            deepspeed.set_hf_deepspeed_config(settings)


def dtype_for(device: torch.device | str) -> tuple[str, str]:
    """(precision, why) for training on a device: `bfloat16` or `float16` mean mixed precision with fp32 masters.

    bf16 where the GPU multiplies it (Ampere, 8.0, and later); fp16 with loss scaling on older ones; fp32 elsewhere."""
    import torch

    device = torch.device(device)
    if device.type != "cuda":
        return "float32", f"{device.type}: full precision, since half precision gains nothing there"
    if not torch.cuda.is_available():
        raise UserError("The recipe wants a CUDA device, and there is none here.",
                        mend="set the device to cpu, or run where `nvidia-smi` lists a GPU")  # fmt: skip
    name, (major, minor) = torch.cuda.get_device_name(device), torch.cuda.get_device_capability(device)
    if (major, minor) >= (8, 0):
        return "bfloat16", f"{name} (compute capability {major}.{minor}) multiplies bf16"
    return "float16", f"{name} (compute capability {major}.{minor}) does not multiply bf16, so fp16 with loss scaling"
