"""Related pairs side by side: why two documents became one, and why two others stay two.

Drawn by `corpus/clusters_drawn.py` into `ledger/pairs.parquet`. What a copy is chosen by is looked up in the facts
and ordered by `corpus/decide.py` itself, so that the reason given is the one that decided. Called by
`corpus/report/copies.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import polars as pl

from corpus.report.chosen import Chosen, Known, chosen, look_up
from corpus.report.differences import side_by_side
from corpus.report.folder import Build
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import code
from corpus.report.wording import FATES, LANGUAGE_TAG, VETOES, alike, cut, cut_middle, percent, plural

SIDES = "AB"
OPEN = 3  # pairs of a group that stand open
SHOWN = {"exact": 6, "near": 6, "variant": 6}  # of a group; of the others OTHERS
OTHERS = 3
TITLE, NAME, OPENING, EVIDENCE = 160, 100, 160, 60  # characters
GROUPS = (
    (
        "One stays",
        "Copies: no quantity, negation, opening or listed term takes the place of another.",
        ("exact", "near"),
    ),
    ("Both stay", "As alike as copies, but neither may stand for the other.", ("variant",)),
    ("Related otherwise", "Kept unless the recipe says that one of them goes.", ("contained", "work", "translation")),
)

Row = dict[str, Any]


def drawn(build: Build) -> Html | None:
    """The pairs in three groups; None where the folder has none."""
    path = build.file("ledger/pairs.parquet")
    rows = list(pl.read_parquet(path, glob=False).iter_rows(named=True)) if path else []
    if not rows:
        return None
    rows = _picked(rows)
    known = look_up(build, {row[side] for row in rows for side in ("one", "other")})
    picks = chosen(build, known, rows)
    groups = [_group(build, heading, told, [row for row in rows if row["kind"] in kinds], known, picks)
              for heading, told, kinds in GROUPS]  # fmt: skip
    lead = join(
        "Drawn evenly along the ids of every kind, the same in every build. The lines are the places where the two "
        "texts differ, with what stands around them; ", tag("mark", "underlined", class_="m-a"), " and ",
        tag("mark", "doubly underlined", class_="m-b"), " is what only that side has, and ∅ that it has nothing there.",
    )  # fmt: skip
    return join(tag("h3", "Pairs, side by side", class_="above"), tag("p", lead, class_="prose-wide"), groups)


def _picked(rows: Iterable[Row]) -> list[Row]:
    """A few of each kind and veto, in turn; first those that say at once what became of the two."""
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for place, row in enumerate(sorted(rows, key=lambda row: not _plain(row))):
        group = (row["kind"], row["veto"] or "")
        seen[group] = seen.get(group, 0) + 1
        if seen[group] <= SHOWN.get(row["kind"], OTHERS):
            ranked.append((not _plain(row), seen[group], place, row))
    return [row for *_, row in sorted(ranked, key=lambda item: item[:3])]


def _gone(row: Row) -> list[str]:
    """The sides that went as copies."""
    return [side for side in ("one", "other") if row[f"fate_{side}"] == "duplicate"]


def _plain(row: Row) -> bool:
    """Whether no third document had a part in it."""
    gone = _gone(row)
    if row["kind"] in ("exact", "near"):
        return len(gone) == 1 and row["stays"] in (row["one"], row["other"])
    return not gone


def _label(row: Row) -> str:
    """What became of the two, in two words."""
    gone = _gone(row)
    if not gone:
        return ("Both are out", "One is out", "Both stay")[(row["fate_one"] == "kept") + (row["fate_other"] == "kept")]
    if len(gone) == 2:
        return "Both go"
    return "One stays" if row["stays"] in (row["one"], row["other"]) else "One goes"


def _group(
    build: Build,
    heading: str,
    told: str,
    rows: Sequence[Row],
    known: dict[str, Known],
    picks: dict[tuple[str, str], Chosen],
) -> Html | None:
    if not rows:
        return None
    shown = [_pair(build, row, known, picks.get((row["one"], row["other"]))) for row in rows]
    more = shown[OPEN:]
    folded = tag("details", tag("summary", f"{plural(len(more), 'more pair')} like these"), more) if more else None
    return tag("section", tag("h4", heading, tag("small", f" {told}")), shown[:OPEN], folded, class_="couples")


def _pair(build: Build, row: Row, known: dict[str, Known], pick: Chosen | None) -> Html:
    """One pair: the verdict, the two documents, the lines in which they differ, and why one of them stays."""
    language = row["language"] or "und"
    tongue = language if LANGUAGE_TAG.fullmatch(language) else None
    heads = [_document(row, side, known.get(row[side]), row[f"title_{side}"], tongue) for side in ("one", "other")]
    passages = side_by_side(row["passages"] or [], tongue)
    if not passages and row["kind"] in ("exact", "near", "variant", "contained"):
        opening = _opening(row)
        passages = [tag("p", opening, class_="passage whole", dir="auto", lang=tongue)]
    verdict = tag("p", tag("b", _label(row), class_="badge verdict"), " ", _verdict(build, row), class_="why")
    inside = [verdict, tag("div", heads, passages, class_="sides"), _reason(row, pick)]
    return tag("article", inside, class_=f"couple {'v-one' if _gone(row) else 'v-two'}")


def _opening(row: Row) -> str:
    """How the text begins, after its title."""
    opening, title = " ".join((row["opening"] or "").split()), " ".join((row["title_one"] or "").split())
    more = "…" if len(opening) >= OPENING else ""
    return cut(opening.removeprefix(title).lstrip(" .。"), OPENING) + more


def _document(row: Row, side: str, known: Known | None, title: str | None, tongue: str | None) -> Html:
    fate = row[f"fate_{side}"]
    name = SIDES[side == "other"]
    badge = tag("b", fate, class_=f"badge f-{fate if fate in FATES else 'broken'}")
    head = [tag("b", name, class_="side"), " ", badge, f" {known.told()}" if known else None,
            tag("small", code(cut_middle(row[side], NAME)))]  # fmt: skip
    tongue = tongue if side == "one" or row["kind"] != "translation" else None
    shown = tag("h5", cut(title, TITLE), dir="auto", lang=tongue) if title else None
    return tag("div", tag("p", head, class_="why"), shown, class_="document")


def _verdict(build: Build, row: Row) -> Child:
    """In words: how alike, what differs, what follows."""
    by = alike(row["jaccard"]) if row["jaccard"] is not None else ""
    places = f"{plural(row['changes'], 'place')} differ{'s' if row['changes'] == 1 else ''}" if row["changes"] else ""
    match row["kind"]:
        case "exact" if not row["passages"]:
            return "The same text, letter for letter."
        case "exact":
            return "The same text but for script, width or case, which are one for matching."
        case "near":
            needed = percent(build.recipe.decide.near)
            differ = places or "only the order differs"
            return f"{by} alike (a copy needs {needed}); {differ}."
        case "variant":
            said = VETOES.get(row["veto"] or "", "a difference forbids it")
            return join(f"{by} alike, but ", tag("strong", _evidence(row["evidence"])), f": {said}.")
        case "contained":
            return f"Nearly all of the shorter text is in the longer one; {by} alike as wholes."
        case "work":
            return join("One work in two forms: both carry ", code(cut(row["evidence"], EVIDENCE)), ".")
        case "translation":
            return "One work in two languages, as its source says."
    return ""


def _evidence(evidence: str | None) -> str:
    """What stands on the two sides. An arrow of one direction would say that one became the other."""
    return cut((evidence or "").replace(" → ", " ↔ "), 2 * EVIDENCE)


def _reason(row: Row, pick: Chosen | None) -> Html | None:
    """Why that one stays, or what else became of the two."""
    if pick:
        return tag("p", tag("b", f"{SIDES[pick.place]} stays: "), pick.reason, class_="note")
    if gone := _gone(row):
        sides = " and ".join(SIDES[side == "other"] for side in gone)
        third = code(cut_middle(row["stays"] or "", NAME))
        third = (
            join(" of a third document, ", third)
            if len(gone) == 1
            else join(" of other documents, one of them ", third)
        )
        return tag(
            "p", tag("b", f"{sides} went: "), "as a copy" if len(gone) == 1 else "as copies", third, ".", class_="note"
        )
    if row["kind"] in ("exact", "near"):
        left = [name for name, side in zip(SIDES, ("one", "other"), strict=True) if row[f"fate_{side}"] != "kept"]
        why = f"{' and '.join(left)} left for another reason." if left else "the recipe keeps such copies."
        return tag("p", tag("b", "No copy had to go: "), why, class_="note")
    return None
