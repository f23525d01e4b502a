"""How every command line of the house ends: with an answer as JSON where that was asked for; and a fault that the user
can mend becomes a sentence and exit code 1.

Called by the commands of `corpus`, `tokenizer`, `train` and `evaluate`; usage errors stay with the application (exit
code 2), and a fault of ours stays a traceback.
"""

from __future__ import annotations

import errno
import json
import math
import sys
from collections.abc import Callable
from typing import Any

from corpus.controls import visible_json, visible_lines
from corpus.disk import FULL, MENDS, refusal
from corpus.errors import UserError

# What the operating system says of a path that only the user can change.
PLACE_ERRORS = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)


def run(app: Callable[[], object]) -> None:
    """Run a command line; what the user can mend is told on standard error and ends it with exit code 1."""
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
