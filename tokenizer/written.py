"""A tokenizer's folder: what every tokenizer of ours is written as, and how it replaces the one before.

`fit` and `extend` fill it through `write_tokenizer`: `tokenizer.json` and `tokenizer_config.json` as
`transformers.AutoTokenizer` wants them, whatever files the algorithm adds, and a card. It is filled beside the final
place and renamed, so that a folder that exists is whole.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tokenizers import Tokenizer

from corpus.card import Card, hash_outputs, write_card
from corpus.output import staging, swap
from corpus.store import sha256_file, write_json
from tokenizer.opened import TOKENIZER_CONFIG, TOKENIZER_JSON

# The class of transformers that takes tokenizer.json as it is. `BertTokenizer` and its kin build their own pipeline
# from the vocabulary alone (transformers 5), and would throw ours away.
TOKENIZER_CLASS = "PreTrainedTokenizerFast"
LARGEST_LENGTH = 10**30  # what transformers writes for "no limit"


def write_tokenizer(
    out: Path, backend: Tokenizer, config: Mapping[str, Any], card: Card, files: Mapping[str, bytes] | None = None,
    run: Mapping[str, Any] | None = None,
) -> Card:  # fmt: skip
    """Write the folder of a tokenizer; returns the card with the hashes of its files.

    `config`: what `tokenizer_config.json` says beside the class (special tokens by role, chat template). `files`: more
    files by name. `run`: what differs from run to run. The caller holds `corpus.output.only_build(out)` and has called
    `refuse_strangers(out, card.name, "tokenizer")`.
    """
    folder = staging(out)
    (folder / TOKENIZER_JSON).write_text(canonical(backend), encoding="utf-8", newline="\n")
    told = {"tokenizer_class": TOKENIZER_CLASS, "model_max_length": LARGEST_LENGTH,
            "clean_up_tokenization_spaces": False, **config}  # fmt: skip
    write_json(folder / TOKENIZER_CONFIG, told)
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    card = card.model_copy(update={"outputs": hash_outputs(folder)})
    write_json(folder / "run.json", dict(run or {}))
    write_card(folder, card)
    swap(folder, out)
    return card


def intact(folder: Path, card: Card) -> bool:
    """Whether every file that the card lists is there with the content that it lists."""
    try:
        return all(sha256_file(folder / name) == sha256 for name, (sha256, _) in card.outputs.items())
    except OSError:
        return False


def canonical(backend: Tokenizer) -> str:
    """The text of `tokenizer.json`, the same for the same tokenizer: the library writes a vocabulary in order of id."""
    return json.dumps(json.loads(backend.to_str()), ensure_ascii=False, indent=1) + "\n"
