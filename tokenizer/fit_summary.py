"""What the command line prints at the end of a fit: what was read, what came out, and where to look next.

Called by `tokenizer/cli.py` with what `tokenizer/fit.py` returns; goes to standard output.
"""

from __future__ import annotations

import os
import shlex

from rich.console import Console
from rich.table import Table

from corpus.controls import visible
from corpus.report.wording import size
from tokenizer.fit import Fitted


def summary(fitted: Fitted) -> None:
    """Print the summary of a fit."""
    console = Console(highlight=False, soft_wrap=True)
    place, counts, recipe = _short(str(fitted.out)), fitted.card.counts, fitted.card.recipe
    if not fitted.fresh:
        console.print(f"up to date: {place} is what this recipe gives", markup=False)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    asked = {part["name"]: part["bytes"] for part in recipe["part"]}
    for part in counts["sample"]:
        table.add_row(
            f"sample {visible(part['name'])}", size(part["bytes"]),
            f"{part['documents']:,} of {part['of_documents']:,} documents, {size(part['of_bytes'])}",
        )  # fmt: skip
    short = [part for part in counts["sample"] if part["bytes"] < asked[part["name"]]]
    table.add_row("words", f"{counts['words']:,}", f"{counts['distinct_words']:,} distinct")
    cut = recipe["pretokenize"]["pattern"]
    table.add_row("vocabulary", f"{counts['vocabulary']:,}",
                  f"{recipe['algorithm']}, pattern {cut}, {counts['special']} special tokens")  # fmt: skip
    console.print(table)
    for part in short:
        told = f"part {visible(part['name'])} has {size(part['bytes'])} of the {size(asked[part['name']])} it asks for"
        console.print(f"note: {told}: the corpus has no more, and its share of the vocabulary is smaller", markup=False)
    if fitted.run:
        peak = max(fitted.run["peak_bytes"], fitted.run["trainer_peak_bytes"]) / (1 << 20)
        told = f"fitted in {fitted.run['seconds']:.1f} s, {peak:,.0f} MiB in the larger of two processes"
        console.print(f"\n{told}", markup=False)
    console.print(f"  tokenizer  {place}/tokenizer.json", markup=False)
    console.print(f'  look       tokenizer show "Aspirin 81 mg/d" --tokenizer {shlex.quote(place)}', markup=False)


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path
