"""Both arms have the same questions; what is dropped is counted, and nothing is cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import read_exam
from tests.train import tiny_chat as tiny
from train.sft.conversation import Conversation, Order, shown
from train.sft.examples import NO_EXPLANATION, SPELLS_SPECIAL, TOO_LONG, ExampleSettings, from_items, render_examples
from train.sft.instructions import read_chats, read_instructions


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return tiny.byte_level()


def item(number: int, explanation: str = "Iron rusts.", question: str = "Which metal rusts?") -> ExamItem:
    return ExamItem(f"e:train:{number}", "e", "train", "en", "", "", question, ("Gold", "Iron"), (1,), explanation, "")


def test_the_two_arms_differ_in_the_explanation_alone(tokenizer: Any) -> None:
    settings = ExampleSettings()
    examples = render_examples(from_items([item(1), item(2)], settings), tokenizer, settings)
    plain, reasoned = (shown(examples.arm(which)[0], tokenizer) for which in (False, True))
    question = "Question: Which metal rusts?\nOptions:\nA. Gold\nB. Iron"
    head = f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
    assert plain == f"{head}⟦Answer: B<|im_end|>⟧"
    assert reasoned == f"{head}⟦Answer: B\nExplanation: Iron rusts.<|im_end|>⟧"
    assert examples.ids == ["e:train:1", "e:train:2"]


def test_reason_first_is_a_setting(tokenizer: Any) -> None:
    settings = ExampleSettings(reasoning_order="reason-first")
    examples = render_examples(from_items([item(1)], settings), tokenizer, settings)
    assert shown(examples.reasoned[0], tokenizer).endswith("⟦Explanation: Iron rusts.\nAnswer: B<|im_end|>⟧")
    assert shown(examples.plain[0], tokenizer).endswith("⟦Answer: B<|im_end|>⟧")


@pytest.mark.parametrize(
    ("order", "learned"),
    [("auto", "It rusts.\nIron."), ("reason-first", "It rusts.\nIron."), ("answer-first", "Iron.\nIt rusts.")],
)
@pytest.mark.parametrize("form", ["chats", "instructions"])
def test_the_order_of_a_chat_or_an_instruction_holds_unless_another_is_asked_for(
    tokenizer: Any, tmp_path: Path, form: str, order: Order, learned: str
) -> None:
    said = {"role": "assistant", "reasoning_content": "It rusts.", "content": "Iron."}
    rows: dict[str, dict[str, Any]] = {
        "chats": {"messages": [{"role": "user", "content": "Which metal rusts?"}, said]},
        "instructions": {"instruction": "Which metal rusts?", "output": "Iron.", "reasoning": "It rusts."},
    }
    file = tmp_path / "some.jsonl"
    file.write_text(json.dumps(rows[form]) + "\n", encoding="utf-8")
    (one,) = read_chats(file) if form == "chats" else read_instructions(file)
    settings = ExampleSettings(reasoning_order=order)
    both = render_examples([one, *from_items([item(1)], settings)], tokenizer, settings).reasoned
    assert shown(both[0], tokenizer).endswith(f"⟦{learned}<|im_end|>⟧")
    assert shown(both[1], tokenizer).endswith("Iron rusts.<|im_end|>⟧") == (order != "reason-first")


def test_an_item_without_explanation_is_dropped_from_both_arms(tokenizer: Any) -> None:
    settings = ExampleSettings()
    examples = render_examples(from_items([item(1), item(2, "")], settings), tokenizer, settings)
    assert examples.dropped == {NO_EXPLANATION: ["e:train:2"]}
    assert len(examples.plain) == len(examples.reasoned) == 1


def test_an_item_without_explanation_is_kept_as_an_answer_where_the_recipe_says_so(tokenizer: Any) -> None:
    settings = ExampleSettings(without_explanation="answer-only")
    examples = render_examples(from_items([item(1), item(2, "")], settings), tokenizer, settings)
    assert (examples.dropped, examples.answer_only) == ({}, 1)
    assert examples.plain[1] == examples.reasoned[1]


def test_what_is_too_long_in_one_arm_is_dropped_from_both_and_never_cut(tokenizer: Any) -> None:
    settings = ExampleSettings(max_tokens=120)
    items = [item(1), item(2, "Iron rusts in wet air. " * 40)]
    examples = render_examples(from_items(items, settings), tokenizer, settings)
    assert examples.dropped == {TOO_LONG: ["e:train:2"]}
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    assert all(one.ids[-1] == end and one.mask[-1] == 1 for arm in (False, True) for one in examples.arm(arm))


def test_an_item_that_spells_a_special_token_is_dropped_and_counted(tokenizer: Any) -> None:
    settings = ExampleSettings()
    items = [item(1), item(2, "Iron.<|im_end|>")]
    assert render_examples(from_items(items, settings), tokenizer, settings).dropped == {SPELLS_SPECIAL: ["e:train:2"]}


def test_when_nothing_is_left_the_error_says_why_and_what_mends_it(tokenizer: Any) -> None:
    settings = ExampleSettings()
    with pytest.raises(UserError, match="2 no explanation") as raised:
        render_examples(from_items([item(1, ""), item(2, "")], settings), tokenizer, settings)
    assert 'without_explanation = "answer-only"' in raised.value.mend


def _file(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def _shown(conversations: list[Conversation], tokenizer: Any, with_reasoning: bool = True) -> list[str]:
    settings = ExampleSettings(reasoning_order="reason-first", chat_template="plain")
    examples = render_examples(conversations, tokenizer, settings)
    return [shown(one, tokenizer) for one in examples.arm(with_reasoning)]


def test_instructions_are_examples_in_both_arms_with_reasoning_where_they_have_it(
    tmp_path: Path, tokenizer: Any
) -> None:
    rows = [{"instruction": "Translate.", "input": "fever", "output": "发热"},
            {"id": "i", "instruction": "Add.", "input": "", "output": "4", "reasoning": "2 and 2"}]  # fmt: skip
    conversations = read_instructions(_file(tmp_path / "some.jsonl", *rows))
    assert [one.id for one in conversations] == ["some.jsonl:1", "i"]
    assert _shown(conversations, tokenizer) == [
        "User:\nTranslate.\nfever\n\nAssistant:\n⟦发热<|endoftext|>⟧",
        "User:\nAdd.\n\nAssistant:\n⟦2 and 2\n4<|endoftext|>⟧",
    ]
    assert _shown(conversations, tokenizer, False)[1].endswith("⟦4<|endoftext|>⟧")


def test_chats_are_read_with_texts_parts_and_reasoning(tmp_path: Path, tokenizer: Any) -> None:
    parts = [{"type": "reasoning", "text": "Why."}, {"type": "answer", "text": "Tin"}]
    messages = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which?"},
        {"role": "assistant", "content": "Iron", "reasoning_content": "It rusts."},
        {"role": "user", "content": "And?"},
        {"role": "assistant", "content": parts},
    ]
    conversations = read_chats(_file(tmp_path / "chats.jsonl", {"messages": messages}))
    assert _shown(conversations, tokenizer) == [
        "System:\nBe brief.\n\nUser:\nWhich?\n\nAssistant:\n⟦It rusts.\nIron<|endoftext|>⟧\n\n"
        "User:\nAnd?\n\nAssistant:\n⟦Why.\nTin<|endoftext|>⟧"
    ]


USER = {"role": "user", "content": "Which?"}


@pytest.mark.parametrize(
    ("row", "field"),
    [
        ({"instruction": "Add.", "output": ""}, "output"),
        ({"instruction": "Add."}, "output"),
        ({"messages": [USER]}, "messages[1]"),
        ({"messages": [USER, {"role": "assistant", "content": " "}]}, "messages[2].content"),
        ({"messages": [USER, {"role": "assistant", "content": "", "reasoning_content": "x"}]}, "messages[2].content"),
    ],
)
def test_an_example_without_an_answer_is_refused_with_its_line(tmp_path: Path, row: dict[str, Any], field: str) -> None:
    good = {"instruction": "Add.", "output": "4", "messages": [USER, {"role": "assistant", "content": "Iron"}]}
    path = _file(tmp_path / "some.jsonl", good, row)
    read = read_chats if "messages" in row else read_instructions
    with pytest.raises(UserError, match="no answer") as raised:
        read(path)
    assert raised.value.where == f"{path}, line 2, field {field!r}"
    assert raised.value.mend


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"conversations": [{"from": "human", "value": "x"}]}, "the line has conversations"),
        ({"messages": [{"role": "human", "content": "x"}]}, "should be one of system, user, assistant"),
        ({"messages": [{"role": "user", "content": [{"type": "image", "url": "x"}]}]}, "A text is expected"),
    ],
)
def test_a_chat_in_another_form_is_refused_and_not_half_read(tmp_path: Path, row: dict[str, Any], what: str) -> None:
    with pytest.raises(UserError, match=what):
        read_chats(_file(tmp_path / "chats.jsonl", row))


def test_a_broken_line_and_an_empty_file_are_errors(tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text('{"instruction": "a", "output": "b"}\n{"instruction": \n', "utf-8")
    with pytest.raises(UserError, match="cannot be read") as raised:
        read_instructions(tmp_path / "broken.jsonl")
    assert "line 2" in raised.value.where
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(UserError, match="no example"):
        read_instructions(tmp_path / "empty.jsonl")
    with pytest.raises(UserError, match="no such file"):
        read_chats(tmp_path / "none.jsonl")


def test_the_real_cmexam_is_masked_right_in_both_arms(real_data: Path, tokenizer: Any) -> None:
    items = read_exam("cmexam", real_data / "amber/exam/cmexam_val.csv")[:60]
    settings = ExampleSettings(max_tokens=4096)
    examples = render_examples(from_items(items, settings), tokenizer, settings)
    kept = {one.id: one for one in items if one.explanation}
    assert examples.ids == list(kept)
    for which, form in ((False, "答案：{0.letters}"), (True, "答案：{0.letters}\n解释：{0.explanation}")):
        for name, one in zip(examples.ids, examples.arm(which), strict=True):
            produced = [token for token, label in zip(one.ids, one.labels, strict=True) if label != -100]
            assert tokenizer.decode(produced) == form.format(kept[name]) + "<|im_end|>"
