"""Which writing systems a text uses, counted letter by letter, for a whole batch at once.

Takes texts, gives a table of counts: one row per text, one column per class of `CLASSES`. Used by
`corpus/annotate/language.py`. Every code point is looked up in one array of 1.1 million bytes, so a batch costs a
few NumPy calls and no Python per character.

Simplified and traditional Chinese are told apart by characters that only one of them has. The national standards
say which: a character in GB 2312 (mainland, 1980) that Big5 (Taiwan, 1984) lacks is written in simplified text only,
and one among the 5,401 frequent characters of Big5 that GB 2312 lacks in traditional text only. Characters that are
in both, among them the ambiguous 后 里 面 干 云 and 乾, count for neither. In the same way a character among the 2,965
frequent ones of JIS X 0208 that neither has (圧 気 図 経) is Japanese. Python's codecs carry the three standards, so
there is no table to keep.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

# ISO 15924 code -> blocks of code points (Unicode 15.1, Blocks.txt); only letters and marks in them count, and of the
# Latin ones not the units µ ª º.
BLOCKS: dict[str, tuple[tuple[int, int], ...]] = {
    "Latn": ((0x41, 0x7A), (0xC0, 0x2AF), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xFB00, 0xFB06),
             (0xFF21, 0xFF5A)),
    "Grek": ((0x370, 0x3FF), (0x1F00, 0x1FFF)),
    "Cyrl": ((0x400, 0x52F), (0x1C80, 0x1C8F), (0x2DE0, 0x2DFF), (0xA640, 0xA69F)),
    "Armn": ((0x530, 0x58F), (0xFB13, 0xFB17)),
    "Hebr": ((0x590, 0x5FF), (0xFB1D, 0xFB4F)),
    "Arab": ((0x600, 0x6FF), (0x750, 0x77F), (0x8A0, 0x8FF), (0xFB50, 0xFDCF), (0xFDF0, 0xFDFF), (0xFE70, 0xFEFC)),
    "Syrc": ((0x700, 0x74F),),
    "Thaa": ((0x780, 0x7BF),),
    "Deva": ((0x900, 0x97F), (0xA8E0, 0xA8FF)),
    "Beng": ((0x980, 0x9FF),),
    "Guru": ((0xA00, 0xA7F),),
    "Gujr": ((0xA80, 0xAFF),),
    "Orya": ((0xB00, 0xB7F),),
    "Taml": ((0xB80, 0xBFF),),
    "Telu": ((0xC00, 0xC7F),),
    "Knda": ((0xC80, 0xCFF),),
    "Mlym": ((0xD00, 0xD7F),),
    "Sinh": ((0xD80, 0xDFF),),
    "Thai": ((0xE00, 0xE7F),),
    "Laoo": ((0xE80, 0xEFF),),
    "Tibt": ((0xF00, 0xFFF),),
    "Mymr": ((0x1000, 0x109F), (0xA9E0, 0xA9FF), (0xAA60, 0xAA7F)),
    "Geor": ((0x10A0, 0x10FF), (0x1C90, 0x1CBF), (0x2D00, 0x2D2F)),
    "Ethi": ((0x1200, 0x139F), (0x2D80, 0x2DDF)),
    "Cher": ((0x13A0, 0x13FF), (0xAB70, 0xABBF)),
    "Cans": ((0x1400, 0x167F), (0x18B0, 0x18FF)),
    "Khmr": ((0x1780, 0x17FF),),
    "Mong": ((0x1800, 0x18AF),),
    "Hang": ((0x1100, 0x11FF), (0x3130, 0x318F), (0xA960, 0xA97F), (0xAC00, 0xD7FF), (0xFFA0, 0xFFDC)),
    "Kana": ((0x3040, 0x30FF), (0x31F0, 0x31FF), (0xFF66, 0xFF9D)),  # hiragana and katakana together
}  # fmt: skip
HAN_BLOCKS = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x323AF))

# What a Han character tells of the written form (columns `Hans`, `Hant`, `Jpan`, `Hani`; each counts once), and of
# the age of the language. The second comes in as weights from the caller, -4..4 (`classes`).
HAN_KINDS = ("Hani", "Hans", "Hant", "Jpan")
WEIGHTS = tuple(range(-4, 5))
SCRIPTS = (*BLOCKS, "Han")

# Variants that Chinese writes too although Big5 has another form (說 銳 閱 鉤 眾 啟 峰 裡 缽 穎 鯰 妝 棋): what OpenCC
# converts simplified or Taiwan's characters to, and ETEN's additions to Big5.
CHINESE_TOO = frozenset("説鋭閲鈎衆啓峯裏鉢頴鮎粧碁")

# Longer texts are judged by this many characters, in windows spread evenly, so that memory stays bounded.
WINDOW = 4096
WINDOWS = 16

_LATIN = 1
_NO_LETTERS = bytes(byte for byte in range(128) if not chr(byte).isalpha())
_FIRST_HAN = 1 + len(BLOCKS)
_CLASSES = 128  # room for 1 + 30 scripts + 4 kinds x 9 weights, and a power of two
_BLOCK = 1 << 20  # characters worked on at a time: about 20 MB of temporary arrays


class Counter:
    """Counts letters by script. `weights` maps Han characters to -4..4; others weigh 0.

    One instance serves any number of calls and threads: it only reads its table.
    """

    def __init__(self, weights: dict[str, int] | None = None) -> None:
        self._table = _table(tuple(sorted((weights or {}).items())))

    def __call__(self, texts: Sequence[str]) -> dict[str, npt.NDArray[np.int64]]:
        """For each of `SCRIPTS` and `HAN_KINDS` the letters of each text; `weight` is the sum over its Han characters.

        Texts over `WINDOW * WINDOWS` characters are sampled as `sampled` says.
        """
        counts = np.zeros((len(texts), _CLASSES), np.int64)
        wide = [row for row, text in enumerate(texts) if not text.isascii()]
        for start, stop in _blocks([texts[row] for row in wide]):
            counts[wide[start:stop]] = self._count([sampled(texts[row]) for row in wide[start:stop]])
        for row, text in enumerate(texts):
            if text.isascii():  # half of all abstracts, and bytes count ten times faster than code points
                counts[row, _LATIN] = len(sampled(text).encode().translate(None, _NO_LETTERS))
        result = {script: counts[:, 1 + place] for place, script in enumerate(BLOCKS)}
        han = counts[:, _FIRST_HAN : _FIRST_HAN + len(HAN_KINDS) * len(WEIGHTS)]
        kinds = han.reshape(len(texts), len(HAN_KINDS), len(WEIGHTS))
        result |= {kind: kinds[:, place].sum(axis=1) for place, kind in enumerate(HAN_KINDS)}
        return result | {"Han": han.sum(axis=1), "weight": kinds.sum(axis=1) @ np.array(WEIGHTS)}

    def _count(self, texts: list[str]) -> npt.NDArray[np.int64]:
        points = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        rows = np.repeat(np.arange(len(texts)) * _CLASSES, lengths)
        flat = np.bincount(rows + self._table[points], minlength=len(texts) * _CLASSES)
        return flat.reshape(len(texts), _CLASSES)


def sampled(text: str) -> str:
    """The text, or `WINDOWS` pieces of `WINDOW` characters spread evenly from its start to its end."""
    if len(text) <= WINDOW * WINDOWS:
        return text
    last = len(text) - WINDOW
    starts = (last * place // (WINDOWS - 1) for place in range(WINDOWS))
    return "".join(text[start : start + WINDOW] for start in starts)


def _blocks(texts: Sequence[str]) -> Iterable[tuple[int, int]]:
    """Rows to work on at a time: as many as fit in `_BLOCK` characters, at least one."""
    start = size = 0
    for row, text in enumerate(texts):
        length = min(len(text), WINDOW * WINDOWS)
        if size and size + length > _BLOCK:
            yield start, row
            start, size = row, 0
        size += length
    if start < len(texts):
        yield start, len(texts)


@cache
def han_only() -> dict[str, frozenset[str]]:
    """The characters exclusive to simplified Chinese, traditional Chinese and Japanese, by the national standards."""
    simplified, traditional = _written("gb2312", 0xA1), _written("big5", 0x40)
    frequent = _written("big5", 0x40, 0xA4, 0xC6)
    japanese = _written("euc_jp", 0xA1, 0xB0, 0xCF)
    return {
        "Hans": frozenset(simplified - traditional),
        "Hant": frozenset(frequent - simplified),
        "Jpan": frozenset(japanese - simplified - traditional - CHINESE_TOO),
    }


def _written(codec: str, low: int, first: int = 0xA1, last: int = 0xFE) -> frozenset[str]:
    """The Han characters that an encoding has in two bytes, of which the first is one of `first` to `last` and the
    second no less than `low`; each decoded on a line of its own."""
    pairs = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(low, 0xFF))
    return frozenset(filter(_is_han, b"\n".join(pairs).decode(codec, "ignore")))


def _is_han(char: str) -> bool:
    return "一" <= char <= "\u9fff"


@cache
def _table(weights: tuple[tuple[str, int], ...]) -> npt.NDArray[np.uint8]:
    """Code point -> class: 0 nothing, then the scripts of `BLOCKS`, then Han by kind and weight."""
    table = np.zeros(0x110000, np.uint8)
    for place, ranges in enumerate(BLOCKS.values()):
        for first, last in ranges:
            points = [point for point in range(first, last + 1) if unicodedata.category(chr(point))[0] in "LM"]
            table[points] = 1 + place
    neutral = _FIRST_HAN + WEIGHTS.index(0)
    for first, last in HAN_BLOCKS:
        table[first : last + 1] = neutral
    table[0x3005:0x3008] = neutral  # 々〆〇
    for kind, chars in han_only().items():
        table[[ord(char) for char in chars]] = neutral + HAN_KINDS.index(kind) * len(WEIGHTS)
    for char, weight in weights:
        table[ord(char)] = int(table[ord(char)]) + weight
    return table
