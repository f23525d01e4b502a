"""The command line of evaluation: run, compare, ablate.

Docstrings are the help; heavy libraries are imported inside the commands, so that help answers at once and without
torch. Scores go to standard output, progress and errors to standard error; exit codes are 0 done, 1 the user can mend
it, 2 usage.
"""

from __future__ import annotations

import sys

import typer

from corpus.terminal import run as run_app
from eval.compare.command import compare
from eval.run.command import run
from eval.study.command import ablate

app = typer.Typer(
    name="evaluate",
    help="Score language models on medical exams and texts, and say whether a difference is to be believed.",
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False,
)  # fmt: skip

# What the extra `train` brings: nothing but help works without it.
NEEDED = ("torch", "transformers", "lm_eval")


@app.callback()
def needs_its_extra() -> None:
    """Score language models on medical exams and texts, and say whether a difference is to be believed."""
    import importlib.util

    from corpus.errors import UserError

    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing and "--help" not in sys.argv:
        raise UserError(f"Evaluation needs {missing[0]}, which is not installed.", where="the extra `train`",
                        mend="pip install -c constraints.txt '.[train]' in the checkout")  # fmt: skip


app.command()(run)
app.command()(compare)
app.command()(ablate)


def main() -> None:
    """Run the command line."""
    run_app(app)


if __name__ == "__main__":
    main()
