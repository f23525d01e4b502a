"""Why of two copies that one stays: what the documents are, and the first thing in which they are not equal.

From facts and recipe; the order is `preference` of `corpus/decide.py`. Called by `corpus/report/pairs.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import polars as pl

from corpus.judge import looked_at, verdict
from corpus.report.folder import Build
from corpus.report.wording import count, cut

FACTS = {"document.licence": "licence", "document.characters": "characters", "document.date": "date"}
# What the columns that `preference` orders by are called.
CRITERIA = {"tier": "tier", "licence": "licence", "characters": "length", "date": "date", "id": "id"}
NAME = 40  # characters of a licence, a date


class Known(NamedTuple):
    """What is known of a document. The tier of a copy that went is the one it would have had."""

    id: str
    tier: str
    licence: str
    characters: int
    date: str

    def told(self) -> str:
        """For a reader."""
        parts = [
            f"tier {self.tier}",
            f"licence {cut(self.licence, NAME)}",
            f"{count(self.characters)} characters",
            cut(self.date, NAME),
        ]
        return " · ".join(part for part in parts if part)


class Chosen(NamedTuple):
    """Which of a pair stays (0 or 1), and why."""

    place: int
    reason: str


def look_up(build: Build, ids: Iterable[str]) -> dict[str, Known]:
    """The documents of those ids that have facts; none where the build lacks one of the columns."""
    facts = build.scan("facts/facts")
    tiers = build.recipe.model_copy(update={"rule": (), "exam": ()})  # what decides the tier, and no more
    wanted = looked_at(tiers)
    if facts is None or not wanted | {*FACTS} <= {*build.columns("facts/facts")}:
        return {}
    chosen = facts.filter(pl.col("id").is_in(sorted(ids))).select("id", *FACTS, *sorted(wanted - {*FACTS}))
    frame = chosen.collect(engine="streaming")
    told = frame.select("id", *FACTS).rename(FACTS).with_columns(verdict(frame, tiers)["tier"])
    return {row["id"]: Known(**row) for row in told.iter_rows(named=True)}


def chosen(build: Build, known: dict[str, Known], rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], Chosen]:
    """For pairs of which one went for the other: which stays, by the ids of the two."""
    from corpus.decide import preference

    if not known:
        return {}
    frame = pl.DataFrame([one._asdict() for one in known.values()])
    keys = preference(frame, build.recipe.decide.tiers)
    criteria = [CRITERIA[key.meta.root_names()[0]] for key in keys]
    order = frame.select("id", *(key.alias(f"key {place}") for place, key in enumerate(keys)))
    ranks = {row[0]: row[1:] for row in order.iter_rows()}
    picks: dict[tuple[str, str], Chosen] = {}
    for row in rows:
        pair = (row["one"], row["other"])
        gone = [row["fate_one"] == "duplicate", row["fate_other"] == "duplicate"]
        if sum(gone) == 1 and row["stays"] in pair and set(pair) <= set(ranks):
            place = gone.index(False)
            stays, goes = known[pair[place]], known[pair[1 - place]]
            if row["kind"] == "contained":
                picks[pair] = Chosen(place, "nearly all of the other text is in it.")
            elif ranks[stays.id] < ranks[goes.id]:  # in a folder of another version the order may be another one
                picks[pair] = Chosen(place, _reason(stays, goes, _parting(criteria, ranks[stays.id], ranks[goes.id])))
    return picks


def _parting(criteria: Sequence[str], one: Sequence[Any], other: Sequence[Any]) -> list[str]:
    """The criteria up to the first in which two documents are not equal."""
    differs = next(place for place, ranks in enumerate(zip(one, other, strict=True)) if ranks[0] != ranks[1])
    return list(dict.fromkeys(criteria[: differs + 1]))


def _reason(stays: Known, goes: Known, parting: Sequence[str]) -> str:
    """`equal in tier and licence, and it is longer (...)`."""
    *equal, decides = parting
    said = {
        "tier": f"it is in the better tier ({stays.tier}, the other {goes.tier})",
        "licence": f"its licence is the freer one ({cut(stays.licence, NAME)}, the other {cut(goes.licence, NAME)})",
        "length": f"it is longer ({count(stays.characters)} characters, the other {count(goes.characters)})",
        "date": f"it is the later one ({cut(stays.date, NAME)}, the other {cut(goes.date, NAME) or 'undated'})",
        "id": "its id comes first",
    }[decides]
    alike = " and ".join([", ".join(equal[:-1]), equal[-1]] if len(equal) > 1 else equal)
    return f"equal in {alike}, and {said}." if equal else f"{said}."
