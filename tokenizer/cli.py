"""The command line `tokenizer`: says what is not built yet, and what works instead.

Comes from the shell; goes nowhere until this floor is built. No import of torch or transformers: `--help` is instant.
"""

from __future__ import annotations

import sys

import typer

from corpus.errors import UserError

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
    """Run the command; print an error the user can mend on stderr and exit 1."""
    try:
        app()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
