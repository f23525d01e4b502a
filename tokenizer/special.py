"""Special tokens and the template of conversations: what a tokenizer holds beside pieces of text.

Told by `[special]` of a recipe; goes to `tokenizer/fit.py`, which gives them the first ids and writes them into
`tokenizer_config.json` by role. The template is ChatML (openai/openai-python, chatml.md) with transformers' marks
around what the assistant says, so that training can supervise just that.
"""

from __future__ import annotations

import re
from typing import Any

from corpus.errors import UserError
from tokenizer.recipe import FitRecipe

# Role and token. Of BPE: GPT-2's one token for end and beginning, and a pad. Of Unigram: sentencepiece's own.
ROLES: dict[str, dict[str, str]] = {
    "bpe": {"eos_token": "<|endoftext|>", "pad_token": "<|pad|>"},
    "unigram": {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>"},
    "wordpiece": {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]",
                  "mask_token": "[MASK]"},
}  # fmt: skip
# What can be told from ordinary text, and is no name that sentencepiece gives to a byte.
MARKED = re.compile(r"<[!-~]+>|\[[!-~]+\]")
BYTE = re.compile(r"<0x[0-9A-F]{2}>")
CHAT = ("<|im_start|>", "<|im_end|>")
# `{% generation %}` marks what the assistant wrote, the token that ends it included: without that, nothing would teach
# a model to stop.
TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|im_start|>' + message['role'] + '\\n' -}}"
    "{%- if message['role'] == 'assistant' -%}"
    "{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}"
    "{%- else -%}{{- message['content'] + '<|im_end|>' -}}{%- endif -%}"
    "{{- '\\n' -}}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n' -}}{%- endif -%}"
)


def special_tokens(recipe: FitRecipe) -> list[str]:
    """All special tokens in order of id. Raises `UserError` when one is asked for twice or cannot be one."""
    chat = CHAT if has_chat(recipe) else ()
    reserved = (f"<|reserved_{number}|>" for number in range(recipe.special.reserved))
    tokens = [*ROLES[recipe.algorithm].values(), *chat, *recipe.special.more, *reserved]
    where = f"special.more of recipe {recipe.name}"
    if twice := sorted({token for token in tokens if tokens.count(token) > 1}):
        raise UserError(f"The special token {twice[0]!r} is asked for twice.", where, "take it out of special.more")
    if bad := [token for token in recipe.special.more if not MARKED.fullmatch(token) or BYTE.fullmatch(token)]:
        mend = "write it as <|...|>, <...> or [...], of printed ASCII characters without a space"
        raise UserError(f"{bad[0]!r} cannot be a special token: it would be cut out of ordinary text.", where, mend)
    return tokens


def has_chat(recipe: FitRecipe) -> bool:
    """Whether conversations can be written: never with an encoder's tokenizer."""
    return recipe.special.chat and recipe.algorithm != "wordpiece"


def config(recipe: FitRecipe) -> dict[str, Any]:
    """What `tokenizer_config.json` says of them."""
    roles: dict[str, Any] = dict(ROLES[recipe.algorithm])
    if recipe.algorithm == "bpe":
        roles["bos_token"] = roles["eos_token"]
    if recipe.algorithm == "wordpiece":  # without this transformers leaves out which of two texts a token is of
        roles["model_input_names"] = ["input_ids", "token_type_ids", "attention_mask"]
    return {**roles, "chat_template": TEMPLATE} if has_chat(recipe) else roles
