"""Words that turn a statement into its opposite: negations, and pairs such as increase and decrease, 升高 and 降低.

Pure functions on the matching view of one text (`corpus/text/fold.py`); used by `corpus/relate/difference.py` where
two near copies differ. The lists are short and closed on purpose: a word that is missing lets two texts become one,
a word too many keeps a copy that is none.
"""

from __future__ import annotations

import re

_NEGATIONS = re.compile(
    r"(?<![a-z])(?:not|no|nor|never|none|neither|without|cannot|non|unable|lack|lacks|lacked|absence|absent)(?![a-z])"
    r"|n't(?![a-z])"
    r"|(?!非常|无锡|不断|不仅|不但|无论|不管|未来|不同|不久|不过|非洲|禁区|莫过|不妨|不止)[不无非未没勿禁忌莫毋弗]"
)
# Either side names one of a pair, the other side the other.
_PAIRS = """
increas/decreas higher/lower high/low hyper/hypo greater/less more/less more/fewer rise/fall before/after left/right
positive/negative indicated/contraindicated recommended/discouraged effective/ineffective safe/unsafe benefit/harm
significant/insignificant improv/worsen start/stop male/female men/women child/adult pregnan/lactat agonist/antagonist
above/below upper/lower acute/chronic benign/malignant
高/低 升/降 增/减 前/后 左/右 阳/阴 男/女 上/下 急性/慢性 良性/恶性 可以/不可 宜/忌 热/寒 虚/实 多/少 内/外
安全/危险 有效/无效 开始/停止 加/减 妊娠/哺乳 儿童/成人
"""
_OPPOSITES = tuple(
    tuple(re.compile(rf"(?<![a-z]){word}" if word.isascii() else word) for word in pair.split("/"))
    for pair in _PAIRS.split()
)


def negations(text: str) -> int:
    """How many negations stand in the text."""
    return sum(1 for _ in _NEGATIONS.finditer(text))


def opposed(one: str, other: str) -> str:
    """The pair of opposites of which one text has the one and the other text the other, as `high/low`; else empty."""
    for first, second in _OPPOSITES:
        for left, right in ((first, second), (second, first)):
            if _only(left, right, one) and _only(right, left, other):
                return f"{_plain(left)}/{_plain(right)}"
    return ""


def _only(word: re.Pattern[str], opposite: re.Pattern[str], text: str) -> bool:
    return bool(word.search(text)) and not opposite.search(text)


def _plain(pattern: re.Pattern[str]) -> str:
    return pattern.pattern.removeprefix("(?<![a-z])")
