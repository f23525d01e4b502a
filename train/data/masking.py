"""Which tokens a masked model is to tell: whole words, the same ones for the same row and seed.

Called by `train/data/rows.py` for each row. As Devlin et al. 2019 (arXiv 1810.04805, section 3.1): of the chosen tokens
80 % become the mask, 10 % another token and 10 % stay; whole words as PubMedBERT (arXiv 2007.15779) and
google-research/bert (README, "Whole Word Masking") choose them. In scripts without spaces each piece is a word, with
the bytes that go on its last character.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenizer.compare.words import letters
from tokenizer.cut import spelled
from tokenizer.opened import Opened
from train.data.special_ids import IGNORED
from train.recipe import MaskSettings

Ids = NDArray[np.int64]
MASKED, ANOTHER = 0.8, 0.1
LEADS = ((0xF0, 4), (0xE0, 3), (0xC0, 2))  # bits that the first byte of a character has, and the character's bytes


class Masking:
    """Masks a row of ids. `special`: ids that are never chosen and never put in place of another."""

    def __init__(self, opened: Opened, settings: MaskSettings, mask: int, seed: int) -> None:
        self.settings, self.mask, self.seed = settings, mask, seed
        self.begins = begins_word(opened)
        names = opened.backend.get_vocab(with_added_tokens=True)
        added = set(opened.backend.get_added_tokens_decoder())
        self.ordinary = np.array(sorted(number for number in names.values() if number not in added))

    def __call__(self, ids: Ids, row: int) -> tuple[Ids, Ids]:
        """The row with its masks, and the labels: `IGNORED` but for the chosen tokens."""
        random = np.random.default_rng((self.seed, row))
        chosen = self._chosen(ids, random)
        labels = np.where(chosen, ids, IGNORED)
        drawn = random.random(len(ids))
        masked = np.where(chosen & (drawn < MASKED), self.mask, ids)
        other = chosen & (drawn >= MASKED) & (drawn < MASKED + ANOTHER)
        masked[other] = random.choice(self.ordinary, int(other.sum()))
        return masked, labels

    def _chosen(self, ids: Ids, random: np.random.Generator) -> NDArray[np.bool_]:
        """Words at random, as many as hold the share of the tokens: the last by the chance that makes that the mean.
        At least the shortest word, for a step without any label has no loss, and never a whole row; one that is a
        single word is masked piece by piece."""
        starts = self.begins[ids] if self.settings.whole_word else np.ones(len(ids), bool)
        if not starts[1:].any():
            starts = np.ones(len(ids), bool)
        word = np.cumsum(starts)
        word -= word[0]
        sizes = np.bincount(word)
        order = random.permutation(len(sizes))
        upto, wanted = np.cumsum(sizes[order]), self.settings.share * len(ids)
        number = int(np.searchsorted(upto, wanted, side="right"))  # words that fit whole; the share is below 1
        left = wanted - (int(upto[number - 1]) if number else 0)
        more = bool(random.random() < left / sizes[order[number]]) and number + 1 < len(sizes)
        taken = order[: number + more]
        return np.isin(word, taken if len(taken) else [order[int(np.argmin(sizes[order]))]])


def begins_word(opened: Opened) -> NDArray[np.bool_]:
    """For each id whether a piece begins a word. Where inner pieces are marked (`##`): one without that mark. Else by
    the bytes that it stands for: one with a space first, and one whose first character is no letter of a script that
    writes words apart; bytes out of the middle of a character go on a word."""
    prefix = opened.spec["model"].get("continuing_subword_prefix") or ""
    begins = np.ones(opened.size, bool)
    for number, (name, raw) in enumerate(spelled(opened, range(opened.size))):
        if prefix:
            begins[number] = name is None or not name.startswith(prefix)
        elif raw:
            begins[number] = _begins(raw)
    return begins


def _begins(raw: bytes) -> bool:
    """Whether bytes of UTF-8 begin a word. A character that is cut off is taken for the first that begins so; the first
    byte alone begins a word, unless all that it may begin are letters of Latin, Greek, Cyrillic or the like."""
    if raw[0] & 0xC0 == 0x80:
        return False
    if len(raw) == 1 and raw[0] >= 0x80:
        return not 0xC3 <= raw[0] < 0xE0
    size = next((size for mask, size in LEADS if raw[0] & mask == mask), 1)
    return not letters()[ord(raw[:size].ljust(size, b"\x80").decode(errors="replace")[0])]
