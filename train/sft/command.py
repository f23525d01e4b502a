"""The command `train sft`, which `train/cli.py` registers: a recipe in, a fine-tuned model's folder out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from train.sft.prepare import Tuning

DEFAULT_OUT = Path("materia-model")


def sft(
    recipe: Annotated[str, typer.Argument(help="A recipe file, or the name of a shipped recipe.")],
    base: Annotated[Path | None, typer.Option(help="The model to fine-tune [default: the recipe's].")] = None,
    head: Annotated[
        str, typer.Option(help="language, to write answers, or choice, to score options [default: the recipe's].")
    ] = "",
    with_reasoning: Annotated[
        bool | None, typer.Option("--with-reasoning/--without-reasoning",
                                  help="Whether explanations are learned [default: the recipe's].")
    ] = None,
    reasoning_order: Annotated[
        str, typer.Option(help="auto, answer-first or reason-first [default: the recipe's].")
    ] = "",
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-model/<recipe>-<arm>].")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a recipe value.")] = None,
    launch: Annotated[str, typer.Option(help="How processes are started: local, torchrun or deepspeed.")] = "local",
    processes: Annotated[int, typer.Option(help="How many processes train.")] = 1,
    sharding: Annotated[str, typer.Option(help="How they share: none, ddp, zero1, zero2, zero3 or fsdp2.")] = "none",
    replace: Annotated[bool, typer.Option("--replace", help="Replace a finished model of other settings.")] = False,
    show: Annotated[int, typer.Option(help="Show so many examples, what is learned marked, and train nothing.")] = 0,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no summary.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on standard output.")] = False,
) -> None:  # fmt: skip
    """Fine-tune a model on exams, instructions and chats, with the explanations of answers or without.

    \b
    train sft my.toml --show 3
    train sft my.toml --base models/continued --with-reasoning
    train sft my.toml --base models/continued --without-reasoning --set examples.equal=supervised-tokens
    train sft my.toml --base models/encoder --head choice
    """
    from corpus.progress import Screen, Silent
    from train.ending import ended
    from train.launch import Launch
    from train.noise import quiet_libraries
    from train.page.summary import after
    from train.processes import is_first
    from train.sft.prepare import prepare_sft
    from train.sft.recipe import load_sft
    from train.sft.run import AskedSft
    from train.sft.run import sft as tune

    quiet_libraries()
    loud = not quiet and not as_json and is_first()
    watch: Silent = Screen() if loud else Silent()
    loaded = load_sft(recipe, (*(set_ or ()), *overrides(base, head, with_reasoning, reasoning_order)))
    if show:
        return _show(prepare_sft(loaded, watch), show)
    out = (out or DEFAULT_OUT / f"{loaded.recipe.name}-{loaded.recipe.arm}").absolute()
    asked = AskedSft(loaded, out, sharding, replace)
    work = functools.partial(tune, asked, watch, before if loud else None)
    return ended(Launch(launch, processes, sharding), work, after, quiet, as_json)


def overrides(base: Path | None, head: str, with_reasoning: bool | None, order: str) -> list[str]:
    """What the options say, as `--set` would."""
    told = []
    if base is not None:
        told.append(f"base={json.dumps(str(base.absolute()))}")
    if head:
        told.append(f"head={json.dumps(head)}")
    if with_reasoning is not None:
        told.append(f"with_reasoning={str(with_reasoning).lower()}")
    if order:
        told.append(f"examples.reasoning_order={json.dumps(order)}")
    return told


def before(tuning: Tuning) -> None:
    """Print what a fine-tuning will learn from: both arms, what was left out, and the steps."""
    for line in told_before(tuning):
        typer.echo(line)


def told_before(tuning: Tuning) -> list[str]:
    """The lines of `before`."""
    from corpus.controls import visible
    from corpus.report.wording import plural
    from train.sft.arms import table
    from train.sft.examples import TOO_LONG
    from train.sft.prepare import dropped

    lesson, told = tuning.lesson, []
    if lesson.arms:
        rows = table(*lesson.arms)
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        for row in rows:
            cells = (cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
            told.append("  ".join([row[0].ljust(widths[0]), *cells]))
    many = plural(len(lesson.examples), "example")
    told.append(f"trained: {tuning.recipe.arm}, {many}, {len(lesson.held_out):,} held out")
    limit = {TOO_LONG: f" for {tuning.longest.told}"}
    told += [f"left out: {len(ids):,} {cause}{limit.get(cause, '')}, the first {visible(ids[0])}"
             for cause, ids in dropped(tuning).items()]  # fmt: skip
    if lesson.answer_only:
        told.append(f"without an explanation in the arm with reasoning: {lesson.answer_only:,}")
    told.append(f"evaluation: {tuning.scored:,} items, none of them among the training ones")
    if tuning.unsought:
        told.append(f"not looked for in instructions and chats, as their questions are too short: {tuning.unsought:,}")
    each = plural(tuning.rows, "example")
    told.append(f"steps: {tuning.steps:,} of {each}, {tuning.tokens_of_step:,} tokens on average")
    return told


def _show(tuning: Tuning, number: int) -> None:
    """Print examples as the model reads them. Raises `UserError` for fewer than one, or a choice head."""
    from corpus.errors import UserError
    from train.sft.conversation import CLOSE, OPEN, Rendered, shown

    if number < 1:
        raise UserError("No examples were asked for.", where="--show", mend="give a number from 1 on")
    if tuning.recipe.head == "choice":
        raise UserError('head = "choice" reads each option by itself and produces no text.', where="--show",
                        mend="leave out --show; or look at the same questions with --head language")  # fmt: skip
    before(tuning)
    typer.echo(f"{OPEN}…{CLOSE}: what the model is to produce; all else is given, and not learned")
    for place in tuning.lesson.order[:number]:
        example = tuning.lesson.examples[int(place)]
        assert isinstance(example, Rendered)  # of any head but that for choices
        typer.echo(f"\nexample {int(place) + 1:,}: {len(example.ids):,} tokens, {example.supervised:,} of them learned")
        typer.echo(shown(example, tuning.tokenizer))
