"""How every command line of the house ends: with an answer as JSON where that was asked for; and a fault that the user
can mend becomes a sentence and exit code 1. Who reads the answer may stop reading (`| head -1`): that is no fault, and
ends as a shell has it, with 141.

Called by the commands of `corpus`, `tokenizer`, `train` and `evaluate`; usage errors stay with the application (exit
code 2), and a fault of ours stays a traceback.
"""

from __future__ import annotations

import errno
import json
import math
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from corpus.controls import visible_json, visible_lines
from corpus.disk import FULL, MENDS, refusal
from corpus.errors import UserError

# What the operating system says of a path that only the user can change.
PLACE_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)
UNREAD = 128 + signal.SIGPIPE  # a shell's code for a command whose reader is gone
TELLS = 8  # of errors that led to an end, how far back is looked


def run(app: Callable[[], object]) -> None:
    """Run a command line; what the user can mend is told on standard error and ends it with exit code 1. A reader that
    is gone ends it with UNREAD, and without a word."""
    try:
        _run(app)
    except SystemExit as end:
        unread = not _flushed()
        if _of_a_pipe(end) or (unread and not end.code):
            sys.exit(UNREAD)
        raise
    if not _flushed():
        sys.exit(UNREAD)


def _flushed() -> bool:
    """Write what is still to be written; False where nobody reads it any more, and then nothing is left that could
    complain of it."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return False
    return True


def _of_a_pipe(end: SystemExit) -> bool:
    """Whether a command was ended because its reader is gone: rich and click make code 1 of it, each by itself."""
    error: BaseException | None = end
    for _ in range(TELLS):
        if error is None or isinstance(error, BrokenPipeError):
            break
        error = error.__context__
    return end.code == 1 and isinstance(error, BrokenPipeError)


def _run(app: Callable[[], object]) -> None:
    try:
        app()
    except UserError as error:
        _stop(error)
    except Exception as error:
        told = _of_the_system(error)
        if told is None:
            raise
        _stop(told)


def _of_the_system(error: Exception) -> UserError | None:
    """The sentence for a full disk or a path that cannot be used; None for what is not the user's to mend."""
    if number := refusal(error):
        mend = f"{MENDS[number]}, or give --out and --store on another disk; then run again: what is finished is kept"
        return UserError(f"{FULL[number]}.", where=str(error), mend=mend)
    if isinstance(error, OSError) and error.errno in PLACE_ERRORS and error.filename:
        return UserError(f"A path cannot be used: {error.strerror}.", str(error.filename), "give another path")
    return None


def _stop(error: UserError) -> None:
    print(f"error: {visible_lines(str(error))}", file=sys.stderr)
    sys.exit(1)


def print_json(value: Any) -> None:
    """Print an answer on standard output, with keys in order and control characters spelled out. What is no number, or
    has no end, is null: JSON has no word for it."""
    told = json.dumps(_finite(value), indent=1, ensure_ascii=False, sort_keys=True, default=str, allow_nan=False)
    print(visible_json(told))


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    return [_finite(one) for one in value] if isinstance(value, list | tuple) else value
