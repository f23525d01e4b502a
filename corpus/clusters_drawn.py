"""A few related pairs of every kind, with the passages in which they differ, so that a reader sees why one of two texts
went and why both of two others stayed.

Drawn from the relations and the plan by `corpus/build.py` into `ledger/pairs.parquet`; shown by the report. Drawn
evenly along the ids of each kind and veto, so the draw is the same in every build. The passages are those of the texts
as they are stored; what is the same but for script, width or case counts as the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from corpus.parquet import take
from corpus.relate.alignment import changes
from corpus.relate.tokens import Numbers, Tokens
from corpus.resolve import Shard
from corpus.store import Store
from corpus.text.fold import fold

PER_GROUP = 6
LONGEST = 40_000  # characters of a text that is shown passages of
PASSAGES = 6
CONTEXT, SHOWN = 48, 160  # characters around a passage, and of it

PASSAGE = pl.Struct({"before": pl.String, "one": pl.String, "other": pl.String, "after": pl.String})
SAMPLES: dict[str, Any] = {
    "kind": pl.String, "veto": pl.String, "one": pl.String, "other": pl.String, "jaccard": pl.Float64,
    "evidence": pl.String, "changes": pl.UInt32, "fate_one": pl.String, "fate_other": pl.String, "stays": pl.String,
    "title_one": pl.String, "title_other": pl.String, "language": pl.String, "opening": pl.String,
    "passages": pl.List(PASSAGE),
}  # fmt: skip


def draw_clusters(
    relations: pl.DataFrame, plan: pl.DataFrame, shards: Sequence[Shard], store: Store, path: Path
) -> None:
    """Write SAMPLES. `relations`: rows of RELATIONS; `plan`: the documents with shard, row, fate and `other`."""
    drawn = _drawn(relations)
    told = plan.filter(pl.col("outcome") == "read").select("id", "shard", "row", "fate", "language", stays="other")
    ids = pl.concat([drawn["one"], drawn["other"]]).unique()
    told = _texts(told.filter(pl.col("id").is_in(ids.implode())), shards, store)
    known = {row["id"]: row for row in told.iter_rows(named=True)}
    rows = [_sample(row, known[row["one"]], known[row["other"]]) for row in drawn.iter_rows(named=True)]
    pl.DataFrame(rows, schema=SAMPLES, orient="row").write_parquet(path, compression="zstd")


def _drawn(relations: pl.DataFrame) -> pl.DataFrame:
    """Pairs of each kind and veto, evenly along the ids."""
    group = ("kind", pl.col("veto").fill_null(""))
    rank, size = pl.int_range(pl.len()).over(group), pl.len().over(group)
    step = (size // PER_GROUP).clip(lower_bound=1)
    chosen = relations.filter(pl.col("kind") != "alike")
    return chosen.filter((rank % step == step // 2) & (rank // step < PER_GROUP)).sort("kind", "veto", "one", "other")


def _texts(told: pl.DataFrame, shards: Sequence[Shard], store: Store) -> pl.DataFrame:
    """With title and text."""
    pieces = [told.head(0).with_columns(title=pl.lit(""), text=pl.lit(""))]
    for (shard,), rows in told.sort("shard", "row").group_by("shard", maintain_order=True):
        file = store.file("ingest", shards[int(shard)].key, "documents.parquet")
        pieces.append(rows.hstack(take(file, rows["row"].to_numpy(), ["title", "text"])))
    return pl.concat(pieces)


def _sample(row: dict[str, Any], one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    stays = one["stays"] if one["fate"] == "duplicate" else other["stays"] if other["fate"] == "duplicate" else None
    short = max(len(one["text"]), len(other["text"])) <= LONGEST
    compared = row["kind"] not in ("work", "translation") and short
    opening = " ".join(one["text"][: 2 * SHOWN].split())[:SHOWN]
    return {
        **{name: row[name] for name in ("kind", "veto", "one", "other", "jaccard", "evidence", "changes")},
        "fate_one": one["fate"], "fate_other": other["fate"], "stays": stays, "title_one": one["title"][:SHOWN],
        "title_other": other["title"][:SHOWN], "language": one["language"], "opening": opening,
        "passages": passages(one["text"], other["text"]) if compared else [],
    }  # fmt: skip


def passages(one: str, other: str) -> list[dict[str, str]]:
    """The first PASSAGES places where two texts differ, as written, with what stands around them; of texts that are the
    same in the matching view those where they are written differently."""
    left, right = _tokens(one, other, folded=True)
    blocks = list(changes(left.ids, right.ids))
    if not blocks:
        left, right = _tokens(one, other, folded=False)
        blocks = list(changes(left.ids, right.ids))
    return [_passage(left, right, block) for block in blocks[:PASSAGES]]


def _tokens(one: str, other: str, folded: bool) -> tuple[Tokens, Tokens]:
    """Both texts as written, cut into tokens that are equal when their matching views are."""
    number = Numbers()
    left, right = Tokens(one, number), Tokens(other, number)
    if folded:
        view = fold(list(number))
        known: dict[bytes, int] = {}
        spans = zip(view.starts.tolist(), view.ends.tolist(), strict=True)
        form = np.array([known.setdefault(view.codes[a:b].tobytes(), len(known)) for a, b in spans], np.int64)
        left.ids, right.ids = form[left.ids], form[right.ids]
    return left, right


def _passage(left: Tokens, right: Tokens, block: tuple[int, int, int, int]) -> dict[str, str]:
    start, end = left.span(*block[:2])
    return {
        "before": left.text[max(0, start - CONTEXT) : start], "after": left.text[end : end + CONTEXT],
        "one": left.words(*block[:2])[:SHOWN], "other": right.words(*block[2:])[:SHOWN],
    }  # fmt: skip
