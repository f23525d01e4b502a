"""What the command line prints of a run: before it, what will be read; after it, what came of it and where it lies.

Called by `train/cli.py` with what `train/prepare.py` and `train/run.py` give; goes to standard output. Without a
terminal it keeps to 80 columns.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.console import Console
from rich.table import Table

from corpus.controls import visible
from corpus.report.wording import NBSP, cut_width, plural, share, size
from train.data.mixture_table import Folded, Mixed, folded
from train.page import spelt
from train.page.logged import LOG, Logged, Look, number, read_log
from train.page.measured import Kind, kinds
from train.page.page import PAGE

if TYPE_CHECKING:
    from train.data.mixture import Plan
    from train.data.packing import Packed
    from train.prepare import Prepared
    from train.run import Trained

LINES = 20  # of the mixture table
AGAIN = 1.005  # readings of a slice from which on it is said that it is read more than once
NEARLY_NEW = 4  # readings that are worth nearly as much as new text (Muennighoff et al. 2023, arXiv 2305.16264)
WIDTH = 80
NAME = 24  # columns of a name
NUMBERS = 45  # columns of the mixture's numbers, with what stands between them


def before(prepared: Prepared, console: Console | None = None) -> None:
    """Print what a run will read: the mixture, the rows, the steps, and what is read more than once."""
    from train.data.mixture import table

    console = console or standard_output()
    console.print(mixture(folded(table(prepared.plan), LINES), console.width))
    console.print(_facts(_told_before(prepared)))
    for line in again(prepared.plan):
        console.print(f"note: {line}", markup=False)


def mixture(told: Folded, width: int = WIDTH) -> Table:
    """The mixture as a table: a line per slice, source and tier, and one of all. Names are cut where they leave no room
    for the numbers."""
    spare = max(width - NUMBERS, 24)
    found = Table(box=None, padding=(0, 1, 0, 0), header_style="dim", pad_edge=False)
    for name in ("slice", "source", "tier"):
        found.add_column(name, no_wrap=True)
    for name in ("documents", "tokens", "text", "epochs", "share"):
        found.add_column(name, justify="right", no_wrap=True)
    for row in (*told.rows, *([told.rest] if told.rest else [])):
        found.add_row(*_cells(row, spare))
    found.add_row(*_cells(told.whole, spare), style="bold")
    return found


def _cells(row: Mixed, spare: int) -> list[str]:
    epochs = spelt.NONE if row.epochs is None else f"{row.epochs:.2f}"
    rooms = (spare * 3 // 8, spare * 3 // 8, spare // 4)
    names = [
        cut_width(visible(name), room - 1) for name, room in zip((row.slice, row.source, row.tier), rooms, strict=True)
    ]
    return [*names, f"{row.documents:,}", spelt.short(row.tokens), size(row.bytes), epochs, f"{100 * row.share:.1f} %"]


def _told_before(prepared: Prepared) -> list[tuple[str, str]]:
    packed = prepared.packed
    told = f"{packed.total:,} of {prepared.sequence:,} tokens, packing {prepared.recipe.data.packing}"
    if prepared.masked:
        told = f"{packed.total:,} of at most {prepared.sequence:,} tokens, a piece of one document each"
    missing, most = lost(prepared.plan, packed), "at most " if prepared.masked else ""
    begun = f"{packed.going_on:,} ({share(packed.going_on, packed.tokens)}) go on a cut document in a new row and are "
    return [
        ("rows", told),
        ("filled", f"{share(packed.tokens, packed.total * packed.size)} of all places hold a token"),
        ("cut", f"{packed.cut:,} of {plural(len(prepared.plan.row), 'reading')} of documents into several pieces"),
        *([] if prepared.masked else [("learned", f"of the tokens read, {begun}not learned")]),
        ("budget", cut_by_budget(prepared.plan)),
        ("lost", "no token" if not missing else f"{missing:,} tokens stand in no row, or in more than one"),
        ("steps", f"{prepared.steps:,} of {plural(prepared.rows, 'row')}, {most}{prepared.tokens_of_step:,} tokens "
                  "each"),
    ]  # fmt: skip


def cut_by_budget(plan: Plan) -> str:
    """What is told of the last documents of the slices, which are read as far as the tokens asked for reach."""
    unread = plan.unread
    number = int((unread > 0).sum())
    if not number:
        return "cuts no document"
    return f"cuts the end of {plural(number, 'document')}: {plural(int(unread.sum()), 'token')} behind it are not read"


def lost(plan: Plan, packed: Packed) -> int:
    """Tokens of the run's readings that stand in no row, or in more than one: counted, not assumed."""
    in_rows = np.bincount(packed.reading, weights=packed.length, minlength=len(plan.row)).astype(np.int64)
    return int(np.abs(in_rows - plan.tokens).sum())


def again(plan: Plan) -> list[str]:
    """A sentence for each slice that is read more than once."""
    tokens, found = plan.tokens, []
    for place, pool in enumerate(plan.pools):
        times = float(tokens[plan.pool == place].sum()) / max(pool.tokens, 1)
        if times >= AGAIN:
            more = f", more than the {NEARLY_NEW} that are nearly as good as new text" if times > NEARLY_NEW else ""
            found.append(f"{visible(pool.name)} is read {times:.2f} times{more}")
    return found


def after(trained: Trained, console: Console | None = None) -> None:
    """Print what came of a run, and where it lies."""
    console = console or standard_output()
    place = _short(str(trained.out))
    if not trained.fresh:
        console.print(f"up to date: {place} is what this recipe gives", markup=False)
    logged = read_log(trained.out)
    recipe = trained.card.recipe
    told = [*_losses(logged, recipe), *_held_out(logged, recipe), *_hooks(logged),
            *(_cost(trained, logged) if trained.fresh else [])]  # fmt: skip
    if told:
        console.print(_facts(told))
    console.print(_facts(_places(trained.out, place)))


def _losses(logged: Logged, recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    first, last = logged.first("loss"), logged.last("loss")
    if first is None or last is None:
        return []
    told = f"{spelt.figure(first)} to {spelt.figure(last)} nats per {spelt.unit(recipe)}"
    bits = logged.first("bits_per_byte"), logged.last("bits_per_byte")
    if bits[0] is not None and bits[1] is not None:
        told += f" ({spelt.figure(bits[0])} to {spelt.figure(bits[1])} bits per byte)"
    return [("loss", f"{told}, {plural(logged.steps, 'step')}")]


def _held_out(logged: Logged, recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is held out at the first look and at the last, by kind of measure and name."""
    told = [
        f"{cut_width(visible(name), NAME)}: {_look(logged.series(kind, name), words)}"
        for kind, words in kinds(recipe).items()
        for name in logged.names(kind)
    ]
    return [("held out" if place == 0 else "", one) for place, one in enumerate(told)]


def _look(series: Sequence[tuple[Look, float]], words: Kind) -> str:
    (first, start), (_, end) = series[0], series[-1]
    told = f"{words.spell(end)} {words.unit}"
    if len(series) == 1:
        return told
    since = "before" if first.step == 0 else f"after {spelt.short(first.tokens)} tokens"
    return f"{words.spell(start)} {since}, {told} at the end ({words.change(start, end)})"


def _hooks(logged: Logged) -> list[tuple[str, str]]:
    """How often the hook was run, and where it failed."""
    if not logged.hooks:
        return []
    failed = [one for one in logged.hooks if one.failed]
    told = f"run of {plural(len(logged.hooks), 'checkpoint')}"
    if failed:
        words = cut_width(visible(failed[-1].failed), 160)
        told += f", failed {plural(len(failed), 'time')}, last of step {failed[-1].step:,}: {words}"
    return [("hook", told)]


def _cost(trained: Trained, logged: Logged) -> list[tuple[str, str]]:
    run = trained.run
    rate, use, memory = (logged.median("tokens_per_second"), logged.median("utilisation"), logged.highest("memory_gib"))
    device = visible(str(run.get("device", "")))
    told = f"{spelt.short(rate)} tokens a second" if rate is not None else "not measured"
    told += f", {spelt.part(use)} of the peak of {device}" if use is not None else f"; unknown device {device!r}: its "
    told += "" if use is not None else "peak is in no table, so no utilisation is told"
    seconds = number(run.get("seconds"))
    return [
        ("speed", told),
        *([("memory", f"{memory:,.2f} GiB at most")] if memory is not None else []),
        *([("time", spelt.duration(seconds))] if seconds is not None else []),
    ]


def _places(out: Path, place: str) -> list[tuple[str, str]]:
    there = [("page", PAGE), ("log", LOG), ("curves", "tensorboard"), ("kept", "checkpoints")]
    found = [(what, f"{place}/{name}") for what, name in there if (out / name).exists()]
    return [("model", place), *((what, f"tensorboard --logdir {shlex.quote(told)}" if what == "curves" else told)
                                for what, told in found)]  # fmt: skip


def _facts(told: list[tuple[str, str]]) -> Table:
    """A name and what is told of it, a line each; what is long goes on below itself."""
    found = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 2))
    found.add_column(no_wrap=True)
    found.add_column(overflow="fold")
    for name, text in told:
        found.add_row(name, text.replace(NBSP, " "))
    return found


def standard_output() -> Console:
    """Standard output: as wide as the terminal, or WIDTH where there is none."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=WIDTH)


def _short(path: str) -> str:
    relative = os.path.relpath(path)
    return relative if len(relative) < len(path) else path
