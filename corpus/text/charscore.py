"""How much a decoding looks like writing: the judge between legacy encodings in `decode.py`.

Bytes of one East Asian encoding often decode in another without an error, but into other characters: rare Han
where common ones belong, half-width katakana in rows, private-use code points. So each candidate decodes a sample
and earns points per non-ASCII character by class. "Common" characters are no table of ours: the national standards
put the frequently used ones first (GB 2312 rows 16 to 55, Big5 A440 to C67E, JIS X 0208 rows 16 to 47, KS X 1001
rows 16 to 40), and the codecs give them back. A few hundred of the most frequent characters of modern and
classical Chinese, written down here from general knowledge, settle short texts.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache

# Equal scores go to the earlier one. UTF-8 is among them for texts with a few bad bytes.
CANDIDATES = ("utf-8", "gb18030", "big5", "shift_jis", "euc-jp", "euc-kr", "windows-1252")
SAMPLE_BYTES = 16384

FREQUENT_HAN = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可她里后小么心多天"
    "而能好都然没日于起还发成事只作当想看文无开手十用主行方又如前所本见经头面公同三已老从动两长知民样现分将外但身些与"
    "高意进把法此实回二理美点月明其种声全工己话儿者向情部正名定女问力机给等几很业最间新什打便位因重被走电四第门相次东"
    "政海口使教西再平真听世气信北少关并内加化由却代军产入先山五太水万市特者曰夫若则故乃矣乎焉"
    "這個來說們為時會著過學對後麼還發當開無動長樣現將與進實點種聲話兒問機給幾業間電門東關產萬國見經頭從兩氣書"
    "病治药症热血脉方寒汤患医疗肝肾脾肺心胃痛风阴阳虚丸服检查素食炎術藥熱脈湯醫療腎風陰陽虛檢"
)
# Points per character; what they mean is in `_points`.
FREQUENT, COMMON, RARE, STRANGE, BAD = 1.6, 1.0, 0.0, -2.0, -5.0
# High bytes with the ASCII around them, of which the byte after may be the second half of a character.
_STRETCH = re.compile(rb"[\x00-\x7f]{0,2}(?:[\x80-\xff]{1,2000}[\x00-\x7f]{0,6}){1,400}")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")


def sample(raw: bytes) -> bytes:
    """The first `SAMPLE_BYTES` or so of what matters: high bytes and their neighbours, joined by line feeds."""
    parts: list[bytes] = []
    size = 0
    for stretch in _STRETCH.finditer(raw):
        parts.append(stretch[0])
        size += len(stretch[0])
        if size > SAMPLE_BYTES:
            break
    return b"\n".join(parts)[:SAMPLE_BYTES]


def score(part: bytes, encoding: str, codec_names: tuple[str, ...]) -> float:
    """Mean points per non-ASCII character, about -5 to 1.6. `part` comes from `sample`."""
    if encoding == "windows-1252":
        return _western(part)
    text = max((part.decode(name, "replace") for name in codec_names), key=lambda t: -t.count("\ufffd"))
    # The sample may be cut within a character.
    counts = Counter(text[:-1] if text.endswith("\ufffd") else text)
    total = points = 0.0
    for char, times in counts.items():
        if char >= "\x80":
            total += times
            points += times * _points(char, encoding)
    return points / total if total else 0.0


def _points(char: str, encoding: str) -> float:
    """What one character says for this encoding."""
    if char == "\ufffd":
        return BAD
    if "\u3040" <= char <= "\u30ff":  # kana: the mark of Japanese; the rows exist in GB 2312 and Big5 too
        return FREQUENT if encoding in ("shift_jis", "euc-jp", "utf-8") else -1.0
    if "\u4e00" <= char <= "\u9fff":
        return _han(char, encoding)
    if "\uac00" <= char <= "\ud7a3":
        return FREQUENT if char in _first_level("euc-kr") else -1.0  # the extension rows hold no common syllable
    if "\u3000" <= char <= "\u303f" or "\uff01" <= char <= "\uff5e" or "\u2010" <= char <= "\u2044":
        return COMMON  # punctuation and full-width forms
    if "\uff61" <= char <= "\uff9f":  # half-width katakana: single high bytes read as Shift_JIS
        return -1.0
    if "\ue000" <= char <= "\uf8ff" or char < "\xa0" or char > "\uffff" or "\u3400" <= char <= "\u4dbf":
        return STRANGE  # private use, C1 controls, Han of the rarest planes
    # Symbols, Greek, Cyrillic: possible in any text. In UTF-8 no accident gives a valid sequence.
    return COMMON if encoding == "utf-8" else RARE


def _han(char: str, encoding: str) -> float:
    """Han is what Chinese is made of; Korean text has next to none beside its Hangul."""
    if encoding == "euc-kr":
        return -0.5
    if char in FREQUENT_HAN and encoding in ("gb18030", "big5", "utf-8"):
        return FREQUENT
    return COMMON if char in _first_level(encoding) else RARE


def _western(part: bytes) -> float:
    """Accents and typographic marks stand alone or in pairs among ASCII; East Asian high bytes come in rows."""
    good = bad = 0
    for run in _HIGH_RUN.findall(part):
        undefined = sum(run.count(byte) for byte in b"\x81\x8d\x8f\x90\x9d")
        if len(run) <= 2 and not undefined:
            good += len(run)
        else:
            bad += len(run)
    return (1.2 * good - 1.2 * bad) / (good + bad) if good + bad else 0.0


@cache
def _first_level(encoding: str) -> frozenset[str]:
    """The Han characters that the encoding's national standard lists first, as the frequently used ones."""
    codec, first, last, trails = {
        "gb18030": ("gb2312", 0xB0, 0xD7, (0xA1, 0xFE)),
        "big5": ("big5", 0xA4, 0xC6, (0x40, 0xFE)),
        "shift_jis": ("euc_jp", 0xB0, 0xCF, (0xA1, 0xFE)),
        "euc-jp": ("euc_jp", 0xB0, 0xCF, (0xA1, 0xFE)),
        "euc-kr": ("euc_kr", 0xB0, 0xC8, (0xA1, 0xFE)),
    }.get(encoding, ("gb2312", 0xB0, 0xD7, (0xA1, 0xFE)))
    rows = (bytes((lead, trail)) for lead in range(first, last + 1) for trail in range(trails[0], trails[1] + 1))
    return frozenset("".join(row.decode(codec, "ignore") for row in rows))
