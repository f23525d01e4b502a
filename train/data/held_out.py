"""Held-out text of a corpus, the same for every model that is measured on it.

Drawn by `tokenizer/sample.py`, by a hash of the documents' ids; goes to `train/bits.py`, by way of `train/prepare.py`
while a model is trained and of `train/convert/quantize.py` before and after it is made smaller.
"""

from __future__ import annotations

from corpus.report.folder import Build
from tokenizer.recipe import Part
from tokenizer.sample import HELD_OUT, draw, drawn
from train.recipe import ReplaySettings, Slice


def held_out_text(build: Build, size: int, seed: int) -> list[str]:
    """About `size` bytes of the documents of a corpus' held-out split. Raises `UserError` when it has none."""
    sample = draw(build, (Part(name="held-out", bytes=size),), seed, HELD_OUT)
    return [text for some in sample.texts() for text in some]


def held_out_of(build: Build, part: Slice | ReplaySettings, size: int, seed: int) -> list[str]:
    """About `size` bytes of the held-out documents that a slice speaks of: those that it would read of the corpus, had
    they not been held out. Empty where there are none."""
    if not size or not any(f"-{HELD_OUT}-" in path.name for path in build.texts()):
        return []
    wanted = Part(name="held-out", languages=part.languages, tiers=getattr(part, "tiers", ()),
                  sources=getattr(part, "sources", ()), bytes=size, needed=False)  # fmt: skip
    return [text for some in drawn(build, (wanted,), seed, HELD_OUT).texts() for text in some]
