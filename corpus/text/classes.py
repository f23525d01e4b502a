"""What kind of character each code point is, as far as cutting words and counting letters needs it.

Comes from Python's Unicode tables and the lists below; goes to `corpus/text/words.py` and the quality signals. The
lists of marks hold what spaCy's base tokenizer treats as such (version 3.8), so that words are cut alike.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.text import codepoints

# Character classes, one bit each. ALPHABETIC is `str.isalpha`; WORDLIKE is neither punctuation, symbol nor space;
# SOFT is not punctuation (category P); LOWER and UPPER both hold for letters without case; PICTURE is a symbol
# such as ® or an emoji; JOINT cuts between letters, OPERATOR between digits.
SPACE, LETTER, LOWER, UPPER, DIGIT, LEAD, TRAIL, QUOTE = (1 << bit for bit in range(8))
ALPHABETIC, WORDLIKE, SOFT, CUTTING, MARK, PICTURE, JOINT, OPERATOR = (1 << bit for bit in range(8, 16))


_QUOTES = "'\"”“`‘´’‚„»«「」『』（）〔〕【】《》〈〉⟦⟧"
_MARKS = "…,:;!?¿؟¡()[]{}<>_#*&。？！，、；：～·।،۔؛٪"
_JOINTS = "-–—~:<>=/"
_OPERATORS = "+-*^"
_CUTS = _JOINTS + _OPERATORS + ".,…"


def _flags_of(character: str, category: str) -> int:
    if character.isspace():
        return SPACE
    flags = (WORDLIKE if category[0] not in "PSZC" else 0) | (SOFT if category[0] != "P" else 0)
    if character.isalpha():
        flags |= ALPHABETIC
        if category != "Lm" and character not in "ªµº":
            flags |= LETTER | (LOWER if character.islower() else UPPER if character.isupper() else LOWER | UPPER)
    if character in "0123456789":
        flags |= DIGIT
    if character in _QUOTES:
        flags |= QUOTE
    if character in _MARKS:
        flags |= MARK
    if category == "So" or character in _MARKS + _QUOTES + "—–":
        flags |= LEAD | TRAIL
    if category == "Sc" or character in "§%=+":
        flags |= LEAD
    if character in _JOINTS:
        flags |= JOINT
    if character in _OPERATORS:
        flags |= OPERATOR
    if category == "So":
        flags |= PICTURE
    if category == "So" or character in _CUTS:
        flags |= CUTTING
    return flags


@lru_cache(maxsize=1)
def class_table() -> NDArray[np.uint16]:
    """The character classes that tokens are cut by, for every code point."""
    return codepoints.table(_flags_of, np.uint16)
