"""One form for every Han character that is written in several ways: 藥 and 药, 裡 and 裏 and 里 become one.

For matching only (`corpus/text/fold.py`); no text is ever rewritten with it. The pairs are OpenCC's, traditional to
simplified with the habits of Taiwan and Hong Kong (its dictionaries `t2s`, `tw2s`, `hk2s`, Apache-2.0,
https://github.com/BYVoid/OpenCC), taken character by character: OpenCC decides by phrase where one character stands
for several (乾坤 keeps its 乾), but two texts match only if a character gives the same form wherever it stands.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import opencc
from numpy.typing import NDArray

LIBRARY = "opencc"
BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))  # as in `corpus/text/scripts.py`
_DIRECTIONS = ("t2s", "tw2s", "hk2s")
# Forms that OpenCC writes in some words (反覆, 瞭解, 唇顎裂) and does not take back character by character. Found by
# converting the 349,046 words of jieba's dictionary to traditional script and folding both; each beside its one form.
_MORE = """
    覆复 俱具 座坐 藉借 瞭了 锺钟 揹背 钜巨 伕夫 迳径 暱昵 像象 薰熏 讬托 谘咨 甦苏 馀余 渖沈 澂澄 麹曲 侭尽 濬浚 甯宁
    缐线 彷仿 蘗檗 拏拿 鎗枪 燄焰 唚吣 斲斫 镟旋 颚腭 鲶鲇
"""


@lru_cache(maxsize=1)
def one_form() -> dict[int, int]:
    """Code point to the code point of its form, for the characters (about 5,200) that have another form."""
    characters = np.concatenate([np.arange(first, last + 1, dtype=np.uint32) for first, last in BLOCKS])
    forms = np.arange(0x110000, dtype=np.uint32)
    steps = [_step(characters, direction) for direction in _DIRECTIONS] + [_more()]
    while True:  # a form may itself have a form; two rounds settle it
        before = forms.copy()
        for step in steps:
            forms = step[forms]
        if np.array_equal(before, forms):
            changed = np.flatnonzero(forms != np.arange(len(forms)))
            return dict(zip(changed.tolist(), forms[changed].tolist(), strict=True))


def _more() -> NDArray[np.uint32]:
    table = np.arange(0x110000, dtype=np.uint32)
    for pair in _MORE.split():
        table[ord(pair[0])] = ord(pair[1])
    return table


def _step(characters: NDArray[np.uint32], direction: str) -> NDArray[np.uint32]:
    """One of OpenCC's conversions as a table; each character stands on a line of its own, so no phrase decides."""
    lines = np.full(2 * len(characters), ord("\n"), np.uint32)
    lines[::2] = characters
    converted = opencc.OpenCC(direction).convert(lines.astype("<u4").tobytes().decode("utf-32-le"))
    codes = np.frombuffer(converted.encode("utf-32-le"), "<u4")
    ends = np.flatnonzero(codes == ord("\n"))
    single = np.diff(ends, prepend=-1) == 2  # a character and its line end; what became several stays as it was
    table = np.arange(0x110000, dtype=np.uint32)
    table[characters[single]] = codes[ends[single] - 1]
    return table
