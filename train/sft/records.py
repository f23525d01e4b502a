"""What is fine-tuned on, read: exam items, instructions and chats, without those that are to be scored.

Comes from the files of a recipe (`train/sft/recipe.py`); goes to `train/sft/prepare.py`. Items that stand in the
evaluation files, by id or by text (`train/sft/leaks.py`), are refused or, where the recipe says so, dropped and
counted.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from corpus.controls import visible
from corpus.errors import UserError
from corpus.exams.item import ExamItem
from corpus.exams.read import SUFFIXES, Exam, open_exam
from corpus.exams.same import ExamIndex
from corpus.report.wording import plural
from corpus.store import sha256_file, sha256_json
from train.sft.conversation import Conversation
from train.sft.instructions import read_chats, read_instructions
from train.sft.leaks import leaks, leaks_in_text, refuse_leaks, without_leaks
from train.sft.recipe import ExamSettings, LoadedSft

IN_EVALUATION, NO_ANSWER = "in the evaluation files", "no answer"


class Records(NamedTuple):
    """What can be learned from. `files`: SHA-256 of what was read, by name. `leaked`: ids that were dropped because
    they are to be scored. `unanswered`: where the entries stand that have no answer in the training files. `scored`:
    how many items the evaluation files hold; `unsought`: how many of these have questions too short to be looked for in
    conversations."""

    items: list[ExamItem]
    conversations: list[Conversation]
    files: dict[str, str]
    leaked: list[str]
    unanswered: list[str]
    scored: int
    unsought: int


def records(loaded: LoadedSft) -> Records:
    """Read everything that a recipe names. Raises `UserError` for a file that cannot be read, ids that stand twice, and
    evaluation items among the training ones."""
    recipe, files = loaded.recipe, dict[str, str]()
    exams = [_exam(loaded.base, told, "exam", files) for told in recipe.exam]
    items = [item for exam in exams for item in exam.items]
    scored = [item for told in recipe.evaluation for item in _exam(loaded.base, told, "evaluation", files).items]
    talks, spoken = list[Conversation](), list[tuple[str, list[str]]]()
    for told in recipe.data:
        path = loaded.base / told.path
        read = read_chats(path) if told.form == "chats" else read_instructions(path)
        talks += read
        spoken.append((told.path, [one.id for one in read]))
        files[f"data {told.name}"] = sha256_file(path)
    named = [(told.path, [item.id for item in exam.items]) for told, exam in zip(recipe.exam, exams, strict=True)]
    _refuse_twice([*named, *spoken], loaded.file)
    index = ExamIndex(scored)
    found = [*leaks(items, index), *leaks_in_text(talks, index)]
    if recipe.leaks == "refuse":
        refuse_leaks(found, str(loaded.file))
    left, talking = without_leaks(items, found), without_leaks(talks, found)
    if not left and not talking:
        raise UserError(f"No example is left to train on: all {len(found):,} stand in the evaluation files.",
                        str(loaded.file), "give other training files, or evaluate on other ones")  # fmt: skip
    unanswered = [place for exam in exams for place in exam.unanswered]
    return Records(
        left,
        talking,
        files,
        [leak.trained for leak in found],
        unanswered,
        len(scored),
        len(index.unsought) if talks else 0,
    )


def _exam(base: Path, told: ExamSettings, kind: str, files: dict[str, str]) -> Exam:
    path = base / told.path
    found = open_exam(told.form, path, told.split)
    files[f"{kind} {told.name}"] = _content(path)
    return found


def _content(path: Path) -> str:
    """The hash of a file, or of the tables of a folder."""
    if path.is_file():
        return sha256_file(path)
    tables = sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
    return sha256_json({one.name: sha256_file(one) for one in tables})


def _refuse_twice(named: Iterable[tuple[str, list[str]]], where: Path) -> None:
    """`named`: files with the ids in them."""
    files = defaultdict[str, list[str]](list)
    for file, ids in named:
        for name in ids:
            files[name].append(file)
    if twice := [name for name, some in files.items() if len(some) > 1]:
        held = " and ".join(dict.fromkeys(files[twice[0]]))
        told = f"{plural(len(twice), 'id')} {'stands' if len(twice) == 1 else 'stand'}"
        raise UserError(f"{told} more than once in the training files, the first is "
                        f"{visible(twice[0])!r}, in {visible(held)}.", str(where),
                        "give the entries ids of their own, or take one of them out")  # fmt: skip


def held_out(records: Records, share: float, most: int, seed: int) -> frozenset[str]:
    """The ids on which a run is measured, chosen by their hash and so the same in every arm: a share of all, and no
    more than `most`. An item whose question is learned from under another id is not one of them."""
    ids = [*(item.id for item in records.items), *(one.id for one in records.conversations)]
    hashed = sorted((_hash(name, seed), name) for name in ids)
    chosen = {name for number, name in hashed[:most] if number < share * 2**64}
    learned = [item for item in records.items if item.id not in chosen]
    twins = leaks([item for item in records.items if item.id in chosen], ExamIndex(learned))
    return frozenset(chosen - {leak.trained for leak in twins})


def _hash(name: str, seed: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}:{name}".encode()).digest()[:8], "big")
