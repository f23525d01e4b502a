"""A batch of texts encoded, as flat arrays: every piece with its id and the characters that it stands for.

Comes from `tokenizers.Tokenizer` and its offsets; goes to `tokenizer/compare/counted.py`. Every question of the form
"is this word one piece" is answered here, for all words of a batch at once.

What offsets look like in that library (0.23), and how it is met:

- The byte pieces of one character all have the span of the whole character, and sentencepiece's byte fallback gives
  the whole run of unknown characters to each byte. So a span that fits is not enough: nothing else may touch the word.
- Where `trim_offsets` is set the space before a word is no part of the piece, elsewhere it is. Both count.
- A piece that is a space alone is given the first letter of a text when the tokenizer itself put the space there. Such
  pieces are left out of account: they touch no word.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from corpus.text.codepoints import CodePoints, Ints, Mask, Spans, properties
from tokenizer.opened import Opened

SPACES = " \u2581\u0120"  # a space as it is, as sentencepiece spells it, as byte-level tokenizers spell it


class Vocabulary(NamedTuple):
    """What of a tokenizer's ids the measures ask: `size` (ids), `unknown` and `blank` (masks over ids: what stands for
    anything that has no piece, and pieces that are nothing but spaces)."""

    size: int
    unknown: Mask
    blank: Mask


class Pieces(NamedTuple):
    """`ids` of all texts, and `starts`, `ends` in the code points of the batch; text i has `ids[at[i]:at[i + 1]]`."""

    ids: Ints
    starts: Ints
    ends: Ints
    at: Ints


def vocabulary_of(opened: Opened) -> Vocabulary:
    """Masks over all ids."""
    unknown, blank = np.zeros(opened.size, np.bool_), np.zeros(opened.size, np.bool_)
    for piece, place in opened.backend.get_vocab(with_added_tokens=True).items():
        blank[place] = not piece.strip(SPACES)
    if (number := _unknown(opened)) is not None and number < opened.size:
        unknown[number] = True
    return Vocabulary(opened.size, unknown, blank)


def _unknown(opened: Opened) -> int | None:
    """The id of the token for what has no piece; None for a tokenizer without one."""
    model = opened.spec["model"]
    if isinstance(model.get("unk_id"), int):  # Unigram
        return int(model["unk_id"])
    name = model.get("unk_token")
    return opened.backend.token_to_id(name) if isinstance(name, str) else None


def encode(backend: Tokenizer, texts: Sequence[str], text: CodePoints) -> Pieces:
    """Encode a batch, of which `text` holds the code points."""
    encodings = backend.encode_batch(list(texts), add_special_tokens=False)
    sizes = np.fromiter(map(len, encodings), np.int64, len(encodings))
    total = int(sizes.sum())
    ids = np.fromiter(chain.from_iterable(one.ids for one in encodings), np.int64, total)
    pairs = chain.from_iterable(chain.from_iterable(one.offsets for one in encodings))
    spans = np.fromiter(pairs, np.int64, 2 * total).reshape(total, 2) + np.repeat(text.starts, sizes)[:, None]
    return Pieces(ids, spans[:, 0], spans[:, 1], np.concatenate([[0], np.cumsum(sizes)]))


class Cover:
    """What the pieces of a batch do to its characters."""

    def __init__(self, text: CodePoints, pieces: Pieces, vocabulary: Vocabulary) -> None:
        shown = (pieces.ends > pieces.starts) & ~vocabulary.blank[pieces.ids]
        self._codes = text.codes
        self._starts, self._ends = pieces.starts[shown], pieces.ends[shown]
        self._known = ~vocabulary.unknown[pieces.ids[shown]]
        self._sorted = np.sort(self._starts), np.sort(self._ends)
        self._exact = np.sort(self._keys(self._starts[self._known], self._ends[self._known]))

    def touching(self, spans: Spans) -> Ints:
        """How many pieces stand for any character of each span."""
        starts, ends = self._sorted
        return np.searchsorted(starts, spans.ends, "left") - np.searchsorted(ends, spans.starts, "right")

    def whole(self, spans: Spans) -> Mask:
        """Whether each span is one piece: one piece touches it, is no unknown token, and stands for exactly its
        characters, a space before them allowed."""
        led = properties().is_space[self._codes[spans.starts - 1]]  # texts are framed: there is a character before
        fits = self._is_piece(spans.starts, spans.ends) | (led & self._is_piece(spans.starts - 1, spans.ends))
        return np.asarray(fits & (self.touching(spans) == 1))

    def depth(self) -> Ints:
        """How many pieces stand for each character."""
        return self._layers(self._starts, self._ends)

    def in_longer(self, member: Mask) -> Mask:
        """Characters in a piece that holds two or more of the characters for which `member` is true."""
        before = np.concatenate([[0], np.cumsum(member)])
        long = self._known & (before[self._ends] - before[self._starts] >= 2)
        return (self._layers(self._starts[long], self._ends[long]) > 0) & member

    def unknown(self) -> Mask:
        """Characters that an unknown token stands for."""
        return self._layers(self._starts[~self._known], self._ends[~self._known]) > 0

    def _is_piece(self, starts: Ints, ends: Ints) -> Mask:
        """Whether a known piece has exactly that span."""
        if not len(self._exact):
            return np.zeros(len(starts), np.bool_)
        wanted = self._keys(starts, ends)
        place = np.minimum(np.searchsorted(self._exact, wanted), len(self._exact) - 1)
        return np.asarray(self._exact[place] == wanted)

    def _layers(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Ints:
        size = len(self._codes) + 1
        changes = np.bincount(starts, minlength=size) - np.bincount(ends, minlength=size)
        return np.cumsum(changes)[:-1]

    def _keys(self, starts: NDArray[np.int64], ends: NDArray[np.int64]) -> Ints:
        return starts * (len(self._codes) + 1) + ends
