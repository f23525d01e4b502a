"""The number before a question and the letter before an option, which are cut with what they label.

Asked by `corpus/leaks/verify.py` for the beginning of each passage: without them a text from which passages are cut
keeps lines that say `12.` and `A.` and nothing more.
"""

from __future__ import annotations

import re

LONGEST = 20  # characters of a label with its marks and spaces
_DIGITS = r"\d{1,4}"
# At the beginning of a line or after a sentence; "Fig. 12. The" is no sentence's end.
_NUMBER = re.compile(
    rf"""(?:\A|(?<=[\n\r\f。？！?!；;])|(?<=\w{{4}}[.)]))[^\S\n]*[*\#>_]*[^\S\n]*
    (?:第\s*{_DIGITS}\s*[题題]|(?:question|q)\.?\s*{_DIGITS}|[(（【\[]\s*{_DIGITS}\s*[)）】\]]|{_DIGITS}\s*[.．、:：)）\]】]
       |(?:\A|(?<=[\n\r\f])){_DIGITS}(?=\s))
    \s*[.．、:：)）]?[*_]*\s*\Z""",
    re.VERBOSE | re.IGNORECASE,
)
_LETTER = re.compile(
    r"""(?:\A|(?<=[\s。．.;；,，、:：?？!！)）*_]))[*_]*[(（【\[]?\s*
    (?:[A-Ja-jＡ-Ｊａ-ｊ1-9１-９①-⑩]\s*[.．、,，:：)）\]】]+|[A-JＡ-Ｊ①-⑩](?=\s))[*_]*\s*\Z""",
    re.VERBOSE,
)


def with_number(text: str, start: int) -> int:
    """Where a question begins with the number before it; `start` where there is none."""
    return _with(_NUMBER, text, start)


def with_letter(text: str, start: int) -> int:
    """Where an option begins with the letter or number before it; `start` where there is none."""
    return _with(_LETTER, text, start)


def _with(label: re.Pattern[str], text: str, start: int) -> int:
    found = label.search(text, max(0, start - LONGEST), start)
    if found is None:
        return start
    return found.end() - len(found[0].lstrip())
