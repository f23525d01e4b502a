"""Short words that a tokenizer must know one by one, and how a batch looks them up.

Abbreviations, units and endings of up to 8 characters are packed into one number each and found by binary search.
Goes to `corpus/text/words.py`. The lists hold what spaCy's English tokenizer knows (version 3.8), as far as it
matters for counting words and sentences.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.text import codepoints
from corpus.text.codepoints import Hashes, Ints, Mask

_UNITS = (
    "km km² km³ m m² m³ dm dm² dm³ cm cm² cm³ mm mm² mm³ ha µm nm yd in ft kg g mg µg t lb oz m/s km/h kmh mph hPa "
    "Pa mbar mb MB kb KB gb GB tb TB T G M K %"
).split()

# Abbreviations whose stop does not end a sentence. Single letters are handled by rule.
_ABBREVIATIONS = (
    "a.m. p.m. e.g. i.e. E.g. I.e. E.G. I.E. vs. v.s. Dr. Mr. Mrs. Ms. Prof. Jr. St. Mt. Ph.D. D.C. Inc. Ltd. Corp. "
    "Co. co. Bros. Gen. Gov. Rep. Rev. Sen. Adm. Messrs. Mo. Md. Mont. "
    "Jan. Feb. Mar. Apr. Jun. Jul. Aug. Sep. Sept. Oct. Nov. Dec. "
    "Ak. Ala. Ariz. Ark. Calif. Colo. Conn. Del. Fla. Ga. Ia. Id. Ill. Ind. Kan. Kans. Ky. La. Mass. Mich. Minn. "
    "Miss. N.C. N.D. N.H. N.J. N.M. N.Y. Neb. Nebr. Nev. Okla. Ore. Pa. S.C. Tenn. Va. Wash. Wis."
).split()

LONGEST = 8


def packed(codes: NDArray[np.uint32], starts: Ints, ends: Ints) -> Hashes:
    """Pieces of up to 8 Latin-1 characters as one number each; 0 for any other piece."""
    keys = np.zeros(len(starts), np.uint64)
    good = (ends > starts) & (ends - starts <= LONGEST)
    for offset in range(LONGEST):
        place = starts + offset
        inside = place < ends
        if not inside.any():
            break
        code = codes[np.where(inside, place, 0)]
        good &= ~inside | (code < 256)
        keys = np.where(inside, (keys << np.uint64(8)) | code, keys)
    keys[~good] = 0
    return keys


def _keys(words: list[str]) -> Hashes:
    text = codepoints.encode(words)
    return np.sort(packed(text.codes, text.starts, text.ends))


def among(keys: Hashes, sorted_keys: Hashes) -> Mask:
    """Which keys are in a list."""
    at = np.searchsorted(sorted_keys, keys)
    at[at == len(sorted_keys)] = 0
    found: Mask = sorted_keys[at] == keys
    return found


@lru_cache(maxsize=1)
def abbreviation_keys() -> Hashes:
    """Abbreviations that keep their stop."""
    return _keys(_ABBREVIATIONS)


@lru_cache(maxsize=1)
def unit_keys() -> Hashes:
    """Units, signs and currencies that follow a number."""
    return _keys([*_UNITS, "+", "$", "£", "¥"])


@lru_cache(maxsize=1)
def ending_keys() -> Hashes:
    """What follows an apostrophe at the end of a word."""
    return _keys(["s", "S", "ll", "ve", "re", "d", "m"])


@lru_cache(maxsize=1)
def cannot_keys() -> Hashes:
    """Words that are two."""
    return _keys(["cannot", "Cannot"])


@lru_cache(maxsize=1)
def and_or_key() -> int:
    """A word with a slash in it."""
    return int(_keys(["and/or"])[0])
