"""Words that turn a statement into another one: negations, opposites such as increase and decrease, 升高 and 降低, and
words of which one excludes the others: routes of administration, degrees, ordinals.

Pure functions on the matching view of one text (`corpus/text/fold.py`); used by `corpus/relate/difference.py` where
two near copies differ. The lists are short and closed on purpose: a word that is missing lets two texts become one,
a word too many keeps a copy that is none.
"""

from __future__ import annotations

import re

_NEGATIONS = re.compile(
    r"(?<![a-z])(?:not|no|nor|never|none|neither|without|cannot|non|unable|lack|lacks|lacked|absence|absent"
    r"|avoid(?:s|ed|ing|ance)?|except|fails?|failed|den(?:y|ies|ied)|refus(?:e|es|ed|al)|prohibit(?:s|ed)?|forbidden"
    r")(?![a-z])|n't(?![a-z])|切莫|否认|拒绝|避免|除外"
    r"|(?!非常|无锡|不断|不仅|不但|无论|不管|未来|不同|不久|不过|非洲|禁区|不妨|不止|没药)[不无非未没勿禁忌毋弗]"
)
# One pair a line, words of one side parted by commas: either text names one of one side, the other text the other's.
_PAIRS = """
higher/lower
increas,elevat,rising,rose,rise,raised,high/decreas,reduc,declin,falling,fell,fall,lower,low
hyper/hypo
greater,more/less,fewer
before/after
left/right
positive/negative
indicated/contraindicated
allowed,permitted/prohibited,forbidden
continu/discontinu
least/most
minimum,minimal/maximum,maximal
includ/exclud
always/sometimes
rare/common,frequent
sensitive,susceptible/resistant
reversible/irreversible
responsive/unresponsive
complete/incomplete
stable/unstable
symptomatic/asymptomatic
typical/atypical
normal/abnormal
regular/irregular
systolic/diastolic
arterial/venous
superior/inferior
single/double
recommended/discouraged
effective/ineffective
safe/unsafe
benefit/harm
significant/insignificant
improv/worsen
start/stop
male/female
men/women
child/adult
pregnan/lactat
agonist/antagonist
above/below
upper/lower
acute/chronic
benign/malignant
</>
≤/≥
=/≠
</≮
>/≯
≤/≰
≥/≱
高于,超过/低于,不足
大/小
升/降
高/低
增/减
前/后
左/右
阳/阴
男/女
上/下
急/慢
良/恶
可以/不可
宜/忌
热/寒
虚/实
多/少
内/外
安全/危险
有效/无效
开始,继续/停止,停用
早/晚
敏感/耐药
加/减
妊娠/哺乳
儿童/成人
"""
# One group a line: a text names one member of it, the other text another one.
_GROUPS = """
oral,by mouth,po/intraven,iv/intramuscul,im/subcutan,sc/intrathecal/intraderm/epidural/rectal/topical/inhal/sublingual
injection/mouth/infusion/inhalation
口服/静脉,静注,静滴/肌肉,肌注/皮下/皮内/鞘内/外用/含服,舌下/吞服/吸入/直肠
mild/moderate/severe
轻度/中度/重度
first/second/third/fourth
早期/中期/晚期
"""


# Of every line its sides; the words of a side are one to us.
_LINES = [
    [side.split(",") for side in line.split("/")] for table in (_GROUPS, _PAIRS) for line in table.strip().splitlines()
]
_SHORT = 2  # letters: such a word is a whole one, `iv`; longer ones may go on, `intravenously`


def _pattern(word: str) -> re.Pattern[str]:
    if not (word[0].isalpha() and word.isascii()):
        return re.compile(re.escape(word))
    return re.compile(rf"(?<![a-z]){word}" + ("(?![a-z])" if len(word) <= _SHORT else ""))


_WORDS = {word: _pattern(word) for line in _LINES for side in line for word in side}
_SIDES = {
    word: [(number, place) for number, line in enumerate(_LINES) for place, side in enumerate(line) if word in side]
    for word in _WORDS
}
_ANY = re.compile("|".join(map(re.escape, _WORDS)))


def negations(text: str) -> int:
    """How many negations stand in the text."""
    return sum(1 for _ in _NEGATIONS.finditer(text))


def opposed(one: str, other: str) -> str:
    """The opposites, or members of a group, of which one text has the one and the other text the other, as `high/low`;
    else empty."""
    here, there = _named(one), _named(other)
    for number in sorted(here.keys() & there.keys()):
        left, right = here[number], there[number]
        if left.keys().isdisjoint(right):
            return f"{left[min(left)]}/{right[min(right)]}"
    return ""


def _named(text: str) -> dict[int, dict[int, str]]:
    """Of which lines the text names which sides, and the first word it names each by."""
    found: dict[int, dict[int, str]] = {}
    if _ANY.search(text):  # in most changes there is none, and one pattern costs less than all
        for word, pattern in _WORDS.items():
            if word in text and pattern.search(text):
                for number, place in _SIDES[word]:
                    found.setdefault(number, {}).setdefault(place, word)
    return found
