"""Learned relevance and quality on real documents: how well they part them, and how much noise they stop.

    MATERIA_REAL_DATA=... python -m benchmarks.learned WORK [--without SET ...]

Builds the sources of `benchmarks/real-sources.toml`, and MedQuAD's questions and answers (NIH, CC BY 4.0), under the
medical presets with labels by source, once. No source says `general`: what a document is must be told by its text.
Then, on documents that no classifier was trained or calibrated on *and* that lie in the half never used for calibrating
rules (`benchmarks/survival.py`):

1. AUC with intervals, calibration, and what each label scores;
2. of each noise set the share dropped or in the lowest tier, and why; of each medical set the share kept.

`--without SET` leaves a set out of the labels, to see how it fares when the classifiers have never met its kind.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

import polars as pl
from lxml import etree

from benchmarks.survival import MEDICAL, half, markdown
from corpus.build import build
from corpus.engine import default_workers
from corpus.learn.labels import lot
from corpus.progress import Screen
from corpus.recipe_file import load_recipe
from corpus.store import Store

HERE = Path(__file__).parent
NOISE = ("noise-bbc", "noise-c4", "noise-zh-clean", "noise-zh-dirty", "noise-zh-pages", "noise-zh-hotels",
         "noise-zh-titles")  # fmt: skip
LEARNED_FROM = ("pubmed", "abstracts-cohen", "abstracts-hoc", "abstracts-ohsumed", "pmc-trials", "zh-classics",
                "zh-drugs", "zh-consultations-toyhom", "zh-consultations-huatuo", "zh-consultations-cmedqa",
                "zh-generated-qa", "medquad")  # fmt: skip
GOOD = ("pmc-trials", "zh-drugs", "pubmed")
POOR = ("zh-consultations-toyhom", "zh-consultations-huatuo", "zh-consultations-cmedqa", "zh-generated-qa")
HELD_BACK = 0.5

LABEL = """
[[label]]
name = "{name}"
task = "{task}"
value = "{value}"
when = [{{ signal = "document.source", comparison = "in", threshold = {sources} }}]
"""
RULES = """
[learn]
held_back = {held_back}

[[source]]
name = "medquad"
kind = "table"
path = "{medquad}"
id = "id"
title = "title"
genre = "education"
language = "en"

[[rule]]
name = "relevance"
language = ["en", "zh", "lzh"]
genre = ["web", "other"]
signal = "learned.relevance"
comparison = ">="
threshold = 0.5
reason = "Reads more like general text than like medicine."

[[tier]]
name = "off-topic"
tier = "basic"
when = [{{ signal = "learned.relevance", comparison = "<", threshold = 0.5 }}]
"""


def medquad(path: Path) -> None:
    """MedQuAD's XML as JSON Lines, one question and answer a line."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    folder = Path(os.environ["MATERIA_REAL_DATA"]) / "green" / "medquad"
    with path.open("w", encoding="utf-8") as file:
        for source in sorted(folder.glob("*/*.xml")):
            for pair in etree.parse(str(source), parser).getroot().iter("QAPair"):
                question, answer = ((pair.findtext(name) or "").strip() for name in ("Question", "Answer"))
                name = f"{source.parent.name}/{pair.find('Question').get('qid')}"
                if answer:
                    row = {"id": name, "title": question, "text": f"{question}\n\n{' '.join(answer.split())}"}
                    file.write(json.dumps(row, ensure_ascii=False) + "\n")


def recipe(work: Path, without: tuple[str, ...]) -> Path:
    """The recipe, written into the work folder."""
    medquad(work / "medquad.jsonl")
    labels = (
        ("noise", "relevance", "negative", NOISE), ("medicine", "relevance", "positive", LEARNED_FROM),
        ("good", "quality", "positive", GOOD), ("poor", "quality", "negative", (*POOR, *NOISE)),
    )  # fmt: skip
    text = f'name = "learned"\nextends = {json.dumps([str(HERE / "real-sources.toml"), *MEDICAL])}\n'
    for name, task, value, sources in labels:
        chosen = json.dumps([source for source in sources if source not in without])
        text += LABEL.format(name=name, task=task, value=value, sources=chosen)
    path = work / ("-".join(("learned", *without)) + ".toml")
    path.write_text(text + RULES.format(held_back=HELD_BACK, medquad=work / "medquad.jsonl"), encoding="utf-8")
    return path


def fresh(out: Path) -> pl.DataFrame:
    """Standing documents of the report half in groups that nothing was trained or calibrated on, with their scores.

    A group is held back by the hash of its first record among the examples; a document stands here only if every record
    of its group would be, so that none of its relatives was seen.
    """
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(stage="decide")
    facts = pl.read_parquet(out / "facts" / "*.parquet", columns=["id", "learned.relevance", "learned.quality"])
    related = pl.read_parquet(out / "relations" / "relations-*.parquet", columns=["one", "other"])
    seen = ledger.with_columns(unseen=pl.Series([lot(record) < HELD_BACK for record in ledger["record"]]))
    taint = seen.filter(~pl.col("unseen"))["id"].implode()
    beside = pl.concat([related.filter(pl.col(there).is_in(taint))[here] for here, there in
                        (("one", "other"), ("other", "one"))])  # fmt: skip
    report = pl.Series([half(name) == "report" for name in ledger["id"]])
    table = seen.filter(report & pl.col("unseen") & ~pl.col("id").is_in(beside.implode()))
    return table.join(facts, on="id", maintain_order="left")


def stopped(documents: pl.DataFrame) -> pl.DataFrame:
    """By set: documents, how they end, and the median scores."""
    dropped = pl.col("fate") == "dropped"
    learned = dropped & (pl.col("broken").list.len() == 1) & (pl.col("rule") == "relevance")
    low = dropped | (pl.col("tier") == "basic")
    return documents.group_by(pl.col("source").alias("set")).agg(
        pl.len().alias("documents"), (pl.col("fate") == "kept").mean().alias("kept"), dropped.mean().alias("dropped"),
        learned.mean().alias("by relevance alone"), low.mean().alias("dropped or lowest tier"),
        pl.col("learned.relevance").median().alias("relevance, median"),
        pl.col("learned.quality").median().alias("quality, median"),
    ).sort("set")  # fmt: skip


def classifiers(out: Path) -> pl.DataFrame:
    """What is told of each classifier."""
    rows = []
    for path in sorted((out / "learned").glob("*.json")):
        told = json.loads(path.read_bytes())
        parts = {part: sum(one["documents"].get(part, 0) for one in told["labels"]) for part in ("train", "test")}
        area = told["auc"]
        rows.append({"classifier": path.stem, "trained on": parts["train"], "tested on": parts["test"],
                     "AUC": f"{area['value']:.4f}", "95 %": f"{area['low']:.4f} to {area['high']:.4f}",
                     "calibration error": f"{told['calibration_error']:.4f}"})  # fmt: skip
    return pl.DataFrame(rows)


def main() -> None:
    """Parse the arguments, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("work", type=Path)
    parser.add_argument("--without", nargs="*", default=[], metavar="SET")
    told = parser.parse_args()
    work = told.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    path = recipe(work, tuple(told.without))
    build(load_recipe(path), work / path.stem, Store(work / "store"), default_workers(), Screen())
    documents = fresh(work / path.stem)
    noise = documents.filter(pl.col("source").is_in(NOISE))
    gone = noise.filter((pl.col("fate") == "dropped") | (pl.col("tier") == "basic")).height
    dropped = noise.filter(fate="dropped").height
    print(markdown(classifiers(work / path.stem)), "\n")
    print(markdown(stopped(documents)), "\n")
    shares = f"{dropped / noise.height:.1%} dropped, {gone / noise.height:.1%} dropped or in the lowest tier"
    print(f"Noise: {noise.height:,} documents, {shares}.")


if __name__ == "__main__":
    main()
