"""The HTML report of a build: one self-contained file for a reader, made from nothing but the output folder.

`corpus/build.py` and `corpus report DIR` call `write_report`. The page loads nothing, runs nothing (a content security
policy forbids both) and says nothing of when or where it was made, but for its footer, which shows `run.json`. To add
a section, write a module with a SECTION and name it in SECTIONS.
"""

from __future__ import annotations

import os
from pathlib import Path

from corpus.report import (
    broken,
    copies,
    funnel,
    leaks,
    learned,
    licences,
    provenance,
    rules,
    samples,
    signals,
    splits,
    survival,
    tiers,
)
from corpus.report.cost import footer
from corpus.report.folder import Build, open_build, reading
from corpus.report.funnel import standing_of
from corpus.report.head import head
from corpus.report.html import Html, join, tag
from corpus.report.section import Section
from corpus.report.standing import gather
from corpus.report.wording import count, share, size

SECTIONS: tuple[Section, ...] = (
    funnel.SECTION,
    survival.SECTION,
    tiers.SECTION,
    rules.SECTION,
    signals.SECTION,
    copies.SECTION,
    leaks.SECTION,
    learned.SECTION,
    splits.SECTION,
    samples.SECTION,
    broken.SECTION,
    licences.SECTION,
    provenance.SECTION,
)


def write_report(folder: Path) -> Path:
    """Write `report.html` into the output folder of a build; returns its path. The file is replaced in one step.

    Raises `UserError` when the folder holds no corpus, or a damaged one.
    """
    build = open_build(Path(folder))
    path = build.folder / "report.html"
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with reading(build):
            text = page(build)
        temporary.write_text(text, encoding="utf-8", newline="\n")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def page(build: Build) -> str:
    """The whole page as text."""
    counts = gather(build, {name: query for section in SECTIONS for name, query in section.queries(build).items()})
    bodies = [(section, body) for section in SECTIONS if (body := section.body(build, counts)) is not None]
    contents = tag("nav", tag("ol", [tag("li", tag("a", s.heading, href=f"#{s.anchor}")) for s, _ in bodies]),
                   aria_label="Contents")  # fmt: skip
    sections = [tag("section", tag("h2", s.heading), body, id=s.anchor) for s, body in bodies]
    inside = join(_header(build), contents, tag("main", sections), footer(build.run))
    top = head(f"{build.card.name}: report of a corpus build")
    return f'<!doctype html>\n<html lang="en">{top}{tag("body", inside)}</html>\n'


def _header(build: Build) -> Html:
    """Name, identity, and the figures that a reader asks for first."""
    told = build.card.counts
    standing, kept = standing_of(told["documents"]), told["documents"].get("kept", 0)
    languages = sum(1 for fates in told["languages"].values() if fates.get("kept"))
    tiers_ = len(told["tiers"])
    copies = told["documents"].get("duplicate", 0)
    figures = [
        (count(kept), "documents kept"), (share(kept, standing), f"of {count(standing)} standing"),
        (size(told["kept_bytes"]), "of text"), (count(copies), "copies removed" if copies != 1 else "copy removed"),
        (count(tiers_), "tiers" if tiers_ != 1 else "tier"),
        (count(languages), "languages" if languages != 1 else "language"),
        (count(sum(told["records"].values())), "entries read"),
    ]  # fmt: skip
    tiles = tag("ul", [tag("li", tag("b", number), tag("span", what)) for number, what in figures], class_="tiles")
    described = str(build.card.recipe.get("description", ""))
    return tag(
        "header", tag("p", "Materia · report of a corpus build", class_="kicker"), tag("h1", build.card.name),
        tag("p", described, class_="lead") if described else None,
        tag("p", "identity ", tag("code", build.card.identity[:12], title=build.card.identity), class_="note"), tiles,
    )  # fmt: skip
