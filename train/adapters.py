"""Adapters on disk: which model they belong to, and the whole model that the two make.

A checkpoint of a run with adapters (`train/loop.py`) holds what is trained, which is little: the adapters, and, with
`lora.tables` or where there are new pieces, embeddings and head whole. All else lies in the base, and the checkpoint
names its folder by a relative path; so it is opened as a whole model (`train/model_folder.py`) and put into one
(`train/convert/merge.py`) without a second copy of the base on the disk.
"""

from __future__ import annotations

import json
import os
import warnings
from pathlib import Path
from typing import Any

from corpus.controls import visible
from corpus.errors import UserError
from corpus.store import sha256_file, write_json

ADAPTER, ADAPTER_CONFIG = "adapter_model.safetensors", "adapter_config.json"
BASE = "base_model_name_or_path"  # of PEFT's config
GIVEN = "given_folder"  # attribute of a model in training: the folder that it was loaded from, adapters in it
# Embedding and head, by architecture.
TABLES = ("embed_tokens", "lm_head", "wte", "word_embeddings", "tok_embeddings", "decoder")


def refer(written: Path, place: Path, base: Path | None) -> None:
    """Note the base of adapters by its path from `place`, where their folder is to lie: PEFT notes the one from where
    the run was started. Does nothing where a folder holds no adapters."""
    file = written / ADAPTER_CONFIG
    if base is not None and file.is_file():
        told = json.loads(file.read_bytes())
        write_json(file, {**told, BASE: os.path.relpath(os.path.realpath(base), os.path.realpath(place))})


def base_of(adapters: Path) -> Path:
    """The folder of the base that adapters name. Raises `UserError` when it is not there."""
    try:
        told = json.loads((adapters / ADAPTER_CONFIG).read_bytes())
        named = str(told[BASE])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError("The config of adapters cannot be read.", f"{adapters / ADAPTER_CONFIG}: {error}",
                        "copy the folder again") from None  # fmt: skip
    base = adapters / named
    if not base.is_dir():
        raise UserError("The folder holds adapters, and the model that they belong to is not where they name it.",
                        f"{visible(named)}, from {adapters}",
                        f"put it back there, or give its path as {BASE} in {ADAPTER_CONFIG}")  # fmt: skip
    return Path(os.path.normpath(base))


def rows_in(adapters: Path) -> int:
    """Rows of the embedding that lies whole beside adapters, 0 where none does."""
    from safetensors import safe_open

    with safe_open(adapters / ADAPTER, "pt") as file:
        return max((file.get_slice(key).get_shape()[0] for key in file.keys()  # noqa: SIM118
                    if key.endswith(tuple(f".{name}.weight" for name in TABLES))), default=0)  # fmt: skip


def identity_of(adapters: Path) -> dict[str, str]:
    """What adapters are, by file: theirs are small."""
    return {name: sha256_file(adapters / name) for name in (ADAPTER, ADAPTER_CONFIG)}


def with_adapters_of(model: Any, adapters: Path) -> Any:
    """A base with adapters put into its weights, and with the layers that were trained whole in place of its own.
    Raises `UserError` for adapters that do not fit it."""
    from peft import PeftModel

    from train.embeddings import resize, rows_of, tied

    try:
        if (rows := rows_in(adapters)) > rows_of(model):  # of new pieces: all rows come from beside the adapters
            resize(model, rows)
        together = tied(model)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*ensure_weight_tying")
            adapted: Any = PeftModel.from_pretrained(model, str(adapters), use_safetensors=True)
        if together:
            one_table(adapted)
        made = adapted.merge_and_unload(safe_merge=True)
    except (RuntimeError, ValueError, KeyError) as error:  # unlike shapes, layers that the base has not, NaN
        raise UserError("The adapter does not fit this model.", f"{adapters}: {visible(str(error))[-300:]}",
                        "give the base that the adapter was trained on") from None  # fmt: skip
    keep_tied(made)
    return made.requires_grad_(True)  # PEFT had frozen what it did not train


def one_table(adapted: Any) -> None:
    """Input and output matrix of a model with PEFT's adapters made one: of tables that are trained PEFT makes a copy
    each, and keeps the copies together for decoders alone."""
    source, head = adapted.get_input_embeddings(), adapted.get_output_embeddings()
    if head is not None and hasattr(head, "modules_to_save"):
        head.modules_to_save["default"].weight = source.modules_to_save["default"].weight


def keep_tied(model: Any) -> None:
    """Weights that have two names, and were trained under one of them beside adapters, are one again: BERT's bias."""
    if not model.config.tie_word_embeddings:
        return
    for trained, source in model.all_tied_weights_keys.items():
        parent, _, name = source.rpartition(".")
        setattr(model.get_submodule(parent), name, model.get_parameter(trained))
    model.tie_weights()
