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
    return opened
