"""The command `train quantize`, which `train/cli.py` registers: flags in, a model folder and a table out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from train.model_folder import Written


def quantize(
    model: Annotated[Path, typer.Argument(help="The model's folder.")],
    corpus: Annotated[Path, typer.Option(help="Its held-out text tells the loss: output folder of a corpus build.")],
    kind: Annotated[str, typer.Option(help="int8, int4, nf4, gguf-f16, gguf-q8_0 or gguf-q4_0.")] = "int8",
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-model/<kind>].")] = None,
    text_bytes: Annotated[int, typer.Option(min=1, help="Bytes of held-out text.")] = 100_000,
    replace: Annotated[bool, typer.Option("--replace", help="Replace a finished model of other settings.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Write a model in 8 or 4 bits a weight; size, speed and loss are told before and after.

    \b
    train quantize models/mine --corpus corpora/medical
    train quantize models/mine --corpus corpora/medical --kind gguf-q4_0 --out models/mine-q4
    """
    from corpus.terminal import print_json
    from train.convert.quantize import held_out_texts, refuse_kind
    from train.convert.quantize import quantize as run_quantize
    from train.noise import quiet_libraries

    refuse_kind(kind)
    quiet_libraries()
    texts, identity = held_out_texts(corpus.absolute(), text_bytes)
    out = (out or Path("materia-model") / kind).absolute()
    made = run_quantize(model, out, kind, texts, identity, replace)
    if as_json:
        told = {"out": str(out), "identity": made.card.identity, "quantized": made.fresh, "counts": made.card.counts,
                "run": made.run}  # fmt: skip
        print_json(told)
    elif not quiet:
        _summary(made)


def _summary(made: Written) -> None:
    from corpus.controls import visible

    counts, rates = made.card.counts, made.run.get("tokens_per_second", {})
    for warning in counts["warnings"]:
        typer.echo(f"warning: {visible(warning)}", err=True)
    typer.echo(f"{'':<8}{'file':>12}{'in memory':>12}{'bits per byte':>15}{'reads':>14}{'writes':>14}")
    for side in ("before", "after"):
        told, rate = counts[side], rates.get(side)
        # An encoder writes nothing, so that it has no speed of writing.
        speeds = [f"{rate[name]:,.0f} ids/s" if rate and rate[name] else "" for name in ("reading", "writing")]
        sizes = [f"{told[name] / 1e6:,.2f} MB" for name in ("file", "memory")]
        typer.echo(f"{side:<8}{sizes[0]:>12}{sizes[1]:>12}{told['bits_per_byte']:>15.4f}{speeds[0]:>14}{speeds[1]:>14}")
    typer.echo(f"{'written to' if made.fresh else 'nothing to do: it is in'} {visible(str(made.out))}")
