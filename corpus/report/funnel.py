"""Section: the funnel. Every entry read and every document, with what became of it; the books of the build.

From the counts in the card (`corpus/funnel.py`), which the build has balanced.
"""

from __future__ import annotations

from corpus.report.flow import Flow, Node, draw
from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Part, Section, bar, few, note, table, tier_kind, tier_order
from corpus.report.wording import FATES, OUTCOMES, STANDING, count, plural, share

RULES_DRAWN = 10
RULES_LISTED = 12


def body(build: Build, counts: Counts) -> Html | None:
    """The drawing, which a narrow screen leaves out, and the same as a table."""
    told = build.card.counts
    entries, standing = sum(told["records"].values()), standing_of(told["documents"])
    if not entries:
        return tag("p", "Nothing was read.")
    read, kept = told["records"].get("read", 0), told["documents"].get("kept", 0)
    lead = (
        f"{plural(entries, 'entry', 'entries')} of the input files were read. {plural(read, 'record')} "
        f"stand as the last word on what they are about and gave {plural(standing, 'document')}; "
        f"{count(kept)} of these ({share(kept, standing)}) were kept."
    )
    figure = tag("figure", draw(flow(build), "The funnel, from entries read to tiers"), class_="wide-only")
    return join(tag("p", lead), figure, _table(build))


def standing_of(fates: dict[str, int]) -> int:
    """Documents whose record is the last word."""
    return sum(fates.get(fate, 0) for fate in STANDING)


def flow(build: Build) -> Flow:
    """The counts of the card as the columns of the drawing."""
    told = build.card.counts
    records, fates = told["records"], told["documents"]
    entries, standing = sum(records.values()), standing_of(fates)
    outcomes = [Node("stands", "standing records", records.get("read", 0), entries)]
    outcomes += [Node(f"o-{name}", _outcome(name), records[name], entries) for name in OUTCOMES if records.get(name)]
    kept = fates.get("kept", 0)
    ends = [("kept", [Node(tier_kind(build, tier), tier, _documents(build, tier), kept) for tier in tier_order(build)])]
    ends.append(("dropped", [Node("f-dropped", rule, number, standing) for rule, number in _rules(told, RULES_DRAWN)]))
    shown = [Node(f"f-{fate}", fate, fates[fate], standing) for fate in STANDING if fates.get(fate)]
    present = {node.label for node in shown}
    ends.append(("duplicate", [Node("f-duplicate", _copy(name), number, standing) for name, number in _copies(build)]))
    ends = [end for end in ends if end[0] in present]
    return Flow(Node("entries", "entries", entries, entries), outcomes, shown, ends)


def _table(build: Build) -> Html:
    told = build.card.counts
    records, fates = told["records"], told["documents"]
    entries, standing, kept = sum(records.values()), standing_of(fates), fates.get("kept", 0)
    rows = [_row("Entries read", entries, entries, "entries", 0)]
    rows += [_row(_outcome(name), records[name], entries, f"o-{name}", 1, meaning)
             for name, meaning in OUTCOMES.items() if records.get(name)]  # fmt: skip
    rows.append(_row("standing records", records.get("read", 0), entries, "stands", 1, "the last word on each key"))
    rows.append(_row("Documents of standing records", standing, standing, "stands", 0))
    for fate in STANDING[1:]:
        if fates.get(fate):
            rows.append(_row(fate, fates[fate], standing, f"f-{fate}", 1, FATES[fate]))
        if fate == "dropped":
            rows += [_row(rule, number, standing, "f-dropped", 2) for rule, number in _rules(told, RULES_LISTED)]
        if fate == "duplicate":
            rows += [_row(_copy(name), number, standing, "f-duplicate", 2) for name, number in _copies(build)]
    rows.append(_row("Kept", kept, standing, "f-kept", 0))
    rows += [_row(tier, _documents(build, tier), kept, tier_kind(build, tier), 1) for tier in tier_order(build)]
    columns = [Column("Step"), Column("Count", True), Column("Share", True), Column("")]
    older = sum(fates.values()) - standing
    more = (
        f"{plural(older, 'document')} of superseded, deleted, repeated or broken records were read as well; the ledger "
        "holds them with their fate."
    )
    caption = (
        "The funnel in numbers. Shares are of the entries read, then of the standing documents; tiers of the kept."
    )
    return join(table(caption, columns, rows), note(more) if older else None)


def _row(name: str, number: int, whole: int, kind: str, depth: int, meaning: str = "") -> list[object]:
    label = tag("span", name, tag("small", f" {meaning}") if meaning else None, class_=f"d{depth}")
    return [label, count(number), share(number, whole), bar([Part(kind, name, number)], whole)]


def _rules(told: dict[str, dict[str, int]], most: int) -> list[tuple[str, int]]:
    """Rules by the number of documents they dropped first; the smallest together as one."""
    ordered = sorted(told["rules"].items(), key=lambda item: (-item[1], item[0]))
    if len(ordered) <= most:
        return ordered
    first, left = few(ordered, most - 1)
    return [*first, (plural(left, "other rule"), sum(number for _, number in ordered[most - 1 :]))]


def _documents(build: Build, tier: str) -> int:
    return sum(cell["documents"] for cell in build.card.counts["tiers"][tier].values())


def _copies(build: Build) -> list[tuple[str, int]]:
    """Copies by the relation that cost them their place."""
    return sorted(build.card.counts.get("copies", {}).items(), key=lambda item: (-item[1], item[0]))


def _copy(name: str) -> str:
    return f"{name} copy" if name in ("exact", "near") else name


def _outcome(name: str) -> str:
    """The name of an outcome; a record that was read twice is no copy, of which the word `duplicate` speaks here."""
    return {"deletion": "deletion notices", "duplicate": "repeated"}.get(name, name)


SECTION = Section("funnel", "The funnel", body)
