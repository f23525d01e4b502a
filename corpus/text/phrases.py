"""Where given phrases stand in a batch of texts, without regard to ASCII case.

Works on the code points of `corpus/text/codepoints.py`; goes to the counts of boilerplate, addresses and advertising
in `corpus/annotate/`. Each phrase is looked for by its rarest character first, so that a search touches few places.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.text.codepoints import UNICODE_SIZE, Ints

# From the most to the least frequent character of English text and, after them, everything else (which is rarer).
_FREQUENT = " etaoinsrhldcumfpgwybvkxjqz.,-:/"


@lru_cache(maxsize=1)
def _lower_case() -> NDArray[np.uint8]:
    table = np.zeros(UNICODE_SIZE, np.uint8)
    table[:128] = np.frombuffer(bytes(range(128)).lower(), np.uint8)
    return table


def lowered(codes: NDArray[np.uint32]) -> NDArray[np.uint8]:
    """The ASCII characters with A to Z as a to z, and 0 for every other: one byte each, so that a search is quick."""
    return _lower_case().take(codes)


def places(codes: NDArray[np.uint8], phrase: str) -> Ints:
    """Where the lower-case ASCII `phrase` begins in `lowered` text, sorted; matches may overlap.

    It must hold no newline: then no match reaches across two texts.
    """
    order = sorted(range(len(phrase)), key=lambda at: -_rarity(phrase[at]))
    rarest = order[0]
    found = np.flatnonzero(codes == ord(phrase[rarest])) - rarest
    found = found[(found >= 0) & (found + len(phrase) <= len(codes))]
    for at in order[1:]:
        found = found[codes[found + at] == ord(phrase[at])]
    return found


def places_of_any(codes: NDArray[np.uint8], phrases: Sequence[str]) -> Ints:
    """Where any of `phrases` begins, sorted, one entry a place."""
    return np.unique(np.concatenate([places(codes, phrase) for phrase in phrases]))


def _rarity(character: str) -> int:
    at = _FREQUENT.find(character)
    return len(_FREQUENT) if at < 0 else at
