"""Held-out text of a corpus, the same for every model that is measured on it.

Drawn by `tokenizer/sample.py`, by a hash of the documents' ids; goes to `train/bits.py`, by way of `train/prepare.py`
while a model is trained and of `train/convert/quantize.py` before and after it is made smaller.
"""

from __future__ import annotations

from corpus.report.folder import Build
from tokenizer.recipe import Part
from tokenizer.sample import HELD_OUT, draw


def held_out_text(build: Build, size: int, seed: int) -> list[str]:
    """About `size` bytes of the documents of a corpus' held-out split. Raises `UserError` when it has none."""
    sample = draw(build, (Part(name="held-out", bytes=size),), seed, HELD_OUT)
    return [text for some in sample.texts() for text in some]
