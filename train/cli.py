"""The command line of training: pretrain, continue, dry-run, sft, merge, quantize.

Docstrings are the help; heavy libraries are imported inside the commands, so that help answers at once and without
torch. Data goes to standard output, progress and errors to standard error; exit codes are 0 done, 1 the user can mend
it, 2 usage.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from corpus.terminal import run
from train.convert.merge_command import merge
from train.convert.quantize_command import quantize
from train.plan.command import dry_run, tell
from train.sft.command import sft

if TYPE_CHECKING:
    from corpus.progress import Silent
    from train.launch import Launch
    from train.prepare import Prepared
    from train.recipe import LoadedTrain

app = typer.Typer(
    name="train",
    help="Train language models on slices of a corpus: from scratch or on from a model; merge and quantize them.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip

DEFAULT_OUT = Path("materia-model")
Recipe = Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")]
Corpus = Annotated[Path | None, typer.Option(help="Output folder of a corpus build [default: the recipe's].")]
Tokenizer = Annotated[str, typer.Option(help="Folder of a tokenizer [default: the recipe's, or the base's].")]
Out = Annotated[Path | None, typer.Option(help="Output folder [default: materia-model/<recipe>].")]
Replace = Annotated[bool, typer.Option("--replace", help="Replace a finished model of other settings.")]
StoreOption = Annotated[Path | None, typer.Option(help="Store of encoded text [default: beside the output].")]
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a recipe value.")]
LaunchOption = Annotated[str, typer.Option(help="How processes are started: local, torchrun or deepspeed.")]
Processes = Annotated[int, typer.Option(help="How many processes train.")]
Sharding = Annotated[str, typer.Option(help="How they share: none, ddp, zero1, zero2, zero3 or fsdp2.")]
ShowRows = Annotated[int, typer.Option(help="Show so many rows as the model sees them, and train nothing.")]
Dry = Annotated[bool, typer.Option("--dry-run", help="Say what it needs and takes, and train nothing.")]
Device = Annotated[str, typer.Option(help="With --dry-run: the device, by name.")]
Devices = Annotated[int, typer.Option(min=1, max=1_000_000, help="With --dry-run: how many of them.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")]


# What the extra `train` brings and everything here stands on: without one of them, nothing but help works.
NEEDED = ("torch", "transformers", "accelerate", "trl", "peft")


@app.callback()
def needs_its_extra() -> None:
    """Train language models on slices of a corpus: from scratch or on from a model; fine-tune, merge, quantize."""
    import importlib.util

    from corpus.errors import UserError

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing and "--help" not in sys.argv:
        raise UserError(f"Training needs {missing[0]}, which is not installed.", where="the extra `train`",
                        mend="pip install -c constraints.txt '.[train]' in the checkout")  # fmt: skip


@app.command()
def pretrain(
    recipe: Recipe = "quick-start", corpus: Corpus = None, tokenizer: Tokenizer = "", out: Out = None,
    store: StoreOption = None, set_: Sets = None, launch: LaunchOption = "local", processes: Processes = 1,
    sharding: Sharding = "none", replace: Replace = False, show_rows: ShowRows = 0, dry_run: Dry = False,
    device: Device = "A100-80GB", devices: Devices = 1, quiet: Quiet = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Train a model from scratch; without arguments, a very small one on the shipped samples.

    \b
    train pretrain
    train pretrain my.toml --launch torchrun --processes 8 --sharding fsdp2
    """
    from train.launch import Launch
    from train.recipe import load_train

    loaded = load_train(recipe, tuple(set_ or ()))
    _refuse_base(loaded, wanted=False)
    _go(loaded, corpus, tokenizer, out, store, Launch(launch, processes, sharding), show_rows,
        (device, devices) if dry_run else None, replace, quiet, as_json)  # fmt: skip


@app.command(name="continue")
def continue_(
    recipe: Recipe, base: Annotated[Path | None, typer.Option(help="The model to go on from [default: the recipe's].")]
    = None, corpus: Corpus = None, tokenizer: Tokenizer = "", out: Out = None, store: StoreOption = None,
    set_: Sets = None, launch: LaunchOption = "local", processes: Processes = 1, sharding: Sharding = "none",
    replace: Replace = False, show_rows: ShowRows = 0, dry_run: Dry = False, device: Device = "A100-80GB",
    devices: Devices = 1, quiet: Quiet = False, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Go on training a model on medical text, with its vocabulary extended, with general text replayed.

    \b
    train continue my.toml --base models/general --tokenizer tokenizers/extended
    train continue my.toml --base models/general --set replay.share=0.05 --set replay.corpus=corpora/news
    """
    from train.launch import Launch
    from train.recipe import load_train

    sets = (*(set_ or ()), *([f"model.base={base.absolute()}"] if base else []))
    loaded = load_train(recipe, sets)
    _refuse_base(loaded, wanted=True)
    _go(loaded, corpus, tokenizer, out, store, Launch(launch, processes, sharding), show_rows,
        (device, devices) if dry_run else None, replace, quiet, as_json)  # fmt: skip


def _refuse_base(loaded: LoadedTrain, wanted: bool) -> None:
    """Raises `UserError` when the recipe goes on from a model and the command does not, or the other way round."""
    from corpus.errors import UserError

    if wanted and not loaded.recipe.model.base:
        raise UserError("There is no model to go on from.", where=str(loaded.file), mend="give --base DIR")
    if not wanted and loaded.recipe.model.base:
        raise UserError("The recipe goes on from a model (model.base), and this command begins with none.",
                        where=str(loaded.file), mend="use `train continue`")  # fmt: skip


def _go(
    loaded: LoadedTrain, corpus: Path | None, tokenizer: str, out: Path | None, store: Path | None, launch: Launch,
    rows: int, dry: tuple[str, int] | None, replace: bool, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    """Prepare and train, or only show what would be."""
    from corpus.progress import Screen, Silent
    from train.ending import ended
    from train.noise import quiet_libraries
    from train.page.preview import show_rows
    from train.page.summary import after, before
    from train.prepare import prepare
    from train.processes import is_first
    from train.run import Asked, train

    quiet_libraries()
    loud = not quiet and not as_json and is_first()
    watch: Silent = Screen() if loud else Silent()
    corpus, tokenizer = _samples(loaded, corpus, tokenizer, watch)
    out = (out or DEFAULT_OUT / loaded.recipe.name).absolute()
    asked = Asked(loaded, out, (store or out.parent / ".store").absolute(), corpus, tokenizer, launch.sharding,
                  replace)  # fmt: skip
    if rows or dry:
        prepared = prepare(loaded, corpus, tokenizer, asked.store, watch)
        if dry:
            _dry(prepared, *dry, launch.sharding, as_json)
        else:
            show_rows(prepared, rows)
        return
    ended(launch, lambda: train(asked, watch, before if loud else None), after, quiet, as_json)


def _samples(loaded: LoadedTrain, corpus: Path | None, tokenizer: str, watch: Silent) -> tuple[Path | None, str]:
    """Corpus and tokenizer as given; the samples and a small tokenizer for the shipped recipe that names none."""
    from train.processes import first_does
    from train.quick_start import samples, small_tokenizer
    from train.recipe import SHIPPED

    if loaded.file != SHIPPED / "quick-start.toml":
        return corpus.absolute() if corpus else None, tokenizer
    if corpus is None:
        corpus = first_does(lambda: samples(watch))
    found = corpus.absolute()
    return found, tokenizer or ("" if loaded.recipe.model.base else first_does(lambda: small_tokenizer(found, watch)))


def _dry(prepared: Prepared, device: str, devices: int, sharding: str, as_json: bool) -> None:
    """What a run needs and takes. Raises `UserError` when it cannot fit."""
    from train.plan.of_recipe import report_of

    tell(report_of(prepared, device, devices, sharding), as_json)


app.command(name="dry-run")(dry_run)
app.command()(sft)
app.command()(merge)
app.command()(quantize)


def main() -> None:
    """Run the command line."""
    run(app)


if __name__ == "__main__":
    main()
