"""The matrices of a model that `train/plan/parameters.py` has no arithmetic for, read from its modules unbuilt.

A transformers config comes in; the modules are made on torch's device `meta`, where a tensor has a shape and no memory,
so that a model of any size takes a second. Goes to `train/plan/dry_run.py`; the tests hold the arithmetic against it.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

from corpus.errors import UserError
from train.models import ENCODERS, class_of
from train.plan.parameters import Anatomy, Matrix, Parameters

# What a config calls the number of experts, of which each token meets only some: the arithmetic here has each meet all.
EXPERTS = ("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts")


def counted(config: Any) -> Parameters:
    """Parameters of a transformers model, counted from its modules: exact. Raises `UserError` as `surveyed` does."""
    _, unique, tables, matmul = _weights(config)
    return Parameters(*(sum(unique[key].numel() for key in keys) for keys in (unique, tables, matmul)))


def surveyed(config: Any) -> Anatomy:
    """The anatomy of a transformers decoder or encoder. Raises `UserError` for a mixture of experts, and for a model
    that transformers itself cannot make."""
    model, unique, tables, matmul = _weights(config)
    output = model.get_output_embeddings()
    token = model.get_input_embeddings().weight
    layers, hidden = config.num_hidden_layers, token.shape[1]
    blocks: Counter[tuple[str, int, int]] = Counter()
    seen = set(tables) | {id(output.weight)}
    for name, weight in model.named_parameters():
        if id(weight) in matmul and id(weight) not in seen:
            blocks[(name.rsplit(".", 2)[-2], weight.shape[1], weight.shape[0])] += 1
    matrices = tuple(Matrix(name, inputs, outputs, times) for (name, inputs, outputs), times in blocks.items())
    heads = config.num_attention_heads
    width = getattr(config, "head_dim", None) or hidden // heads
    keys = (getattr(config, "num_key_value_heads", None) or heads) * width
    gated = any("gate" in one.name for one in matrices)
    inner = getattr(config, "intermediate_size", None) or max(max(one.inputs, one.outputs) for one in matrices)
    total, found = (sum(unique[key].numel() for key in keys) for keys in (unique, tables))
    tied = output.weight is token
    head = (Matrix("output", hidden, output.weight.shape[0], 1),)
    inside = sum(one.parameters for one in matrices)
    vectors = total - found - inside - (0 if tied else head[0].parameters)
    return Anatomy(hidden, layers, heads, heads * width, keys, inner, gated, token.shape[0], matrices, head,
                   found - token.numel(), vectors, tied, (0,) * layers, config.model_type not in ENCODERS,
                   False)  # fmt: skip


def _weights(config: Any) -> tuple[Any, dict[int, Any], set[int], set[int]]:
    """(model, its weights by identity, which of them are tables, which multiply)."""
    import torch

    if any((getattr(config, name, None) or 0) > 1 for name in EXPERTS):
        raise UserError("A mixture of experts cannot be counted here: each token meets only some of its weights.",
                        mend="give a dense model")  # fmt: skip
    try:
        with torch.device("meta"):
            model = class_of(config).from_config(config)
    except (ValueError, TypeError, KeyError, AttributeError, RuntimeError) as error:
        raise UserError("transformers cannot make a language model of this config.", str(error).split("\n")[0],
                        "give the config.json of a decoder, or of BERT or ModernBERT") from None  # fmt: skip
    unique = {id(one): one for one in model.parameters()}
    tables = {id(one.weight) for one in model.modules() if isinstance(one, torch.nn.Embedding)}
    output = id(model.get_output_embeddings().weight)
    return model, unique, tables, {key for key, one in unique.items() if one.dim() > 1 and key not in tables} | {output}
