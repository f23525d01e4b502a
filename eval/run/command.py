"""The command `evaluate run`, which `eval/cli.py` registers: flags in, a folder of scores and a table out.

Docstrings are the help; heavy libraries are imported inside, so that help answers at once.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

SHIPPED = ", ".join(sorted(path.stem for path in (Path(__file__).parents[1] / "recipes").glob("*.toml")))
Sets = Annotated[list[str] | None, typer.Option("--set", metavar="A.B=C", help="Override a value of the suite.")]


def run(
    model: Annotated[Path, typer.Argument(help="The model's folder.")],
    suite: Annotated[str, typer.Option(help=f"A suite's file, or a shipped one: {SHIPPED}.")] = "quick",
    exams: Annotated[Path | None, typer.Option(help="Folder of the exam files [default: the suite's own].")] = None,
    out: Annotated[Path | None, typer.Option(help="Output folder [default: materia-scores/<model>-<suite>].")] = None,
    batch: Annotated[int, typer.Option(min=1, help="Contexts that are run at once.")] = 16,
    backend: Annotated[
        str, typer.Option(help="Run the model by another library that lm-evaluation-harness knows: vllm, sglang.")
    ] = "",
    backend_args: Annotated[str, typer.Option(help="Its arguments, as key=value,key=value.")] = "",
    skip_missing: Annotated[
        bool, typer.Option("--skip-missing", help="Leave out tasks whose exam is not there, and say so.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Replace finished scores of other settings.")] = False,
    sets: Sets = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Show no progress and no table.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the scores as JSON on standard output.")] = False,
) -> None:
    """Score a model on a suite of exams and texts, each score with its interval and the level of chance beside it.

    \b
    evaluate run models/mine --suite medical --exams exams
    evaluate run models/mine --suite retention --exams exams --out scores/mine-retention
    """
    from corpus.controls import visible
    from corpus.progress import Screen, Silent
    from corpus.terminal import print_json
    from eval.run.page import write_page
    from eval.run.printed import output, print_scores, read_scores
    from eval.run.recipe import load_suite
    from eval.run.run import Wanted, evaluate
    from train.noise import quiet_libraries

    loaded = load_suite(suite, tuple(sets or ()), exams.absolute() if exams else None)
    quiet_libraries()
    out = (out or Path("materia-scores") / f"{model.resolve().name}-{loaded.suite.name}").absolute()
    watch = Silent() if quiet or as_json else Screen()
    try:
        done = evaluate(Wanted(model, loaded, out, batch, skip_missing, replace, backend, backend_args), watch)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on: what is scored is kept", file=sys.stderr)
        raise typer.Exit(130) from None
    page = write_page(done.out)
    if as_json:
        told = read_scores(done.out).to_dicts()
        print_json({"out": str(out), "identity": done.card.identity, "scored": done.fresh, "counts": done.card.counts,
                    "run": done.run, "scores": told})  # fmt: skip
    elif not quiet:
        print_scores(done)
        output().print(f"page    {visible(str(page))}", markup=False, soft_wrap=True)
