"""What a model reads before it writes an answer: the very ids that stand before an answer in its fine-tuning.

Takes the exams of a suite's [[generate]] tables (`eval/run/exams.py`) and the opened model; gives `Asking` to
`eval/generate/answer_tasks.py`. Question and chat template are written by the code that teaches them
(`train/sft/prompts.py`, `train/sft/conversation.py`); how a model was taught, its card tells (`train/taught.py`). A
tokenizer without a chat template has the plain one of fine-tuning. Everything is asked for before anything is written:
what is too long is told at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, cast

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.likelihood.meter import inside
from eval.likelihood.scorer import Scorer
from eval.run.exams import Answered
from eval.run.recipe import GenerateSettings
from train.model_folder import ModelFolder
from train.sft.conversation import ChatTemplate, Renderer, SpellsSpecial
from train.sft.prompts import TemplateName, asked
from train.taught import Taught, wordings

TAUGHT, AUTO = "taught", "auto"
TOO_LONG, SPELLS_SPECIAL = "too long", "spells out a special token"


class Wording(NamedTuple):
    """How a question is put: as the recipe of fine-tuning has it."""

    prompt: TemplateName
    chat_template: ChatTemplate


class Asking(NamedTuple):
    """A task ready to be answered. `prompts`: the ids of each item's prompt. `ends`: ids that end an answer. `turns`:
    whether the plain template asks, after which a model may go on to ask itself. `dropped`: ids of the items that are
    left out, by cause."""

    task: GenerateSettings
    items: list[ExamItem]
    prompts: list[list[int]]
    ends: tuple[int, ...]
    turns: bool
    wording: Wording
    dropped: dict[str, list[str]]


def wording_of(task: GenerateSettings, folder: ModelFolder) -> Wording:
    """The wording of a task for a model. `taught` is what its card says, of a merged or quantized model what the cards
    say that it was made of; `auto` of a base, and of models that were taught in several (`train/taught.py`)."""
    told = wordings(folder.card)
    taught = told[0] if len(told) == 1 else Taught(AUTO, AUTO)
    prompt, chat = (own if asked_for == TAUGHT else asked_for
                    for own, asked_for in zip(taught, (task.prompt, task.chat_template), strict=True))  # fmt: skip
    return Wording(cast(TemplateName, prompt), cast(ChatTemplate, chat))


def taught_apart(folder: ModelFolder, tasks: Sequence[Asking]) -> list[list[str]]:
    """The wordings that a model's parents were taught in, where these are several and a task asks as it was taught."""
    told = wordings(folder.card)
    asked_for = {form for one in tasks for form in (one.task.prompt, one.task.chat_template)}
    return [list(one) for one in told] if len(told) > 1 and TAUGHT in asked_for else []


def asking(scorer: Scorer, tasks: Sequence[Answered], drop: bool) -> list[Asking]:
    """Every task, ready. `drop`: whether items are left out whose question is too long for the model or spells out a
    special token. Raises `UserError` for them where they are not."""
    return [_asking(scorer, one, drop) for one in tasks]


def _asking(scorer: Scorer, answered: Answered, drop: bool) -> Asking:
    wording = wording_of(answered.task, scorer.folder)
    renderer = Renderer(scorer.tokenizer, wording.chat_template)
    items, prompts, dropped = list[ExamItem](), list[list[int]](), dict[str, list[str]]()
    lengths = dict[str, int]()
    for item in answered.items:
        ids = _ids(renderer, item, wording)
        if ids is None:
            dropped.setdefault(SPELLS_SPECIAL, []).append(item.id)
        elif len(ids) + answered.task.max_new_tokens > scorer.longest:
            dropped.setdefault(TOO_LONG, []).append(item.id)
            lengths[item.id] = len(ids)
        else:
            items.append(item)
            prompts.append(ids)
    if dropped and not drop:
        raise _refused(answered.task, dropped, lengths, scorer.longest)
    ends = tuple(sorted(_ends(scorer, renderer)))
    return Asking(answered.task, items, prompts, ends, renderer.plain, wording, dropped)


def _ids(renderer: Renderer, item: ExamItem, wording: Wording) -> list[int] | None:
    """The ids of the prompt, None where the item spells out a special token."""
    try:
        return renderer.prompt([asked(item, wording.prompt)])
    except SpellsSpecial:
        return None


def _ends(scorer: Scorer, renderer: Renderer) -> set[int]:
    """What ends an answer in fine-tuning, and what the tokenizer and the model say ends a text."""
    config = getattr(inside(scorer.model), "generation_config", None)
    told = getattr(config, "eos_token_id", None)
    named = [renderer.end, scorer.tokenizer.eos_token_id, *(told if isinstance(told, list) else [told])]
    return {int(one) for one in named if one is not None}


def _refused(task: GenerateSettings, dropped: dict[str, list[str]], lengths: dict[str, int], longest: int) -> UserError:
    if SPELLS_SPECIAL in dropped:
        ids = dropped[SPELLS_SPECIAL]
        return UserError(f"{len(ids):,} items of {task.name} spell out a special token of the model, which would be "
                         "read as that token.", ", ".join(ids[:3]),
                         'leave the items out with too_long = "drop"')  # fmt: skip
    named = ", ".join(f"{name} ({lengths[name]:,})" for name in dropped[TOO_LONG][:3])
    more = f" and {len(dropped[TOO_LONG]) - 3:,} more" if len(dropped[TOO_LONG]) > 3 else ""
    return UserError(f"Questions of {task.name} with an answer of {task.max_new_tokens:,} tokens are longer than the "
                     f"{longest:,} tokens that the model reads, and none is cut.", f"{named}{more}",
                     f"set generate.{task.name}.max_new_tokens lower, or leave the items out with "
                     'too_long = "drop"')  # fmt: skip
