"""Tiny models of every shape and small tokenizers that belong to them, for tests of what is done to finished models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from tokenizers import Tokenizer

from tests.tokenizer.extend.bases import bert, byte_level, general_lines
from tokenizer.opened import Opened, open_tokenizer

HIDDEN, LAYERS = 32, 2
SHAPE: dict[str, Any] = {
    "num_hidden_layers": LAYERS,
    "hidden_size": HIDDEN,
    "intermediate_size": 64,
    "num_attention_heads": 4,
}


def llama(rows: int, tied: bool = False, **options: Any) -> Any:
    """A decoder with weights drawn from seed 0."""
    from transformers import LlamaConfig, LlamaForCausalLM

    told = {**SHAPE, "num_key_value_heads": 2, "max_position_embeddings": 256, "bos_token_id": 0, "eos_token_id": 0}
    return drawn(LlamaForCausalLM, LlamaConfig(vocab_size=rows, tie_word_embeddings=tied, **{**told, **options}))


def encoder(rows: int, kind: str = "bert", **options: Any) -> Any:
    """A masked language model with a tied head that has a bias."""
    from transformers import BertConfig, BertForMaskedLM, ModernBertConfig, ModernBertForMaskedLM

    if kind == "bert":
        return drawn(BertForMaskedLM, BertConfig(vocab_size=rows, max_position_embeddings=256, **SHAPE, **options))
    none: dict[str, Any] = dict.fromkeys(
        ("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 0
    )
    return drawn(ModernBertForMaskedLM, ModernBertConfig(vocab_size=rows, **SHAPE, **none, **options))


def drawn(kind: Any, config: Any) -> Any:
    """A model with weights drawn from seed 0, on one thread."""
    import torch

    torch.set_num_threads(1)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return kind(config).eval()


def byte_tokenizer(folder: Path) -> Opened:
    """A byte-level BPE fitted to invented lines."""
    return _saved(byte_level(general_lines(300)), folder)


def word_tokenizer(folder: Path) -> Opened:
    """A WordPiece with [MASK]."""
    return _saved(bert(general_lines(300)), folder)


def _saved(backend: Tokenizer, folder: Path) -> Opened:
    folder.mkdir(parents=True)
    backend.save(str(folder / "tokenizer.json"))
    return open_tokenizer(folder)


def extended_by_hand(base: Opened, folder: Path, words: list[str], old_ids: list[list[int]] | None = None) -> Opened:
    """The base with words as added tokens and a table of what they are made of: an extension without its training."""
    backend = Tokenizer.from_str(base.backend.to_str())
    made = old_ids or base.encode(words)
    backend.add_tokens(words)
    opened = _saved(backend, folder)
    ids = [backend.token_to_id(word) for word in words]
    types = {"id": pl.UInt32(), "old_ids": pl.List(pl.UInt32())}
    pl.DataFrame({"id": ids, "old_ids": made}, types).write_parquet(folder / "new_pieces.parquet")
    return opened
