"""The command line of the corpus stage: `corpus build | explain | report | doctor`.

Docstrings are the help; heavy libraries are imported inside the commands, so that help answers at once. Data goes to
standard output, progress and errors to standard error; exit codes are 0 done, 1 the user can mend it, 2 usage.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus.errors import UserError
from corpus.terminal import run

if TYPE_CHECKING:
    from corpus.build import Built

app = typer.Typer(
    name="corpus",
    help="Turn medical documents into a graded corpus in which every record is accounted for.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip

DEFAULT_OUT = Path("materia-corpus")

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


@app.command()
def build(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")] = "samples",
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-corpus/<recipe>].")] = None,
    store: Annotated[Path | None, typer.Option(help="Store of finished work [default: beside the output].")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a recipe value.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 means one a core, or one for a small input.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")] = False,
    as_json: Json = False,
) -> None:
    """Build a corpus from a recipe; without one, from the shipped samples.

    \b
    corpus build
    corpus build my.toml --out corpora/mine --workers 8
    corpus build my.toml --set rule.en-words-min.threshold=30
    """
    from corpus.build import build as run_build
    from corpus.progress import Screen, Silent
    from corpus.recipe_file import load_recipe
    from corpus.store import Store

    loaded = load_recipe(recipe, tuple(set_ or ()))
    out = (out or DEFAULT_OUT / loaded.recipe.name).absolute()
    store = (store or out.parent / ".store").absolute()
    watch = Silent() if quiet or as_json else Screen()
    watch.say(f"Building {loaded.recipe.name} into {_short(out)}")
    try:
        built = run_build(loaded, out, Store(store), workers, watch)
    except KeyboardInterrupt:
        print("\nstopped; run again to go on: what is finished is kept", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        _print_json({"out": str(built.out), "identity": built.card.identity, "built": built.fresh,
                     "counts": built.card.counts, "run": built.run})  # fmt: skip
    elif not quiet:
        _print_summary(built)


def _print_summary(built: Built) -> None:
    from corpus.summary import summary

    summary(built, _short(built.out))


@app.command()
def explain(
    name: Annotated[
        str, typer.Argument(metavar="ID", help="A document id, record key, PMID, or place (file#position).")
    ],
    out: Annotated[Path, typer.Option(help="Output folder of the build.")] = DEFAULT_OUT / "samples",
    as_json: Json = False,
) -> None:
    """Tell the whole story of one document: where it came from, what became of it, and why.

    \b
    corpus explain pubmed:90000004
    corpus explain pubmed/pubmed26n0002.xml#3 --out corpora/mine
    """
    from corpus.explain import explain as look_up
    from corpus.explain import tell

    story = look_up(out, name)
    if as_json:
        _print_json({key: value for key, value in story.items() if key != "card"})
    else:
        typer.echo(tell(story))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a build.")] = DEFAULT_OUT / "samples",
) -> None:
    """Write the HTML report of a build again, and say where it is."""
    from corpus.card import read_card
    from corpus.report.page import write_report

    if read_card(folder) is None:
        raise UserError("That folder holds no corpus.", where=str(folder), mend="give the --out of a build")
    typer.echo(str(write_report(folder)))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this installation: Python, libraries, names, cores, memory, disk; and say what mends each fault."""
    from corpus.doctor import diagnose

    checks = diagnose(DEFAULT_OUT)
    if as_json:
        _print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            mark = {True: "ok", False: "FAIL", None: "-"}[check.ok]
            typer.echo(f"{mark:<5} {check.name:<22} {check.detail}")
            if check.ok is False and check.mend:
                typer.echo(f"      mend: {check.mend}")
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)


def _print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False, sort_keys=True, default=str))


def _short(path: Path) -> str:
    """Relative to the current folder where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
