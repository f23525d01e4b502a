"""What libraries say that means nothing to whoever trains, left unsaid. Whatever else they say is heard.

Called first by every command that imports them. A line is left out by its logger and its words, and never by how grave
it is: what a new version finds to warn of is shown until somebody has looked at it and put it here, or mended it.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import warnings
from collections.abc import Callable

# Words of messages, by the logger that says them or passes them on.
UNSAID: dict[str, tuple[str, ...]] = {
    # Kernels for GPUs and other Pythons, which its wheel brings along; where one is needed, its absence is an error.
    "torchao": ("Failed to load ",),
    "torch.utils._pytree": ("register_constant() on Enum subclasses is deprecated",),  # to torchao's authors
    "DeepSpeed": ("Setting accelerator to CPU",),  # the device is told by the run itself
    "transformers": (
        "`loss_type=None` was set in the config but it is unrecognized",  # GPT-2's own config says so
        "We strongly recommend passing in an `attention_mask`",  # rows are packed, and a mask would join documents
        "The tokenizer has new PAD/BOS/EOS tokens",  # told of every base whose config names no padding
        "LOAD REPORT",  # a body under a new head lacks the old one; what is missing is refused by the loaders here
    ),
}
# What PEFT mends itself: in every layer of a GPT-2; tables that got new rows are kept with the adapters.
MENDED = (
    "fan_in_fan_out is set to False but the target module is `Conv1D`",
    "Setting `save_embedding_layers` to `True`",
)
# Whose calls of each other are out of date is for their authors: FutureWarning, where it is raised in their code.
LIBRARIES = "torch|torchao|transformers|accelerate|trl|peft|datasets|deepspeed|safetensors|tensorboard"
Hook = Callable[[threading.ExceptHookArgs], object]
TWICE = "_AsyncWriterThread"  # TensorBoard's: it keeps what it met for the next call, which raises it


class Unsaid(logging.Filter):
    """Passes what holds none of the words."""

    def __init__(self, words: tuple[str, ...]) -> None:
        super().__init__()
        self.words = words

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        return not any(word in said for word in self.words)


@functools.cache  # once a process
def quiet_libraries() -> None:
    """Leave unsaid what means nothing, and draw no bars among ours. To be called before the libraries are imported."""
    os.environ.setdefault("TQDM_DISABLE", "1")
    for name, words in UNSAID.items():
        logging.getLogger(name).addFilter(Unsaid(words))
    warnings.filterwarnings("ignore", category=FutureWarning, module=rf"({LIBRARIES})\b")
    for said in MENDED:
        warnings.filterwarnings("ignore", message=said)
    threading.excepthook = _unless_told_later(threading.excepthook)
    _quiet_transformers()


def _quiet_transformers() -> None:
    """Its loggers hand everything to one handler, and bars are drawn by a function of its own."""
    from transformers.utils import logging as of_transformers

    of_transformers.disable_progress_bar()  # type: ignore[no-untyped-call,unused-ignore]
    of_transformers.get_logger()
    for handler in logging.getLogger("transformers").handlers:
        handler.addFilter(Unsaid(UNSAID["transformers"]))


def _unless_told_later(hook: Hook) -> Hook:
    """What tells of a thread that ended with an error, but for the thread whose error is raised later."""

    def tell(told: threading.ExceptHookArgs) -> None:
        if type(told.thread).__name__ != TWICE:
            hook(told)

    return tell
