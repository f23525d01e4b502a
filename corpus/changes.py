"""What changes between two states of a corpus: documents and characters gained and lost, by source and tier.

Takes two tables of documents, from two output folders (`corpus/compare.py`) or from one and a changed recipe
(`corpus/what_if.py`); `corpus/cli.py` prints what comes out. No text is read.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import polars as pl

# What a state is known by, one row a document that ever stood.
STATE: Any = {
    "id": pl.String, "source": pl.String, "title": pl.String, "fate": pl.String, "tier": pl.String, "split": pl.String,
    "why": pl.String, "characters": pl.Int64,
}  # fmt: skip
SAMPLES = 5  # of each kind of change


class Changes(NamedTuple):
    """`table`: by source and tier the kept documents and characters before and after, and how many were gained and
    lost; `kinds`: how many documents changed in which way; `samples`: a few of each, `kind, id, title, before, after`;
    `splits`: how many of those that are kept in both went from one side of the held-out split to the other.
    """

    table: pl.DataFrame
    kinds: dict[str, int]
    samples: pl.DataFrame
    splits: dict[str, int]


def changes(before: pl.DataFrame, after: pl.DataFrame) -> Changes:
    """Compare two states. A document that one of them does not know is neither kept nor dropped there."""
    both = before.join(after, on="id", how="full", suffix="_after", coalesce=True, maintain_order="left_right")
    both = both.sort("id").with_columns(_kind().alias("kind"))
    counted = both["kind"].drop_nulls().value_counts().sort("kind")
    return Changes(_table(both), dict(counted.iter_rows()), _samples(both), _splits(both))


def _kind() -> pl.Expr:
    """`gained`, `lost`, `moved` to another tier, to another `split`, for another reason `dropped`; null: unchanged."""
    here, there = pl.col("fate").eq_missing("kept"), pl.col("fate_after").eq_missing("kept")
    other_tier = pl.col("tier").ne_missing(pl.col("tier_after"))
    other_split = pl.col("split").ne_missing(pl.col("split_after"))
    return (
        pl.when(~here & there).then(pl.lit("gained"))
        .when(here & ~there).then(pl.lit("lost"))
        .when(here & other_tier).then(pl.lit("moved to another tier"))
        .when(here & other_split).then(pl.lit("moved to another split"))
    )  # fmt: skip


def _splits(both: pl.DataFrame) -> dict[str, int]:
    """Whatever else changed about them: what was held out and is trained on now measures no model any more."""
    kept = both.filter((pl.col("fate") == "kept") & (pl.col("fate_after") == "kept"))
    sides = {"held_out_to_train": ("held_out", "train"), "train_to_held_out": ("train", "held_out")}
    return {name: kept.filter(split=before, split_after=after).height for name, (before, after) in sides.items()}


def _table(both: pl.DataFrame) -> pl.DataFrame:
    """Columns `source, tier`, and `documents` and `characters` `before`, `gained`, `lost`, `after`."""
    sides = {"before": "", "after": "_after"}
    parts = []
    for side, suffix in sides.items():
        other = "_after" if not suffix else ""
        kept = both.filter(pl.col(f"fate{suffix}").eq_missing("kept"))
        # Of the documents of a tier those that the other state does not have in it.
        new = ~pl.col(f"fate{other}").eq_missing("kept") | pl.col("tier").ne_missing(pl.col("tier_after"))
        name = "lost" if side == "before" else "gained"
        parts.append(kept.group_by(source=f"source{suffix}", tier=f"tier{suffix}").agg(
            pl.len().cast(pl.Int64).alias(f"documents_{side}"),
            pl.col(f"characters{suffix}").sum().alias(f"characters_{side}"),
            new.sum().cast(pl.Int64).alias(f"documents_{name}"),
            pl.col(f"characters{suffix}").filter(new).sum().alias(f"characters_{name}"),
        ))  # fmt: skip
    table = parts[0].join(parts[1], on=["source", "tier"], how="full", coalesce=True)
    columns = [
        f"{what}_{when}" for what in ("documents", "characters") for when in ("before", "gained", "lost", "after")
    ]
    return table.select("source", "tier", *(pl.col(name).fill_null(0) for name in columns)).sort("source", "tier")


def _samples(both: pl.DataFrame) -> pl.DataFrame:
    """A few documents of each kind of change, evenly along the ids."""
    changed = both.drop_nulls("kind")
    rank, size = pl.int_range(pl.len()).over("kind"), pl.len().over("kind")
    step = (size // SAMPLES).clip(lower_bound=1)
    drawn = changed.filter((rank % step == step // 2) & (rank // step < SAMPLES))
    states = {name: _state(suffix).alias(name) for name, suffix in (("before", ""), ("after", "_after"))}
    return drawn.select("kind", "id", pl.coalesce("title", "title_after").alias("title"), *states.values()).sort(
        "kind", "id"
    )


def _state(suffix: str) -> pl.Expr:
    """A state in words: `kept in high, train`, `dropped: en-words-min`, `not there`."""
    fate, why = pl.col(f"fate{suffix}"), pl.col(f"why{suffix}").fill_null("")
    kept = pl.format(
        "kept in {}, {}", pl.col(f"tier{suffix}").fill_null("all"), pl.col(f"split{suffix}").fill_null("train")
    )
    return (
        pl.when(fate.is_null()).then(pl.lit("not there"))
        .when(fate == "kept").then(kept)
        .when(why == "").then(fate)
        .otherwise(pl.format("{}: {}", fate, why))
    )  # fmt: skip
