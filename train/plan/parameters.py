"""The matrices of a model, from its config by arithmetic: how many parameters there are, and which of them multiply.

A transformers config comes in (`train/models.py`, or any model's `config.json`); what goes out is counted by
`train/plan/flops.py`, `train/plan/memory.py` and `train/plan/dry_run.py`. Nothing is built and no torch is imported:
the tests hold the arithmetic against the real models. For other kinds of model `train/plan/survey.py` reads the modules
themselves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from corpus.errors import UserError

# Decoders of Llama's build; what each adds to it: a bias on query, key and value, or a norm on query and key.
LLAMA_LIKE = {"llama": "", "mistral": "", "qwen2": "bias", "qwen3": "norm"}


class Matrix(NamedTuple):
    """`times` matrices that turn `inputs` features into `outputs`."""

    name: str
    inputs: int
    outputs: int
    times: int

    @property
    def parameters(self) -> int:
        """Weights of all of them; a bias counts as a vector."""
        return self.inputs * self.outputs * self.times


class Anatomy(NamedTuple):
    """What a model is made of. `blocks`: matrices of the layers. `head`: matrices behind them, the output matrix last.
    `tables`: parameters that are looked up and not multiplied by, without the token table. `vectors`: norms and biases.
    `attention`: sum of heads times width of a head. `spans`: for each layer the most tokens that one sees, 0 for all.
    `inner`: width of the MLP. `gated`: whether it has a gate. `dropout`: whether it drops anything while training."""

    hidden: int
    layers: int
    heads: int
    attention: int
    keys: int
    inner: int
    gated: bool
    vocabulary: int
    blocks: tuple[Matrix, ...]
    head: tuple[Matrix, ...]
    tables: int
    vectors: int
    tied: bool
    spans: tuple[int, ...]
    causal: bool
    dropout: bool

    @property
    def token_table(self) -> int:
        """Parameters of the input embedding of tokens."""
        return self.vocabulary * self.hidden


class Parameters(NamedTuple):
    """`total`: each once, a tied table too. `embedding`: those of tables. `matmul`: those that each token is multiplied
    by, the output matrix with them even where it is the token table."""

    total: int
    embedding: int
    matmul: int


def parameters(config: Any) -> Parameters:
    """Count a model by its transformers config. Raises `UserError` for a kind of model that `anatomy` does not know."""
    return summed(anatomy(config))


def summed(body: Anatomy) -> Parameters:
    """The counts of an anatomy."""
    embedding = body.token_table + body.tables
    matmul = sum(one.parameters for one in (*body.blocks, *body.head))
    total = embedding + matmul + body.vectors - (body.token_table if body.tied else 0)
    return Parameters(total, embedding, matmul)


def anatomy(config: Any) -> Anatomy:
    """The matrices of a model of a known kind (`KINDS`). Raises `UserError` for another."""
    kind = getattr(config, "model_type", "")
    if kind not in KINDS:
        raise UserError(f"The arithmetic of a model of kind {kind!r} is not known here.",
                        mend=f"give a model of one of the kinds {', '.join(KINDS)}")  # fmt: skip
    return KINDS[kind](config)


def _llama(config: Any) -> Anatomy:
    hidden, layers, heads = config.hidden_size, config.num_hidden_layers, config.num_attention_heads
    width = getattr(config, "head_dim", None) or hidden // heads
    queries, keys, inner = heads * width, (config.num_key_value_heads or heads) * width, config.intermediate_size
    more = LLAMA_LIKE[config.model_type]
    blocks = (
        Matrix("q_proj", hidden, queries, layers), Matrix("k_proj", hidden, keys, layers),
        Matrix("v_proj", hidden, keys, layers), Matrix("o_proj", queries, hidden, layers),
        Matrix("gate_proj", hidden, inner, layers), Matrix("up_proj", hidden, inner, layers),
        Matrix("down_proj", inner, hidden, layers),
    )  # fmt: skip
    vectors = hidden * (2 * layers + 1)
    if more == "bias" or getattr(config, "attention_bias", False):
        vectors += layers * (queries + 2 * keys + (0 if more == "bias" else hidden))
    vectors += layers * 2 * width if more == "norm" else 0
    vectors += layers * (2 * inner + hidden) if getattr(config, "mlp_bias", False) else 0
    head = (Matrix("lm_head", hidden, config.vocab_size, 1),)
    dropout = bool(getattr(config, "attention_dropout", 0.0))
    return Anatomy(hidden, layers, heads, queries, keys, inner, True, config.vocab_size, blocks, head, 0, vectors,
                   config.tie_word_embeddings, _spans(config), True, dropout)  # fmt: skip


def _spans(config: Any) -> tuple[int, ...]:
    """How far each layer sees. Mistral has one window for all layers; Qwen's is on where `layer_types` says so."""
    window = int(getattr(config, "sliding_window", None) or 0)
    kinds = getattr(config, "layer_types", None)
    if kinds:
        return tuple(window if kind == "sliding_attention" else 0 for kind in kinds)
    return (window if config.model_type == "mistral" else 0,) * int(config.num_hidden_layers)


def _gpt2(config: Any) -> Anatomy:
    hidden, layers = config.n_embd, config.n_layer
    inner = config.n_inner or 4 * hidden
    blocks = (
        Matrix("attn.c_attn", hidden, 3 * hidden, layers), Matrix("attn.c_proj", hidden, hidden, layers),
        Matrix("mlp.c_fc", hidden, inner, layers), Matrix("mlp.c_proj", inner, hidden, layers),
    )  # fmt: skip
    vectors = layers * (3 * hidden + hidden + inner + hidden + 4 * hidden) + 2 * hidden
    head = (Matrix("lm_head", hidden, config.vocab_size, 1),)
    dropout = any((config.resid_pdrop, config.embd_pdrop, config.attn_pdrop))
    return Anatomy(hidden, layers, config.n_head, hidden, hidden, inner, False, config.vocab_size, blocks, head,
                   config.n_positions * hidden, vectors, config.tie_word_embeddings, (0,) * layers, True,
                   dropout)  # fmt: skip


def _bert(config: Any) -> Anatomy:
    hidden, layers, inner = config.hidden_size, config.num_hidden_layers, config.intermediate_size
    blocks = (
        *(Matrix(name, hidden, hidden, layers) for name in ("query", "key", "value", "attention.output.dense")),
        Matrix("intermediate.dense", hidden, inner, layers), Matrix("output.dense", inner, hidden, layers),
    )  # fmt: skip
    vectors = layers * (4 * hidden + inner + hidden + 4 * hidden) + 2 * hidden
    # Of the head: its dense layer, its norm, and the bias of the output, which transformers has twice when untied.
    vectors += hidden + 2 * hidden + config.vocab_size * (1 if config.tie_word_embeddings else 2)
    head = (Matrix("transform.dense", hidden, hidden, 1), Matrix("decoder", hidden, config.vocab_size, 1))
    tables = (config.max_position_embeddings + config.type_vocab_size) * hidden
    dropout = any((config.hidden_dropout_prob, config.attention_probs_dropout_prob))
    return Anatomy(hidden, layers, config.num_attention_heads, hidden, hidden, inner, False, config.vocab_size, blocks,
                   head, tables, vectors, config.tie_word_embeddings, (0,) * layers, False, dropout)  # fmt: skip


def _modernbert(config: Any) -> Anatomy:
    hidden, layers, inner = config.hidden_size, config.num_hidden_layers, config.intermediate_size
    blocks = (
        Matrix("attn.Wqkv", hidden, 3 * hidden, layers), Matrix("attn.Wo", hidden, hidden, layers),
        Matrix("mlp.Wi", hidden, 2 * inner, layers), Matrix("mlp.Wo", inner, hidden, layers),
    )  # fmt: skip
    norms = 2 * layers + 2  # embedding, before attention but not in the first layer, before the MLP, last, of the head
    vectors = norms * hidden * (2 if config.norm_bias else 1)
    vectors += layers * 4 * hidden if config.attention_bias else 0
    vectors += layers * (2 * inner + hidden) if config.mlp_bias else 0
    vectors += (hidden if config.classifier_bias else 0) + (config.vocab_size if config.decoder_bias else 0)
    head = (Matrix("head.dense", hidden, hidden, 1), Matrix("decoder", hidden, config.vocab_size, 1))
    spans = tuple(config.local_attention if kind == "sliding_attention" else 0 for kind in config.layer_types)
    dropout = any((config.attention_dropout, config.embedding_dropout, config.mlp_dropout))
    return Anatomy(hidden, layers, config.num_attention_heads, hidden, hidden, inner, True, config.vocab_size, blocks,
                   head, 0, vectors, config.tie_word_embeddings, spans, False, dropout)  # fmt: skip


KINDS = {**dict.fromkeys(LLAMA_LIKE, _llama), "gpt2": _gpt2, "bert": _bert, "modernbert": _modernbert}
