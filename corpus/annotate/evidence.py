"""How strong the evidence in a document is by its design, and whether it was withdrawn or corrected.

Comes from the `meta` column that the PubMed and PMC sources write (`publication_types`, `mesh`, `article_type`,
`notices`, `retracted`); goes to `corpus/decide.py` for tiers and retractions. The tables that a physician would want
to read and change are in `corpus/annotate/hierarchy.py`; this module applies them.

The level says what kind of study or text it is, never whether it was done well. Types are matched by their NLM unique
identifier (UI) and not by name, since names change ("Retraction of Publication" became "Retraction Notice"). "Journal
Article" alone says nothing of the design: the level is then `unknown`, which is not a low one. NLM indexes records by
and by, and those supplied by publishers or indexed automatically often carry nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.annotate.fact import Fact
from corpus.annotate.hierarchy import (
    ANIMALS,
    ARTICLE_TYPES,
    CONFLICTS,
    HUMAN_TRIALS,
    HUMANS,
    NEUTRAL_ARTICLE_TYPES,
    NEUTRAL_TYPES,
    NOTICE_ARTICLE_TYPES,
    NOTICE_TYPES,
    NOTICES,
    PREPRINT,
    PUBLICATION_TYPES,
    RANKS,
    RETRACTED,
    UNCAPPED,
    VETERINARY,
)

NEEDS: tuple[str, ...] = ()
LIBRARIES: tuple[str, ...] = ("polars",)

FACTS = (
    Fact("evidence.level", "String", "", ", ".join(RANKS) + ", unknown", "The strongest design the types state."),
    Fact("evidence.rank", "UInt8", "", "1 (strongest)..9, null if unknown", "The place of the level in that order."),
    Fact("evidence.status", "String", "", "classified, unknown, conflicted", "Conflicted: designs exclude each other."),
    Fact("evidence.reasons", "List(String)", "", "<type>:<level>", "What decided first, then the outranked."),
    Fact("evidence.animal", "Boolean", "", "true, false, null without MeSH", "MeSH Animals without Humans."),
    Fact("evidence.preprint", "Boolean", "", "true, false", "Publication type or article type says preprint."),
    Fact("evidence.retracted", "Boolean", "", "true, false", "The work is withdrawn. A notice about another is not."),
    Fact("evidence.retraction", "String", "", "a sentence, null if not retracted", "Why it counts as retracted."),
    Fact("evidence.notices", "List(String)", "", ", ".join(dict.fromkeys(NOTICES.values())), "Linked notices, sorted."),
)

_META = pl.Struct(
    {
        "publication_types": pl.List(pl.String),
        "mesh": pl.List(pl.String),
        "article_type": pl.String,
        "retracted": pl.String,
        "notices": pl.List(pl.Struct({"type": pl.String})),
    }
)
_KEY = ("publication_types", "article_type", "animal")


class Grade(NamedTuple):
    """The verdict on one combination of types. The fields are the facts of the same names."""

    level: str
    rank: int | None
    status: str
    reasons: list[str]


def annotate(batch: pl.DataFrame, settings: Any = None) -> pl.DataFrame:
    """FACTS of each row, from `meta`. Batches repeat few combinations of types, so each is graded once."""
    meta = batch.select(pl.col("meta").str.json_decode(_META)).unnest("meta").with_columns(_lists())
    meta = meta.with_columns(_animal())
    grades = _graded(meta)
    notices = _noticed(meta)
    table = meta.join(grades, on=_KEY, how="left", maintain_order="left", nulls_equal=True)
    table = table.join(notices, on=["notices", *_KEY[:2]], how="left", maintain_order="left", nulls_equal=True)
    table = table.with_columns(_retraction(), pl.col("animal").alias("evidence.animal"), _preprint())
    table = table.with_columns(pl.col("evidence.retraction").is_not_null().alias("evidence.retracted"))
    return table.select(fact.name for fact in FACTS)


def grade(types: Sequence[str], article_type: str, animal: bool | None) -> Grade:
    """The level that a set of publication-type UIs and a JATS article type state together.

    The strongest wins and all are recorded in `reasons` as `<type>:<level>`, strongest first; `animal` true makes
    it preclinical unless it is opinion alone. A type that is in no table is recorded as `<type>:unlisted`, so that a
    reader can see what a new MeSH year brought.
    """
    stated = {ui: PUBLICATION_TYPES[ui].level for ui in types if ui in PUBLICATION_TYPES}
    if article_type in ARTICLE_TYPES:
        stated[article_type] = ARTICLE_TYPES[article_type]
    levels = set(stated.values())
    conflicted = any(set(pair) <= levels for pair in CONFLICTS)
    if animal and levels != UNCAPPED:
        conflicted = conflicted or (bool(levels & HUMAN_TRIALS) and not VETERINARY & set(types))
        stated[f"{ANIMALS} without {HUMANS}"] = "preclinical"
        level = "preclinical"
    else:
        level = min(levels, key=RANKS.__getitem__, default="unknown")
    order = sorted(stated.items(), key=lambda item: (item[1] != level, RANKS[item[1]], item[0]))
    reasons = [f"{name}:{its_level}" for name, its_level in order] + _unlisted(types, article_type)
    status = "unknown" if level == "unknown" else "conflicted" if conflicted else "classified"
    return Grade(level, RANKS.get(level), status, reasons)


def notices_of(linked: Sequence[str | None], types: Sequence[str], article_type: str) -> list[str]:
    """The notices on or by a work, each once and sorted: those linked to it (PubMed RefType, JATS related-article
    type) and those its own publication types or article type state. Links that are no notices (a comment, an update)
    are left out."""
    found = {_NOTICES[_plain(name)] for name in linked if name and _plain(name) in _NOTICES}
    found |= {NOTICE_TYPES[ui] for ui in types if ui in NOTICE_TYPES}
    found |= {NOTICE_ARTICLE_TYPES[article_type]} if article_type in NOTICE_ARTICLE_TYPES else set()
    return sorted(found)


def _plain(name: str) -> str:
    """`CorrectedandRepublishedIn`, `corrected-and-republished-in` and the like are one name."""
    return "".join(letter for letter in name.lower() if letter.isalnum())


# A source may also have written our own words for a notice.
_NOTICES = {_plain(slug): slug for slug in NOTICES.values()} | NOTICES


def _unlisted(types: Sequence[str], article_type: str) -> list[str]:
    known = PUBLICATION_TYPES.keys() | NEUTRAL_TYPES.keys() | NOTICE_TYPES.keys() | {PREPRINT, RETRACTED}
    forms = ARTICLE_TYPES.keys() | NOTICE_ARTICLE_TYPES.keys() | NEUTRAL_ARTICLE_TYPES | {""}
    return sorted(f"{name}:unlisted" for name in {*types, *({article_type} - forms)} - known)


def _lists() -> list[pl.Expr]:
    """Lists sorted, so that one combination is one key whatever the order in the source; null is empty.

    MeSH keeps its null: without headings nobody can say whether animals were studied.
    """
    notices = pl.col("notices").list.eval(pl.element().struct.field("type"))
    return [
        pl.col("publication_types").list.drop_nulls().list.unique().list.sort().fill_null([]),
        notices.list.drop_nulls().list.unique().list.sort().fill_null([]),
        pl.col("article_type").fill_null("").str.to_lowercase(),
    ]


def _animal() -> pl.Expr:
    return (pl.col("mesh").list.contains(ANIMALS) & ~pl.col("mesh").list.contains(HUMANS)).alias("animal")


def _graded(meta: pl.DataFrame) -> pl.DataFrame:
    distinct = meta.select(_KEY).unique(maintain_order=True)
    found = [grade(*row) for row in distinct.iter_rows()]
    return distinct.with_columns(
        pl.Series("evidence.level", [item.level for item in found], pl.String),
        pl.Series("evidence.rank", [item.rank for item in found], pl.UInt8),
        pl.Series("evidence.status", [item.status for item in found], pl.String),
        pl.Series("evidence.reasons", [item.reasons for item in found], pl.List(pl.String)),
    )


def _noticed(meta: pl.DataFrame) -> pl.DataFrame:
    distinct = meta.select("notices", *_KEY[:2]).unique(maintain_order=True)
    found = [notices_of(*row) for row in distinct.iter_rows()]
    return distinct.with_columns(pl.Series("evidence.notices", found, pl.List(pl.String)))


def _retraction() -> pl.Expr:
    """The source's own sentence, else the publication type's."""
    stated = pl.col("retracted").str.strip_chars()
    by_type = pl.when(pl.col("publication_types").list.contains(RETRACTED)).then(
        pl.lit(f"publication type {RETRACTED} (Retracted Publication)")
    )
    return pl.when(stated != "").then(stated).otherwise(by_type).alias("evidence.retraction")


def _preprint() -> pl.Expr:
    by_type = pl.col("publication_types").list.contains(PREPRINT)
    return (by_type | (pl.col("article_type") == "preprint")).alias("evidence.preprint")
