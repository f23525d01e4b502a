"""A tiny model that knows eight questions of CMExam's form by heart, its base that knows nothing, and suites."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from corpus.progress import Silent
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from tests.train import tuned
from train.model_folder import Written

METALS = ("金", "铁", "锡", "锌", "铜")
RECIPE = """
name = "by-heart"
base = "base"
with_reasoning = true
epochs = 100.0

[[exam]]
name = "learned"
form = "cmexam"
path = "known_train.csv"

[examples]
max_tokens = 256
PROMPT

[held_out]
share = 0.0

[optimizer]
learning_rate = 0.01

[batch]
rows = 4
device_rows = 4
"""
SUITE = """
name = "written"

[[generate]]
name = "known"
form = "cmexam"
path = ["known_train.csv"]
max_new_tokens = 60
"""


def write_exam(file: Path, count: int) -> None:
    """So many questions, every fourth with two right answers."""
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(["Question", "Options", "Answer", "Explanation"])
        for number in range(count):
            letters = "BD" if number % 4 == 3 else "ABCDE"[number % 5]
            options = "\\n".join(f"{letter} {metal}" for letter, metal in zip("ABCDE", METALS, strict=True))
            asked = f"{number}{number}{'?' * (1 + number % 5)}"  # of other lengths, so that batches are filled up
            writer.writerow([asked, options, letters, f"{METALS[number % 5]}{number}。"])


def make(folder: Path) -> None:
    """`base`; `known_train.csv`, eight questions; `tuned`, which was taught them in the wording that CMExam's authors
    used; `many_train.csv`, forty questions; `suite.toml`."""
    tuned.decoder(folder / "base", 0.0)
    write_exam(folder / "known_train.csv", 8)
    write_exam(folder / "many_train.csv", 40)
    (folder / "by-heart.toml").write_text(RECIPE.replace("PROMPT", 'prompt = "cmexam"'), encoding="utf-8")
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    tuned.tuned(folder / "by-heart.toml", folder / "tuned")


def answered(ground: Path, out: Path, *sets: str, model: str = "tuned", batch: int = 4, **more: Any) -> Written:
    """`evaluate run` of the suite."""
    return evaluate(Wanted(ground / model, load_suite(ground / "suite.toml", sets), out, batch, **more), Silent())
