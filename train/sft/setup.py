"""Model, rows and measures of a fine-tuning, put together into a loop.

Called by `train/sft/run.py` with what `train/sft/prepare.py` gave; put together by `train/assemble.py`. Everything that
needs torch is reached from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from corpus.errors import UserError
from corpus.progress import Silent
from train.assemble import Pace, Parts, assembled, batches, device_here, precision_here
from train.base import adapted, given_model
from train.bits import summed_loss
from train.checkpoint import Checkpoints
from train.data.special_ids import IGNORED, special_ids
from train.embeddings import refuse_short, rows_of
from train.loop import Loop
from train.page.logged import ACCURACY, BITS, NATS
from train.plan.flops import FULL, Trained, flops_per_token
from train.plan.parameters import anatomy
from train.processes import world
from train.progress import Facts
from train.sft.choice import ChoiceExample, choice_model, padded_with
from train.sft.choice_loop import ChoiceLoop
from train.sft.conversation import Rendered
from train.sft.loop import SftLoop, sft_arguments
from train.sft.prepare import Tuning
from train.sft.rows import ChoiceBatch, ChoiceRows, LanguageBatch, language_rows

MEASURED = "answers"  # of held-out examples, in the log


def loop_for_sft(
    tuning: Tuning, work: Path, checkpoints: Checkpoints, watch: Silent, sharding: str = "none"
) -> tuple[Loop, dict[str, Any]]:
    """The loop, and what is told of it before its first step. Raises `UserError` for rows of a step that cannot be
    shared out."""
    recipe, count = tuning.recipe, world()
    batches(tuning.rows, recipe.batch.device_rows, count)  # refuses before the model is made
    precision, why = precision_here()
    parts, device = (_choice_parts if recipe.head == "choice" else _language_parts)(tuning, precision)
    parameters = sum(one.numel() for one in parts.model.parameters())
    watch.say(f"{parameters:,} parameters on {count} x {device}, {precision} ({why})")
    pace = Pace(tuning.steps, tuning.rows, tuning.read.tolist(), recipe.held_out.every, tuning.rate)
    loop = assembled(recipe, pace, parts, work, checkpoints, watch, precision, sharding)
    return loop, {"device": device, "precision": precision, "peak": parts.facts.peak, "parameters": parameters,
                  "flops_per_token": parts.facts.flops, "vocabulary": tuning.opened.size}  # fmt: skip


def _language_parts(tuning: Tuning, precision: str) -> tuple[Parts, str]:
    model = given_model(tuning.base)
    if model.get_output_embeddings() is None:
        raise UserError("The base has no head that tells the next token.", str(tuning.base.folder),
                        "give a model whose config.json names a causal language model")  # fmt: skip
    refuse_short(rows_of(model), tuning.opened)
    lesson, recipe = tuning.lesson, tuning.recipe
    examples: Any = lesson.examples
    held: Any = lesson.held_out
    batch = LanguageBatch(special_ids(tuning.opened))
    size = _bytes([*examples], tuning.tokenizer) / max(int(lesson.learned.sum()), 1)
    facts, device = _facts(tuning, model.config, precision, size)
    measured = _loss(held, tuning.tokenizer, batch, recipe.batch.device_rows)
    model = adapted(model, recipe.lora, recipe.seed)
    rows = language_rows(examples, lesson.order, _more(tuning))
    return Parts(model, rows, batch, measured, facts, kind=SftLoop,
                 arguments=sft_arguments, more={"processing_class": tuning.tokenizer}), device  # fmt: skip


def _choice_parts(tuning: Tuning, precision: str) -> tuple[Parts, str]:
    recipe, lesson = tuning.recipe, tuning.lesson
    examples: Any = lesson.examples
    held: Any = lesson.held_out
    model = choice_model(tuning.base.folder, recipe.seed, dtype="float32").train()
    special = special_ids(tuning.opened, masked=tuning.tokenizer.cls_token_id is not None)
    padded_with(model, special.pad, special.end)
    batch = ChoiceBatch(special.filler)
    facts, device = _facts(tuning, model.config, precision, 0.0)
    measured = _accuracy(held, batch, recipe.batch.device_rows)
    rows = ChoiceRows(examples, lesson.order, _more(tuning))
    # A body that is scored by its first token may have a pooler, which then has no part in the loss.
    return Parts(model, rows, batch, measured, facts, kind=ChoiceLoop, unused=model.kind == "first"), device


def _more(tuning: Tuning) -> int:
    """Rows that teach nothing, with which several processes fill up the last step."""
    return -len(tuning.lesson.order) % tuning.rows if world() > 1 else 0


def _facts(tuning: Tuning, config: Any, precision: str, bytes_per_token: float) -> tuple[Facts, str]:
    device, peak = device_here(precision)
    lora, lesson = tuning.recipe.lora, tuning.lesson
    mean = max(int(lesson.tokens.mean()), 1)
    trained = Trained("lora", lora.rank, lora.tables) if lora.rank else FULL
    try:
        body = anatomy(config)
        flops = flops_per_token(body._replace(head=()) if tuning.recipe.head == "choice" else body, mean, trained).total
    except UserError:  # a kind whose arithmetic is not known here: nothing is told rather than guessed
        flops = 0
    return Facts(tuning.steps, tuning.tokens_of_step, 1.0, bytes_per_token, flops, peak, tuning.read.tolist()), device


def _bytes(examples: Sequence[Rendered], tokenizer: Any) -> int:
    """Bytes of the text that a model is to produce."""
    said = [[token for token, kept in zip(one.ids, one.mask, strict=True) if kept] for one in examples]
    return sum(len(text.encode()) for text in tokenizer.batch_decode(said, skip_special_tokens=True))


def _loss(
    examples: Sequence[Rendered], tokenizer: Any, batch: LanguageBatch, rows: int
) -> Callable[[Any], Mapping[str, float]]:
    """What measures a model in bits per byte, and in nats per supervised token, of the answers of held-out examples.
    The token that ends an answer is one of them, and of no byte."""
    size, supervised = _bytes(examples, tokenizer), sum(one.supervised for one in examples)

    def measured(model: Any) -> Mapping[str, float]:
        if not size:
            return {}
        nats = math.fsum(_nats(model, made) for made in _batches(examples, batch.of, rows))
        return {f"{BITS}/{MEASURED}": nats / math.log(2) / size, f"{NATS}/{MEASURED}": nats / supervised}

    return lambda model: _still(model, measured)


def _nats(model: Any, batch: dict[str, torch.Tensor]) -> float:
    here = {name: value.to(model.device) for name, value in batch.items()}
    labels = here.pop("labels")[:, 1:]
    return summed_loss(model(**here, use_cache=False).logits[:, :-1], labels, labels != IGNORED)


def _accuracy(examples: Sequence[ChoiceExample], batch: ChoiceBatch, rows: int) -> Callable[[Any], Mapping[str, float]]:
    """What measures a model in the share of held-out questions whose right option has the highest score, and in nats
    per question."""

    def measured(model: Any) -> Mapping[str, float]:
        if not examples:
            return {}
        device, right, nats = next(model.parameters()).device, 0, 0.0
        for made in _batches(examples, batch, rows):
            here = {name: value.to(device) for name, value in made.items()}
            found = model(**here)
            right += int((found.logits.argmax(1) == here["labels"]).sum())
            nats += float(found.loss) * len(here["labels"])
        return {f"{ACCURACY}/{MEASURED}": right / len(examples), f"{NATS}/{MEASURED}": nats / len(examples)}

    return lambda model: _still(model, measured)


def _batches(examples: Sequence[Any], batch: Callable[[Any], Any], rows: int) -> Any:
    return (batch(examples[start : start + rows]) for start in range(0, len(examples), rows))


def _still(model: Any, measured: Callable[[Any], Mapping[str, float]]) -> Mapping[str, float]:
    """Measure without learning, and leave the model as it was."""
    was = model.training
    model.eval()
    try:
        with torch.no_grad():
            return measured(model)
    finally:
        model.train(was)
