"""The command `evaluate ablate`, which `eval/cli.py` registers: a study in, a verdict and a report out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from eval.study.recipe import LoadedStudy
    from eval.study.results import Results

Sets = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a value of the study.")]


def ablate(
    study: Annotated[str, typer.Argument(help="A study's file, or the name of a shipped study.")],
    out: Annotated[Path | None, typer.Option(help="Folder of all its work [default: materia-study/<name>].")] = None,
    jobs: Annotated[int, typer.Option(min=0, help="Runs at once; 0 means one a core.")] = 0,
    sets: Sets = None,
    minutes: Annotated[float, typer.Option(min=0, help="Stop after so many, to be gone on with; 0: do not.")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Make anew what a changed study made before.")] = False,
    dry: Annotated[
        bool, typer.Option("--dry-run", help="Say what it would read, compute and take; do nothing.")
    ] = False,
    device: Annotated[str, typer.Option(help="With --dry-run: the device, by name.")] = "H200",
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no verdict.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print every effect as JSON on standard output.")] = False,
) -> None:
    """Train arms that differ in one thing, over seeds, and say what the difference did to the scores.

    \b
    evaluate ablate tiers-smoke
    evaluate ablate my-study.toml --out studies/mine --jobs 2
    evaluate ablate tiers-gpu --dry-run --device H200
    evaluate ablate tiers-gpu --minutes 9
    """
    import os

    from corpus.errors import UserError
    from corpus.output import only_build
    from corpus.progress import Screen, Silent
    from corpus.terminal import print_json
    from eval.study.arms import Places
    from eval.study.board import board_for
    from eval.study.carry_out import How, carry_out_all
    from eval.study.page import PAGE, write_page
    from eval.study.recipe import load_study
    from eval.study.results import results, rows_of, write_tables
    from eval.study.same import refuse_place
    from eval.study.seeds_before import note_seeds
    from train.noise import quiet_libraries

    told = tuple(sets or ())
    loaded = load_study(study, told)
    quiet_libraries()
    place = (out or Path("materia-study") / loaded.study.name).absolute()
    if dry:
        return _dry(loaded, place, device, as_json)
    watch = Silent() if quiet or as_json else Screen()
    board = board_for(loaded, Places(place), quiet or as_json)
    how = How(jobs or os.cpu_count() or 1, told, replace, 60 * minutes)
    refuse_place(place)
    with only_build(place):
        runs = carry_out_all(loaded, place, how, watch, board)
        found = results(loaded, place, runs)
        write_tables(found, place)
        note_seeds(place, loaded.study.seeds)
        write_page(found, place)
    if as_json:
        print_json({"out": str(place), "effects": list(rows_of(found.effects)),
                    "false_alarms": [one.said.sentence for one in found.false_alarms],
                    "unscored": found.unscored})  # fmt: skip
    elif not quiet:
        _print(found, place / PAGE)
    if found.unscored:
        raise UserError("Not every primary metric was scored, so that the verdict is not whole. "
                        + " ".join(found.unscored), str(place / PAGE),
                        f"name primary metrics that {place / 'scores.parquet'} has")  # fmt: skip


def _dry(loaded: LoadedStudy, place: Path, device: str, as_json: bool) -> None:
    from corpus.terminal import print_json
    from eval.study.cost import as_dict
    from eval.study.cost import told as arithmetic
    from eval.study.dry_run import as_rows, looked, refuse_what_would_be, told
    from train.plan.devices import named

    row = named(device)
    refuse_what_would_be(loaded)
    seen = looked(loaded, place)
    if not as_json:
        for line in (*arithmetic(loaded, row), *told(loaded, seen)):
            typer.echo(line)
    seen.problems.refuse()
    if as_json:
        print_json({**as_dict(loaded, row), **as_rows(seen)})


def _print(found: Results, page: Path) -> None:
    from corpus.controls import visible
    from eval.run.printed import output
    from eval.study.budget import missed
    from eval.study.seeds_before import added
    from eval.study.shuffled import told as shuffled
    from eval.study.stretches import stretches

    console = output()
    console.print(found.study.question, markup=False)
    for sentence in found.verdict:
        console.print(f"  {sentence}", markup=False, highlight=False, soft_wrap=True)
    study = found.study
    for read in (stretches(found.runs), missed(study, found.runs), added(study.seeds, found.before)):
        if read:
            console.print(f"  note: {read}", markup=False, highlight=False, soft_wrap=True)
    if found.study.null:
        alarms = [one.said.sentence for one in found.false_alarms]
        told = "of the null arm, which differs in nothing, nothing is claimed"
        if not found.null_tested:
            told = "not tested: the null arm has no primary score that could be held beside the first arm's"
        if alarms:
            told = f"FALSE ALARM. {' '.join(alarms)} The null arm differs in nothing: believe the verdict less."
        console.print(f"  check: {told}", markup=False, highlight=False, soft_wrap=True)
    if found.study.seeds > 1:
        rate = shuffled(found.shuffled, len(found.study.arm), found.study.seeds, not found.unscored)
        console.print(f"  check: {rate}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"report  {visible(str(page))}", markup=False, soft_wrap=True)
