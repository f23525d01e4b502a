"""Numbers that are no quantities: dates, times, pages, counters, prices, marks of lists, references, identifiers.

Patterns on folded text for `corpus/text/quantities.py`. They differ from one copy of a page to the next, and whoever
takes a medicine loses nothing when one stands for the other.
"""

from __future__ import annotations

import re

from corpus.text.units import IN_UNITS

_N = r"\d+(?:[.,]\d+)*\s?[万千k]?"
# Spelt out, for a drug may begin like a month: augmentin, septrin, novolog, aprepitant.
_MONTH = (r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
          r"|nov(?:ember)?|dec(?:ember)?)\.?")  # fmt: skip
_TH = r"(?:st|nd|rd|th)?"
_COUNTED = "浏览|阅读|点击|查看|访问|评论|点赞|收藏|转发|下载|分享|回复|人气|热度|粉丝|关注|跟帖|看过"

_HARMLESS = (
    # dates; `may` is a month only beside a day and a year
    r"(?<![\d.])\d{4}([-/.])\d{1,2}\1\d{1,2}(?!\d)", r"(?<![\d.])\d{1,2}([-/.])\d{1,2}\1\d{4}(?!\d)",
    r"(?:19|20)\d\d年(?!级|龄)(?:\d{1,2}月(?:\d{1,2}[日号])?)?", r"(?<!\d)\d{1,2}月\d{1,2}[日号]",
    rf"(?<![a-z]){_MONTH}\s\d{{1,2}}{_TH}(?:,?\s\d{{4}})?(?![\d.])", rf"(?<![a-z]){_MONTH}\s\d{{4}}(?!\d)",
    rf"(?<![\d.])\d{{1,2}}{_TH}\s(?:of\s)?(?:{_MONTH}|may)(?![a-z])(?:,?\s\d{{4}})?",
    rf"(?<![a-z])may\s\d{{1,2}}{_TH},?\s\d{{4}}",
    # times: 08:30 and 10:22:05; 1:20 is a dilution
    r"(?<!\d)[0-2]?\d:[0-5]\d:[0-5]\d(?!\d)", r"(?<!\d)[0-2]\d:[0-5]\d(?!\d)",
    r"(?<!\d)\d{1,2}(?::[0-5]\d)?\s?[ap]\.?m(?![a-z])",
    # pages, tables, parts
    r"(?<![a-z])(?:pages?|pp?\.)\s?\d+(?:\s?[-/]\s?\d+|\s(?:of|to)\s\d+)?",
    r"第\d+[页章节版卷回届楼]", r"共\d+[页章节卷]",
    r"(?<!\d)\d+[页楼]", r"(?<![a-z])(?:table|figure|issue|chapter|section|step|appendix)s?\.?\s?\d+",
    # of a journal; a tidal volume of 500 ml is one
    r"(?<![a-z])vol(?:ume)?s?\.?\s?\d+(?!\d|[.,]\d|\s?(?:[cdmμ]?l|lit(?:er|re)s?|cc|cm|mm)(?![a-z])|\s?%)",
    r"(?<![a-z])(?:fig|no|ref)\.?\s?\d+(?!\d|\s(?:catheter|blade|needle|suture|tube))",
    r"(?<![代])[图表]\d+(?:[-.]\d+)?",
    # counters
    rf"(?:{_COUNTED})(?:量|数|次数|人数|了|过)*[\s:(\[]*{_N}", rf"{_N}\s?(?:人|次|条|个)?(?:{_COUNTED})",
    rf"(?<![a-z])(?:views?|viewed|comments?|followers?|downloads?)[\s:(\[]*{_N}",
    rf"(?<![a-z])(?:reads?|hits?|likes?|shares?)\s?[:(\[]\s?{_N}",
    rf"{_N}\s?(?:views?|reads?|hits|comments?|likes?|followers?|downloads?)(?![a-z])",
    rf"(?<![a-z])(?:viewed|downloaded|read|shared|cited)\s{_N}\stimes", rf"(?<![a-z])rated\s{_N}",
    rf"{_N}\s(?:users|readers|visitors)(?![a-z])", rf"{_N}\s(?:people|persons|users|readers)\sfound",
    # when a page was written, counted from when it was seen
    r"(?<![a-z])(?:posted|published|updated|edited|modified|asked|answered|added)\s(?:about\s)?\d+\s[a-z]+\sago",
    r"(?:更新|发布|发表|编辑|提问|回答)(?:于|时间|日期)?[:\s]*\d{1,2}-\d{1,2}(?!\d)",
    r"(?:更新|发布|发表|编辑|提问|回答)(?:于|时间|日期)?[:\s]*\d+(?:秒|分钟|小时|天|周|个月|月|年)前",
    # prices
    rf"[$￥¥£€]\s?{_N}", rf"{_N}\s?(?:元|块钱|美元|usd|rmb|dollars?)(?![a-z])",
    # references and marks of lists
    rf"\[\d+(?:\s?[-,]\s?\d+)*\](?!{IN_UNITS})", rf"\(\d{{1,2}}\)(?!{IN_UNITS})",
    r"(?:^|(?<=[\s。;；.!?:：)]))\d{1,2}\)",
    r"(?<![\d、.])\d{1,2}、(?!\d)", r"(?:^|(?<=[.;。；!?]\s))\d{1,2}\.\s",
    # identifiers
    r"(?<![a-z])(?:pmid|doi|isbn|issn|tel|fax|phone|zip|qq)(?![a-z])[\s:.#+(-]*\d[\d\s()./-]{3,}",
    r"(?:微信|电话|邮编|编号|国药准字|批准文号|证号)[\s:a-z-]*\d[\d-]*",
    r"(?:©|copyright|\(c\))\s?\d{4}", r"(?:https?://|www\.)\S+",
)  # fmt: skip
_ANY = [re.compile(pattern) for pattern in _HARMLESS]


class Marks:
    """Marked places of a window."""

    def __init__(self, low: int, high: int) -> None:
        self._low = low
        self._marks = bytearray(max(0, high - low))

    def mark(self, start: int, end: int) -> None:
        """Mark a span of the window."""
        self._marks[start - self._low : end - self._low] = b"\1" * (end - start)

    def __contains__(self, place: int) -> bool:
        return self._marks[place - self._low] == 1


def harmless(text: str, low: int, high: int) -> Marks:
    """The places of a window in which a number is no quantity."""
    marks = Marks(low, high)
    for pattern in _ANY:
        for match in pattern.finditer(text, low, high):
            marks.mark(*match.span())
    return marks
