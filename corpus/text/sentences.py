"""Where sentences end: the marks of all scripts, and sentences counted from tokens.

Works on the code points and tokens of a batch; goes to the counts of sentences and of lines that end in punctuation
in `corpus/annotate/`.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpus.text.classes import SOFT
from corpus.text.codepoints import UNICODE_SIZE, CodePoints, Ints, Mask, Spans, holder, tally

# The property Sentence_Terminal of the Unicode Character Database (PropList.txt, version 15), with three Khmer marks
# that FineWeb's list has beside it (U+17D6, U+17D9, U+17DA), as code points and ranges of them in hexadecimal.
_TERMINALS = """
21 2e 3f 589 61d-61f 6d4 700-702 7f9 837 839 83d-83e 964-965 104a-104b 1362 1367-1368 166e 1735-1736 17d4-17d6 17d9-17da
1803 1809 1944-1945 1aa8-1aab 1b5a-1b5b 1b5e-1b5f 1b7d-1b7e 1c3b-1c3c 1c7e-1c7f 203c-203d 2047-2049 2e2e 2e3c 2e53-2e54
3002
a4ff a60e-a60f a6f3 a6f7 a876-a877 a8ce-a8cf a92f a9c8-a9c9 aa5d-aa5f aaf0-aaf1 abeb fe52 fe56-fe57 ff01 ff0e ff1f ff61
10a56-10a57 10f55-10f59 10f86-10f89 11047-11048 110be-110c1 11141-11143 111c5-111c6 111cd 111de-111df 11238-11239
1123b-1123c 112a9 1144b-1144c 115c2-115c3 115c9-115d7 11641-11642 1173c-1173e 11944 11946 11a42-11a43 11a9b-11a9c
11c41-11c42 11ef7-11ef8 11f43-11f44 16a6e-16a6f 16af5 16b37-16b38 16b44 16e98 1bc9f 1da88
"""


@lru_cache(maxsize=1)
def terminals() -> Mask:
    """True for the code points that end a sentence in some script."""
    table = np.zeros(UNICODE_SIZE, np.bool_)
    for entry in _TERMINALS.split():
        first, _, last = entry.partition("-")
        table[int(first, 16) : int(last or first, 16) + 1] = True
    return table


def sentences(text: CodePoints, tokens: Spans, kinds: NDArray[np.uint16], lines: Spans) -> Ints:
    """Sentences in each of `lines`, which are sorted and apart; `kinds` are the tokens' classes (`words.any_of`).

    A sentence ends where a terminal mark, as a token of its own, is followed by a token that is not punctuation, or
    where the line ends. A line counts at least one.
    """
    if not len(lines.starts):
        return lines.starts
    single = np.flatnonzero(tokens.lengths == 1)
    ending = single[terminals().take(text.codes[tokens.starts[single]])]
    is_end = np.zeros(len(kinds), np.bool_)
    is_end[ending] = True
    places = np.flatnonzero(is_end | (kinds & SOFT != 0))  # the tokens that matter
    ends = is_end[places]
    turn = np.flatnonzero(ends[:-1] & ~ends[1:])
    here, there = tokens.starts[places[turn]], tokens.starts[places[turn + 1]]
    line = holder(lines.starts, here)
    same = (line >= 0) & (there < lines.ends[line])
    return 1 + tally(line[same], len(lines.starts))
