"""Words that turn a statement into its opposite: negations, and pairs such as increase and decrease, 升高 and 降低.

Pure functions on the matching view of one text (`corpus/text/fold.py`); used by `corpus/relate/difference.py` where
two near copies differ. The lists are short and closed on purpose: a word that is missing lets two texts become one,
a word too many keeps a copy that is none.
"""

from __future__ import annotations

import re

_NEGATIONS = re.compile(
    r"(?<![a-z])(?:not|no|nor|never|none|neither|without|cannot|non|unable|lack|lacks|lacked|absence|absent)(?![a-z])"
    r"|n't(?![a-z])|切莫"
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
开始/停止
加/减
妊娠/哺乳
儿童/成人
"""


_OPPOSITES = [tuple(side.split(",") for side in line.split("/")) for line in _PAIRS.split()]
_WORDS = {
    word: re.compile(rf"(?<![a-z]){word}" if word[0].isalpha() and word.isascii() else word)
    for sides in _OPPOSITES for side in sides for word in side
}  # fmt: skip


def negations(text: str) -> int:
    """How many negations stand in the text."""
    return sum(1 for _ in _NEGATIONS.finditer(text))


def opposed(one: str, other: str) -> str:
    """The pair of opposites of which one text has the one and the other text the other, as `high/low`; else empty."""
    here, there = _present(one), _present(other)
    if here and there:
        for first, second in _OPPOSITES:
            for left, right in ((first, second), (second, first)):
                if here.isdisjoint(right) and there.isdisjoint(left):
                    words = [next((word for word in side if word in has), "")
                             for side, has in ((left, here), (right, there))]  # fmt: skip
                    if all(words):
                        return "/".join(words)
    return ""


def _present(text: str) -> set[str]:
    """The words of all pairs that the text has."""
    return {word for word, pattern in _WORDS.items() if word in text and pattern.search(text)}
