"""The HTML report of a comparison: one self-contained file, in the look of the corpus report.

Written by `tokenizer/compare/command.py` from a `Compared` (`tokenizer/compare/result.py`). It loads nothing and runs
nothing; whatever comes from a document or a tokenizer is escaped (`corpus/report/html.py`). Only its footer differs
from run to run.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from corpus.report.head import head
from corpus.report.html import Child, Html, join, tag
from corpus.report.section import Column, note, paragraphs, table
from corpus.report.wording import count, plural, size
from tokenizer.compare import spelt
from tokenizer.compare.coloured import dot, example
from tokenizer.compare.counted import Broken
from tokenizer.compare.figures import card, cells, columns, group_table
from tokenizer.compare.measures import CONTEXT, MEASURES, TERM_MEASURES, Measure, measures_for
from tokenizer.compare.result import Compared, Compares, Language
from tokenizer.compare.words import spaced

STYLE = Path(__file__).with_name("compare.css")
# By whether words are parted by spaces.
IN_CARDS = {
    True: ("bytes_per_token", "fertility", "whole_words", "whole_terms"),
    False: ("bytes_per_token", "characters_per_token", "joined", "whole_terms"),
}
IN_GROUPS = ("bytes_per_token", "characters_per_token", "whole_terms")
_BY_NAME = {measure.name: measure for measure in MEASURES}


def write_page(compared: Compared, out: Path) -> None:
    """Write the report; the file is replaced in one step."""
    temporary = out.with_name(f".{out.name}.{os.getpid()}.tmp")
    try:
        temporary.write_text(page(compared), encoding="utf-8", newline="\n")
        os.replace(temporary, out)
    finally:
        temporary.unlink(missing_ok=True)


def page(compared: Compared) -> str:
    """The whole page as text."""
    parts = [
        (f"l{place}", tag_, _language(compared, tag_, one))
        for place, (tag_, one) in enumerate(compared.languages.items())
    ]
    if compared.terms:
        parts.append(("terms", "Terms by themselves", _terms(compared)))
    parts.append(("methods", "What the figures mean", _methods()))
    contents = tag("nav", tag("ol", [tag("li", tag("a", name, href=f"#{anchor}")) for anchor, name, _ in parts]),
                   aria_label="Contents")  # fmt: skip
    sections = [tag("section", tag("h2", name), body, id=anchor) for anchor, name, body in parts]
    title = f"{plural(len(compared.tokenizers), 'tokenizer')} on {compared.corpus.name}"
    inside = join(_header(compared, title), contents, tag("main", sections), _footer(compared))
    return f'<!doctype html>\n<html lang="en">{head(title, STYLE)}{tag("body", inside)}</html>\n'


def _header(compared: Compared, title: str) -> Html:
    heads = [Column("Tokenizer"), Column("Model"), Column("Vocabulary", True), Column("Given as"), Column("Identity")]
    rows = [[join(dot(place), one.label), one.kind, count(one.size), one.name, tag("code", one.identity[:12])]
            for place, one in enumerate(compared.tokenizers)]  # fmt: skip
    identity = compared.corpus.identity
    return tag(
        "header", tag("p", "Materia · tokenizers compared", class_="kicker"), tag("h1", title),
        tag("p", "Measured on documents that the corpus holds out: no tokenizer that was fitted to its training split "
            "has seen them. The first tokenizer is the one that the others are compared with.", class_="lead"),
        tag("p", "corpus ", tag("code", identity[:12], title=identity), class_="note"),
        [tag("p", warning, class_="warning") for warning in compared.warnings], table("Tokenizers", heads, rows),
    )  # fmt: skip


def _language(compared: Compared, name: str, one: Language) -> Html:
    tokenizers, whole = compared.tokenizers, one.whole
    shown = [
        measure for measure in measures_for(spaced(name)) if any(each.value for each in whole.measures[measure.name])
    ]
    in_cards = IN_CARDS[spaced(name)]
    cards = [card(measure, whole.measures[measure.name], tokenizers) for measure in shown if measure.name in in_cards]
    told = (
        f"{plural(whole.documents, 'document')} of {count(one.available)} in the held-out split, {size(whole.bytes)}."
    )
    cut = f" {plural(one.cut, 'document is', 'documents are')} too long to be measured to the end." if one.cut else ""
    groups = [
        group_table(f"{_BY_NAME[measure].heading.capitalize()} by {what}", what, _BY_NAME[measure], parts, tokenizers)
        for measure in IN_GROUPS
        for what, parts in (("source", one.sources), ("tier", one.tiers))
        if any(each.value for each in whole.measures[measure])
    ]
    return join(
        tag("p", told + cut), tag("div", cards, class_="measured"), _rest(name, one, shown, tokenizers),
        _examples(name, one, tokenizers),
        tag("details", tag("summary", "By source and tier"), groups) if len(one.sources) + len(one.tiers) > 2 else None,
        _broken(one.broken, tokenizers),
    )  # fmt: skip


def _rest(name: str, one: Language, shown: Sequence[Measure], tokenizers: Sequence[Compares]) -> Html:
    """The measures that have no card, and what has no interval."""
    rows: list[list[Child]] = [
        [measure.heading, *cells(measure, one.whole.measures[measure.name])]
        for measure in shown
        if measure.name not in IN_CARDS[spaced(name)]
    ]
    characters = [each.value and each.value.value for each in one.whole.measures["characters_per_token"]]
    rows.append([f"characters that fit {count(CONTEXT)} tokens", *map(spelt.context, characters)])
    if spaced(name):
        words = [
            1 / each.value.value if each.value and each.value.value else None
            for each in one.whole.measures["fertility"]
        ]
        rows.append([f"words that fit {count(CONTEXT)} tokens", *map(spelt.context, words)])
    rows.append(["vocabulary in use", *map(spelt.share, one.in_use)])
    rows.append(
        ["Rényi efficiency (α = 2.5)", *(spelt.NONE if value is None else f"{value:.3f}" for value in one.renyi)]
    )
    return table("Also measured", columns("", tokenizers), rows)


def _examples(name: str, one: Language, tokenizers: Sequence[Compares]) -> Html | None:
    if not one.examples:
        return None
    told = note("Sentences of held-out documents in the pieces of each tokenizer. A dashed box holds the pieces of one "
                "character, in hexadecimal; what is underlined wavily was lost.")  # fmt: skip
    return tag(
        "div", tag("h3", "Examples"), told, [example(each, tokenizers, name) for each in one.examples], class_="above"
    )


def _broken(broken: Sequence[Sequence[Broken]], tokenizers: Sequence[Compares]) -> Html | None:
    rows = [
        [
            join(dot(place), tokenizers[place].label),
            tag("code", each.id),
            count(each.at),
            tag("code", each.text),
            tag("code", each.decoded),
        ]
        for place, places in enumerate(broken)
        for each in places
    ]
    if not rows:
        return None
    heads = [Column("Tokenizer"), Column("Document"), Column("First difference at", True), Column("Text from there"),
             Column("Decoded from there")]  # fmt: skip
    return tag(
        "details", tag("summary", "Where texts do not come back"), table("The first documents of each", heads, rows)
    )


def _terms(compared: Compared) -> Html:
    names = [TERM_MEASURES[place] for place in (0, 1, 2)]
    parts = []
    for one in compared.terms:
        of = f" of {count(one.found)}" if one.found > one.terms else ""
        rows = [[measure.heading, *cells(measure, one.measures[measure.name])] for measure in names]
        parts.append(table(f"{one.name}: {plural(one.terms, 'term')}{of}", columns("", compared.tokenizers), rows))
    told = (
        "Every term of a list once, however often a text has it, measured where it would stand in a text: between two "
        "words, or on a line of its own if it is written in Han characters."
    )
    return join(paragraphs(told), parts)


def _methods() -> Html:
    told = [(measure.heading, measure.told) for measure in (*MEASURES, *TERM_MEASURES)]
    more = [
        ("vocabulary in use", "Share of all ids that occur at least once in the documents of the language."),
        ("Rényi efficiency", "Zouhar et al. 2023 (doi:10.18653/v1/2023.acl-long.284), over the ids that occur. "
         "Reported, not to be optimised: two families of tokenizers raise it and make models worse (arXiv 2402.14614)."),
        ("intervals", "95 %, from 1,000 bootstrap draws of whole documents (of terms, for lists of terms); all "
         "tokenizers see the same draws, so that a difference has an interval of its own. None below five documents."),
        ("encode speed", "In the footer: best of two rounds on the first megabyte, which no interval comes with."),
    ]  # fmt: skip
    return tag("dl", [join(tag("dt", name), tag("dd", text)) for name, text in (*told, *more)], class_="facts")


def _footer(compared: Compared) -> Html:
    told = [f"{one.label} {speed.one:.1f} MB/s by one thread, {speed.all:.1f} by {speed.threads}"
            for one, speed in zip(compared.tokenizers, compared.speed, strict=True) if speed]  # fmt: skip
    return tag(
        "footer",
        tag("p", "Encode speed in this run: " + "; ".join(told) + "." if told else "Encode speed was not measured."),
    )
