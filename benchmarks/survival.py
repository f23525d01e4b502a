"""How much of each real set survives each preset, on the half that was never used for calibration.

    MATERIA_REAL_DATA=... python -m benchmarks.survival WORK [--half report|calibration] [--drops SOURCE]

Builds the sources of `benchmarks/real-sources.toml` under each preset with the real command's functions into WORK
(one store, so the documents are read and measured once), and prints a Markdown table: rows are sets, columns presets,
cells the share kept of the documents that stand. `--drops SOURCE` lists what medical drops of one set, with rule, value and text.
Halves are cut by the hash of the document's id (`half`), the same in every run.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import polars as pl

from corpus.build import build
from corpus.engine import default_workers
from corpus.progress import Screen
from corpus.recipe_file import load_recipe
from corpus.store import Store

SOURCES = Path(__file__).parent / "real-sources.toml"
PRESETS = {
    "medical": ["medical-en", "medical-zh"],
    "gopher": ["gopher"],
    "fineweb": ["fineweb"],
    "fineweb2-zh": ["fineweb2-zh"],
}


def half(name: str) -> str:
    """`calibration` or `report`, by hash of the id."""
    return "report" if hashlib.sha256(name.encode()).digest()[0] % 2 else "calibration"


def built(preset: str, work: Path) -> Path:
    """The output folder of the real sources under a preset, built if need be."""
    recipe = work / f"{preset}.toml"
    extends = [str(SOURCES.resolve()), *PRESETS[preset]]
    recipe.write_text(f'name = "real-{preset}"\nextends = {extends!r}\n'.replace("'", '"'), encoding="utf-8")
    out = work / preset
    build(load_recipe(recipe), out, Store(work / "store"), default_workers(), Screen())
    return out


def judged(out: Path, which: str) -> pl.DataFrame:
    """Documents that stood before the rules (kept or dropped), of one half."""
    ledger = pl.read_parquet(out / "ledger" / "documents-*.parquet").filter(pl.col("fate").is_in(["kept", "dropped"]))
    halves = pl.Series("half", [half(name) for name in ledger["id"]])
    return ledger.with_columns(halves).filter(half=which)


def table(outs: dict[str, Path], which: str) -> pl.DataFrame:
    """Per source: documents, and the share kept by each preset."""
    result: pl.DataFrame | None = None
    for preset, out in outs.items():
        share = (
            judged(out, which)
            .group_by("source")
            .agg(pl.len().alias("documents"), (pl.col("fate") == "kept").mean().alias(preset))
            .sort("source")
        )
        result = share if result is None else result.join(share.drop("documents"), on="source")
    assert result is not None
    return result


def print_drops(out: Path, source: str, which: str) -> None:
    """Every dropped document of one set: id, rules with values, and the start of its text."""
    dropped = judged(out, which).filter((pl.col("source") == source) & (pl.col("fate") == "dropped"))
    print(dropped.group_by("rule").len().sort("len", descending=True))
    for row in dropped.iter_rows(named=True):
        broken = "; ".join(f"{b['rule']} is {b['value']} not {b['comparison']} {b['threshold']}" for b in row["broken"])
        print(f"{row['id']}  [{row['language']}, {row['bytes']} bytes]  {broken}")


def main() -> None:
    """Parse the arguments, build, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("work", type=Path)
    parser.add_argument("--half", default="report", choices=["report", "calibration"])
    parser.add_argument("--drops", metavar="SOURCE")
    parser.add_argument("--presets", nargs="+", default=list(PRESETS))
    told = parser.parse_args()
    told.work.mkdir(parents=True, exist_ok=True)
    outs = {preset: built(preset, told.work.resolve()) for preset in told.presets}
    if told.drops:
        print_drops(outs["medical"], told.drops, told.half)
        return
    shares = table(outs, told.half)
    print(f"| set ({told.half} half) | documents | " + " | ".join(outs) + " |")
    print("|---|---:|" + "---:|" * len(outs))
    for row in shares.iter_rows(named=True):
        cells = " | ".join(f"{100 * row[preset]:.1f} %" for preset in outs)
        print(f"| {row['source']} | {row['documents']:,} | {cells} |")


if __name__ == "__main__":
    main()
