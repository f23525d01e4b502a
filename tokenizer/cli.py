"""The command line `tokenizer`: says what is not built yet, and what works instead.

Comes from the shell; goes nowhere until this floor is built. No import of torch or transformers: `--help` is instant.
"""

from __future__ import annotations

import typer

from corpus.errors import UserError
from corpus.terminal import run

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def tokenizer() -> None:
    """Not built yet: every use of this command fails with exit code 1.

    This is the place of the tokenizers that will be fitted to a corpus.
    What works today is `corpus build`.
    """
    raise UserError(
        "`tokenizer` is not built yet.",
        mend="`corpus build` works today; see `corpus --help`",
    )


def main() -> None:
    """Run the command."""
    run(app)


if __name__ == "__main__":
    main()
