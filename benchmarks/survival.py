"""How much of each real set survives each preset, on the half that was never used for calibration.

    MATERIA_REAL_DATA=... python -m benchmarks.survival WORK [--half report|calibration] [--drops SET]

Builds the sources of `benchmarks/real-sources.toml`, and noise made from them (`benchmarks/made_noise.py`), once under
the medical presets with the real command's functions; the other presets are then held against the facts of that build.
Prints a Markdown table: rows are sets, columns presets, cells the share kept of the documents that stand. `--drops SET`
lists what medical drops of one set, `--rules` what each rule does, `--tiers` where the kept documents go.
Halves are cut by the hash of the document's id (`half`), the same in every run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

import polars as pl

from benchmarks import made_noise
from corpus.build import build
from corpus.engine import default_workers
from corpus.judge import verdict
from corpus.progress import Screen
from corpus.recipe_file import load_recipe
from corpus.store import Store

HERE = Path(__file__).parent
MEDICAL = ["medical-en", "medical-zh", "medical-tiers"]
# The presets to compare with, and the languages that they have rules for.
PEERS = {"gopher": ("en",), "fineweb": ("en",), "fineweb2-zh": ("zh", "lzh")}
# Sets of which records without an abstract are told apart: their text is their title.
WITH_TITLES = ("pubmed", "abstracts-cohen")
# Sets of many languages, of which English is told apart.
MIXED = ("pubmed", "web-en")
# Sets that are not the medicine to be kept.
REST = r"^(noise|made|web)-|title only|not English"


def half(name: str) -> str:
    """`calibration` or `report`, by hash of the id."""
    return "report" if hashlib.sha256(name.encode()).digest()[0] % 2 else "calibration"


def built(work: Path) -> Path:
    """The output folder of the real and made sources under the medical presets, built if need be."""
    made_noise.write(work / "made")
    os.environ["MATERIA_MADE_NOISE"] = str(work / "made")
    recipe = work / "medical.toml"
    extends = [str(HERE / "real-sources.toml"), str(HERE / "made-noise.toml"), *MEDICAL]
    recipe.write_text(f'name = "real-medical"\nextends = {extends!r}\n'.replace("'", '"'), encoding="utf-8")
    build(load_recipe(recipe), work / "medical", Store(work / "store"), default_workers(), Screen())
    return work / "medical"


def documents(out: Path, which: str) -> pl.DataFrame:
    """Every document of one half that stood before the rules: the ledger's row, every signal, and its `set`."""
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(pl.col("fate").is_in(["kept", "dropped"]))
    halves = pl.Series("half", [half(name) for name in ledger["id"]], pl.String)
    facts = pl.read_parquet(out / "facts" / "*.parquet")
    return ledger.with_columns(halves, _set()).filter(half=which).join(facts, on="id", maintain_order="left")


def _set() -> pl.Expr:
    """The source, and what is to be told apart in it: titles without a text, languages."""
    bare = pl.col("bytes") <= pl.col("title").str.len_bytes() + 2
    return (
        pl.when(pl.col("source").is_in(WITH_TITLES) & bare).then(pl.format("{} (title only)", "source"))
        .when(pl.col("source").is_in(MIXED) & (pl.col("language") != "en"))
        .then(pl.format("{} (not English)", "source"))
        .otherwise("source").alias("set")
    )  # fmt: skip


def kept_by(judged: pl.DataFrame, preset: str) -> pl.Series:
    """Whether a preset keeps each document; null where it has no rules for the document's language."""
    recipe = load_recipe(preset).recipe
    kept = verdict(judged.drop("tier", "fate", "rule", "value", "threshold", "broken"), recipe)["fate"] == "kept"
    tag = pl.col("language.tag").fill_null("und")
    spoken = pl.any_horizontal([tag.str.starts_with(code) for code in PEERS[preset]])
    return judged.with_columns(kept.alias(preset)).select(pl.when(spoken).then(preset).alias(preset)).to_series()


def table(judged: pl.DataFrame) -> pl.DataFrame:
    """Per set: documents, and the share kept by each preset; a peer's is of the documents in its languages, and null
    for a set of which they are less than half."""
    judged = judged.with_columns((pl.col("fate") == "kept").alias("medical"), *(kept_by(judged, p) for p in PEERS))
    spoken = {peer: pl.when(pl.col(peer).count() * 2 > pl.len()).then(pl.col(peer).mean()) for peer in PEERS}
    return judged.group_by("set").agg(pl.len().alias("documents"), pl.col("medical").mean(), **spoken).sort("set")


def rules(judged: pl.DataFrame) -> pl.DataFrame:
    """Per rule of the medical presets: documents that break it, and that only it drops, in medicine and in the rest
    (noise, titles without a text, other languages, web pages)."""
    rest = pl.col("set").str.contains(REST)
    broken = judged.select(rest.alias("rest"), pl.col("broken").list.len().alias("rules"), "broken").explode("broken")
    broken = broken.drop_nulls("broken").with_columns(rule=pl.col("broken").struct.field("rule"))
    alone = pl.col("rules") == 1
    counted = broken.group_by("rule").agg(
        (~pl.col("rest")).sum().alias("medicine"), (~pl.col("rest") & alone).sum().alias("medicine, alone"),
        pl.col("rest").sum().alias("the rest"), (pl.col("rest") & alone).sum().alias("the rest, alone"),
    )  # fmt: skip
    order = pl.DataFrame({"rule": [rule.name for name in MEDICAL for rule in load_recipe(name).recipe.rule]})
    return order.unique(maintain_order=True).join(counted, on="rule", how="left", maintain_order="left").fill_null(0)


def tiers(judged: pl.DataFrame) -> pl.DataFrame:
    """Kept documents by source and the tier entry that took them."""
    kept = judged.filter(pl.col("fate") == "kept")
    return kept.group_by("source", "tier", "tier_by").len("documents").sort("source", "tier", "tier_by")


def drops(judged: pl.DataFrame, name: str) -> pl.DataFrame:
    """Every dropped document of a set: id, language, size and the rules with values."""
    rule = pl.element().struct
    said = pl.format(
        "{}: {}, not {} {}", rule.field("rule"), rule.field("value"), rule.field("comparison"), rule.field("threshold")
    )
    dropped = judged.filter((pl.col("set") == name) & (pl.col("fate") == "dropped"))
    return dropped.select("id", "language", "bytes", pl.col("broken").list.eval(said).list.join("; ").alias("broken"))


def markdown(frame: pl.DataFrame) -> str:
    """A table as Markdown, shares in percent."""
    rows = ["| " + " | ".join(frame.columns) + " |", "|" + "---|" * frame.width]
    rows += ["| " + " | ".join(_cell(value) for value in row) + " |" for row in frame.iter_rows()]
    return "\n".join(rows)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return f"{100 * value:.1f} %"
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def main() -> None:
    """Parse the arguments, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", default="report", choices=["report", "calibration"])
    parser.add_argument("--drops", metavar="SET")
    parser.add_argument("--rules", action="store_true")
    parser.add_argument("--tiers", action="store_true")
    told = parser.parse_args()
    told.work.mkdir(parents=True, exist_ok=True)
    judged = documents(built(told.work.resolve()), told.half)
    if told.drops:
        print(markdown(drops(judged, told.drops)))
        return
    print(f"The {told.half} half.\n\n{markdown(table(judged))}")
    if told.rules:
        print(f"\n{markdown(rules(judged))}")
    if told.tiers:
        print(f"\n{markdown(tiers(judged))}")


if __name__ == "__main__":
    main()
