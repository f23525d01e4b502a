"""Conversations: messages of typed parts, and how they become token ids with a mask of what the model is to produce.

Made by `train/sft/prompts.py` (exam items) and `train/sft/instructions.py` (files of instructions and chats); rendered
examples go to `train/sft/examples.py`, the prompts alone to `eval/generate/prompts.py`. Parts are `text`, `reasoning`
or `answer`; an arm of an experiment chooses which are rendered, so that both arms come from the same record.

The text is written by the tokenizer's own chat template, or by `PLAIN` where it has none. A model that answers begins
behind a prompt that was encoded alone; so the ids up to each answer are here those of that prompt alone, whatever a
tokenizer would join across the border. The token that ends an answer is always part of it, also where a template leaves
it outside of its `{% generation %}` marks: without it nothing would teach a model to stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from corpus.controls import visible_lines
from corpus.errors import UserError
from train.data.special_ids import IGNORED

Order = Literal["auto", "answer-first", "reason-first"]
ChatTemplate = Literal["auto", "plain"]
ROLES = ("system", "user", "assistant")
OPEN, CLOSE = "⟦", "⟧"
# For tokenizers without a template. A blank line ends a message, the end-of-text token an answer.
PLAIN = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- 'Assistant:\\n' -}}"
    "{%- generation -%}{{- message['content'] + eos_token -}}{%- endgeneration -%}"
    "{{- '\\n\\n' -}}"
    "{%- else -%}{{- message['role'] | capitalize + ':\\n' + message['content'] + '\\n\\n' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- 'Assistant:\\n' -}}{%- endif -%}"
)
_MARKS = re.compile(r"\{%-?\s*generation\s*-?%\}")


class Part(NamedTuple):
    """A piece of a message and what it is."""

    kind: Literal["text", "reasoning", "answer"]
    text: str


class Message(NamedTuple):
    """What one side says. `role`: system, user or assistant."""

    role: str
    parts: tuple[Part, ...]


class Conversation(NamedTuple):
    """`joined`: what stands between the parts of a message. `explainable`: could its answer have an explanation, so
    that one without it is missing something?"""

    id: str
    messages: tuple[Message, ...]
    joined: str = "\n"
    explainable: bool = False

    @property
    def reasoned(self) -> bool:
        """Is there reasoning in it?"""
        return any(part.kind == "reasoning" for message in self.messages for part in message.parts)


class Rendered(NamedTuple):
    """One example. `ids`: of its tokens; `mask`: 1 for each that the model is to produce, 0 for those it is given."""

    ids: list[int]
    mask: list[int]

    @property
    def supervised(self) -> int:
        """How many tokens the model is to produce."""
        return sum(self.mask)

    @property
    def labels(self) -> list[int]:
        """The ids that count for the loss, `IGNORED` for all others."""
        return [token if kept else IGNORED for token, kept in zip(self.ids, self.mask, strict=True)]


class SpellsSpecial(Exception):
    """A message spells out a special token, which would be read as that token."""


def arm(conversation: Conversation, with_reasoning: bool, order: Order = "auto") -> Conversation:
    """The conversation as one arm of the comparison learns it: reasoning left out, or where it stands in the record
    (`auto`), or behind or before the rest."""
    messages = []
    for message in conversation.messages:
        parts = [part for part in message.parts if with_reasoning or part.kind != "reasoning"]
        if order != "auto":  # a stable sort: each kind keeps its own order
            parts.sort(key=lambda part: (part.kind == "reasoning") == (order == "answer-first"))
        messages.append(Message(message.role, tuple(parts)))
    return conversation._replace(messages=tuple(messages))


def render(conversation: Conversation, tokenizer: Any, template: ChatTemplate = "auto") -> Rendered:
    """As `Renderer.render`, for one conversation."""
    return Renderer(tokenizer, template).render(conversation)


def shown(rendered: Rendered, tokenizer: Any) -> str:
    """The example as text, what the model is to produce between ⟦ and ⟧."""
    text, runs = "", _runs(rendered)
    for ids, supervised in runs:
        run = visible_lines(str(tokenizer.decode(ids, skip_special_tokens=False)))
        text += f"{OPEN}{run}{CLOSE}" if supervised else run
    return text


def _runs(rendered: Rendered) -> list[tuple[list[int], bool]]:
    """Tokens that stand together and are all given or all to be produced."""
    runs: list[tuple[list[int], bool]] = []
    for token, kept in zip(rendered.ids, rendered.mask, strict=True):
        if not runs or runs[-1][1] != bool(kept):
            runs.append(([], bool(kept)))
        runs[-1][0].append(token)
    return runs


def _as_dicts(messages: Sequence[Message], joined: str) -> list[dict[str, str]]:
    """As chat templates have them."""
    return [{"role": one.role, "content": joined.join(part.text for part in one.parts)} for one in messages]


class Renderer:
    """Renders conversations with one transformers `tokenizer`. Raises `UserError` when it has neither a chat template
    nor an end-of-text token."""

    def __init__(self, tokenizer: Any, template: ChatTemplate = "auto") -> None:
        self._tokenizer = tokenizer
        source = tokenizer.chat_template if template == "auto" else None
        source = source.get("default") if isinstance(source, dict) else source
        if source is None and not tokenizer.eos_token:
            what = "The tokenizer has neither a chat template nor an end-of-text token: no model could stop."
            raise self._wrong(what, "give a decoder's tokenizer; an encoder's is for `--head choice`")
        self._source: str = source or PLAIN
        self._marked = bool(_MARKS.search(self._source))
        added = {number: str(token) for number, token in tokenizer.added_tokens_decoder.items() if token.special}
        self._ends = {*added, *tokenizer.all_special_ids}
        texts = sorted({*added.values(), *tokenizer.all_special_tokens})
        self._special = re.compile("|".join(map(re.escape, texts)) or r"(?!)")
        # A tokenizer in the manner of sentencepiece puts a space before a text: one cut in two has one more.
        self._composes = self._ids("x\n") + self._ids("y") == self._ids("x\ny")
        self._prompt: tuple[str, list[int]] = ("", [])

    def render(self, conversation: Conversation) -> Rendered:
        """The ids and mask of a conversation. What follows the last answer is left out: it teaches nothing. Raises
        `UserError` where it cannot be said where an answer is or ends, `SpellsSpecial` where a message holds the text
        of a special token."""
        messages = _as_dicts(conversation.messages, conversation.joined)
        self._refuse_special(messages, conversation.id)
        text, spans = self._written(messages)
        if not any(start < end for start, end in spans):
            raise UserError("A conversation has no answer, so that nothing could be learned from it.", conversation.id)
        return self._rendered(text, spans)

    def prompt(self, asked: Sequence[Message]) -> list[int]:
        """The ids that stand before an answer to these messages, those of `render` whatever the answer is: what a model
        reads that is to write one. Raises as `render` does, and `UserError` for a template that asks for an answer
        otherwise than it writes one."""
        messages = _as_dicts(asked, "")
        self._refuse_special(messages, "a prompt")
        text = self._template(messages, True)[0]
        told, spans = self._written([*messages, {"role": "assistant", "content": "x"}])
        if not spans or spans[-1][0] != len(text) or not told.startswith(text):
            raise self._wrong("The chat template does not ask for an answer as it writes one.",
                              'set chat_template = "plain"')  # fmt: skip
        return self._ids(text)

    @property
    def end(self) -> int:
        """The id that ends an answer."""
        asked, said = Message("user", (Part("text", "x"),)), Message("assistant", (Part("answer", "x"),))
        return self.render(Conversation("", (asked, said))).ids[-1]

    @property
    def plain(self) -> bool:
        """Is it `PLAIN` that writes?"""
        return self._source == PLAIN

    def _refuse_special(self, messages: Sequence[dict[str, str]], name: str) -> None:
        if any(self._special.search(message["content"]) for message in messages):
            raise SpellsSpecial(name)

    def _written(self, messages: list[dict[str, str]]) -> tuple[str, list[tuple[int, int]]]:
        """The text of the messages, and where in it each answer begins and ends."""
        text, spans = self._template(messages)
        if self._marked:
            return text, spans
        for number, message in enumerate(messages):  # without marks an answer is what comes after the prompt for it
            if message["role"] == "assistant":
                prompt, told = self._template(messages[:number], True)[0], self._template(messages[: number + 1])[0]
                if not text.startswith(told) or not told.startswith(prompt):
                    what = "The chat template does not write an answer straight behind the prompt for it."
                    raise self._wrong(what, 'put {% generation %} marks into it, or set chat_template = "plain"')
                spans.append((len(prompt), len(told.rstrip())))
        return text, spans

    def _template(self, messages: Sequence[dict[str, str]], prompt: bool = False) -> tuple[str, list[tuple[int, int]]]:
        from jinja2 import TemplateError
        from transformers.utils.chat_template_utils import render_jinja_template

        try:
            texts, spans = self._written_by(render_jinja_template, messages, prompt)
        except TemplateError as error:  # many refuse two questions in a row, or a system message
            mend = 'change the conversation, or set chat_template = "plain"'
            raise self._wrong(f"The chat template refuses a conversation: {error}", mend) from None
        return texts[0], list(spans[0]) if self._marked else []

    def _written_by(self, write: Any, messages: Sequence[dict[str, str]], prompt: bool) -> Any:
        """The texts and the spans of a list of one conversation."""
        return write([list(messages)], chat_template=self._source, return_assistant_tokens_mask=self._marked,
                     add_generation_prompt=prompt, **self._tokenizer.special_tokens_map)  # fmt: skip

    def _rendered(self, text: str, spans: list[tuple[int, int]]) -> Rendered:
        """Piece by piece: each prompt, each answer with the token that ends it."""
        ids, mask, at = list[int](), list[int](), 0
        for start, end in spans:
            for begin, stop, supervised in ((at, start, 0), (start, end, 1)):
                piece = self._piece(text, begin, stop)
                ids += piece
                mask += [supervised] * len(piece)
            if ids[-1] not in self._ends:  # it stands behind the marks, or nowhere
                following = self._special.match(text, end)
                ids += self._ids(following[0]) if following else self._end()
                end = following.end() if following else end
                mask += [1] * (len(ids) - len(mask))
            at = end
        return Rendered(ids, mask)

    def _piece(self, text: str, start: int, end: int) -> list[int]:
        """The ids of a piece of the text."""
        if start == 0:
            if self._prompt[0] != text[:end]:  # both arms have the same one
                self._prompt = (text[:end], self._ids(text[:end]))
            return self._prompt[1]
        if self._composes:
            return self._ids(text[start:end])
        before, whole = self._ids(text[:start]), self._ids(text[:end])
        return whole[len(before) :] if whole[: len(before)] == before else self._ids(text[start:end])

    def _end(self) -> list[int]:
        if self._tokenizer.eos_token_id is None:
            raise self._wrong("The chat template does not end an answer with a special token, so nothing could tell a "
                              "model to stop.", 'set chat_template = "plain"')  # fmt: skip
        return [int(self._tokenizer.eos_token_id)]

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) if text else []

    def _wrong(self, what: str, mend: str) -> UserError:
        return UserError(what, str(self._tokenizer.name_or_path), mend)
