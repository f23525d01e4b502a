"""Stage 4, second half: what is chosen over all documents. But for `corpus/judge.py` nothing is chosen anywhere else.

Verdicts (`corpus/judge.py`), the census, and the relations (`corpus/relate/stage.py`) come in; the plan goes to
`corpus/export.py`. Every document gets exactly one fate, and every kept one its split, as a pure function:

- Of copies the best stays: by tier, licence, completeness, date and id. A document is dropped only for one that stays
  and that it was itself compared with; what hangs together only through a third that goes, stays.
- The held-out split is cut by groups of related documents. It is drawn by the hash of the record's key, so that it does
  not depend on what else is read, nor on rules, tiers and thresholds: the same text serves every tokenizer and
  model. A group goes to where one of its records is drawn, so that no two related documents stand on both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from corpus.annotate.licence import GROUPS, terms
from corpus.judge import FATES
from corpus.recipe import DecideSettings
from corpus.relate.graph import components, standing
from corpus.relate.stage import Relations
from corpus.store import Store

# A family of more records than this is never held out: each of them is drawn with the same small chance, so a large
# family would nearly always be, and a template filled in a thousand times is a poor measure of a model.
LARGEST_GROUP = 20
VERDICT = ["tier", "fate", "language", "rule", "item", "spans", "cut_bytes"]

EDGES: Any = {
    "one": pl.UInt32, "other": pl.UInt32,  # nodes
    "kind": pl.String, "similarity": pl.Float64,
    "into": pl.UInt32,  # the only node of the two that may stay; null: the better one
}  # fmt: skip


def judged(documents: pl.DataFrame, verdict_keys: Sequence[str], store: Store) -> pl.DataFrame:
    """The grouped census with VERDICT: the verdict on what stands, else what became of it."""
    verdicts = [store.file("judge", key, "verdict.parquet") for key in verdict_keys]
    table = documents.hstack(pl.read_parquet(verdicts, columns=VERDICT, glob=False))
    outcome = pl.col("outcome").cast(pl.String).replace("duplicate", "repeated")
    read = pl.col("outcome") == "read"
    fate = pl.when(read).then(pl.col("fate").cast(pl.String)).otherwise(outcome).cast(FATES)
    return table.with_columns(fate=fate, rule=pl.when(read).then("rule"))


def plan(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """Every document ever read, one row each, sorted by id. `documents`: judged. To its columns come `other` (the
    document that stays in its place, or the exam item that it leaks), `similarity` and `split`; `bytes` are those that
    stay, `cut_bytes` those of kept documents that do not."""
    decided = split(choose(documents, relations, settings), settings.held_out)
    kept = pl.col("fate") == "kept"
    decided = decided.with_columns(
        other=pl.when(pl.col("fate") == "leaked").then("item").otherwise("other"),
        spans=pl.when(kept).then("spans"), cut_bytes=pl.when(kept).then("cut_bytes").fill_null(0),
    ).with_columns(bytes=pl.col("bytes") - pl.col("cut_bytes").fill_null(0))  # fmt: skip
    return decided.sort("id", "file", "position", "row")


def choose(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """The judged documents with the fates that depend on others: forms of withdrawn works, and copies."""
    return represent(withdraw(documents, relations, settings), relations, settings)


def withdraw(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """The documents with fate `retracted` and `other` where another form of the same work is retracted: NLM marks the
    abstract, and the full text in another file knows nothing of it. Reads `id, fate, rule`."""
    forms = relations.works.filter(pl.col("kind") == "work").select("one", "other")
    gone = documents.filter(pl.col("fate") == "retracted").select("id")
    if settings.retracted == "keep" or forms.is_empty() or gone.is_empty():
        return documents.with_columns(other=pl.lit(None, pl.String))
    ids = pl.concat([forms["one"], forms["other"]]).unique().sort().to_frame("id").with_row_index("at")
    ends = [
        forms.join(ids, left_on=side, right_on="id", maintain_order="left")["at"].to_numpy() for side in forms.columns
    ]
    works = ids.with_columns(work=pl.Series(components(ids.height, *ends), dtype=pl.Int32))
    first = works.join(gone, on="id", how="semi").group_by("work").agg(form=pl.col("id").min())
    told = works.join(first, on="work").select("id", "form")
    joined = documents.join(told, on="id", how="left", maintain_order="left")
    here = pl.col("form").is_not_null() & pl.col("fate").is_in(["kept", "dropped"])
    return joined.with_columns(
        fate=pl.when(here).then(pl.lit("retracted")).otherwise(pl.col("fate").cast(pl.String)).cast(FATES),
        rule=pl.when(here).then(pl.lit("retracted")).otherwise("rule"), other=pl.when(here).then("form"),
    ).drop("form")  # fmt: skip


def represent(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """The documents with fate `duplicate`, `rule` (the kind of the relation), `other` and `similarity` where a copy
    of theirs stays. Reads `id, fate, rule, other, node, tier, licence, characters, date`."""
    edged = edges(documents, relations, settings)
    kept = documents.filter(pl.col("fate") == "kept").select("id", "node", *_PREFERENCE)
    rivals = pl.concat([edged["one"], edged["other"], kept["node"].filter(kept["node"].is_duplicated())]).unique()
    kept = kept.filter(pl.col("node").is_in(rivals.implode()))
    ranked = kept.sort(*preference(kept, settings.tiers), maintain_order=True).with_row_index("rank")
    heads = ranked.unique("node", keep="first", maintain_order=True).select("node", "rank", head="id")
    lost = ranked.select("id", "node").join(heads.select("node", "head"), on="node", how="left")
    lost = lost.join(_lost(heads, edged), on="node", how="left")
    copy = (pl.col("id") != pl.col("head")) if "exact" in settings.drop else pl.lit(False)
    by = pl.col("kind").is_not_null()
    lost = lost.filter(by | copy).select(
        "id", fate=pl.lit("duplicate"), why=pl.when(by).then("kind").otherwise(pl.lit("exact")),
        other=pl.when(by).then("stays").otherwise("head"), similarity=pl.when(by).then("similarity").otherwise(1.0),
    )  # fmt: skip
    lost = lost.rename({"fate": "lost", "other": "stays"})
    joined = documents.join(lost, on="id", how="left", maintain_order="left")
    here = (pl.col("fate") == "kept") & pl.col("lost").is_not_null()
    return joined.with_columns(
        fate=pl.when(here).then(pl.lit("duplicate")).otherwise(pl.col("fate").cast(pl.String)).cast(FATES),
        rule=pl.when(here).then("why").otherwise("rule"),
        other=pl.when(here).then("stays").otherwise("other"), similarity=pl.when(here).then("similarity"),
    ).drop("lost", "why", "stays")  # fmt: skip


_PREFERENCE = ("tier", "licence", "characters", "date")


def preference(documents: pl.DataFrame, tiers: Sequence[str]) -> list[pl.Expr]:
    """What copies are ordered by, the best first: the tier as `decide.tiers` lists them (then all others), the licence
    from the freest to the unknown, the longest, the latest, the first by id."""
    order = {tier: place for place, tier in enumerate(tiers)}
    groups = {name: GROUPS.index(terms(name).group) for name in documents["licence"].unique().to_list()}
    return [
        pl.col("tier").replace_strict(order, default=len(order), return_dtype=pl.UInt32),
        pl.col("licence").replace_strict(groups, default=len(GROUPS), return_dtype=pl.UInt8),
        -pl.col("characters"), pl.col("date").rank("dense", descending=True), pl.col("id"),
    ]  # fmt: skip


def edges(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """The relations that cost one of two nodes its place, as EDGES."""
    pairs = relations.pairs.with_columns(kind(settings))
    found = [pl.DataFrame(schema=EDGES)]
    if "near" in settings.drop:
        near = pairs.filter(pl.col("kind") == "near")
        found.append(near.select("one", "other", "kind", similarity="jaccard", into=pl.lit(None, pl.UInt32)))
    if "contained" in settings.drop:
        inside = pairs.filter((pl.col("kind") == "contained") & (pl.col("veto") == ""))
        into = pl.when(pl.col("of_one") >= pl.col("of_other")).then("other").otherwise("one")
        similarity = pl.max_horizontal("of_one", "of_other")
        found.append(inside.select("one", "other", "kind", similarity=similarity, into=into))
    names = [name for name in ("work", "translation") if name in settings.drop]
    if names:
        node = documents.filter(pl.col("fate") == "kept").select("id", "node")
        forms = relations.works.filter(pl.col("kind").is_in(names)).join(node, left_on="one", right_on="id")
        forms = forms.join(node, left_on="other", right_on="id", suffix="_other")
        forms = forms.select(one="node", other="node_other", kind="kind", similarity=pl.lit(None, pl.Float64),
                             into=pl.lit(None, pl.UInt32))  # fmt: skip
        found.append(forms.filter(pl.col("one") != pl.col("other")))
    return pl.concat([table.cast(EDGES) for table in found])


def kind(settings: DecideSettings) -> pl.Expr:
    """What a verified pair is under the thresholds: `near` (one may stand for the other), `variant` (as alike, but a
    difference forbids it), `contained` (the smaller is nearly all in the larger), `alike`."""
    near = pl.col("jaccard") >= settings.near
    inside = pl.max_horizontal("of_one", "of_other") >= settings.contained
    return (
        pl.when(near & (pl.col("veto") == "")).then(pl.lit("near"))
        .when(near).then(pl.lit("variant"))
        .when(inside).then(pl.lit("contained"))
        .otherwise(pl.lit("alike")).alias("kind")
    )  # fmt: skip


def _lost(heads: pl.DataFrame, edged: pl.DataFrame) -> pl.DataFrame:
    """The nodes that lose their place: `node, stays` (id of the document that takes it), `kind`, `similarity`."""
    place = heads.select("node", "rank", "head").with_row_index("at")
    known = edged.join(place, left_on="one", right_on="node").join(place, left_on="other", right_on="node", suffix="_o")
    first = pl.col("rank") < pl.col("rank_o")
    known = known.with_columns(
        winner=pl.when(first).then("at").otherwise("at_o"), loser=pl.when(first).then("at_o").otherwise("at"),
        stays=pl.when(first).then("head").otherwise("head_o"), node=pl.when(first).then("other").otherwise("one"),
        best=pl.min_horizontal("rank", "rank_o"),
    )  # fmt: skip
    known = known.filter(pl.col("into").is_null() | (pl.col("into") != pl.col("node")))
    stays = standing(place["rank"].to_numpy(), known["winner"].to_numpy(), known["loser"].to_numpy())
    gone = known.filter(pl.Series(stays[known["winner"].to_numpy()], dtype=pl.Boolean))
    # Of several that stay the most alike is named, of equal ones the best.
    gone = gone.sort("similarity", "best", descending=[True, False], nulls_last=True, maintain_order=True)
    return gone.unique("node", keep="first", maintain_order=True).select("node", "stays", "kind", "similarity")


def told(documents: pl.DataFrame, relations: Relations, settings: DecideSettings) -> pl.DataFrame:
    """The relations by document ids, as RELATIONS of `corpus/ledger.py`. A node is told by its first document; every
    other document with the same text is an exact copy of that one."""
    read = documents.filter(pl.col("outcome") == "read").select("id", "node").sort("node", "id")
    first = read.unique("node", keep="first", maintain_order=True)
    exact = read.join(first, on="node", how="left", suffix="_first").filter(pl.col("id") != pl.col("id_first"))
    exact = exact.select(one="id_first", other="id", kind=pl.lit("exact"), jaccard=pl.lit(1.0), of_one=pl.lit(1.0),
                         of_other=pl.lit(1.0), veto=pl.lit(""), changes=pl.lit(0, pl.UInt32))  # fmt: skip
    named = relations.pairs.with_columns(kind(settings)).join(first, left_on="one", right_on="node")
    named = named.join(first, left_on="other", right_on="node", suffix="_other")
    swapped = pl.col("id") > pl.col("id_other")
    named = named.select(
        "kind", "jaccard", "veto", "changes", evidence=_evidence(swapped), one=pl.min_horizontal("id", "id_other"),
        other=pl.max_horizontal("id", "id_other"), of_one=pl.when(swapped).then("of_other").otherwise("of_one"),
        of_other=pl.when(swapped).then("of_one").otherwise("of_other"),
    )  # fmt: skip
    return pl.concat([exact, named, relations.works], how="diagonal").sort("one", "other", "kind")


def grouped(documents: pl.DataFrame, relations: Relations) -> pl.DataFrame:
    """A census with `node`, the number of its text, and `group`: standing documents that hang together by shared texts,
    verified pairs (vetoed ones too: variants are related), works, translations and records have the same number."""
    nodes = relations.nodes.select("node", "high", "low").rename({"high": "sketch.high", "low": "sketch.low"})
    documents = documents.join(nodes, on=["sketch.high", "sketch.low"], how="left", maintain_order="left")
    read = documents.filter(pl.col("outcome") == "read").select("id", "record", "node")
    records = read.select("record").unique(maintain_order=True).with_row_index("number")
    number = read.join(records, on="record", how="left", maintain_order="left")
    ids = number.select("id", "number")
    works = relations.works.join(ids, left_on="one", right_on="id")
    works = works.join(ids, left_on="other", right_on="id", suffix="_other")
    after = relations.nodes.height  # records are the vertices after the nodes
    one = [relations.pairs["one"], number["node"], works["number"] + after]
    other = [relations.pairs["other"], number["number"] + after, works["number_other"] + after]
    ends = [np.concatenate([column.to_numpy() for column in side]) for side in (one, other)]
    labels = components(after + records.height, *ends)[after:]
    told = records.select("record", group=pl.Series(labels, dtype=pl.Int32))
    return documents.join(told, on="record", how="left", maintain_order="left")


def _evidence(swapped: pl.Expr) -> pl.Expr:
    """What stands on either side, in the order of the two ids; as `arrow` of `corpus/relate/difference.py` has it."""
    nothing = pl.lit("∅")
    sides = [pl.when(pl.col(name) == "").then(nothing).otherwise(name) for name in ("says_one", "says_other")]
    told = pl.when(swapped).then(pl.format("{} → {}", *reversed(sides))).otherwise(pl.format("{} → {}", *sides))
    return pl.when(pl.col("changes") > 0).then(told)


def split(documents: pl.DataFrame, share: float) -> pl.DataFrame:
    """The documents with `split`: `train` or `held_out`. Reads `record, outcome, group`."""
    records = documents.filter(pl.col("outcome") == "read").select("record", "group").unique(maintain_order=True)
    drawn = np.array([held_out(record, share) for record in records["record"].to_list()], np.bool_)
    group = records["group"].to_numpy()
    sizes = np.bincount(group)
    chosen = np.zeros(len(sizes), np.bool_)
    chosen[group[drawn]] = True
    out = chosen[group] & (sizes[group] <= LARGEST_GROUP)
    told = records.select("record", out=pl.Series(out, dtype=pl.Boolean))
    joined = documents.join(told, on="record", how="left", maintain_order="left")
    name = pl.when(pl.col("out").fill_null(False)).then(pl.lit("held_out")).otherwise(pl.lit("train"))
    return joined.with_columns(split=name).drop("out")


def held_out(record: str, share: float) -> bool:
    """Whether a record is drawn: by hash of its key, so the answer never changes as the corpus grows."""
    return int.from_bytes(hashlib.sha256(record.encode()).digest()[:8], "big") < share * 2**64
