"""A tiny base with its tokenizer, invented exams and recipes, for tests of fine-tuning."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from corpus.exams.item import ExamItem, as_json
from corpus.progress import Silent
from tests.train import tiny, tiny_chat
from train.checkpoint import Checkpoints
from train.run_folder import Trained
from train.sft.recipe import load_sft
from train.sft.run import AskedSft, sft

RECIPE = """
name = "little"
base = "base"
epochs = 2.0

[[exam]]
name = "invented"
form = "plain"
path = "train.jsonl"

[[evaluation]]
name = "scored"
form = "plain"
path = "test.jsonl"

[examples]
max_tokens = 256

[held_out]
share = 0.2

[optimizer]
learning_rate = 0.003

[batch]
rows = 4
device_rows = 2
"""


def item(number: int, split: str = "train", explained: bool = True) -> ExamItem:
    """A question whose right option follows from its number."""
    options = ("Gold", "Iron", "Tin", "Zinc")
    place = number if split == "train" else 100 + number  # what differs in a word alone would be one question
    asked = f"Which metal has the number {place} in {split}?"
    why = f"It is {options[number % 4]}, by its number." if explained else ""
    return ExamItem(f"e:{split}:{number}", "e", split, "en", "", "", asked, options, (number % 4,), why, "")


def write_items(file: Path, items: Sequence[ExamItem]) -> None:
    """A file of the plain form."""
    file.write_text("".join(as_json(one) + "\n" for one in items), encoding="utf-8")


def decoder(folder: Path, dropout: float = 0.1) -> Path:
    """A tiny Llama with a byte-level tokenizer that has a chat template."""
    tokenizer = tiny_chat.byte_level()
    tokenizer.save_pretrained(folder)
    tiny.llama(len(tokenizer), attention_dropout=dropout, max_position_embeddings=256).save_pretrained(folder)
    return folder


def encoder(folder: Path, **options: Any) -> Path:
    """A tiny BERT with a WordPiece."""
    tokenizer = tiny_chat.word_pieces()
    tokenizer.save_pretrained(folder)
    tiny.encoder(len(tokenizer), **options).save_pretrained(folder)
    return folder


def ground(folder: Path, dropout: float = 0.1) -> Path:
    """A folder with base, training and evaluation files; the file of its recipe."""
    decoder(folder / "base", dropout)
    write_items(folder / "train.jsonl", [item(number) for number in range(24)])
    write_items(folder / "test.jsonl", [item(number, "test") for number in range(6)])
    (folder / "little.toml").write_text(RECIPE, encoding="utf-8")
    return folder / "little.toml"


def tuned(recipe: Path, out: Path, *sets: str) -> Trained:
    """Fine-tune."""
    return sft(AskedSft(load_sft(recipe, sets), out), Silent())


class Stop(Exception):
    """The run is stopped here, as by a user or a power cut; what -9 leaves is tested in `tests/train/test_run.py`."""


def stop_behind_a_checkpoint(patch: pytest.MonkeyPatch, number: int = 1) -> None:
    """Every run stops when its first checkpoint, or that of another number, is whole."""
    finish, places = Checkpoints.finish, Counter[Path]()

    def then_stop(self: Checkpoints, step: int, measured: Mapping[str, Any]) -> None:
        finish(self, step, measured)
        places[self.folder] += 1
        if places[self.folder] == number:
            raise Stop

    patch.setattr(Checkpoints, "finish", then_stop)
