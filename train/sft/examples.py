"""Examples for fine-tuning: conversations rendered for both arms, with reasoning and without, from the same records.

Comes from `train/sft/prompts.py` and `train/sft/instructions.py`; goes to the batches of `train sft`. An example that
one arm cannot have is dropped from both, so that the arms differ in the explanations and not in the questions: one
without an explanation (unless the recipe keeps it as an answer alone), one that is too long in either arm (never cut:
the end of a cut answer is lost, and with it the token that stops), one that spells out a special token. Each is counted
by its cause. How often each arm sees its examples is in `train/sft/arms.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from corpus.condition import Frozen
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from train.sft.conversation import ChatTemplate, Conversation, Order, Rendered, Renderer, SpellsSpecial, arm
from train.sft.prompts import AnswerForm, TemplateName, conversation

NO_EXPLANATION, TOO_LONG, SPELLS_SPECIAL = "no explanation", "too long", "spells out a special token"


class ExampleSettings(Frozen):
    """`reasoning_order`: the answer before its explanation, or behind; `auto`: before it in exams, as CMExam's authors
    have it, and in chats and instructions as their file has it. `prompt`: the
    template (`train/sft/prompts.py`). `answer`: letters alone, or with the text of the options. `without_explanation`:
    what happens to exam items that have none. `chat_template`: the tokenizer's own where it has one, or the plain one.
    `max_tokens`: an example with more is dropped. `equal`: what is the same in both arms."""

    reasoning_order: Order = "auto"
    prompt: TemplateName = "auto"
    answer: AnswerForm = "letters"
    without_explanation: Literal["drop", "answer-only"] = "drop"
    chat_template: ChatTemplate = "auto"
    max_tokens: int = Field(default=1024, ge=8)
    equal: Literal["epochs", "supervised-tokens"] = "epochs"


class Examples(NamedTuple):
    """Both arms of the same questions in the same order. `ids`: of the records. `plain` and `reasoned`: the example of
    each without and with reasoning. `dropped`: the ids left out, by cause. `answer_only`: how many stand in the arm
    with reasoning without any, because the exam has none for them."""

    ids: list[str]
    plain: list[Rendered]
    reasoned: list[Rendered]
    dropped: dict[str, list[str]]
    answer_only: int

    def arm(self, with_reasoning: bool) -> list[Rendered]:
        """The examples of one arm."""
        return self.reasoned if with_reasoning else self.plain


def from_items(items: Sequence[ExamItem], settings: ExampleSettings) -> list[Conversation]:
    """Exam items as conversations."""
    return [conversation(item, settings.prompt, settings.answer) for item in items]


def render_examples(
    conversations: Sequence[Conversation],
    tokenizer: Any,
    settings: ExampleSettings,
    step: Callable[[], None] = lambda: None,
    longer: str = "",
) -> Examples:
    """Render both arms of every conversation; `step` is called after each. `longer`: what lets an example be longer,
    where that is not `max_tokens`. Raises `UserError` when none is left."""
    examples = Examples([], [], [], {}, 0)
    alone, renderer = 0, Renderer(tokenizer, settings.chat_template)
    for one in conversations:
        made = _both(one, renderer, settings)
        if isinstance(made, str):
            examples.dropped.setdefault(made, []).append(one.id)
        else:
            examples.ids.append(one.id)
            examples.plain.append(made[0])
            examples.reasoned.append(made[1])
            alone += one.explainable and not one.reasoned
        step()
    if not examples.ids:
        raise _none_left(examples, longer or f"raise max_tokens, which is {settings.max_tokens:,}")
    return examples._replace(answer_only=alone)


def _both(one: Conversation, renderer: Renderer, settings: ExampleSettings) -> tuple[Rendered, Rendered] | str:
    """The example of both arms, or why there is none."""
    if one.explainable and not one.reasoned and settings.without_explanation == "drop":
        return NO_EXPLANATION
    try:
        plain = renderer.render(arm(one, False))
        reasoned = plain
        if one.reasoned:
            reasoned = renderer.render(arm(one, True, settings.reasoning_order))
    except SpellsSpecial:
        return SPELLS_SPECIAL
    return TOO_LONG if max(len(plain.ids), len(reasoned.ids)) > settings.max_tokens else (plain, reasoned)


def _none_left(examples: Examples, longer: str) -> UserError:
    causes = ", ".join(f"{len(ids):,} {cause}" for cause, ids in examples.dropped.items()) or "there was none"
    mends = []
    if NO_EXPLANATION in examples.dropped:
        mends.append('set without_explanation = "answer-only"')
    if TOO_LONG in examples.dropped:
        mends.append(longer)
    return UserError(f"No example is left to train on: {causes}.", mend=", or ".join(mends) or "give other files")
