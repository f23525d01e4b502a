"""The command `train dry-run`, which `train/cli.py` registers: a model and devices in, memory, operations and time
out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from train.plan.dry_run import Report


def dry_run(
    model: Annotated[str, typer.Argument(help="A folder, a config.json, a size, llama-2-7b or llama-2-13b.")],
    devices: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many devices.")] = 1,
    device: Annotated[str, typer.Option(help="Which device, by name.")] = "A100-80GB",
    tokens: Annotated[float, typer.Option(min=0, max=1e18, help="Tokens of the run.")] = 1e9,
    sequence: Annotated[int, typer.Option(min=0, help="Tokens of a row [default: the model's own].")] = 0,
    rows: Annotated[int, typer.Option(min=1, help="Rows on a device at once.")] = 1,
    batch: Annotated[
        int, typer.Option(min=0, help="Rows of a step over all devices [default: rows times devices].")
    ] = 0,
    sharding: Annotated[str, typer.Option(help="The sharding that is wanted [default: a look at all].")] = "",
    shape: Annotated[str, typer.Option(help="For a size of the ladder: llama, gpt2, bert or modernbert.")] = "llama",
    checkpointing: Annotated[bool, typer.Option(help="Compute activations again instead of keeping them.")] = False,
    lora: Annotated[int, typer.Option(min=0, help="Rank of adapters, 0 to train all weights.")] = 0,
    utilisation: Annotated[float, typer.Option(help="Share of the device's peak that is assumed.")] = 0.4,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:
    """Say what training a model would need and take, with the arithmetic, and refuse what cannot fit.

    \b
    train dry-run llama-2-13b --devices 8 --checkpointing
    train dry-run 2.7b --shape gpt2 --devices 128 --device A100-40GB --tokens 300e9 --rows 8 --batch 1024
    """
    from train.noise import quiet_libraries
    from train.plan.devices import named
    from train.plan.dry_run import Plan, read_config
    from train.plan.dry_run import dry_run as reckon
    from train.plan.flops import FULL, Trained

    if math.isnan(tokens):
        raise typer.BadParameter("nan is no number of tokens", param_hint="--tokens")
    quiet_libraries()
    config = read_config(_config(model, shape))
    row = named(device)
    own = int(getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or 1024)
    plan = Plan(row, devices, int(tokens), rows, sequence or own, batch, utilisation=utilisation,
                sharding="" if sharding == "none" else sharding,
                precision="bfloat16" if row.peak("bfloat16") else "float16", checkpointing=checkpointing,
                trained=Trained("lora", lora, False) if lora else FULL)  # fmt: skip
    tell(reckon(model, config, plan), as_json)


def tell(report: Report, as_json: bool) -> None:
    """Print a report, and raise `UserError` when its plan cannot be carried out."""
    from corpus.terminal import print_json
    from train.plan.dry_run import refuse
    from train.plan.told import told

    if as_json:
        print_json(report.as_dict())
    else:
        typer.echo(told(report))
    refuse(report)


def _config(model: str, shape: str) -> Any:
    """A config by the name of a published model or of a size, or a path."""
    from train.data.special_ids import SpecialIds
    from train.models import ENCODERS, config_of
    from train.plan.published import PUBLISHED
    from train.sizes import SIZES

    if model in PUBLISHED:
        return PUBLISHED[model]
    if model in SIZES:
        size = SIZES[model]
        ids = SpecialIds(mask=size.vocabulary - 1 if shape in ENCODERS else None)  # any: it costs nothing
        return config_of(shape, size, size.vocabulary, ids).to_dict()
    return Path(model)
