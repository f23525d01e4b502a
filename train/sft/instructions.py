"""Files of instructions and of chats, one JSON object a line, as conversations.

Comes from files of one's own or of the hub; goes to `train/sft/examples.py`. Two forms:

    {"id": "i-1", "instruction": "Translate.", "input": "fever", "output": "发热", "reasoning": "..."}
    {"id": "c-1", "messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}

An instruction needs `instruction` and `output` (Stanford Alpaca's names, tatsu-lab/stanford_alpaca); the content of a
message is a text or a list of parts `{"type": "text" | "reasoning" | "answer", "text": "..."}`, and `reasoning_content`
of an assistant's message is a part of reasoning before it, as in the chat format of OpenAI and its like; `reasoning` of
an instruction stands before its output. That order is learned unless the recipe asks for another. `id` may be
missing: then it is the file's name and the line. An example without an answer is an error.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from corpus.errors import UserError
from corpus.exams.entry import Entry
from corpus.files import InputFile
from corpus.sources import table_json
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Fault
from train.sft.conversation import ROLES, Conversation, Message, Part

NO_ANSWER = "The example has no answer, and nothing could be learned from it."
MEND = "write the answer, or take the line out"


def read_instructions(path: Path) -> list[Conversation]:
    """The examples of a file of instructions. Raises `UserError`: file, line, field and cure."""
    return _read(path, _instruction, "instruction")


def read_chats(path: Path) -> list[Conversation]:
    """The examples of a file of chats. Raises `UserError`: file, line, field and cure."""
    return _read(path, _chat, "messages")


def _read(path: Path, made: Callable[[Entry], Conversation], field: str) -> list[Conversation]:
    if not path.is_file():
        raise UserError("There is no such file of examples.", str(path), "give a JSONL file")
    settings = TableSettings(kind="table", name="examples", path="", text=field)
    file = InputFile(str(path), path.name, path.stat().st_size, "")
    conversations = list[Conversation]()
    for number, row in enumerate(table_json.rows(file, settings, True), 1):
        if isinstance(row, Fault):
            raise UserError("A line cannot be read.", f"{path}, {row.detail}", "correct the line")
        entry = Entry(row.value, f"{path}, {row.where}", number, "")
        entry.refuse_halves()
        conversations.append(made(entry)._replace(id=entry.text("id") or f"{path.name}:{number}"))
    if not conversations:
        raise UserError("The file holds no example.", str(path), "give a JSONL file with one a line")
    return conversations


def _instruction(entry: Entry) -> Conversation:
    asked = entry.text("instruction", required=True)
    if entry.has("input"):
        asked += "\n" + entry.text("input")
    if not entry.text("output"):
        entry.fail(NO_ANSWER, "output", MEND)
    parts = [Part("answer", entry.text("output"))]
    if entry.has("reasoning"):
        parts.insert(0, Part("reasoning", entry.text("reasoning")))
    return Conversation("", (Message("user", (Part("text", asked),)), Message("assistant", tuple(parts))))


def _chat(entry: Entry) -> Conversation:
    value = entry.row.get("messages")
    if not isinstance(value, list) or not value or not all(isinstance(one, dict) for one in value):
        held = ", ".join(list(entry.row)[:12])
        entry.fail(f"A list of messages is expected; the line has {held}.", "messages",
                   'write {"messages": [{"role": "user", "content": "..."}, ...]}')  # fmt: skip
    messages = tuple(_message(entry, one, number) for number, one in enumerate(value, 1))
    if messages[-1].role != "assistant":
        entry.fail(NO_ANSWER, f"messages[{len(messages)}]", MEND)
    return Conversation("", messages)


def _message(entry: Entry, value: dict[str, Any], number: int) -> Message:
    role, field = value.get("role"), f"messages[{number}]"
    if role not in ROLES:
        entry.fail(f"The role is {role!r} and should be one of {', '.join(ROLES)}.", f"{field}.role")
    parts = _parts(entry, value.get("content"), f"{field}.content")
    if role == "assistant":
        if isinstance(reasons := value.get("reasoning_content"), str) and reasons.strip():
            parts = (Part("reasoning", reasons.strip()), *parts)
        if not any(part.kind != "reasoning" for part in parts):
            entry.fail(NO_ANSWER, f"{field}.content", MEND)
    return Message(role, parts)


def _parts(entry: Entry, content: Any, field: str) -> tuple[Part, ...]:
    if isinstance(content, str):
        content = [{"type": "text", "text": content}] if content.strip() else []
    if not isinstance(content, list) or not all(_is_part(one) for one in content):
        entry.fail("A text is expected, or a list of parts of type text, reasoning or answer.", field)
    return tuple(Part(one["type"], one["text"]) for one in content if one["text"].strip())


def _is_part(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.get("type") in ("text", "reasoning", "answer")
        and isinstance(value.get("text"), str)
    )
