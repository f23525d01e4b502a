"""The command line of the tokenizers: fit, extend, compare, show.

Docstrings are the help; heavy libraries are imported inside the commands, so that help answers at once. Data goes to
standard output, progress and errors to standard error; exit codes are 0 done, 1 the user can mend it, 2 usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus.terminal import print_json, run
from tokenizer.compare.command import compare
from tokenizer.extend.command import extend
from tokenizer.show_command import show

if TYPE_CHECKING:
    from corpus.progress import Silent
    from tokenizer.recipe import LoadedFit

app = typer.Typer(
    name="tokenizer",
    help="Fit tokenizers to a corpus, extend them, compare them, and look at what they do.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip


DEFAULT_OUT = Path("materia-tokenizer")
SAMPLES = Path("materia-corpus") / "samples"


@app.command()
def fit(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")] = "quick-start",
    corpus: Annotated[
        Path | None, typer.Option(help="Output folder of a corpus build [default: the recipe's].")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-tokenizer/<recipe>].")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a recipe value.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Fit a tokenizer to a corpus; without arguments, a small one to the shipped samples.

    \b
    tokenizer fit
    tokenizer fit medical-bpe --corpus corpora/mine --set vocabulary=48000
    """
    from corpus.progress import Screen, Silent
    from tokenizer.fit import fit as run_fit
    from tokenizer.fit_summary import summary
    from tokenizer.recipe import load_fit

    loaded = load_fit(recipe, tuple(set_ or ()))
    out = (out or DEFAULT_OUT / loaded.recipe.name).absolute()
    watch = Silent() if quiet or as_json else Screen()
    folder = corpus or _corpus_of(loaded, watch)
    watch.say(f"Fitting {loaded.recipe.name} to {folder}")
    try:
        fitted = run_fit(loaded, folder.absolute(), out, watch)
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)
        raise typer.Exit(130) from None
    if as_json:
        told = {"out": str(out), "identity": fitted.card.identity, "fitted": fitted.fresh,
                "counts": fitted.card.counts, "run": fitted.run}  # fmt: skip
        print_json(told)
    elif not quiet:
        summary(fitted)


def _corpus_of(loaded: LoadedFit, watch: Silent) -> Path:
    """The corpus that a recipe names; the samples, built now where they are not, for one that names none."""
    from corpus.build import build
    from corpus.errors import UserError
    from corpus.recipe_file import load_recipe
    from corpus.store import Store
    from tokenizer.recipe import SHIPPED

    if loaded.recipe.corpus:
        return loaded.base / loaded.recipe.corpus
    if loaded.file != SHIPPED / "quick-start.toml":
        raise UserError("The recipe names no corpus.", str(loaded.file), "give --corpus DIR, the output of a build")
    if not SAMPLES.exists():
        watch.say(f"There is no corpus in {SAMPLES} yet: building the shipped samples first")
        build(load_recipe("samples"), SAMPLES.absolute(), Store(SAMPLES.absolute().parent / ".store"), 1, watch)
    return SAMPLES


app.command()(extend)
app.command()(compare)
app.command()(show)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
