"""Whether two runs read held-out text in stretches of one length, without which their bits per byte differ by that too.

Takes runs (`eval/compare/opened.py`), whose cards say how long their stretches were (`eval/run/run.py`); gives
sentences to `eval/compare/command.py` and `eval/compare/page.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from eval.compare.opened import Scored
from eval.likelihood.scorer import TEXT_ALONE


def stretches(first: Scored, second: Scored) -> Iterator[str]:
    """A sentence, without its end, where both read held-out text and did so in stretches of different lengths; none of
    an encoder beside a decoder, whose bits are not compared."""
    (one, other), kinds = ([run.card.recipe.get(key) for run in (first, second)] for key in ("stretch", "scored_by"))
    apart = (kinds[0] == TEXT_ALONE) != (kinds[1] == TEXT_ALONE)
    if isinstance(one, int) and isinstance(other, int) and one != other and not apart:
        yield (f"{first.name} reads held-out text in stretches of {one:,} bytes, {second.name} of {other:,}: part of a "
               "difference of bits per byte is that")  # fmt: skip
