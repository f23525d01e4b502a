"""The model that a run begins with: fresh weights of a size, or a given model, with rows for new pieces and
adapters.

Called by `train/setup.py` with what `train/prepare.py` gave. A base is read by `train/model_folder.py`; a tokenizer
that extends the base's gives it new rows (`train/embeddings.py`), made in the way that the recipe names or, where it
names none, in the one that loses least on held-out text that is not replay (`train/compare_rows.py`), which is printed
for every way and each text.
"""

from __future__ import annotations

import warnings
from typing import Any

import polars as pl

from corpus.progress import Silent
from train.adapters import GIVEN, TABLES, one_table
from train.data.mixture import REPLAY
from train.model_folder import ModelFolder, load_model, need_tokenizer
from train.models import ENCODERS, build_model, config_of, seeded
from train.prepare import Prepared, held_out_texts
from train.recipe import LoraSettings


def initial_model(prepared: Prepared, watch: Silent) -> tuple[Any, dict[str, Any]]:
    """The model in training mode, and what is told of how it was made."""
    if prepared.base is None:
        return build_model(fresh_config(prepared), prepared.recipe.seed), {}
    model = given_model(prepared.base)
    told = extended(model, prepared, watch)
    return adapted(model, prepared.recipe.lora, prepared.recipe.seed), told


def given_model(base: ModelFolder) -> Any:
    """A base in training mode, its weights in single precision; an encoder with its head that fills masks, whatever
    else its config names (BERT's own was published with two heads)."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES

    kind = str(base.config["model_type"])
    named = MODEL_FOR_MASKED_LM_MAPPING_NAMES[kind] if kind in ENCODERS else ""
    model = load_model(base, named, dtype="float32").train()
    model.config.use_cache = False  # with a cache, documents packed into one row see each other
    setattr(model, GIVEN, base.folder)
    return model


def fresh_config(prepared: Prepared) -> Any:
    """The config of a model from scratch."""
    return config_of(
        prepared.recipe.model.shape, prepared.size, prepared.opened.size, prepared.special, sequence=prepared.sequence
    )


def extended(model: Any, prepared: Prepared, watch: Silent) -> dict[str, Any]:
    """Give the model rows for the pieces by which the run's tokenizer is larger than its own. Raises `UserError` for
    a tokenizer that is neither the model's own nor an extension of it."""
    from train.compare_rows import best, compare_texts
    from train.embeddings import extend_model, new_pieces, refuse_short, rows_of, same_ids

    assert prepared.base is not None
    own = need_tokenizer(prepared.base)
    if same_ids(own, prepared.opened):
        refuse_short(rows_of(model), prepared.opened)
        return {}
    pieces = new_pieces(own, prepared.opened)
    method, output, seed = prepared.recipe.model.new_rows, "", prepared.recipe.seed
    told: dict[str, Any] = {}
    texts = held_out_texts(prepared.recipe, prepared.corpora, prepared.recipe.evaluate.bytes)
    if texts:
        table = compare_texts(model, own, prepared.opened, texts, seed)
        told = {"new_rows": table.to_dicts()}
        for row in table.iter_rows(named=True):
            watch.say(f"{row['text']} right after extension, {row['input']} / {row['output']}: "
                      f"{row['bits_per_byte']:.4f} bits per byte")  # fmt: skip
        chosen_on = table.filter(~pl.col("text").str.ends_with(f"/{REPLAY}"))  # what is learned decides, not replay
        if method or chosen_on.height:
            method, output = (method, method) if method else best(chosen_on)
    extension = extend_model(model, pieces, method, output, seed)
    watch.say(f"{pieces.size - pieces.first:,} new rows, by {extension.method} / {extension.output}")
    return {**told, "extension": extension._asdict()}


def adapted(model: Any, lora: LoraSettings, seed: int) -> Any:
    """The model with LoRA adapters on all matrices of its blocks, embeddings and head trained whole where asked; the
    model itself where no rank is."""
    if not lora.rank:
        return model
    from peft import LoraConfig

    tables = [name for name in TABLES if any(part.endswith(name) for part, _ in model.named_modules())]
    config = LoraConfig(r=lora.rank, lora_alpha=lora.alpha or 2 * lora.rank, lora_dropout=lora.dropout,
                        target_modules="all-linear", modules_to_save=tables if lora.tables else None)  # fmt: skip
    with seeded(seed):  # one of an adapter's two matrices is drawn
        return with_adapters(model, config)


def with_adapters(model: Any, config: Any) -> Any:
    """The model with PEFT's adapters. Input and output matrix stay one where they are: of tables that are trained PEFT
    makes a copy each, and keeps the copies together for decoders alone."""
    from peft import get_peft_model

    from train.embeddings import tied

    together = tied(model)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*ensure_weight_tying")
        made = get_peft_model(model, config)
    if together:
        one_table(made)
    return made
