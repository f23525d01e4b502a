"""Does what stands in a document ask something else than a question that is like it: by a number or a negation?

Asked by `corpus/leaks/verify.py` and `corpus/leaks/partly.py`; the two are aligned by `corpus/relate/difference.py`.
Another spelling of a unit (45岁 and 45周岁, 次/分 and bpm) makes no other question: where both have the very same
numbers, only what they say besides their numbers is compared.
"""

from __future__ import annotations

import re
from collections import Counter

from corpus.relate.difference import difference

_NUMBER = re.compile(r"\d+(?:\.\d+)*")
_VETOES = ("quantity", "negation")


def says_otherwise(asked: str, there: str, asked_bare: str, there_bare: str) -> bool:
    """Is `there` another question than `asked`? Both folded, and bare, as much of the question as is compared."""
    if Counter(_NUMBER.findall(asked)) == Counter(_NUMBER.findall(there)):
        asked, there = _NUMBER.sub(" ", asked), _NUMBER.sub(" ", there)
    elif Counter(_NUMBER.findall(asked_bare)) - Counter(_NUMBER.findall(there_bare)):
        return True
    return difference(asked, there).veto in _VETOES
