"""Units of measure and of time, in the spellings of English and Chinese, as they stand behind a number.

Tables for `corpus/text/quantities.py`, on folded text. Spellings of one unit stand together; the first stands for all.
"""

from __future__ import annotations

import re

_MEASURES = """
mg milligram milligrams 毫克|g gm gram grams 克|kg kilogram kilograms 公斤 千克|μg mcg ug microgram micrograms 微克
ng nanogram nanograms 纳克|ml milliliter milliliters millilitre millilitres cc 毫升|l liter liters litre litres 升
dl deciliter decilitre 分升|μl ul microliter microlitre 微升|mm millimeter millimeters millimetre 毫米
cm centimeter centimeters centimetre 厘米 公分|m meter meters metre metres 米|μm um micron microns 微米|nm 纳米
% percent 百分|‰|mmol millimole millimoles 毫摩尔|mol mole moles 摩尔|μmol umol 微摩尔|nmol|meq
iu 国际单位|u unit units 单位|mmhg 毫米汞柱|kpa 千帕|kcal 千卡|cal 卡|kj 千焦|j 焦|gy 戈瑞|cgy|hz 赫兹
°c 摄氏度|°f|ppm|ppb|bpm|钱|斤|合|寸|尺
"""
_COUNTS = """
s sec secs second seconds 秒|min mins minute minutes 分钟|h hr hrs hour hours 小时 个小时 钟头
d day days 天 日|wk wks week weeks 周 星期 个星期|mo month months 个月 月龄|y yr yrs year years 年 岁
fortnight fortnights|time times 次|tablet tablets 片|capsule capsules 粒|pill pills 丸|drop drops 滴|dose doses 剂
vial vials 支|bottle bottles 瓶|bag bags sachet sachets 袋
patient patients 例 名|fold 倍|grade 级|stage 期|degree degrees 度
两|分|枚|帖|服|个|人|块|条|根|只|茎|字|壮|型
"""


def _spellings(table: str) -> dict[str, str]:
    groups = re.split(r"[|\n]", table.strip())
    return {spelling: group.split()[0] for group in groups for spelling in group.split()}


UNITS = _spellings(_MEASURES) | _spellings(_COUNTS)
MEASURED = frozenset(_spellings(_MEASURES).values())  # no page and no counter is told in these
_TAKEN = "tablet capsule pill drop dose vial bottle sachet"  # nor in these

# How often, in one word: value and unit of the quantity that it stands for.
FREQUENCIES = {
    "daily": (1.0, "d"), "weekly": (1.0, "wk"), "monthly": (1.0, "mo"), "hourly": (1.0, "h"), "yearly": (1.0, "y"),
    "annually": (1.0, "y"), "nightly": (1.0, "night"), "qd": (1.0, "time"), "bid": (2.0, "time"), "tid": (3.0, "time"),
    "qid": (4.0, "time"), "b.i.d": (2.0, "time"), "t.i.d": (3.0, "time"), "q.i.d": (4.0, "time"),
    "qod": (2.0, "d"), "every other day": (2.0, "d"), "every second day": (2.0, "d"), "alternate days": (2.0, "d"),
    "every other week": (2.0, "wk"), "fortnightly": (2.0, "wk"), "隔日": (2.0, "d"), "隔天": (2.0, "d"),
    "隔周": (2.0, "wk"),
}  # fmt: skip
# Per, each, every, a; 每.
_PERIODS = "second minute hour day week fortnight month year 秒 分钟 小时 日 天 周 星期 年"
PERIODS = {spelling: UNITS[spelling] for spelling in _PERIODS.split()} | {"月": "mo", "晚": "night"}

_LATIN = sorted((unit for unit in UNITS if unit[0] < "\u2e80"), key=len, reverse=True)
_HAN = sorted((unit for unit in UNITS if unit[0] >= "\u2e80"), key=len, reverse=True)
_LATIN_UNIT = f"(?:{'|'.join(map(re.escape, _LATIN))})(?![a-z])"
HAN_UNIT = f"(?:{'|'.join(_HAN)})"
_ANY = f"(?:{_LATIN_UNIT}|{HAN_UNIT})"
_TOLD = sorted(
    (unit for unit, first in UNITS.items() if first in MEASURED or first in _TAKEN.split()), key=len, reverse=True
)
IN_UNITS = f"\\s?(?:{'|'.join(map(re.escape, _TOLD))})(?![a-z])"  # what makes of a number in brackets a dose
_UNIT = re.compile(rf"[\s-]?({_ANY}(?:(?:\s?/\s?|\sper\s){_ANY})*|%)")
_PER = re.compile(r"\s?/\s?|\sper\s")


def unit_after(text: str, end: int) -> tuple[str, int]:
    """The unit behind a number that ends there, in its first spelling, and where it ends; empty where there is none."""
    unit = _UNIT.match(text, end)
    if unit is None:
        return "", end
    return "/".join(UNITS.get(part.strip(), part.strip()) for part in _PER.split(unit[1])), unit.end()
