"""Quantities in a folded text: doses, counts, durations and limits, and which numbers are none of these.

Pure functions on the matching view (`corpus/text/fold.py`) of one text; `corpus/relate/difference.py` asks which
quantities stand where two near copies differ. A number is a quantity unless what stands around it says otherwise:
dates and times, pages, counters of views and comments, prices, marks of lists, tables and references, and identifiers
change from one copy of a page to the next and mean nothing for the patient. In doubt a number is a quantity: the
price of that is one copy too many, the price of the opposite a wrong dose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

# Units, each with its spellings; the first stands for all. Chinese units that mean the same are among them.
_SPELLINGS = """
mg milligram milligrams 毫克|g gm gram grams 克|kg kilogram kilograms 公斤 千克|μg mcg ug microgram micrograms 微克
ng nanogram nanograms 纳克|ml milliliter milliliters millilitre millilitres cc 毫升|l liter liters litre litres 升
dl deciliter decilitre 分升|μl ul microliter microlitre 微升|mm millimeter millimeters millimetre 毫米
cm centimeter centimeters centimetre 厘米 公分|m meter meters metre metres 米|μm um micron microns 微米|nm 纳米
% percent 百分|mmol millimole millimoles 毫摩尔|mol mole moles 摩尔|μmol umol 微摩尔|nmol|meq
iu 国际单位|u unit units 单位|mmhg 毫米汞柱|kpa 千帕|kcal 千卡|cal 卡|kj 千焦|j 焦|gy 戈瑞|cgy|hz 赫兹
°c 摄氏度|°f|s sec secs second seconds 秒|min mins minute minutes 分钟|h hr hrs hour hours 小时 个小时 钟头
d day days 天 日|wk wks week weeks 周 星期 个星期|mo month months 个月|y yr yrs year years 年 岁|ppm|ppb|bpm
time times 次|tablet tablets 片|capsule capsules 粒|pill pills 丸|drop drops 滴|dose doses 剂|vial vials 支
bottle bottles 瓶|bag bags sachet sachets 袋|patient patients 例 名|fold 倍|grade 级|stage 期|degree degrees 度
钱|两|分|斤|合|枚|帖|服|个|人|块|条|根|只|茎|字|寸|尺|壮|万|亿
"""
UNITS = {spelling: group.split()[0] for group in re.split(r"[|\n]", _SPELLINGS.strip()) for spelling in group.split()}
_LATIN = sorted((unit for unit in UNITS if unit[0] < "\u2e80"), key=len, reverse=True)
_HAN = sorted((unit for unit in UNITS if unit[0] >= "\u2e80"), key=len, reverse=True)
_LATIN_UNIT = f"(?:{'|'.join(map(re.escape, _LATIN))})(?![a-z])"
_HAN_UNIT = f"(?:{'|'.join(_HAN)})"
_PER = rf"(?:\s?/\s?(?:{_LATIN_UNIT}|{_HAN_UNIT}))*"
_UNIT = re.compile(rf"[\s-]?({_LATIN_UNIT}{_PER}|{_HAN_UNIT}{_PER}|%)")

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_WORDS = {word: float(value) for value, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty".split())} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
    "hundred": 100.0, "once": 1.0, "twice": 2.0, "thrice": 3.0, "half": 0.5,
}  # fmt: skip
_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])")
_NUMERALS = {numeral: float(value) for value, numeral in enumerate("零一二三四五六七八九")} | {"两": 2.0, "半": 0.5}
_POWERS = {"十": 10.0, "百": 100.0, "千": 1000.0, "万": 10_000.0}
# Numerals count only before a unit: 一 stands in a thousand words.
_HAN_NUMBER = re.compile(rf"[零一二三四五六七八九十百千半两]+(?={_HAN_UNIT})")

# What stands before or behind a number that is no quantity.
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?"
_COUNTED = "浏览|阅读|点击|查看|访问|评论|点赞|收藏|转发|下载|分享|回复|人气|热度|粉丝|关注|跟帖|看过"
_BEFORE = re.compile(
    rf"(?:{_COUNTED})(?:量|数|次数|人数|了|过)*[\s:(\[]*$"
    rf"|(?<![a-z])(?:views?|viewed|reads?|hits?|visits?|visitors?|comments?|likes?|shares?|followers?|downloads?)[\s:(\[]*$"
    r"|(?<![a-z])pages?\s\d+\s?(?:of|/)\s?$"
    rf"|(?<![a-z])(?:pages?|pp?\.|table|fig\.?|figure|vol\.?|volume|issue|no\.|chapter|section|ref\.?|step|copyright|©|\(c\)|pmid|doi|"
    rf"isbn|issn|tel|fax|phone|zip)[\s:(\[-]*$"
    rf"|(?:第|共|图|表|编号|电话|邮编|微信|qq|国药准字|批准文号|证号)[\s:(\[a-z-]*$"
    rf"|(?<![a-z]){_MONTH}\s?(?:\d{{1,2}},?\s)?$"  # may 3, | may 3, 2021
    rf"|\d[-/.]\d{{1,2}}[-/.]$|\d{{4}}[-/.]$|\d年$|\d月$|[$￥¥£€]\s?$|\[[\d,\s-]*$|[a-z]\d*-?\d*/$"
)  # fmt: skip
_BEHIND = re.compile(
    rf"^[\s]*(?:人|次|条|个)?(?:{_COUNTED})"
    r"|^\s?(?:views?|reads?|hits|visits|visitors|comments?|likes?|shares?|followers?|downloads?|pages?)(?![a-z])"
    r"|^\s?(?:页|楼|元|块钱|美元|usd|rmb)|^(?:年|月)\d|^月\d|^、|^\)|^[\d,\s-]*\]"
    rf"|^(?:st|nd|rd|th)?\s(?:of\s)?{_MONTH}(?![a-z])"
    r"|^[-/.]\d{1,2}[-/.]\d|^\s?[ap]\.?m(?![a-z])"
)  # fmt: skip
# 08:30 and 10:22:05 are times; 1:20 is a dilution.
_HOUR, _MINUTE = re.compile(r"^:[0-5]\d(?!\d)"), re.compile(r"(?<!\d)\d\d:(?:[0-5]\d:)?$")
_YEAR = re.compile(r"(?:19|20)\d\d")
_YEAR_BEHIND = re.compile(r"^年(?!级|龄)")
LONGEST_NUMBER = 6  # digits; what has more and no unit is a number of a telephone, a file or a patent
LONGEST_NAME = 4  # digits behind letters, as in CYP2D6 and B12: more are an identifier (NCT01234567)
_LOOK = 24  # characters before and behind that decide


class Quantity(NamedTuple):
    """`value` in the unit's own scale, `unit` in its first spelling (empty where none stands there), and the span
    `start:end` in the text, unit included."""

    value: float
    unit: str
    start: int
    end: int

    def agrees(self, other: Quantity) -> bool:
        """Whether both say the same; a unit that only one of them names does not part them."""
        return self.value == other.value and (self.unit == other.unit or not (self.unit and other.unit))


def quantities(text: str, start: int, end: int) -> list[Quantity]:
    """The quantities that touch `text[start:end]`, in order of place."""
    low, high = max(0, start - _LOOK), min(len(text), end + _LOOK)
    found = [q for q in _all(text, low, high) if q.start < max(end, start + 1) and q.end > start]
    return sorted(found, key=lambda q: q.start)


def _all(text: str, low: int, high: int) -> Iterator[Quantity]:
    while low > 0 and text[low - 1].isdigit():  # do not cut a number in two
        low -= 1
    for match in _DIGITS.finditer(text, low, high):
        unit = _UNIT.match(text, match.end())
        if not _exempt(text, match.start(), match.end(), match[0], unit is not None):
            yield _quantity(_value(match[0]), match.start(), match.end(), unit)
    for match in _WORD.finditer(text, low, high):
        yield _quantity(_WORDS[match[0]], match.start(), match.end(), _UNIT.match(text, match.end()))
    for match in _HAN_NUMBER.finditer(text, low, high):
        yield _quantity(_han_value(match[0]), match.start(), match.end(), _UNIT.match(text, match.end()))


def _quantity(value: float, start: int, end: int, unit: re.Match[str] | None) -> Quantity:
    if unit is None:
        return Quantity(value, "", start, end)
    spelt = "/".join(UNITS.get(part.strip(), part.strip()) for part in unit[1].split("/"))
    return Quantity(value, spelt, start, unit.end())


def _value(digits: str) -> float:
    """`1,500` is fifteen hundred and `1,5` one and a half; `1.2.3` is no number, but equal to itself."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    if re.fullmatch(r"\d+(?:[.,]\d+)?", digits):
        return float(digits.replace(",", "."))
    return float(hash_of(digits))


def hash_of(text: str) -> int:
    """A number for what is no number, far from all real ones."""
    return -int.from_bytes(text.encode()[:6], "big")


def _han_value(numeral: str) -> float:
    """二十三 is 23, 两 is 2, 十 is 10, 一百零五 is 105, 半 is 0.5, 三半 is 3.5."""
    total = last = 0.0
    for character in numeral:
        if character in _POWERS:
            total += (last or 1.0) * _POWERS[character]
            last = 0.0
        elif character == "半":
            total += 0.5
        else:
            last = last * 10 + _NUMERALS[character]
    return total + last


def _exempt(text: str, start: int, end: int, digits: str, has_unit: bool) -> bool:
    """Whether a number is a date, a page, a counter, a price, a mark or an identifier."""
    before, behind = text[max(0, start - _LOOK) : start], text[end : end + _LOOK]
    name = bool(before) and before[-1].isalpha() and before[-1] < "\u2e80"
    if name:
        return len(digits) > LONGEST_NAME
    if _YEAR.fullmatch(digits) and (not has_unit or _YEAR_BEHIND.match(behind)):
        return True
    if _BEFORE.search(before) or _BEHIND.search(behind):
        return True
    if len(digits) == 2 and (_HOUR.match(behind) or _MINUTE.search(before)):
        return True
    return len(digits) > LONGEST_NUMBER and not has_unit and digits.isdigit()


def substituted(one: list[Quantity], other: list[Quantity]) -> tuple[list[Quantity], list[Quantity]]:
    """What is left of two lists when everything that agrees is taken away from both."""
    left, right = list(one), list(other)
    for quantity in one:
        match = next((q for q in right if quantity.agrees(q)), None)
        if match is not None:
            right.remove(match)
            left.remove(quantity)
    return left, right


def spelt(found: list[Quantity]) -> str:
    """For a reader: `81 mg, 7 d`."""
    counted = Counter(f"{q.value:g} {q.unit}".strip() for q in found)
    return ", ".join(counted)
