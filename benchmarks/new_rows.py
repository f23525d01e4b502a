"""What each way to make the rows of new pieces costs: right after a vocabulary is extended, and some steps later.

python -m benchmarks.new_rows --general CORPUS --medical CORPUS --tokenizer BASE --extended EXTENDED --work FOLDER
                              [--size 4m] [--shapes llama gpt2] [--seeds 3] [--base-steps 300] [--steps 200]

For each shape and seed a model is trained here on the general corpus with the base tokenizer (`tokenizer fit`). It is
then continued on the medical corpus once with that tokenizer, and once for each method with the extended one
(`tokenizer extend`), on as many bytes of text: the extended tokenizer needs fewer tokens for them, so that the run of
the base tokenizer is given more. Told, in bits per byte of held-out medical text, which is the same for all: before,
right after, and at the end; means over seeds, and of the differences to `mean` their interval over seeds (t, 95 %).
`llama` has an output matrix of its own, `gpt2` has one matrix for both. Finished runs in --work are not run again.
"""

from __future__ import annotations

import argparse
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch

from corpus.progress import Silent
from tokenizer.opened import Opened, open_tokenizer
from train.base import given_model
from train.bits import bits_per_byte
from train.compare_rows import compare_methods
from train.model_folder import open_model
from train.prepare import held_out_texts, prepare
from train.recipe import load_train
from train.run import Asked, train

METHODS = ("mean", "half-mean", "first-piece", "normal", "random")
UNEXTENDED = "not extended"
RATE = 3e-3  # of going on: a fifth of what the base was trained with
T95 = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}  # two-sided, by number of seeds


class Settings(NamedTuple):
    """What was asked. `rows` of `sequence` tokens are a step."""

    general: Path
    medical: Path
    tokenizer: Path
    extended: Path
    work: Path
    size: str
    sequence: int
    rows: int
    base_steps: int
    steps: int
    held_out: int


class Found(NamedTuple):
    """Bits per byte of one shape and seed: by method, right after extension and at the end."""

    after: dict[str, float]
    end: dict[str, float]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("general", "medical", "tokenizer", "extended", "work"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--size", default="4m")
    parser.add_argument("--shapes", nargs="+", default=["llama", "gpt2"])
    numbers = {"seeds": 3, "sequence": 256, "rows": 8, "base-steps": 300, "steps": 200, "held-out": 200_000}
    for name, value in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=value)
    asked = vars(parser.parse_args())
    shapes, seeds = asked.pop("shapes"), asked.pop("seeds")
    torch.set_num_threads(1)
    values: dict[str, Any] = {name: v.absolute() if isinstance(v, Path) else v for name, v in asked.items()}
    settings = Settings(**values)
    for shape in shapes:
        found = [of_seed(settings, shape, seed) for seed in range(seeds)]
        print(told(shape, found), flush=True)


def of_seed(settings: Settings, shape: str, seed: int) -> Found:
    """Train the base, and go on from it in every way."""
    place = settings.work / f"{shape}-{seed}"
    base = run(settings, place / "base", settings.general, settings.tokenizer, settings.base_steps,
               f"model.shape={shape}", f"model.size={settings.size}", f"seed={seed}")  # fmt: skip
    own, extended = open_tokenizer(settings.tokenizer), open_tokenizer(settings.extended)
    texts = held_out(settings)
    model = given_model(open_model(base))
    table = compare_methods(model, own, extended, texts, METHODS, seed)
    same = table.filter(table["input"] == table["output"])
    after = dict(zip(same["input"], same["bits_per_byte"], strict=True))
    after[UNEXTENDED] = after.pop("before")
    end: dict[str, float] = {}
    for method in (UNEXTENDED, *METHODS):
        plain = method == UNEXTENDED
        more = len_of(own, texts) / len_of(extended, texts) if plain else 1.0
        sets = [
            f"model.base={base}",
            f"seed={seed}",
            f"optimizer.learning_rate={RATE}",
            *([] if plain else [f"model.new_rows={method}"]),
        ]
        steps, tokenizer = round(settings.steps * more), settings.tokenizer if plain else settings.extended
        folder = run(settings, place / method.replace(" ", "-"), settings.medical, tokenizer, steps, *sets)
        end[method] = measured(folder, own if plain else extended, texts)
        print(f"{shape} seed {seed} {method:<14} {after[method]:.4f} -> {end[method]:.4f}", flush=True)
    return Found(after, end)


def run(settings: Settings, out: Path, corpus: Path, tokenizer: Path, steps: int, *sets: str) -> Path:
    """The folder of a run, trained where it is not yet."""
    tokens = steps * settings.rows * settings.sequence - settings.sequence // 2  # the last row is not full
    told = (f"model.sequence={settings.sequence}", f"batch.rows={settings.rows}", f"budget.tokens={tokens}",
            "budget.most_epochs=50", "evaluate.bytes=0", *sets)  # fmt: skip
    loaded = load_train("quick-start", told)
    train(Asked(loaded, out, settings.work / ".store", corpus, str(tokenizer)), Silent())
    return out


def held_out(settings: Settings) -> list[str]:
    """Held-out medical documents."""
    loaded = load_train("quick-start", ("model.sequence=64", "budget.tokens=100000", "budget.most_epochs=50"))
    prepared = prepare(loaded, settings.medical, str(settings.tokenizer), settings.work / ".store", Silent())
    texts = held_out_texts(prepared.recipe, prepared.corpora, settings.held_out)
    return [text for some in texts.values() for text in some]


def measured(folder: Path, opened: Opened, texts: Sequence[str]) -> float:
    """Bits per byte of a finished run."""
    return bits_per_byte(given_model(open_model(folder)), opened, texts).per_byte


def len_of(opened: Opened, texts: Sequence[str]) -> int:
    """Tokens of the texts."""
    return sum(len(ids) for ids in opened.encode(texts))


def told(shape: str, found: Sequence[Found]) -> str:
    """A table in Markdown."""
    lines = [f"{shape}, {len(found)} seeds", "", "| rows by | right after | less mean | at the end | less mean |",
             "|---|---:|---:|---:|---:|"]  # fmt: skip
    for method in (UNEXTENDED, *METHODS):
        cells = []
        for part in ("after", "end"):
            values = [getattr(one, part)[method] for one in found]
            against = [getattr(one, part)["mean"] for one in found]
            cells += [f"{statistics.mean(values):.4f}", interval([a - b for a, b in zip(values, against, strict=True)])]
        lines.append(f"| {method} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def interval(values: Sequence[float]) -> str:
    """Mean and the half width of its 95 % interval."""
    if len(values) < 2:
        return f"{values[0]:+.4f}"
    half = T95[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
    return f"{statistics.mean(values):+.4f} ± {half:.4f}"


if __name__ == "__main__":
    main()
