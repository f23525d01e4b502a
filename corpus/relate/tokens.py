"""A text cut into tokens, as two texts are laid side by side: a word, a number, a Chinese character or a mark each.

Takes a text in the matching view (`corpus/text/fold.py`); goes to `corpus/relate/difference.py` and its neighbours.
"""

from __future__ import annotations

import re
from array import array

import numpy as np

from corpus.text.quantities import Quantity, quantities

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_\u2e80-\U0003ffff]+(?:'[a-z]+)?|\S")


class Tokens:
    """A text cut into tokens: where each starts and ends, and a number for each different one. `known` numbers the
    tokens of all texts that are to be compared. Of a form that is filled in a thousand times every text is compared
    with dozens of others, so what was read in one comparison is kept for the next."""

    def __init__(self, text: str, known: dict[str, int]) -> None:
        places, ids = array("q"), array("q")
        for match in TOKEN.finditer(text):
            places.extend(match.span())
            ids.append(known.setdefault(match[0], len(known)))
        self.text = text
        self.places = places  # start and end of every token
        self.ids = np.array(ids, np.int64)
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
