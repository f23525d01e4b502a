"""How a command that trains ends: its processes are started and waited for, and what came of them is told once.

Called by `train/cli.py` and `train/sft/command.py`; before it, and by every command that imports transformers, the
libraries are kept quiet.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

from corpus.terminal import print_json

if TYPE_CHECKING:
    from train.launch import Launch
    from train.run_folder import Trained


def ended(
    launch: Launch, work: Callable[[], Trained], after: Callable[[Trained], None], quiet: bool, as_json: bool
) -> None:
    """Train as the launcher is told, then print JSON, or what `after` prints, or nothing. The parent of workers and
    all workers but the first print nothing."""
    from train.launch import launched
    from train.processes import is_first

    aside = contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext()
    try:
        with aside:  # DeepSpeed says on standard output what it runs on, where JSON is to stand alone
            trained = launched(launch, work)
    except KeyboardInterrupt:
        print("\nstopped; the same command goes on from the last checkpoint", file=sys.stderr)
        raise typer.Exit(130) from None
    if trained is None or not is_first():
        return
    if as_json:
        told = {"out": str(trained.out), "identity": trained.card.identity, "trained": trained.fresh,
                "counts": trained.card.counts, "run": trained.run}  # fmt: skip
        print_json(told)
    elif not quiet:
        after(trained)


def quiet_libraries() -> None:
    """No bars and reports of transformers' own among ours, nor what torchao and DeepSpeed, which it imports, say of
    every machine without a GPU. To be called before they are imported."""
    from transformers.utils import logging as of_transformers

    of_transformers.disable_progress_bar()  # type: ignore[no-untyped-call,unused-ignore]
    of_transformers.set_verbosity_error()  # type: ignore[no-untyped-call,unused-ignore]
    for name in ("torchao", "torch.utils._pytree"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # PEFT asks a model by a name that transformers has given up.
    warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
    warnings.filterwarnings("ignore", message="Setting `save_embedding_layers` to `True`")  # at each of its checkpoints
    logging.getLogger("DeepSpeed").addFilter(_tells_more_than_that_there_is_no_gpu)


def _tells_more_than_that_there_is_no_gpu(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("Setting accelerator to CPU")
