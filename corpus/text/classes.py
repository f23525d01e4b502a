"""What kind of character each code point is, as far as cutting words and counting letters needs it.

Comes from Python's Unicode tables and the lists below; goes to `corpus/text/words.py` and the quality signals. The
lists of marks hold what spaCy's base tokenizer treats as such (version 3.8), so that words are cut alike.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.text import codepoints
from corpus.text.codepoints import properties

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


@lru_cache(maxsize=1)
def class_table() -> NDArray[np.uint16]:
    """The character classes that tokens are cut by, for every code point."""
    known = properties()
    one_of = codepoints.characters
    picture = known.category == b"So"
    letter = known.is_alphabetic & (known.category != b"Lm") & ~one_of("ªµº")
    caseless = letter & ~known.is_lower & ~known.is_upper
    assigned = known.category != b""
    members = {
        WORDLIKE: assigned & ~known.major(b"PSZC"),
        SOFT: assigned & ~known.major(b"P"),
        ALPHABETIC: known.is_alphabetic,
        LETTER: letter,
        LOWER: (letter & known.is_lower) | caseless,
        UPPER: (letter & known.is_upper & ~known.is_lower) | caseless,
        DIGIT: one_of("0123456789"),
        QUOTE: one_of(_QUOTES),
        MARK: one_of(_MARKS),
        LEAD: picture | one_of(_MARKS + _QUOTES + "—–") | (known.category == b"Sc") | one_of("§%=+"),
        TRAIL: picture | one_of(_MARKS + _QUOTES + "—–"),
        JOINT: one_of(_JOINTS),
        OPERATOR: one_of(_OPERATORS),
        PICTURE: picture,
        CUTTING: picture | one_of(_CUTS),
    }
    flags = np.zeros(codepoints.UNICODE_SIZE, np.uint16)
    for flag, mask in members.items():
        flags[mask] |= flag
    flags[known.is_space] = SPACE
    return flags
