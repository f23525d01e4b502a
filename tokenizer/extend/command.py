"""The command `tokenizer extend`, which `tokenizer/cli.py` registers: flags in, a table out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def extend(
    base: Annotated[str, typer.Option(help="The tokenizer to extend: a folder, a file, or a name in the Hub's cache.")],
    corpus: Annotated[Path, typer.Option(help="The domain: output folder of a corpus build.")],
    general: Annotated[
        Path | None, typer.Option(help="Text whose ids must stay: a corpus folder, or a file of lines (.txt, .jsonl).")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-tokenizer/extended].")] = None,
    pieces: Annotated[int, typer.Option(min=1, help="New pieces, before the size is rounded up.")] = 4000,
    size: Annotated[int, typer.Option(min=0, help="Ids in all, instead of --pieces.")] = 0,
    multiple: Annotated[int, typer.Option(min=1, help="The size in all is a multiple of this.")] = 64,
    languages: Annotated[
        list[str] | None, typer.Option(help="Languages to learn from [default: those with 1 % of the corpus].")
    ] = None,
    sample_bytes: Annotated[int, typer.Option(min=1, help="Bytes to learn from, in all languages.")] = 30_000_000,
    changed: Annotated[float, typer.Option(min=0, max=1, help="Share of general lines that may change.")] = 0.005,
    seed: Annotated[int, typer.Option(min=0, help="Draws the sample.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Add a domain's pieces to a tokenizer, so that general text keeps its ids.

    \b
    tokenizer extend --base Qwen/Qwen2.5-0.5B --corpus corpora/medical --general corpora/news
    tokenizer extend --base my-llama --corpus corpora/medical --general news.txt --size 40000
    """
    from corpus.errors import UserError
    from corpus.progress import Screen, Silent
    from corpus.terminal import print_json
    from tokenizer.extend.run import Asked
    from tokenizer.extend.run import extend as run_extend
    from tokenizer.extend.summary import summary
    from tokenizer.opened import usable

    if general is None:
        raise UserError(
            "Extending needs general text: without it nothing can tell which new pieces would cut up ordinary lines "
            "anew, and the model behind the tokenizer would meet its old text in ids it was never taught.",
            where="--general", mend="give --general DIR (a corpus of general text) or FILE (lines of it)",
        )  # fmt: skip
    out = (out or Path("materia-tokenizer") / "extended").absolute()
    watch = Silent() if quiet or as_json else Screen()
    asked = Asked(base, corpus.absolute(), general.absolute(), pieces, size, multiple, tuple(languages or ()),
                  sample_bytes, changed, seed)  # fmt: skip
    watch.say(f"Extending {base}")
    with usable():
        extended = run_extend(asked, out, watch)
    if as_json:
        told = {"out": str(out), "identity": extended.card.identity, "extended": extended.fresh,
                "counts": extended.card.counts, "run": extended.run}  # fmt: skip
        print_json(told)
    elif not quiet:
        summary(extended)
