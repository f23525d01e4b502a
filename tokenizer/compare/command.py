"""`tokenizer compare`: what the command line asks, and where the answer goes.

Registered by `tokenizer/cli.py`; the work is done in `tokenizer/compare/result.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus.terminal import print_json

if TYPE_CHECKING:
    from tokenizer.compare.result import Compared


def compare(
    tokenizers: Annotated[
        list[str], typer.Argument(metavar="TOKENIZER...", help="Folders, files, or models in the local Hub cache.")
    ],
    corpus: Annotated[Path, typer.Option(help="Output folder of a corpus build with a held-out split.")],
    out: Annotated[Path | None, typer.Option(help="Write a report in HTML to this file.")] = None,
    documents: Annotated[int, typer.Option(min=0, help="Documents of each language at most; 0 means all.")] = 2000,
    terms: Annotated[list[Path] | None, typer.Option(help="A file of terms, one a line, or a PubMed file.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Which documents are drawn, and the draws of the intervals.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Measure tokenizers on the held-out text of a corpus, by language, source and tier, with intervals.

    \b
    tokenizer compare materia-tokenizer/quick-start gpt2 --corpus materia-corpus/samples
    tokenizer compare ours theirs --corpus corpora/mine --terms drugs.txt --out compared.html
    """
    from corpus.progress import Screen, Silent
    from tokenizer.compare.result import compare as run
    from tokenizer.opened import usable

    if out is not None:
        _refuse(out)
    with usable():
        compared = run(tokenizers, corpus, terms or (), documents, seed, Silent() if quiet or as_json else Screen())
    if out is not None:
        from tokenizer.compare.page import write_page

        write_page(compared, out)
    if as_json:
        from tokenizer.compare.as_json import as_json as told

        print_json(told(compared))
    elif not quiet:
        _print(compared)
    if out is not None:
        print(f"report   {out}", file=sys.stderr if as_json or quiet else sys.stdout)


def _print(compared: Compared) -> None:
    from rich.console import Console

    from tokenizer.compare.table import show

    show(compared, Console(highlight=False))


def _refuse(out: Path) -> None:
    """A report that could not be written is refused before the work and not after it."""
    from corpus.errors import UserError
    from corpus.output import refuse_unwritable

    if out.is_dir():
        raise UserError("The report is a file, and this is a folder.", str(out), f"give --out {out}/compare.html")
    if not out.absolute().parent.is_dir():
        raise UserError(
            "There is no such folder to write the report into.", str(out.absolute().parent), "make it first"
        )
    refuse_unwritable(out.absolute().parent)
