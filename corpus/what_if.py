"""`corpus what-if DIR --set ...`: what another threshold would do to a corpus that is already built.

Reads the output folder of a build and nothing else: facts, ledger and relations are all that `corpus/judge.py` and
`corpus/decide.py` decide by, so the answer is the one that a build would give, in seconds and without reading a text.
"""

from __future__ import annotations

import copy
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from corpus.changes import STATE, Changes, changes
from corpus.compare import state
from corpus.decide import choose, grouped, split
from corpus.errors import UserError
from corpus.invalid import explain_invalid
from corpus.judge import FATES, check_signals, looked_at, verdict
from corpus.ledger import RELATIONS
from corpus.recipe import Recipe
from corpus.recipe_file import apply_set
from corpus.relate.near import PAIRS
from corpus.relate.stage import Relations
from corpus.relate.works import WORKS
from corpus.report.folder import Build, open_build, reading

# What a build chooses by. All else changes what is known, and that takes a build.
CHOOSING = {"rule", "tier", "decide"}
BESIDE = (
    "id",
    "document.characters",
    "document.licence",
    "document.date",
    "sketch.high",
    "sketch.low",
    "sketch.shingles",
)


def what_if(folder: Path, sets: tuple[str, ...]) -> Changes:
    """The changes that `--set` values would make. Raises `UserError` when the folder holds no
    corpus, a value does not fit, or it changes more than what is chosen by."""
    build = open_build(folder)
    recipe = changed(build, sets)
    check_signals(recipe)
    with reading(build):
        now = state(build)
        return changes(now, decided(build, recipe, now) if build.standing else now)


def changed(build: Build, sets: tuple[str, ...]) -> Recipe:
    """The recipe of the build with values overridden."""
    if not sets:
        raise UserError("Nothing is changed.", mend="give --set, for example --set decide.near=0.9")
    data = copy.deepcopy(build.card.recipe)
    for text in sets:
        apply_set(data, text)
    try:
        recipe = Recipe.model_validate(data)
    except ValidationError as error:
        raise explain_invalid(error, None, data, sets) from None  # the recipe of the card alone is valid
    other = [name for name in Recipe.model_fields if name not in CHOOSING and name != "engine"
             and getattr(recipe, name) != getattr(build.recipe, name)]  # fmt: skip
    if other:
        raise UserError(f"A change of {other[0]!r} changes what is known of the documents, not only what is chosen.",
                        where="--set", mend="build with it: `corpus build RECIPE --set ...`")  # fmt: skip
    return recipe


def decided(build: Build, recipe: Recipe, now: pl.DataFrame) -> pl.DataFrame:
    """The state that the recipe gives, as STATE; `now` is the present one, whose titles it takes over."""
    documents = _judged(build, recipe)
    relations = _relations(build, documents)
    documents = grouped(documents, relations)
    documents = split(choose(documents, relations, recipe.decide), recipe.decide.held_out)
    why = pl.when(pl.col("fate") == "duplicate").then(pl.format("copy of {}", "other")).otherwise("rule")
    kept = pl.col("fate") == "kept"
    named = documents.select(
        "id", "characters", fate=pl.col("fate").cast(pl.String), why=why,
        tier=pl.when(kept).then("tier"), split=pl.when(kept).then("split"),
    ).join(now.select("id", "source", "title"), on="id", how="left")  # fmt: skip
    return named.select(list(STATE)).cast(STATE)


def _judged(build: Build, recipe: Recipe) -> pl.DataFrame:
    """The standing documents with their verdicts, in the columns of the census that decisions need."""
    wanted = [*BESIDE, *sorted(looked_at(recipe) - set(BESIDE))]
    frame = build.need("facts/facts", wanted).select(wanted).collect()
    verdicts = verdict(frame, recipe).select("tier", "fate", "rule", "language")
    names = {name: name.removeprefix("document.") for name in BESIDE if name.startswith("document.")}
    documents = frame.select(BESIDE).rename(names).hstack(verdicts)
    ledger = build.need("ledger/documents", ("id", "record", "stage"))
    records = ledger.filter(pl.col("stage") == "decide").select("id", "record").collect()
    documents = documents.join(records, on="id", how="left", maintain_order="left")
    return documents.with_columns(outcome=pl.lit("read"), fate=pl.col("fate").cast(FATES))


def _relations(build: Build, documents: pl.DataFrame) -> Relations:
    """The relations of the folder, with texts numbered as `corpus/relate/stage.py` numbers them."""
    names = {"sketch.high": "high", "sketch.low": "low", "sketch.shingles": "shingles"}
    texts = documents.select(list(names)).rename(names).unique(["high", "low"])
    nodes = texts.sort("high", "low").with_row_index("node")
    table = build.need("relations/relations", RELATIONS).collect()
    works = table.filter(pl.col("kind").is_in(["work", "translation"])).select(list(WORKS))
    of = documents.select("id", "sketch.high", "sketch.low").join(
        nodes.rename({"high": "sketch.high", "low": "sketch.low"}), on=["sketch.high", "sketch.low"], how="left"
    ).select("id", "node")  # fmt: skip
    pairs = table.filter(~pl.col("kind").is_in(["work", "translation", "exact"]))
    pairs = pairs.rename({"one": "first", "other": "last"})
    pairs = pairs.join(of.rename({"node": "one"}), left_on="first", right_on="id")
    pairs = pairs.join(of.rename({"node": "other"}), left_on="last", right_on="id")
    swapped = pl.col("one") > pl.col("other")
    pairs = pairs.with_columns(
        one=pl.min_horizontal("one", "other"), other=pl.max_horizontal("one", "other"),
        of_one=pl.when(swapped).then("of_other").otherwise("of_one"),
        of_other=pl.when(swapped).then("of_one").otherwise("of_other"),
    )  # fmt: skip
    pairs = pairs.with_columns(says_one=pl.lit(None, pl.String), says_other=pl.lit(None, pl.String))
    return Relations(nodes, pairs.select(list(PAIRS)).cast(PAIRS), works)  # compared as far as the build went
