"""Section: provenance. The sources with their files and hashes, the recipe's settings, the versions: what to cite.

From the card.
"""

from __future__ import annotations

from corpus.report.folder import Build
from corpus.report.html import Html, join, tag
from corpus.report.section import Column, Counts, Section, code, few, table
from corpus.report.wording import count, percent, plural, size

ROWS = 60


def body(build: Build, counts: Counts) -> Html | None:
    """Inputs and identity."""
    card, recipe = build.card, build.recipe
    decide = recipe.decide
    held_out = f"{percent(decide.held_out)} of records, by hash of their key, with all that is related to them"
    copies = f"{', '.join(decide.drop) or 'none'} dropped; near from {percent(decide.near)} alike"
    tiers = ", ".join(decide.tiers) or "not told"
    told = [
        ("Identity", code(card.identity)), ("Recipe", card.name), ("Retracted works", decide.retracted),
        ("Copies", copies), ("Tiers, the best first", tiers), ("Held out", held_out), ("Code", code(card.code)),
        ("Libraries", ", ".join(f"{name} {version}" for name, version in sorted(card.versions.items()))),
    ]  # fmt: skip
    facts = tag("dl", [join(tag("dt", name), tag("dd", value)) for name, value in told], class_="facts")
    lead = (
        "The identity is a hash of the inputs, the recipe, the code and the libraries: equal identities are equal "
        "bytes. card.json holds the whole recipe and the SHA-256 of every file."
    )
    return join(tag("p", lead), facts, _inputs(build))


def _inputs(build: Build) -> Html:
    settings = {source.name: source for source in build.recipe.source}
    rows, left = few(sorted(build.card.inputs.items()), ROWS)
    shown = []
    for name, told in rows:
        source = settings.get(name)
        about = [source.kind, source.genre, source.licence, source.language] if source else ["", "", "", ""]
        passed = ", ".join(f"{count(number)} {what}" for what, number in told.get("passed_over", {}).items())
        shown.append([name, *about, count(told["files"]), size(told["bytes"]), code(str(told["sha256"])[:16]), passed])
    columns = [
        Column("Source"), Column("Kind"), Column("Genre"), Column("Licence unless told"),
        Column("Language unless told"), Column("Files", True), Column("Size", True), Column("SHA-256, first 16"),
        Column("Files passed over"),
    ]  # fmt: skip
    return table("Inputs", columns, shown, f"{plural(left, 'more source')} in card.json." if left else "")


SECTION = Section("provenance", "Provenance", body)
