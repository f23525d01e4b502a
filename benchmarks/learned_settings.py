"""Which settings the fastText classifiers of a build should be trained with.

    MATERIA_REAL_DATA=... python -m benchmarks.learned_settings WORK

Builds what `benchmarks/learned.py` builds (in its WORK only the learning is done again), takes the examples on their
way to the trainer, trains on their training part with other settings, one at a time, and tells the AUC on the part that
calibrates: what is reported elsewhere is on neither. For each of the four classifiers, with the seconds and the bytes
of the models. One core.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.update(POLARS_MAX_THREADS="1", OMP_NUM_THREADS="1")  # before the first import

import fasttext
import numpy as np
import polars as pl

from benchmarks.learned import recipe
from corpus.annotate.learned import NEGATIVE, POSITIVE, log_odds
from corpus.build import build
from corpus.learn import fit
from corpus.learn.evaluation import auc
from corpus.learn.trainer import ARGUMENTS, ENVIRONMENT
from corpus.progress import Screen
from corpus.recipe_file import load_recipe
from corpus.store import Store

CHANGES: list[dict[str, Any]] = [
    {}, {"dim": 4}, {"dim": 64}, {"epoch": 5}, {"epoch": 25}, {"lr": 0.1}, {"lr": 0.5}, {"wordNgrams": 1},
    {"wordNgrams": 3}, {"bucket": 50_000}, {"bucket": 2_000_000}, {"minCount": 1}, {"minCount": 10},
    {"minn": 3, "maxn": 5},
]  # fmt: skip


def chosen(work: Path) -> dict[str, pl.DataFrame]:
    """The examples of each classifier, by its name, as `corpus/learn/fit.py` gets them."""
    found: dict[str, pl.DataFrame] = {}
    fit_it = fit.fit

    def watched(payload: dict[str, Any], store: Store) -> dict[str, int]:
        found[f"{payload['task']}-{payload['language']}"] = pl.read_parquet(payload["examples"], glob=False)
        return fit_it(payload, store)

    work.mkdir(parents=True, exist_ok=True)
    for known in ("store/choice", "store/learn", "settings"):  # else there would be nothing to do
        shutil.rmtree(work / known, ignore_errors=True)
    fit.fit = watched  # with one worker the engine calls it in this process
    build(load_recipe(recipe(work, ())), work / "settings", Store(work / "store"), 1, Screen())
    return dict(sorted(found.items()))


def measured(examples: pl.DataFrame, changed: dict[str, Any]) -> tuple[float, float, int]:
    """AUC, seconds of training, bytes of the model."""
    with tempfile.TemporaryDirectory() as folder:
        lines, model = Path(folder) / "lines.txt", Path(folder) / "model.bin"
        rows = examples.filter(part="train").select("text", "positive").iter_rows()
        lines.write_text("".join(f"{POSITIVE if positive else NEGATIVE} {text}\n" for text, positive in rows), "utf-8")
        start = time.perf_counter()
        settings = {"input": str(lines)} | ARGUMENTS | changed
        code = f"import fasttext; fasttext.train_supervised(**{settings!r}).save_model({str(model)!r})"
        command = [sys.executable, "-c", code]
        subprocess.run(command, env=os.environ | ENVIRONMENT, check=True, capture_output=True)  # see learn/trainer.py
        took = time.perf_counter() - start
        trained = fasttext.load_model(str(model))
        held = examples.filter(part="calibrate")
        odds = log_odds(trained, held["text"].to_list())
        area = auc(np.asarray(odds), held["positive"].to_numpy(), held["group"].to_numpy())
        return area.value, took, model.stat().st_size


def main() -> None:
    """Print one table: a row for each change, a column for each classifier."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("work", type=Path)
    told = parser.parse_args()
    examples = chosen(told.work.resolve())
    print("| changed | " + " | ".join(examples) + " | seconds, all | MB, the largest |")
    print("|---|" + "---:|" * (len(examples) + 2), flush=True)
    for changed in CHANGES:
        found = [measured(rows, changed) for rows in examples.values()]
        name = ", ".join(f"{key} {value:,}" for key, value in changed.items()) or "as it is"
        areas = " | ".join(f"{area:.4f}" for area, _, _ in found)
        took, largest = sum(seconds for _, seconds, _ in found), max(size for _, _, size in found) / 1e6
        print(f"| {name} | {areas} | {took:.1f} | {largest:.1f} |", flush=True)


if __name__ == "__main__":
    main()
