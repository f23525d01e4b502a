"""Conversations: messages of typed parts, and how they become token ids with a mask of what the model is to produce.

Made by `train/prompts.py` (exam items) and `train/instructions.py` (files of instructions and chats); rendered examples go to
`train/examples.py`. Parts are `text`, `reasoning` or `answer`; an arm of an experiment chooses which are rendered, so
that both arms come from the same record.

The text is written by the tokenizer's own chat template, or by `PLAIN` where it has none. A model that answers begins
behind a prompt that was encoded alone; so the ids up to each answer are here those of that prompt alone, whatever a
tokenizer would join across the border. The token that ends an answer is always part of it, also where a template leaves it
outside of its `{% generation %}` marks: without it nothing would teach a model to stop.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from corpus.controls import visible_lines
from corpus.errors import UserError

Order = Literal["answer-first", "reason-first"]
ChatTemplate = Literal["auto", "plain"]
ROLES = ("system", "user", "assistant")
IGNORED = -100  # the label of a token that is not learned (torch.nn.CrossEntropyLoss)
OPEN, CLOSE = "⟦", "⟧"
# For tokenizers without a template. A blank line ends a message, the end-of-text token an answer.
PLAIN = (
    "{%- for message in messages -%}"
    "{%- if message['role'] == 'assistant' -%}"
    "{{- 'Assistant:\\n' -}}{%- generation -%}{{- message['content'] + eos_token -}}{%- endgeneration -%}{{- '\\n\\n' -}}"
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


def arm(conversation: Conversation, with_reasoning: bool, order: Order = "answer-first") -> Conversation:
    """The conversation as one arm of the comparison learns it: reasoning left out, or behind or before the rest."""
    messages = []
    for message in conversation.messages:
        reasons = tuple(part for part in message.parts if part.kind == "reasoning")
        rest = tuple(part for part in message.parts if part.kind != "reasoning")
        if not with_reasoning:
            reasons = ()
        messages.append(Message(message.role, reasons + rest if order == "reason-first" else rest + reasons))
    return conversation._replace(messages=tuple(messages))


def render(conversation: Conversation, tokenizer: Any, template: ChatTemplate = "auto") -> Rendered:
    """The ids and mask of a conversation with a transformers `tokenizer`. What follows the last answer is left out: it
    teaches nothing. Raises `UserError` for a tokenizer that cannot say where an answer is or ends, and `SpellsSpecial`
    where a message holds the text of a special token."""
    messages = [{"role": message.role, "content": conversation.joined.join(part.text for part in message.parts)}
                for message in conversation.messages]  # fmt: skip
    if _special(tokenizer).search("\0".join(message["content"] for message in messages)):
        raise SpellsSpecial(conversation.id)
    text, spans = _written(messages, tokenizer, template)
    ids, lengths = _encoded(text, spans, tokenizer)
    mask = [0] * len(ids)
    for start, end in zip(lengths[::2], lengths[1::2], strict=True):
        end = _with_end(ids, start, end, tokenizer)
        mask[start:end] = [1] * (end - start)
        last = end
    if not spans or not any(mask):
        raise UserError("A conversation has no answer, so that nothing could be learned from it.", conversation.id)
    return Rendered(ids[:last], mask[:last])


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


def _special(tokenizer: Any) -> re.Pattern[str]:
    """Finds the text of any special token."""
    tokens = {str(token) for token in tokenizer.added_tokens_decoder.values() if token.special}
    tokens |= set(tokenizer.all_special_tokens)
    return re.compile("|".join(re.escape(token) for token in sorted(tokens)) or r"(?!)")


def _written(messages: list[dict[str, str]], tokenizer: Any, template: ChatTemplate) -> tuple[str, list[int]]:
    """The text of the messages, and where in it each answer begins and ends, one after the other."""
    source = tokenizer.chat_template if template == "auto" else None
    if isinstance(source, dict):
        source = source.get("default")
    if source is None and not tokenizer.eos_token:
        raise UserError("The tokenizer has neither a chat template nor an end-of-text token, so nothing could tell a "
                        "model to stop.", str(tokenizer.name_or_path),
                        "give a decoder's tokenizer; an encoder's is for `--head choice`")  # fmt: skip
    source = source or PLAIN
    if _MARKS.search(source):
        text, spans = _template(messages, tokenizer, source, marked=True)
        return text, [place for span in spans for place in span]
    return _by_prompts(messages, tokenizer, source)


def _template(messages: Sequence[dict[str, str]], tokenizer: Any, source: str, marked: bool = False,
              prompt: bool = False) -> tuple[str, list[tuple[int, int]]]:  # fmt: skip
    from transformers.utils.chat_template_utils import render_jinja_template

    texts, spans = render_jinja_template([list(messages)], chat_template=source, return_assistant_tokens_mask=marked,
                                         add_generation_prompt=prompt, **tokenizer.special_tokens_map)  # fmt: skip
    return texts[0], spans[0] if marked else []


def _by_prompts(messages: list[dict[str, str]], tokenizer: Any, source: str) -> tuple[str, list[int]]:
    """For a template without marks: an answer is what comes after the prompt for it."""
    text, _ = _template(messages, tokenizer, source)
    places = list[int]()
    for number, message in enumerate(messages):
        if message["role"] == "assistant":
            prompt, _ = _template(messages[:number], tokenizer, source, prompt=True)
            told, _ = _template(messages[: number + 1], tokenizer, source)
            if not text.startswith(told) or not told.startswith(prompt):
                raise UserError("The chat template does not write an answer straight behind the prompt for it, so that "
                                "it cannot be told which tokens are the answer.", str(tokenizer.name_or_path),
                                "put {% generation %} marks into the template, or set chat_template = \"plain\"")  # fmt: skip
            places += [len(prompt), len(told.rstrip())]
    return text, places


def _encoded(text: str, places: list[int], tokenizer: Any) -> tuple[list[int], list[int]]:
    """The ids of the text, and how many of them stand before each of the places."""
    whole = _ids(text, tokenizer)
    parts = [_ids(text[:place], tokenizer) for place in places]
    if all(whole[: len(part)] == part for part in parts):
        return whole, [len(part) for part in parts]
    ids, lengths = list[int](), list[int]()
    for start, end in zip([0, *places], [*places, len(text)], strict=True):  # joined across a border: cut there
        ids += _ids(text[start:end], tokenizer)
        lengths.append(len(ids))
    return ids, lengths[:-1]


def _ids(text: str, tokenizer: Any) -> list[int]:
    return list(tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]) if text else []


def _with_end(ids: list[int], start: int, end: int, tokenizer: Any) -> int:
    """The end of an answer with the token that ends it: within, or right behind, or else put there."""
    special = set(tokenizer.all_special_ids) | {
        number for number, token in tokenizer.added_tokens_decoder.items() if token.special
    }
    if end > start and ids[end - 1] in special:
        return end
    if end < len(ids) and ids[end] in special:
        return end + 1
    if end == len(ids) and tokenizer.eos_token_id is not None:
        ids.append(tokenizer.eos_token_id)
        return end + 1
    raise UserError("The chat template does not end an answer with a special token, so nothing could tell a model to "
                    "stop.", str(tokenizer.name_or_path), 'set chat_template = "plain"')  # fmt: skip
