"""A comparison in the terminal: one block a language, tokenizers side by side, then sources, tiers and terms in short.

Comes from `tokenizer/compare/result.py`, printed by `tokenizer/compare/command.py`. Up to five tokenizers fit into 80
columns; more, or long names, are told in a table for each five.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from corpus.controls import visible
from corpus.report.wording import size
from tokenizer.compare import spelt
from tokenizer.compare.intervals import FEWEST, Estimate
from tokenizer.compare.measures import MEASURES, TERM_MEASURES, Measure
from tokenizer.compare.result import Compared, Group, Language
from tokenizer.compare.words import spaced

NAME, FIGURE = 20, 11  # columns for what a row is, and for the longest interval (`3.160–3.193`)
ACROSS = 5  # tokenizers side by side
LANGUAGES = 4  # told in full; the report and --json tell all
ROWS = 8  # sources, and tiers, of a language
QUIET = ("unknown", "lost", "torn")  # left out where every tokenizer has nothing of it
_BY_NAME = {measure.name: measure for measure in MEASURES}


def show(compared: Compared, console: Console) -> None:
    """Print it."""
    for begin in range(0, len(compared.tokenizers), ACROSS):
        _show(compared, list(range(begin, min(begin + ACROSS, len(compared.tokenizers)))), console)
    for warning in compared.warnings:
        console.print(f"warning: {visible(warning)}", style="bold", markup=False)


def _show(compared: Compared, some: Sequence[int], console: Console) -> None:
    names = [visible(compared.tokenizers[place].label) for place in some]
    console.print(_tokenizers(compared, some, names, console.width))
    languages = list(compared.languages.items())
    for tag, language in languages[:LANGUAGES]:
        console.print(_heading(tag, language), style="bold", markup=False)
        console.print(_block(tag, language, some, names, console.width))
        console.print()
        console.print(_parts(tag, language, some, names, console.width))
    if len(languages) > LANGUAGES:
        rest = ", ".join(f"{visible(tag)} ({one.whole.documents:,})" for tag, one in languages[LANGUAGES:])
        console.print(f"\nmore languages, in the report and with --json: {rest}", style="dim", markup=False)
    if compared.terms:
        console.print("\nterms by themselves: share that is one token; tokens for each", style="bold")
        console.print(_terms(compared, some, names, console.width))


def _grid(first: str, names: Sequence[str], width: int) -> Table:
    """A table whose figures are never cut: a name that is too long for its column is folded."""
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    each = max(FIGURE, min(16, (width - NAME - len(names)) // len(names)))
    table.add_column(first, overflow="fold", min_width=NAME, max_width=max(NAME, width - len(names) * (each + 1)))
    for name in names:
        table.add_column(Text(name), justify="right", overflow="fold", max_width=each)
    return table


def _tokenizers(compared: Compared, some: Sequence[int], names: Sequence[str], width: int) -> Table:
    table = _grid("", names, width)
    chosen = [compared.tokenizers[place] for place in some]
    table.add_row("model", *(visible(one.kind) for one in chosen))
    table.add_row("vocabulary", *(f"{one.size:,}" for one in chosen))
    speeds = [compared.speed[place] for place in some]
    if any(speeds):
        table.add_row("MB/s, one thread", *(f"{one.one:.1f}" if one else spelt.NONE for one in speeds))
        threads = next(one.threads for one in speeds if one)
        table.add_row(f"MB/s, {threads} threads", *(f"{one.all:.1f}" if one else spelt.NONE for one in speeds))
    return table


def _heading(tag: str, language: Language) -> str:
    whole = language.whole
    few = f", too few for intervals (from {FEWEST} on)" if whole.documents < FEWEST else ""
    of = f" of {language.available:,}" if language.available > whole.documents else ""
    cut = f", {language.cut:,} of them not to their end" if language.cut else ""
    return f"\n{visible(tag)}: {whole.documents:,}{of} held-out documents, {size(whole.bytes)}{cut}{few}"


def _block(tag: str, language: Language, some: Sequence[int], names: Sequence[str], width: int) -> Table:
    table = _grid("95 % intervals", names, width)
    for name, each in language.whole.measures.items():
        shown = [each[place] for place in some]
        if all(one.value is None or (name in QUIET and not one.value.value) for one in shown):
            continue
        measure = _BY_NAME[name]
        table.add_row(measure.heading, *(_cell(measure, one) for one in shown))
        if name in ("bytes_per_token", "whole_terms", "whole_words", "joined") and any(one.difference for one in shown):
            table.add_row("  against the 1st", *(_against(measure, one) for one in shown), style="dim")
    table.add_row("characters in 2,048", *(spelt.context(_value(language, "characters_per_token", at)) for at in some))
    if spaced(tag):
        words = [_value(language, "fertility", at) for at in some]
        table.add_row("words in 2,048", *(spelt.context(1 / one if one else None) for one in words))
    table.add_row("vocabulary in use", *(spelt.share(language.in_use[at]) for at in some))
    table.add_row(
        "Rényi efficiency", *(f"{one:.3f}" if (one := language.renyi[at]) is not None else spelt.NONE for at in some)
    )
    return table


def _value(language: Language, name: str, at: int) -> float | None:
    found = language.whole.measures[name][at].value
    return None if found is None else found.value


def _cell(measure: Measure, one: Estimate) -> Text:
    shown = Text(spelt.value(measure, one.value))
    bounds = spelt.bounds(measure, one.value)
    return shown.append(f"\n{bounds}", style="dim") if bounds else shown


def _against(measure: Measure, one: Estimate) -> Text:
    if one.difference is None:
        return Text("")
    return Text(spelt.difference(measure, one.difference), style={"better": "green", "worse": "red"}.get(
        spelt.better(measure, one.difference), ""))  # fmt: skip


def _parts(tag: str, language: Language, some: Sequence[int], names: Sequence[str], width: int) -> Table:
    """Sources and tiers by one measure: the other two are in the report."""
    measure = _BY_NAME["bytes_per_token" if spaced(tag) else "characters_per_token"]
    table = _grid(measure.heading, names, width)
    for what, groups in (("source", language.sources), ("tier", language.tiers)):
        table.add_row(f"by {what}", style="dim")
        largest = sorted(groups.items(), key=lambda item: (-item[1].bytes, item[0]))
        for name, group in largest[:ROWS]:
            table.add_row(f"  {visible(name)}", *_short(measure, group, some))
        if len(largest) > ROWS:
            table.add_row(f"  {len(largest) - ROWS} more {what}s", style="dim")
    return table


def _short(measure: Measure, group: Group, some: Sequence[int]) -> list[str]:
    return [spelt.value(measure, group.measures[measure.name][place].value) for place in some]


def _terms(compared: Compared, some: Sequence[int], names: Sequence[str], width: int) -> Table:
    table = _grid("list (terms)", names, width)
    share, _, tokens = TERM_MEASURES
    for one in compared.terms:
        pairs = ((one.measures[share.name][at].value, one.measures[tokens.name][at].value) for at in some)
        cells = [f"{spelt.value(share, first)}\n{spelt.value(tokens, second)}" for first, second in pairs]
        table.add_row(f"{visible(one.name)} ({one.terms:,})", *cells)
    return table
