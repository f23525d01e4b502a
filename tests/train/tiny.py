<<<<<<< HEAD
"""Tiny models of every shape and small tokenizers that belong to them, for tests of what is done to finished models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from tokenizers import Tokenizer

from tests.tokenizer.extend.bases import bert, byte_level, general_lines
from tokenizer.opened import Opened, open_tokenizer

HIDDEN, LAYERS = 32, 2
SHAPE = {"num_hidden_layers": LAYERS, "hidden_size": HIDDEN, "intermediate_size": 64, "num_attention_heads": 4}


def llama(rows: int, tied: bool = False, **options: Any) -> Any:
    """A decoder with weights drawn from seed 0."""
    from transformers import LlamaConfig, LlamaForCausalLM

    told = {**SHAPE, "num_key_value_heads": 2, "max_position_embeddings": 256, "bos_token_id": 0, "eos_token_id": 0}
    return drawn(LlamaForCausalLM, LlamaConfig(vocab_size=rows, tie_word_embeddings=tied, **{**told, **options}))


def encoder(rows: int, kind: str = "bert") -> Any:
    """A masked language model with a tied head that has a bias."""
    from transformers import BertConfig, BertForMaskedLM, ModernBertConfig, ModernBertForMaskedLM

    if kind == "bert":
        return drawn(BertForMaskedLM, BertConfig(vocab_size=rows, max_position_embeddings=256, **SHAPE))
    none = dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id", "cls_token_id", "sep_token_id"), 0)
    return drawn(ModernBertForMaskedLM, ModernBertConfig(vocab_size=rows, **SHAPE, **none))


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
=======
"""Tiny tokenizers as transformers opens them, of the kinds that `tokenizer fit` makes and of one that others make."""

from __future__ import annotations

import functools
from typing import Any

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from tokenizer.special import TEMPLATE

TEXTS = [
    "问题：出血时应首先\n选项：\nA. 观察\nB. 加压包扎\n答案：B\n解释：加压包扎可止血。",
    "发热时多饮水，多休息。",
    "Question: Which metal rusts?\nOptions:\nA. Gold\nB. Iron\nAnswer: B\nExplanation: Iron rusts in wet air.",
    "Context: the patient has a fever of 38.5 and takes 325 mg of aspirin.",
    "User:\nAssistant:\nuser assistant",
] * 4
SPECIAL = ["<|endoftext|>", "<|pad|>", "<|im_start|>", "<|im_end|>"]


def byte_level(template: str | None = TEMPLATE, **more: Any) -> Any:
    """A byte-level BPE with the special tokens of this project's and, unless it is None, its chat template."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=SPECIAL,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    backend.train_from_iterator(TEXTS, trainer)
    roles = {"eos_token": SPECIAL[0], "bos_token": SPECIAL[0], "pad_token": SPECIAL[1], **more}
    return _opened(backend, template, roles)


def with_spaces(scheme: str, template: str | None = TEMPLATE) -> Any:
    """A Unigram that puts a space before a text, in the manner of sentencepiece."""
    backend = Tokenizer(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
    backend.decoder = decoders.Metaspace(prepend_scheme=scheme)
    trainer = trainers.UnigramTrainer(
        vocab_size=200, special_tokens=["<unk>", "<s>", "</s>", *SPECIAL[1:]], unk_token="<unk>", show_progress=False
    )
    backend.train_from_iterator(TEXTS, trainer)
    return _opened(backend, template, {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"})


@functools.cache  # its training breaks ties by chance: two of them would be two tokenizers
def word_pieces() -> Any:
    """An encoder's WordPiece, which writes pairs of texts and cannot write conversations."""
    from tokenizers.processors import TemplateProcessing

    backend = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    backend.train_from_iterator(
        TEXTS, trainers.WordPieceTrainer(vocab_size=200, special_tokens=names, show_progress=False)
    )
    backend.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    roles = dict(zip(("pad_token", "unk_token", "cls_token", "sep_token", "mask_token"), names, strict=True))
    # As `tokenizer fit` writes it; without this transformers leaves out which of two texts a token is of.
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return _opened(backend, None, {**roles, "model_input_names": inputs})


def _opened(backend: Tokenizer, template: str | None, roles: dict[str, Any]) -> Any:
    import transformers

    made: Any = transformers.PreTrainedTokenizerFast
    opened = made(tokenizer_object=backend, **roles)
    opened.chat_template = template
    opened.add_special_tokens({"additional_special_tokens": SPECIAL[2:]})
>>>>>>> step4-B
    return opened
