"""Publication dates of PubMed as ISO 8601, exactly as precise as the record knows them.

Elements come from `corpus/sources/pubmed_citation.py`; the string becomes the document's `date`. A range counts
from its beginning (`1998 Dec-1999 Jan` -> `1998-12`), a season keeps its year only: a spring is no month, and on the
other half of the earth it is another one.
"""

from __future__ import annotations

import datetime
import re
from typing import Any

_MONTHS = {name: number for number, name in enumerate(
    ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1
)}  # fmt: skip
_MONTH_NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_BEHIND = re.compile(rf"[\s,:;/-]*{_MONTH_NAME}(?:\s*(\d{{1,2}})(?!\d))?", re.IGNORECASE)
_BEFORE = re.compile(rf"(?:(?<!\d)(\d{{1,2}})\s+)?\b{_MONTH_NAME}", re.IGNORECASE)


def element_date(element: Any) -> str:
    """The date in a `PubDate`, `ArticleDate`, `ContributionDate`, ...: `2019-03-05`, `2019-03`, `2019` or empty.

    Reads Year, Month (a number or an English name) and Day, or MedlineDate; parts that are no date are left off.
    """
    year = month = day = ""
    for child in element:
        tag, text = child.tag, (child.text or "").strip()
        if tag == "Year":
            year = text
        elif tag == "Month":
            month = text
        elif tag == "Day":
            day = text
        elif tag == "MedlineDate":
            return medline_date(text)
    if not _YEAR.fullmatch(year):
        return ""
    return iso_date(int(year), _month(month), int(day) if day.isdecimal() and len(day) < 3 else 0)


def medline_date(text: str) -> str:
    """The beginning of a MedlineDate: `2004 Jun 12-18` -> `2004-06-12`, `Dec 1999` -> `1999-12`, `2000 Spring` ->
    `2000`, `1978-1979` -> `1978`; empty without a year from 1500 to 2099."""
    year = _YEAR.search(text)
    if year is None:
        return ""
    named = _BEHIND.match(text, year.end())
    if named:
        return iso_date(int(year[1]), _month(named[1]), int(named[2] or 0))
    named = _BEFORE.search(text, 0, year.start())
    return iso_date(int(year[1]), _month(named[2]), int(named[1] or 0)) if named else year[1]


def iso_date(year: int, month: int, day: int) -> str:
    """ISO 8601 at the precision given (0 is unknown); a month or day that does not exist is left off."""
    if not 1 <= month <= 12:
        return f"{year:04}"
    try:
        return datetime.date(year, month, day).isoformat()
    except ValueError:
        return f"{year:04}-{month:02}"


def _month(text: str) -> int:
    if text.isdecimal():
        return int(text) if len(text) < 3 else 0
    return _MONTHS.get(text[:3].lower(), 0)
