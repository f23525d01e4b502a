"""Stage 4, first half: every document by itself against the rules and tiers of the recipe.

`judge` runs per shard: facts from `corpus/annotate/stage.py` and the recipe give each document a verdict
(`verdict.parquet`, rows as in the shard's documents): tier, fate, the first broken rule with value and threshold, and
all broken rules. What depends on other documents, copies and splits, is chosen after it in `corpus/decide.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from corpus.annotate import ANNOTATORS
from corpus.annotate.stage import facts_of
from corpus.closure import code_identity, library_versions
from corpus.condition import Condition
from corpus.errors import UserError
from corpus.leaks.verdict import LOOKED_AT, cut_bytes, leak_verdicts
from corpus.parquet import take, write_pieces
from corpus.recipe import Recipe, Rule, Tier
from corpus.resolve import Shard
from corpus.store import Store, kill_point, sha256_json

FATES = pl.Enum(["kept", "dropped", "duplicate", "leaked", "retracted", "deleted", "superseded", "repeated", "broken"])
BROKEN = pl.List(pl.Struct({"rule": pl.String, "value": pl.String, "comparison": pl.String, "threshold": pl.String}))
LEARNED = "learned."
UNKNOWN = "unknown"  # as the value of a signal that has none
CHUNK_ROWS = 20_000  # judged at a time: memory does not grow with the length of an input file
# What every document has without an annotator.
DOCUMENT_SIGNALS = {
    "document.characters": pl.Int64, "document.bytes": pl.Int64, "document.source": pl.String,
    "document.genre": pl.String,
    "document.licence": pl.String, "document.date": pl.String, "document.declared": pl.String, "document.id": pl.String,
}  # fmt: skip


def check_signals(recipe: Recipe) -> None:
    """Refuse, before any work, rules and tiers on signals that do not exist or thresholds of the wrong type."""
    import difflib

    known = dict(DOCUMENT_SIGNALS) | {fact.name: fact.dtype for name in ANNOTATORS for fact in facts_of(name)}
    tiers = [(f"[[tier]] {tier.name}", condition) for tier in recipe.tier for condition in tier.when]
    labels = [(f"[[label]] {label.name}", condition) for label in recipe.label for condition in label.when]
    for where, condition in [*((f"[[rule]] {rule.name}", rule) for rule in recipe.rule), *tiers, *labels]:
        if condition.signal not in known:
            close = difflib.get_close_matches(condition.signal, known, n=1)
            mend = f"did you mean {close[0]!r}?" if close else "`corpus build --help` says where the signals are listed"
            raise UserError(f"There is no signal {condition.signal!r}.", where=f"{where}: signal", mend=mend)
        _check_type(where, condition, str(known[condition.signal]))
    _check_learned(recipe, labels)


def _check_learned(recipe: Recipe, labels: Sequence[tuple[str, Condition]]) -> None:
    """Learned signals need classifiers, and classifiers cannot learn from what they will say themselves."""
    for where, condition in labels:
        if condition.signal.startswith(LEARNED):
            raise UserError(f"A label cannot ask for {condition.signal}, which is learned from labels.", where=where,
                            mend="use signals that are measured, or what a source declares")  # fmt: skip
    taught = {f"{LEARNED}{label.task}" for label in recipe.label}
    asked = {c.signal for c in (*recipe.rule, *(c for tier in recipe.tier for c in tier.when))}
    missing = sorted(signal for signal in asked if signal.startswith(LEARNED) and signal not in taught)
    if missing and not recipe.annotate.learned.models:
        raise UserError(
            f"The recipe asks for {missing[0]}, and nothing teaches it: every document would be without it.",
            where="[[rule]] or [[tier]]",
            mend=f"add [[label]] tables with task = {missing[0].removeprefix(LEARNED)!r}, or set "
            "annotate.learned.models to a folder of `corpus quality fit`",
        )


def _check_type(where: str, condition: Condition, dtype: str) -> None:
    if dtype.startswith(("List", "Binary")):
        what = "a list" if dtype.startswith("List") else "a sketch"
        raise UserError(f"The signal {condition.signal} is {what}, and no rule can compare one.", where=where,
                        mend="use a signal that holds one value, such as evidence.level")  # fmt: skip
    wanted: tuple[type, ...] = (str,) if dtype == "String" else (bool,) if dtype == "Boolean" else (int, float)
    values = condition.threshold if isinstance(condition.threshold, tuple) else (condition.threshold,)
    for value in values:
        if not isinstance(value, wanted) or (isinstance(value, bool) and bool not in wanted):
            kind = {"String": "text in quotes", "Boolean": "true or false"}.get(dtype, "a number without quotes")
            raise UserError(
                f"The threshold {value!r} does not fit the signal {condition.signal}, which is {dtype}.",
                where=f"{where}: threshold", mend=f"write {kind}",
            )  # fmt: skip


def verdict_key(shard: Shard, index_hash: str, fact_keys: dict[str, str], recipe: Recipe) -> str:
    """The store key of a shard's verdicts."""
    genres = {source.name: source.genre for source in recipe.source}
    return sha256_json(
        {
            "code": code_identity(__name__),
            "libraries": library_versions(("polars",)),
            "rules": [rule.model_dump(mode="json", exclude={"reason"}) for rule in recipe.rule],
            "tiers": [tier.model_dump(mode="json", exclude={"reason"}) for tier in recipe.tier],
            "retracted": recipe.decide.retracted,
            "leaks": [bool(recipe.exam), recipe.decide.leaks, recipe.decide.leak_score, recipe.decide.leak_share],
            "genre": genres[shard.source],
            "index": index_hash,
            "facts": sorted(fact_keys.values()),
        }
    )


def judge(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """Write the verdicts of one shard. Payload: `key`, `shard`, `facts` (annotator to key), `recipe`, `genre`."""
    recipe: Recipe = payload["recipe"]
    documents = int(store.entry("ingest", payload["shard"]).counts["documents"])
    wanted = looked_at(recipe)
    with store.making("judge", payload["key"]) as making:
        pieces = (
            _measured(
                verdict(signals(store, payload["shard"], payload["facts"], payload["genre"], start, wanted), recipe),
                store.file("ingest", payload["shard"], "documents.parquet"), start,
            )
            for start in range(0, max(documents, 1), CHUNK_ROWS)
        )  # fmt: skip
        for _ in write_pieces(making.folder / "verdict.parquet", pieces):
            kill_point("judge:writing")
        making.counts = {"documents": documents}
    return {"documents": documents}


def looked_at(recipe: Recipe) -> set[str]:
    """The signals that a verdict needs."""
    conditions = [*recipe.rule, *(condition for tier in recipe.tier for condition in tier.when)]
    leaks = LOOKED_AT if recipe.exam else ()
    return {*leaks, "language.tag", "evidence.retracted", "evidence.retraction", *(c.signal for c in conditions)}


def signals(
    store: Store, shard: str, facts: dict[str, str], genre: str, start: int, wanted: set[str] | None = None
) -> pl.DataFrame:
    """The signals of the documents of a shard from row `start` on, at most CHUNK_ROWS: DOCUMENT_SIGNALS and all facts,
    or of these only the `wanted`. Sketches are no signals."""
    columns = ["id", "source", "licence", "date", "language"]
    documents = _slice(store.file("ingest", shard, "documents.parquet"), start, columns).rename(
        {name: f"document.{name}" for name in columns if name != "language"} | {"language": "document.declared"}
    )
    sizes = _slice(store.file("ingest", shard, "index.parquet"), start, ["bytes", "characters"]).rename(
        lambda name: f"document.{name}"
    )
    beside = [column for name, key in facts.items() for column in _facts(store, name, key, start, wanted)]
    return documents.hstack(sizes).hstack(beside).with_columns(pl.lit(genre).alias("document.genre"))


def _facts(store: Store, annotator: str, key: str, start: int, wanted: set[str] | None) -> list[pl.Series]:
    names = [fact.name for fact in facts_of(annotator) if fact.dtype != "Binary"]
    names = [name for name in names if wanted is None or name in wanted]
    return _slice(store.file("annotate", key, "facts.parquet"), start, names).get_columns() if names else []


def _slice(path: Path, start: int, columns: list[str]) -> pl.DataFrame:
    return pl.scan_parquet(path, glob=False).select(columns).slice(start, CHUNK_ROWS).collect()


def verdict(frame: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """One row per row of `frame`: `tier, tier_by, broken, language, fate, rule, value, threshold`, and of what it leaks
    `leaks` (LEAKS), `item` (the first), and of kept documents `spans`, the passages to cut."""
    retracted = pl.col("evidence.retracted").fill_null(False) & (recipe.decide.retracted == "drop")
    told = frame.select(
        _tier(recipe.tier, "tier").alias("tier"), _tier(recipe.tier, "name").alias("tier_by"),
        retracted.alias("retracted"), "evidence.retraction", pl.col("language.tag").alias("language"),
    ).hstack(leak_verdicts(frame, recipe.decide if recipe.exam else None))  # fmt: skip
    first = pl.col("broken").list.first().struct
    dropped = pl.col("broken").list.len() > 0
    leaked = pl.col("goes") & ~pl.col("retracted")
    return told.with_columns(_broken_rules(frame, recipe.rule)).select(
        "tier", "tier_by", "broken", "language",
        pl.when("retracted").then(pl.lit("retracted")).when("goes").then(pl.lit("leaked"))
        .when(dropped).then(pl.lit("dropped")).otherwise(pl.lit("kept")).cast(FATES).alias("fate"),
        pl.when("retracted").then(pl.lit("retracted")).when("goes").then(pl.lit("leaks"))
        .otherwise(first.field("rule")).alias("rule"),
        pl.when("retracted").then("evidence.retraction").when("goes").then("leaked_value")
        .otherwise(first.field("value")).alias("value"),
        pl.when(leaked).then("leaked_threshold").when(~pl.col("retracted"))
        .then(first.field("comparison") + pl.lit(" ") + first.field("threshold")).alias("threshold"),
        "leaks", "item", pl.when(~pl.col("retracted") & ~dropped).then("spans").alias("spans"),
    )  # fmt: skip


def _measured(verdicts: pl.DataFrame, documents: Path, start: int) -> pl.DataFrame:
    """The verdicts with `cut_bytes`, how much of the text (UTF-8) the passages to cut are; reads those texts only."""
    rows = verdicts["spans"].is_not_null().arg_true().to_numpy()
    texts = take(documents, rows + start, ["text"])["text"].to_list() if len(rows) else []
    return verdicts.with_columns(cut_bytes=cut_bytes(verdicts["spans"], rows, texts))


def _broken_rules(frame: pl.DataFrame, rules: Sequence[Rule]) -> pl.Series:
    """The rules that each row breaks, in the order of the recipe, as a column of type BROKEN.

    Only the rows that break a rule are put together: lists of records built for every row cost a hundred times more
    than the comparisons themselves.
    """
    rows = pl.int_range(frame.height, dtype=pl.UInt32, eager=True).alias("row").to_frame()
    flags = frame.select(_breaks(rule).alias(rule.name) for rule in rules)
    pieces = []
    for rule in rules:
        breaking = flags[rule.name].arg_true()
        if breaking.len():
            value = frame.select(_shown(rule.signal, frame.schema[rule.signal]).alias("value"))["value"].gather(
                breaking
            )
            pieces.append(pl.DataFrame({"row": breaking.cast(pl.UInt32), "value": value}).with_columns(
                rule=pl.lit(rule.name), comparison=pl.lit(rule.comparison), threshold=pl.lit(_spelt(rule.threshold)),
            ))  # fmt: skip
    if not pieces:
        return pl.Series("broken", [[]] * frame.height, dtype=BROKEN)
    entry = pl.struct("rule", "value", "comparison", "threshold").alias("broken")
    listed = pl.concat(pieces).group_by("row", maintain_order=True).agg(entry)
    every = rows.join(listed, on="row", how="left", maintain_order="left")["broken"]
    return every.cast(BROKEN).fill_null(pl.Series([[]], dtype=BROKEN))


def _breaks(rule: Rule) -> pl.Expr:
    """Whether the rule speaks of the document and does not hold."""
    tag = pl.col("language.tag").fill_null("und")
    speaks = pl.lit(True)
    if rule.language:
        speaks = pl.any_horizontal([(tag == code) | tag.str.starts_with(code + "-") for code in rule.language])
    if rule.genre:
        speaks = speaks & pl.col("document.genre").is_in(rule.genre)
    return speaks & ~holds(rule)


def holds(condition: Condition) -> pl.Expr:
    """Whether `signal comparison threshold` holds; an unknown (null) signal never does."""
    signal = pl.col(condition.signal)
    threshold: Any = condition.threshold  # the recipe has checked that comparison and threshold fit
    match condition.comparison:
        case ">=":
            answer = signal >= threshold
        case ">":
            answer = signal > threshold
        case "<=":
            answer = signal <= threshold
        case "<":
            answer = signal < threshold
        case "==":
            answer = signal == threshold
        case "!=":
            answer = signal != threshold
        case "in":
            answer = signal.is_in(list(threshold))
        case "not-in":
            answer = ~signal.is_in(list(threshold))
    held: pl.Expr = answer.fill_null(False)
    return held


def _shown(signal: str, dtype: pl.DataType) -> pl.Expr:
    """The value as a reader sees it: fractions to four significant digits, the rest as it is."""
    column = pl.col(signal)
    if dtype.is_float():
        column = column.cast(pl.Float64).round_sig_figs(4)
    return column.cast(pl.String).fill_null(UNKNOWN)


def _spelt(threshold: Any) -> str:
    return ", ".join(map(str, threshold)) if isinstance(threshold, tuple) else str(threshold)


def _tier(tiers: Sequence[Tier], field: str) -> pl.Expr:
    """The tier (or the name of the entry that gave it) of the first entry all of whose conditions hold."""
    expression: Any = pl.lit("all")
    for tier in reversed(tiers):
        value = pl.lit(getattr(tier, field))
        expression = pl.when(pl.all_horizontal([holds(c) for c in tier.when])).then(value).otherwise(expression) if (
            tier.when) else value  # fmt: skip
    return expression  # type: ignore[no-any-return]
