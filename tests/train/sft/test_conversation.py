"""What a model is to produce is masked token by token, and all that it is given is not."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from tests.train import tiny_chat as tiny
from tokenizer.special import TEMPLATE
from train.data.special_ids import IGNORED
from train.sft.conversation import (
    Conversation,
    Message,
    Part,
    Rendered,
    Renderer,
    SpellsSpecial,
    arm,
    render,
    shown,
)

UNMARKED = TEMPLATE.replace("{%- generation -%}", "").replace("{%- endgeneration -%}", "")
# A common slip of templates: the token that ends the answer stands outside of the marks.
OUTSIDE = TEMPLATE.replace(
    "{%- generation -%}{{- message['content'] + '<|im_end|>' -}}{%- endgeneration -%}",
    "{%- generation -%}{{- message['content'] -}}{%- endgeneration -%}{{- '<|im_end|>' -}}",
)
ENDLESS = OUTSIDE.replace("{{- '<|im_end|>' -}}{%- else", "{%- else")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny.byte_level()


def exchange(*turns: tuple[str, str]) -> Conversation:
    """A conversation of question and answer, question and answer."""
    messages = []
    for asked, answered in turns:
        messages.append(Message("user", (Part("text", asked),)))
        messages.append(Message("assistant", (Part("answer", answered),)))
    return Conversation("c-1", tuple(messages))


def said(rendered: Rendered, tokenizer: Any) -> str:
    """The text of the supervised tokens alone."""
    return str(tokenizer.decode([token for token, kept in zip(rendered.ids, rendered.mask, strict=True) if kept]))


def prompt_ids(conversation: Conversation, tokenizer: Any) -> list[int]:
    """What the model is given when it is to answer the last question, as transformers makes it."""
    messages = [{"role": m.role, "content": m.parts[0].text} for m in conversation.messages[:-1]]
    return list(tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=True)["input_ids"])


def test_a_short_example_is_masked_token_by_token(tokenizer: Any) -> None:
    rendered = render(exchange(("Which metal rusts?", "Iron")), tokenizer)
    pieces = [tokenizer.decode([token]) for token in rendered.ids]
    given = [piece for piece, kept in zip(pieces, rendered.mask, strict=True) if not kept]
    produced = [piece for piece, kept in zip(pieces, rendered.mask, strict=True) if kept]
    assert "".join(given) == "<|im_start|>user\nWhich metal rusts?<|im_end|>\n<|im_start|>assistant\n"
    assert "".join(produced) == "Iron<|im_end|>"
    assert produced[-1] == "<|im_end|>"  # a model that is not taught this never stops
    assert rendered.mask == [0] * len(given) + [1] * len(produced)
    assert rendered.supervised == len(produced)
    assert rendered.labels == [IGNORED] * len(given) + rendered.ids[len(given) :]


TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<|⟦⟧"), min_size=1, max_size=30)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3))
def test_the_ids_before_the_last_answer_are_those_that_the_model_is_given(
    tokenizer: Any, turns: list[tuple[str, str]]
) -> None:
    conversation = exchange(*turns)
    rendered = render(conversation, tokenizer)
    given_to_it = prompt_ids(conversation, tokenizer)
    assert rendered.ids[: len(given_to_it)] == given_to_it
    assert tokenizer.decode(rendered.ids[len(given_to_it) :]) == turns[-1][1] + "<|im_end|>"
    assert all(rendered.mask[len(given_to_it) :])
    assert said(rendered, tokenizer) == "".join(answer + "<|im_end|>" for _, answer in turns)


@pytest.mark.parametrize("scheme", ["first", "always", "never"])
def test_a_tokenizer_that_writes_spaces_before_a_text_gets_none_within_it(scheme: str) -> None:
    spaced = tiny.with_spaces(scheme)
    conversation = exchange(("Which metal rusts?", "Iron rusts"), ("Gold?", "Gold"))
    rendered = render(conversation, spaced)
    assert rendered.ids[: len(prompt_ids(conversation, spaced))] == prompt_ids(conversation, spaced)
    messages = [{"role": m.role, "content": m.parts[0].text} for m in conversation.messages]
    whole = spaced.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    assert rendered.ids == whole["input_ids"][: len(rendered.ids)]
    assert rendered.mask == whole["assistant_masks"][: len(rendered.mask)]


def test_our_mask_is_that_of_transformers_where_nothing_is_joined(tokenizer: Any) -> None:
    conversation = exchange(("出血时应首先", "答案：B"), ("Why?", "加压包扎可止血。"))
    messages = [{"role": m.role, "content": m.parts[0].text} for m in conversation.messages]
    theirs = tokenizer.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    ours = render(conversation, tokenizer)
    assert ours.ids == theirs["input_ids"][: len(ours.ids)]
    assert ours.mask == theirs["assistant_masks"][: len(ours.mask)]
    assert not any(theirs["assistant_masks"][len(ours.mask) :])  # what was left out teaches nothing


@pytest.mark.parametrize("template", [UNMARKED, OUTSIDE], ids=["without marks", "end outside of the marks"])
def test_templates_of_others_give_the_same_example(tokenizer: Any, template: str) -> None:
    conversation = exchange(("Which metal rusts?", "Iron"), ("And?", "Tin"))
    assert render(conversation, tiny.byte_level(template)) == render(conversation, tokenizer)


def test_a_template_that_ends_no_answer_gets_the_token_that_ends_a_text() -> None:
    endless = tiny.byte_level(ENDLESS)
    assert said(render(exchange(("Which?", "Iron")), endless), endless) == "Iron<|endoftext|>"


def test_a_tokenizer_without_a_template_gets_the_plain_one() -> None:
    bare = tiny.byte_level(None)
    rendered = render(exchange(("Which?", "Iron"), ("And?", "Tin")), bare)
    assert shown(rendered, bare) == (
        "User:\nWhich?\n\nAssistant:\n⟦Iron<|endoftext|>⟧\n\nUser:\nAnd?\n\nAssistant:\n⟦Tin<|endoftext|>⟧"
    )
    assert render(exchange(("Which?", "Iron"), ("And?", "Tin")), tiny.byte_level(), "plain") == rendered


def test_an_encoders_tokenizer_is_refused() -> None:
    with pytest.raises(UserError, match="no model could stop") as raised:
        Renderer(tiny.word_pieces())
    assert "--head choice" in raised.value.mend


def test_a_template_that_rewrites_what_was_said_is_refused() -> None:
    counts = "{{- messages | length -}}" + UNMARKED
    with pytest.raises(UserError, match="straight behind the prompt"):
        render(exchange(("Which?", "Iron")), tiny.byte_level(counts))


def test_what_a_template_refuses_is_a_sentence() -> None:
    refuses = "{{- raise_exception('no system message') -}}" + TEMPLATE
    with pytest.raises(UserError, match="refuses a conversation: no system message"):
        render(exchange(("Which?", "Iron")), tiny.byte_level(refuses))


@pytest.mark.parametrize("token", ["<|im_end|>", "<|endoftext|>"])
def test_a_message_that_spells_a_special_token_is_never_read_as_that_token(tokenizer: Any, token: str) -> None:
    with pytest.raises(SpellsSpecial):
        render(exchange((f"Which?{token}", "Iron")), tokenizer)
    with pytest.raises(SpellsSpecial):
        render(exchange(("Which?", f"Iron{token}")), tokenizer)


def test_a_conversation_without_an_answer_is_refused(tokenizer: Any) -> None:
    with pytest.raises(UserError, match="has no answer"):
        render(Conversation("c", (Message("user", (Part("text", "Which?"),)),)), tokenizer)


def test_both_arms_come_from_one_record_and_share_the_question(tokenizer: Any) -> None:
    parts = (Part("answer", "Answer: B"), Part("reasoning", "Explanation: it rusts."))
    record = Conversation("c", (Message("user", (Part("text", "Which?"),)), Message("assistant", parts)))
    head = "<|im_start|>user\nWhich?<|im_end|>\n<|im_start|>assistant\n"
    wanted = {
        (False, "answer-first"): "Answer: B",
        (False, "reason-first"): "Answer: B",
        (True, "answer-first"): "Answer: B\nExplanation: it rusts.",
        (True, "reason-first"): "Explanation: it rusts.\nAnswer: B",
    }
    for (with_reasoning, order), text in wanted.items():
        rendered = render(arm(record, with_reasoning, order), tokenizer)  # type: ignore[arg-type]
        assert shown(rendered, tokenizer) == f"{head}⟦{text}<|im_end|>⟧"


def test_control_characters_are_shown_and_steer_nothing(tokenizer: Any) -> None:
    assert "\x1b" not in shown(render(exchange(("Red\x1b[31m?", "Iron")), tokenizer), tokenizer)


@pytest.mark.parametrize("template", [TEMPLATE, UNMARKED, OUTSIDE, None])
def test_a_prompt_is_what_stands_before_an_answer_in_an_example_whatever_the_answer_is(template: str | None) -> None:
    renderer = Renderer(tiny.byte_level(template))
    for answer in ("Iron", " iron\n", "铁"):
        talk = exchange(("Which metal rusts?", "None"), ("出血时应首先", answer))
        rendered = renderer.render(talk)
        last = len(rendered.ids) - rendered.mask[::-1].index(0)
        assert renderer.prompt(talk.messages[:-1]) == rendered.ids[:last]
        assert rendered.ids[-1] == renderer.end
    assert renderer.plain == (template is None)


@pytest.mark.parametrize("scheme", ["first", "always"])
def test_a_prompt_is_the_same_where_a_tokenizer_writes_spaces_before_a_text(scheme: str) -> None:
    renderer = Renderer(tiny.with_spaces(scheme))
    talk = exchange(("Which metal rusts?", "Iron"))
    rendered = renderer.render(talk)
    assert renderer.prompt(talk.messages[:1]) == rendered.ids[: rendered.mask.index(1)]


def test_a_template_that_asks_otherwise_than_it_writes_an_answer_is_refused_for_prompts() -> None:
    other = TEMPLATE.replace("{%- if add_generation_prompt -%}{{- '<|im_start|>assistant\\n'",
                             "{%- if add_generation_prompt -%}{{- '<|im_start|>assistant: '")  # fmt: skip
    assert other != TEMPLATE
    with pytest.raises(UserError, match="does not ask for an answer as it writes one"):
        Renderer(tiny.byte_level(other)).prompt(exchange(("Which metal rusts?", "Iron")).messages[:1])


def test_a_question_that_spells_a_special_token_has_no_prompt(tokenizer: Any) -> None:
    with pytest.raises(SpellsSpecial):
        Renderer(tokenizer).prompt(exchange(("Is it <|im_end|>?", "Iron")).messages[:1])
