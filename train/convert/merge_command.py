"""The command `train merge`, which `train/cli.py` registers: flags in, model folders and a table out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def merge(
    base: Annotated[Path, typer.Argument(help="A model's folder: the adapter's base, or the first of two models.")],
    adapter: Annotated[
        Path | None, typer.Option(help="A LoRA adapter, or a run that trained one, to put into the base.")
    ] = None,
    second: Annotated[Path | None, typer.Option(help="A second model, to interpolate towards.")] = None,
    out: Annotated[Path, typer.Option(help="Output folder; one folder a coefficient where there are several.")] = Path(
        "materia-model/merged"
    ),
    coefficients: Annotated[str, typer.Option(help="Shares of the second model, 0 to 1, separated by commas.")] = "0.5",
    method: Annotated[str, typer.Option(help="How to interpolate: linear or slerp.")] = "linear",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a finished model of other settings.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Put a LoRA adapter into its base's weights, or interpolate two checkpoints of one model.

    \b
    train merge models/base --adapter runs/sft --out models/sft
    train merge models/base --second models/continued --coefficients 0.25,0.5,0.75 --out models/between
    """
    from corpus.controls import visible
    from corpus.errors import UserError
    from corpus.terminal import print_json
    from train.convert.merge import interpolate, merge_adapter
    from train.noise import quiet_libraries

    if (adapter is None) == (second is None):
        raise UserError("A merge is of a model and an adapter, or of two models.", "train merge",
                        "give --adapter DIR or --second DIR, and not both")  # fmt: skip
    quiet_libraries()
    out = out.absolute()
    if adapter is not None:
        made = [merge_adapter(base, adapter, out, replace)]
    else:
        assert second is not None
        made = interpolate(base, second, out, numbers(coefficients), method, replace)
    if as_json:
        told = [{"out": str(one.out), "identity": one.card.identity, "merged": one.fresh, "recipe": one.card.recipe,
                 "counts": one.card.counts, "run": one.run} for one in made]  # fmt: skip
        print_json(told)
    elif not quiet:
        for warning in made[0].card.counts.get("warnings", []):
            typer.echo(f"warning: {visible(warning)}", err=True)
        for one in made:
            how = one.card.recipe.get("coefficient", "adapter")
            told_of = f"{one.card.counts['parameters']:,} parameters" if one.fresh else "nothing to do: it is there"
            typer.echo(f"{how!s:<8} {told_of:<28} {visible(str(one.out))}")


def numbers(text: str) -> list[float]:
    """The numbers of a list with commas. Raises `UserError` for what is none."""
    from corpus.errors import UserError

    try:
        return [float(one) for one in text.split(",") if one.strip()]
    except ValueError:
        raise UserError(f"{text!r} is no list of numbers.", "--coefficients", "write 0.25,0.5,0.75") from None
