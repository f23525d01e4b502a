"""What the command line prints at the end of an extension: pieces, general lines that change, tokens saved.

Called by `tokenizer/extend/command.py` with what `tokenizer/extend/run.py` returns; goes to standard output.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from corpus.controls import visible
from tokenizer.extend.run import TABLE, Extended


def summary(extended: Extended) -> None:
    """Print the summary of an extension."""
    console, counts = Console(highlight=False, soft_wrap=True), extended.card.counts
    place = os.path.relpath(extended.out) if extended.out.is_absolute() else str(extended.out)
    if not extended.fresh:
        console.print(f"up to date: {place} is what this gives", markup=False)
    base = counts["base"]
    console.print(f"{base['kind']} of {base['size']:,} ids, {counts['new_pieces']:,} new pieces, "
                  f"{counts['vocabulary']:,} ids in all\n", markup=False)  # fmt: skip
    console.print(_general(counts))
    if counts["aside"]:
        console.print("aside: documents of the domain in the general text, which is not asked to keep their ids\n",
                      markup=False)  # fmt: skip
    console.print(_held_out(counts["held_out"]))
    for language, (before, after) in counts["unknown"].items():
        if before:
            told = f"unknown tokens in held-out text, {visible(language)}: {before:.3%} before, {after:.3%} after"
            console.print(told, markup=False)
    for warning in extended.warnings:
        console.print(f"warning: {visible(warning)}", markup=False)
    if extended.run:
        console.print(f"\nextended in {extended.run['seconds']:.1f} s", markup=False)
    console.print(f"  tokenizer  {place}/tokenizer.json", markup=False)
    console.print(f"  embedding  {place}/{TABLE}", markup=False)


def _general(counts: dict[str, Any]) -> Table:
    table = _table("general text", "docs", "lines", "changed", "share", "95 %", "reckoned")
    for kind, what in (("general", ""), ("aside", ", aside")):
        for language, told in counts[kind].items():
            reckoned = None if what else counts["expected"].get(language)
            table.add_row(visible(language) + what, f"{told['documents']:,}", f"{told['lines']:,}",
                          f"{told['changed']:,}", f"{told['share']:.2%}", f"{told['low']:.2%} to {told['high']:.2%}",
                          "" if reckoned is None else f"{reckoned:.2%}")  # fmt: skip
    return table


def _held_out(held_out: dict[str, Any]) -> Table:
    table = _table("held-out text", "docs", "per token", "before", "after", "gain", "95 %")
    for language, told in held_out.items():
        for unit in ("characters", "bytes"):
            shown = told[unit]
            table.add_row(visible(language), f"{told['documents']:,}", unit, f"{shown['before'][0]:.3f}",
                          f"{shown['after'][0]:.3f}", f"{shown['gain'][0]:+.1%}", _range(shown["gain"]))  # fmt: skip
    return table


def _table(first: str, *columns: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="right", no_wrap=True)
    return table


def _range(values: Sequence[float]) -> str:
    return f"{values[1]:+.1%} to {values[2]:+.1%}"
