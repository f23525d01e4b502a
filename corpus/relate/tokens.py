"""A text cut into tokens, as two texts are laid side by side: a word, a number, a Chinese character or a mark each.

Takes a text in the matching view (`corpus/text/fold.py`); goes to `corpus/relate/difference.py` and its neighbours.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

import numpy as np

from corpus.text.codepoints import properties
from corpus.text.quantities import Quantity, quantities

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_\u2e80-\U0003ffff]+(?:'[a-z]+)?|\S")


class Numbers(dict[str, int]):
    """A number for each different token: how many were known before it."""

    def __missing__(self, token: str) -> int:
        self[token] = number = len(self)
        return number


class Tokens:
    """A text cut into tokens: where each starts and ends, and a number for each different one. `known` numbers the
    tokens of all texts that are to be compared. Of a form that is filled in a thousand times every text is compared
    with dozens of others, so what was read in one comparison is kept for the next."""

    def __init__(self, text: str, known: Numbers) -> None:
        tokens = TOKEN.findall(text)
        self.text = text
        self.ids = np.fromiter(map(known.__getitem__, tokens), np.int64, len(tokens))
        self.places = _places(text, tokens)
        self._quantities: dict[tuple[int, int], list[Quantity]] = {}

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The characters of tokens `first:last`; of none, the place between two tokens."""
        if first < last:
            return self.places[2 * first], self.places[2 * last - 1]
        at = self.places[2 * first] if first < len(self.ids) else len(self.text)
        return at, at

    def words(self, first: int, last: int) -> str:
        """The text of tokens `first:last`."""
        start, end = self.span(first, last)
        return self.text[start:end]

    def quantities(self, first: int, last: int) -> list[Quantity]:
        """Those in tokens `first:last` and in the tokens beside them, which are the same on both sides: `/kg` added to
        `10 mg` makes another quantity of it."""
        found = self._quantities.get((first, last))
        if found is None:
            found = quantities(self.text, *self.span(max(0, first - 1), min(len(self.ids), last + 1)))
            self._quantities[first, last] = found
        return found


def _places(text: str, tokens: Sequence[str]) -> array[int]:
    """Start and end of every token: together they are all of the text that is no space, in order."""
    codes = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    solid = np.flatnonzero(~properties().is_space[codes])
    ends = np.cumsum(np.fromiter(map(len, tokens), np.int64, len(tokens)))
    places = np.empty((len(tokens), 2), np.int64)
    places[:, 1] = solid[ends - 1] + 1
    places[1:, 0] = solid[ends[:-1]]
    places[:1, 0] = solid[:1]
    return array("q", places.tobytes())
