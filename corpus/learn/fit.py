"""Fits one classifier: train, calibrate, test; and writes down what a reader needs to judge it.

A unit of the engine's work: examples come from `corpus/learn/stage.py` as a Parquet file of prepared lines, the model
and `told.json` go to the store.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus.annotate.learned import NEGATIVE, POSITIVE, log_odds
from corpus.learn.evaluation import auc, platt, reliability
from corpus.learn.telling import telling
from corpus.learn.trainer import train
from corpus.store import Store, kill_point, sha256_file, write_json


def fit(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Fit the classifier of one task and language. Payload: `key`, `task`, `language`, `examples` (path; columns `text,
    label, positive, group, part, source`, in a fixed order)."""
    import fasttext

    examples = pl.read_parquet(payload["examples"], glob=False)
    with store.making("learn", payload["key"]) as making, store.scratch("lines") as scratch:
        path = making.folder / "model.bin"
        _write_lines(examples.filter(part="train"), scratch / "lines.txt")
        train(scratch / "lines.txt", path)
        kill_point("learn:trained")
        told = _told(fasttext.load_model(str(path)), examples)
        told |= {"task": payload["task"], "language": payload["language"], "sha256": sha256_file(path),
                 "bytes": path.stat().st_size}  # fmt: skip
        write_json(making.folder / "told.json", told)
        making.counts = {"documents": examples.height}
    return {"documents": examples.height}


def _write_lines(examples: pl.DataFrame, path: Path) -> None:
    """fastText's own format: a label, then the text, one document a line."""
    with path.open("w", encoding="utf-8") as file:
        for text, positive in examples.select("text", "positive").iter_rows():
            file.write(f"{POSITIVE if positive else NEGATIVE} {text}\n")
        file.flush()
        os.fsync(file.fileno())


def _told(model: Any, examples: pl.DataFrame) -> dict[str, Any]:
    """What is known of the classifier, from documents that it was not trained on."""
    odds = log_odds(model, examples["text"].to_list())
    positive = examples["positive"].to_numpy()
    part = examples["part"].to_numpy()
    slope, intercept = platt(odds[part == "calibrate"], positive[part == "calibrate"])
    scores = 1 / (1 + np.exp(-(slope * odds + intercept)))
    test = part == "test"
    area = auc(scores[test], positive[test], examples["group"].to_numpy()[test])
    bins, error = reliability(scores[test], positive[test])
    texts = np.array(examples["text"].to_list(), object)
    return {
        "slope": slope, "intercept": intercept, "auc": area._asdict(), "calibration_error": error,
        "reliability": [one._asdict() for one in bins], "labels": _by_label(examples, scores),
        "telling": telling(model, texts[test & positive].tolist(), texts[test & ~positive].tolist()),
    }  # fmt: skip


def _by_label(examples: pl.DataFrame, scores: Any) -> list[dict[str, Any]]:
    """Of each label its documents by part and source, and how the held-back ones are scored."""
    scored = examples.with_columns(score=pl.Series(scores, dtype=pl.Float64))
    told = []
    for (label, positive), rows in scored.group_by("label", "positive", maintain_order=True):
        held = rows.filter(part="test")["score"]
        documents, sources = _counts(rows["part"]), _counts(rows["source"])
        told.append({"label": label, "positive": positive, "documents": documents, "sources": sources,
                     "median": held.median(), "above_half": (held >= 0.5).mean()})  # fmt: skip
    return sorted(told, key=lambda one: str(one["label"]))


def _counts(column: pl.Series) -> dict[str, int]:
    return dict(sorted(column.value_counts().iter_rows()))
