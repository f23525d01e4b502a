"""The command `evaluate compare`, which `eval/cli.py` registers: folders of scores in, differences in words out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.compare.pairs import Compared


def compare(
    scores: Annotated[list[Path], typer.Argument(help="Two or more outputs of `evaluate run`; the first is the base.")],
    out: Annotated[Path | None, typer.Option(help="A Parquet file for every difference [default: none].")] = None,
    page: Annotated[Path | None, typer.Option(help="An HTML file for the report [default: none].")] = None,
    parts: Annotated[bool, typer.Option("--parts", help="Show languages, fields and subjects too.")] = False,
    resamples: Annotated[int, typer.Option(min=200, max=100_000, help="Of the bootstrap.")] = 2000,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every difference as JSON on standard output.")] = False,
) -> None:
    """Compare runs item by item: differences with intervals, adjusted for how many there are.

    \b
    evaluate compare scores/base-medical scores/mine-medical --page compared.html
    evaluate compare scores/full scores/int8 scores/int4 --parts --out differences.parquet
    """
    from corpus.errors import UserError
    from corpus.terminal import print_json
    from eval.compare.opened import open_all
    from eval.compare.page import write_page
    from eval.compare.pairs import compare as compare_runs

    if len(scores) < 2:
        raise UserError("One run cannot be compared.", "evaluate compare", "give two outputs of `evaluate run` or more")
    first, *seconds = open_all(scores)
    found = compare_runs(first, seconds, resamples)
    if out is not None:
        _write(found, out)
    if page is not None:
        write_page(found, [first, *seconds], page)
    if as_json:
        print_json({"differences": found.table.to_dicts(), "alone": found.alone})
    elif not quiet:
        _print(found, parts)
        if page is not None:
            _say_where(page)


def _say_where(page: Path) -> None:
    from corpus.controls import visible
    from eval.run.printed import output

    output().print(f"page    {visible(str(page))}", markup=False, soft_wrap=True)


def _write(found: Compared, out: Path) -> None:
    making = out.with_name(f".{out.name}.making")
    out.parent.mkdir(parents=True, exist_ok=True)
    found.table.write_parquet(making)
    making.replace(out)


def _print(found: Compared, parts: bool) -> None:
    import polars as pl

    from eval.run.printed import output

    console = output()
    shown = found.table if parts else found.table.filter(pl.col("part") == "all")
    for (first, second), rows in shown.group_by("first", "second", maintain_order=True):
        counts = dict(rows.group_by("second_better").len().iter_rows())
        better, worse, same = (counts.get(one, 0) for one in (True, False, None))
        of = f"no difference shown in {same} of {rows.height} comparisons"
        console.print(
            f"{second} beside {first}: better in {better}, worse in {worse}, {of}", markup=False, soft_wrap=True
        )
        shown_first = rows.sort(pl.col("second_better").is_null(), maintain_order=True)
        for row in shown_first.iter_rows(named=True):
            of = f"Better on {row['wins']:,}, alike on {row['ties']:,}, worse on {row['losses']:,}."
            console.print(f"  {row['sentence']} {of}", markup=False, highlight=False, soft_wrap=True)
    for line in found.alone:
        console.print(f"note: {line}", markup=False)
