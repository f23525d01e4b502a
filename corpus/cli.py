"""The command line of the corpus stage: build, explain, similar, what-if, diff, quality fit, report, doctor.

Docstrings are the help; heavy libraries are imported inside the commands, so that help answers at once. Data goes to
standard output, progress and errors to standard error; exit codes are 0 done, 1 the user can mend it, 2 usage.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus.terminal import print_json, run

if TYPE_CHECKING:
    from corpus.build import Built
    from corpus.changes import Changes

app = typer.Typer(
    name="corpus",
    help="Turn medical documents into a graded corpus in which every record is accounted for.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip

quality = typer.Typer(
    help="Classifiers of relevance and quality, learned from weak labels.", no_args_is_help=True, rich_markup_mode=None
)
app.add_typer(quality, name="quality")

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
        print_json({"out": str(built.out), "identity": built.card.identity, "built": built.fresh,
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
        print_json({key: value for key, value in story.items() if key != "card"})
    else:
        typer.echo(tell(story))


@app.command()
def similar(
    text: Annotated[str, typer.Argument(metavar="TEXT_OR_FILE", help="A text, or a file that holds one.")],
    out: Annotated[Path, typer.Option(help="Output folder of the build.")] = DEFAULT_OUT / "samples",
    most: Annotated[int, typer.Option(min=1, max=1000, help="How many documents to show at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Find the documents of a corpus that are most like a text.

    \b
    corpus similar page.txt --out corpora/mine
    corpus similar "Aspirin 81 mg daily for seven days" --most 5
    """
    from corpus.similar import similar as look_up
    from corpus.tables import show_alike

    found = look_up(out, text, most)
    if as_json:
        print_json([one._asdict() for one in found])
    else:
        show_alike(found)


@app.command("what-if")
def what_if(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a build.")],
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="A recipe value to try.")] = None,
    as_json: Json = False,
) -> None:
    """Tell what other thresholds, tiers or rules of copies would change, in seconds and without building.

    \b
    corpus what-if corpora/mine --set rule.en-words-min.threshold=50
    corpus what-if corpora/mine --set decide.near=0.9 --set 'decide.drop=["exact"]'
    """
    from corpus.tables import show_changes
    from corpus.what_if import what_if as try_out

    found = try_out(folder, tuple(set_ or ()))
    if as_json:
        print_json(_changes_json(found))
    else:
        show_changes(found)


@app.command()
def diff(
    before: Annotated[Path, typer.Argument(metavar="A", help="Output folder of a build.")],
    after: Annotated[Path, typer.Argument(metavar="B", help="Output folder of another build.")],
    as_json: Json = False,
) -> None:
    """Tell what corpus B has gained and lost against corpus A, by source and tier, with samples."""
    from corpus.compare import compare
    from corpus.tables import show_changes

    found = compare(before, after)
    if as_json:
        print_json(_changes_json(found))
    else:
        show_changes(found)


def _changes_json(found: Changes) -> dict[str, Any]:
    return {"kinds": found.kinds, "splits": found.splits, "table": found.table.to_dicts(),
            "samples": found.samples.to_dicts()}  # fmt: skip


@quality.command("fit")
def quality_fit(
    recipe: Annotated[str, typer.Argument(help="A recipe with [[label]] tables.")],
    out: Annotated[Path, typer.Option(help="Folder to write the classifiers into.")],
    store: Annotated[Path | None, typer.Option(help="Store of finished work [default: beside the output].")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a recipe value.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0 means one a core, or one for a small input.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")] = False,
    as_json: Json = False,
) -> None:
    """Fit classifiers of relevance and quality to the labels of a recipe, for other recipes to use.

    \b
    corpus quality fit labels.toml --out classifiers
    """
    from corpus.progress import Screen, Silent
    from corpus.quality import fit
    from corpus.recipe_file import load_recipe
    from corpus.store import Store
    from corpus.tables import show_classifiers

    loaded = load_recipe(recipe, tuple(set_ or ()))
    out = out.absolute()
    watch = Silent() if quiet or as_json else Screen()
    watch.say(f"Fitting the classifiers of {loaded.recipe.name} into {_short(out)}")
    fitted = fit(loaded, out, Store((store or out.parent / ".store").absolute()), workers, watch)
    if as_json:
        print_json({"out": str(fitted.out), "identity": fitted.card.identity, "classifiers": fitted.told})
    elif not quiet:
        show_classifiers(fitted.told, _short(out))


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Output folder of a build.")] = DEFAULT_OUT / "samples",
) -> None:
    """Write the HTML report of a build again, and say where it is."""
    from corpus.report.page import write_report

    typer.echo(str(write_report(folder)))


@app.command()
def doctor(as_json: Json = False) -> None:
    """Check this installation: Python, libraries, names, cores, memory, disk; and say what mends each fault."""
    from corpus.doctor import diagnose

    checks = diagnose(DEFAULT_OUT)
    if as_json:
        print_json([check._asdict() for check in checks])
    else:
        for check in checks:
            mark = {True: "ok", False: "FAIL", None: "-"}[check.ok]
            typer.echo(f"{mark:<5} {check.name:<22} {check.detail}")
            if check.ok is False and check.mend:
                typer.echo(f"      mend: {check.mend}")
    if any(check.ok is False for check in checks):
        raise typer.Exit(1)


def _short(path: Path) -> str:
    """Relative to the current folder where that is shorter."""
    relative = os.path.relpath(path)
    return relative if len(relative) < len(str(path)) else str(path)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
