"""Which tokens a masked model is to tell: whole words, the same ones for the same row and seed.

Called by `train/data/rows.py` for each row. As Devlin et al. 2019 (arXiv 1810.04805, section 3.1): of the chosen tokens
80 % become the mask, 10 % another token and 10 % stay; whole words as PubMedBERT (arXiv 2007.15779) and
google-research/bert (README, "Whole Word Masking") choose them. In text without spaces each piece is a word.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tokenizer.opened import Opened
from train.data.special_ids import IGNORED
from train.recipe import MaskSettings

Ids = NDArray[np.int64]
MASKED, ANOTHER = 0.8, 0.1
SPACES = ("\u2581", "Ġ")  # how sentencepiece's and byte-level pieces say that a space stood before


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
        """Words at random until they hold the share of the tokens, at least one token."""
        starts = self.begins[ids] if self.settings.whole_word else np.ones(len(ids), bool)
        word = np.cumsum(starts)
        word -= word[0]
        sizes = np.bincount(word)
        order = random.permutation(len(sizes))
        wanted = max(1, round(self.settings.share * len(ids)))
        taken = order[: int(np.searchsorted(np.cumsum(sizes[order]), wanted)) + 1]
        return np.isin(word, taken)


def begins_word(opened: Opened) -> NDArray[np.bool_]:
    """For each id whether a piece begins a word: one with a mark of a space; where inner pieces are marked (`##`),
    one without; and what is no letter of a script that writes words apart."""
    names = opened.backend.get_vocab(with_added_tokens=True)
    inner = any(name.startswith("##") for name in names)
    begins = np.ones(opened.size, bool)
    for name, number in names.items():
        if inner:
            begins[number] = not name.startswith("##")
        else:
            begins[number] = name.startswith(SPACES) or not _apart(name[:1])
    return begins


def _apart(letter: str) -> bool:
    """Whether a letter belongs to a script that writes words apart (byte-level names of other scripts are Latin
    letters with accents, and pass for such)."""
    return letter.isalpha() and letter < "\u2e80"
