"""Everything a fine-tuning needs before its first step: base, tokenizer, examples, their order, and the fingerprint.

Comes from a recipe (`train/sft/recipe.py`) and its files (`train/sft/records.py`); goes to `train/sft/run.py`, and to
`train/sft/command.py` to be told and shown. Nothing here needs a GPU.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.progress import Silent
from corpus.store import sha256_file, sha256_json
from tokenizer.opened import TOKENIZER_JSON, Opened
from train.embeddings import refuse_short
from train.model_folder import ModelFolder, need_tokenizer, open_model, refuse_choice
from train.models import ENCODERS
from train.own_code import refused
from train.sft.arms import ArmPlan
from train.sft.lesson import Lesson, Longest, choice_lesson, language_lesson
from train.sft.recipe import LoadedSft, SftRecipe
from train.sft.records import IN_EVALUATION, NO_ANSWER, held_out, records

NO_WRITERS = (*ENCODERS, "roberta", "electra", "deberta-v2")  # kinds of model that fill masks
ROWS = 64  # of a step: Meditron's fine-tuning (arXiv 2311.16079)
ARMS = ("without reasoning", "with reasoning")
RATE, LORA_RATE = 2e-5, 3e-4  # Meditron's, and that of CMExam's authors for adapters


class Tuning(NamedTuple):
    """What a fine-tuning is made of. `tokenizer`: the base's, as transformers opens it. `files`: SHA-256 of what was
    read, by name. `left_out`: what no examples were made of, ids or places by cause. `scored`: how many items the
    evaluation files hold; `unsought`: how many of them have questions too short to be looked for in conversations.
    `fingerprint`: of what is read and in which order, by part."""

    recipe: SftRecipe
    base: ModelFolder
    opened: Opened
    tokenizer: Any
    files: dict[str, str]
    lesson: Lesson
    left_out: dict[str, list[str]]
    scored: int
    unsought: int
    fingerprint: dict[str, str]

    @property
    def rows(self) -> int:
        """Examples of one step over all devices."""
        return self.recipe.batch.rows or ROWS

    @property
    def rate(self) -> float:
        """Of learning, at its highest."""
        return self.recipe.optimizer.learning_rate or (LORA_RATE if self.recipe.lora.rank else RATE)

    @property
    def longest(self) -> Longest:
        """The most tokens of an example."""
        return longest_of(self.recipe, self.base)

    @property
    def steps(self) -> int:
        """Updates of the whole run."""
        return -(-len(self.lesson.order) // self.rows)

    @property
    def read(self) -> NDArray[np.int64]:
        """Tokens read after each step."""
        starts = np.arange(0, len(self.lesson.order), self.rows)
        return np.cumsum(np.add.reduceat(self.lesson.tokens[self.lesson.order], starts))

    @property
    def tokens_of_step(self) -> int:
        """On average."""
        return -(-int(self.read[-1]) // self.steps)


def prepare_sft(loaded: LoadedSft, watch: Silent) -> Tuning:
    """Prepare a fine-tuning. Raises `UserError` for what the user must mend."""
    recipe = loaded.recipe
    base, opened = _base(loaded)
    tokenizer = _tokenizer(base)
    read = records(loaded)
    held = held_out(read, recipe.held_out.share, recipe.held_out.most, recipe.seed)
    longest = longest_of(recipe, base)
    if recipe.head == "choice":
        lesson = choice_lesson(recipe, read, held, tokenizer, longest)
    else:
        lesson = language_lesson(recipe, read, held, tokenizer, longest, watch)
    fingerprint = {
        "base": base.identity,
        "tokenizer": tokenizer_identity(base, opened),
        "examples": sha256_json([tuple(one) for one in lesson.examples]),
        "order": sha256_json(lesson.order.tobytes().hex()),
    }  # fmt: skip
    left_out = {cause: found for cause, found in ((IN_EVALUATION, read.leaked), (NO_ANSWER, read.unanswered)) if found}
    return Tuning(
        recipe, base, opened, tokenizer, read.files, lesson, left_out, read.scored, read.unsought, fingerprint
    )


def _base(loaded: LoadedSft) -> tuple[ModelFolder, Opened]:
    if not loaded.recipe.base:
        raise UserError("There is no model to fine-tune.", str(loaded.file), "give --base DIR, or set base in it")
    base = open_model(loaded.base / loaded.recipe.base, adapters=loaded.recipe.head == "language")
    opened = need_tokenizer(base)
    if base.rows:
        refuse_short(base.rows, opened)
    if loaded.recipe.head == "language":
        refuse_choice(base)
    if loaded.recipe.head == "language" and base.config["model_type"] in NO_WRITERS:
        raise UserError("The base is an encoder, which fills masks and cannot write an answer.", str(base.folder),
                        'set head = "choice", or give a decoder')  # fmt: skip
    return base, opened


def tokenizer_identity(base: ModelFolder, opened: Opened) -> str:
    """That of the tokenizer which the base's card names, where its file is still that one; else of the file."""
    name = TOKENIZER_JSON
    if base.card is None or name not in base.card.outputs or "tokenizer" not in base.card.parents:
        return opened.identity
    same = base.card.outputs[name][0] == sha256_file(base.folder / name)
    return base.card.parents["tokenizer"] if same else opened.identity


def _tokenizer(base: ModelFolder) -> Any:
    """The base's tokenizer as transformers opens it, with its chat template."""
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(base.folder, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        if own := refused(error, base.folder):
            raise own from None
        raise UserError("transformers cannot open the base's tokenizer.", f"{base.folder}: {error}",
                        "put a whole tokenizer_config.json beside its tokenizer.json") from None  # fmt: skip


def longest_of(recipe: SftRecipe, base: ModelFolder) -> Longest:
    """The most tokens of an example: of the recipe, and no more than the base has positions."""
    asked = recipe.examples.max_tokens
    has = base.positions or asked
    return Longest(has, f"give a base with more positions than {has:,}") if has < asked else Longest(asked)


def parents_sft(tuning: Tuning) -> dict[str, str]:
    """What the card of the model says it came from."""
    return {"base": tuning.base.identity, "tokenizer": tuning.fingerprint["tokenizer"], **tuning.files}


def settings_sft(tuning: Tuning) -> dict[str, Any]:
    """The recipe as resolved, for the card: what it left open stands there as it is taken. Where it was to run, and the
    hook, change nothing of the model."""
    told: dict[str, Any] = tuning.recipe.model_dump(mode="json", exclude={"device", "hook"})
    told["batch"]["rows"], told["optimizer"]["learning_rate"] = tuning.rows, tuning.rate
    return told


def counts_sft(tuning: Tuning) -> dict[str, Any]:
    """What the card counts: both arms, whichever was trained."""
    lesson, seen = tuning.lesson, tuning.lesson.order
    told: dict[str, Any] = {
        "steps": tuning.steps, "examples": len(lesson.examples), "held_out": len(lesson.held_out),
        "readings": len(seen), "tokens": int(lesson.tokens[seen].sum()), "supervised": int(lesson.learned[seen].sum()),
        "dropped": {cause: len(ids) for cause, ids in dropped(tuning).items()}, "evaluation_items": tuning.scored,
        "evaluation_items_not_sought_in_conversations": tuning.unsought,
    }  # fmt: skip
    if tuning.recipe.head == "choice" and lesson.held_out:
        asked: Any = lesson.held_out
        told["chance"] = round(float(np.mean([1 / len(one.options) for one in asked])), 6)
    if lesson.arms:
        told["answer_only"] = lesson.answer_only
        told["arms"] = {ARMS[one.with_reasoning]: _arm(one) for one in lesson.arms}
    return told


def dropped(tuning: Tuning) -> dict[str, list[str]]:
    """The ids, or where there is none the places, that are not learned from, by cause."""
    return {**tuning.lesson.dropped, **tuning.left_out}


def _arm(plan: ArmPlan) -> dict[str, Any]:
    return {"examples": plan.examples, "epochs": round(plan.epochs, 6), "supervised": plan.supervised_seen,
            "tokens": plan.tokens_seen}  # fmt: skip
