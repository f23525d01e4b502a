"""Quantities in a folded text: doses, counts, durations and limits, and which numbers are none of these.

Pure functions on the matching view (`corpus/text/fold.py`) of one text; `corpus/relate/difference.py` asks which
quantities stand where two near copies differ. A number is a quantity unless what stands around it says otherwise
(`corpus/text/no_quantity.py`): dates and times, pages, counters of views, prices, marks of lists and references change
from one copy of a page to the next and mean nothing for the patient. In doubt a number is a quantity: the price of that
is one copy too many, the price of the opposite a wrong dose.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from corpus.text.no_quantity import Marks, harmless
from corpus.text.units import FREQUENCIES, HAN_UNIT, MEASURED, PERIODS, unit_after

_NUMBER = re.compile(r"(?<![\w.])\.\d+|\d+(?:[.,]\d+)*")
_WORDS = {word: float(value) for value, word in enumerate(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen twenty".split())} | {
    "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "seventy": 70.0, "eighty": 80.0, "ninety": 90.0,
    "hundred": 100.0, "once": 1.0, "twice": 2.0, "thrice": 3.0, "half": 0.5,
}  # fmt: skip
_WORD = re.compile(rf"(?<![a-z])(?:{'|'.join(sorted(_WORDS, key=len, reverse=True))})(?![a-z])")
_FREQUENCY = re.compile(
    rf"(?<![a-z])(?:{'|'.join(map(re.escape, sorted(FREQUENCIES, key=len, reverse=True)))})(?![a-z])"
)
_PERIOD = re.compile(
    rf"(?:(?<![a-z])(?:a|per|each|every)\s|每)({'|'.join(sorted(PERIODS, key=len, reverse=True))})(?![a-z])"
)
_ROMAN = re.compile(
    r"(?<![a-z])(?:(?:stages?|grades?|types?|class|phase|factor|group|level|category)\s)([ivx]{1,5})(?![a-z])"
    r"|(?<![a-z])([ivx]{1,5})(?=\s?[期型级度类相])"
)
_ROMANS = {"i": 1, "v": 5, "x": 10}

_NUMERALS = {numeral: float(value) for digits in ("零一二三四五六七八九", "零壹贰叁肆伍陆柒捌玖")
             for value, numeral in enumerate(digits)} | {"两": 2.0}  # fmt: skip
_POWERS = {"十": 10.0, "拾": 10.0, "百": 100.0, "佰": 100.0, "千": 1000.0, "仟": 1000.0, "万": 10_000.0}
_TENS = {"廿": 20.0, "卅": 30.0}
_NUMERAL = "".join(_NUMERALS) + "".join(_POWERS).replace("万", "") + "".join(_TENS) + "半"
_HAN = f"[{_NUMERAL}]"
# Numerals count only before a unit, or in a fraction: 一 stands in a thousand words.
_HAN_NUMBER = re.compile(rf"(?<!\d){_HAN}+万?(?={HAN_UNIT})")
_HAN_SHARE = re.compile(rf"(百|{_HAN}+|\d+)分之({_HAN}+|\d+(?:\.\d+)?)")

_LETTERED = re.compile(r"(?<=[a-z]-)(\d)([a-z])(?![a-z\d])")  # interferon alfa-2a is not alfa-2b

LONGEST_NUMBER = 6  # digits; what has more and no unit is a number of a telephone, a file or a patent
LONGEST_NAME = 4  # digits behind letters, as in CYP2D6 and B12: more are an identifier (NCT01234567)
# Without any of these near a place no quantity touches it: a number and its unit together are shorter than _REACH.
_MAYBE = re.compile(rf"[\d{_NUMERAL}每隔]|(?<![a-z])(?:" + "|".join(
    [*_WORDS, *map(re.escape, FREQUENCIES), "a", "per", "each", "every", "[ivx]+"]) + ")(?![a-z])")  # fmt: skip
_REACH = 24
_LOOK = 48  # characters before and behind that are looked at
_SIGNED = re.compile(r"(?:^|[\s(=:<>≤≥~])-$")


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
    if not _MAYBE.search(text, max(0, start - _REACH), end + _REACH):  # most changes have no number near
        return []
    low, high = _widened(text, max(0, start - _LOOK), min(len(text), end + _LOOK))
    found = [q for q in _all(text, low, high) if q.start < max(end, start + 1) and q.end > start]
    return sorted(found, key=lambda q: (q.start, q.end))


def _widened(text: str, low: int, high: int) -> tuple[int, int]:
    """A window that cuts no number and no word in two."""
    while low > 0 and (text[low - 1].isalnum() or text[low - 1] in ".,") and text[low - 1] < "\u2e80":
        low -= 1
    while high < len(text) and (text[high].isalnum() or text[high] in ".,") and text[high] < "\u2e80":
        high += 1
    return low, high


def _all(text: str, low: int, high: int) -> Iterator[Quantity]:
    """Every quantity of a window. What an earlier pattern has read no later one reads again."""
    read = Marks(low, high)
    for match in _HAN_SHARE.finditer(text, low, high):
        whole, part = (_any_value(group) for group in match.groups())
        unit = "%" if match[1] == "百" else ""
        read.mark(*match.span())
        yield Quantity(part if unit else part / (whole or 1.0), unit, *match.span())
    for pattern, reading in ((_FREQUENCY, _frequency), (_PERIOD, _period), (_ROMAN, _roman)):
        for match in pattern.finditer(text, low, high):
            yield reading(text, match)
    for match in _HAN_NUMBER.finditer(text, low, high):
        if match.start() not in read:
            yield _with_unit(text, _han_value(match[0]), match.start(), match.end())
    for match in _WORD.finditer(text, low, high):
        yield _with_unit(text, _WORDS[match[0]], match.start(), match.end())
    for match in _LETTERED.finditer(text, low, high):
        yield Quantity(float(match[1]), match[2], *match.span())
    numbers = list(_NUMBER.finditer(text, low, high))
    exempt = harmless(text, low, high) if numbers else read
    for match in numbers:
        if match.start() not in read:
            yield from _numbers(text, match, exempt)


def _frequency(text: str, match: re.Match[str]) -> Quantity:
    return Quantity(*FREQUENCIES[match[0]], *match.span())


def _period(text: str, match: re.Match[str]) -> Quantity:
    return Quantity(1.0, PERIODS[match[1]], *match.span())


def _roman(text: str, match: re.Match[str]) -> Quantity:
    group = 1 if match[1] else 2
    digits = [_ROMANS[letter] for letter in match[group]]
    value = sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True))
    return _with_unit(text, float(value), *match.span(group))


def _numbers(text: str, match: re.Match[str], exempt: Marks) -> Iterator[Quantity]:
    """The quantities that one run of digits is: none, one, or several (1,2,4,8 mg)."""
    start, digits = match.start(), match[0]
    if _is_one_number(digits):
        found = _with_unit(text, _value(digits), start, match.end())
        if not _is_none(text, start, digits, found.unit, exempt):
            signed = _SIGNED.search(text, max(0, start - 2), start) is not None
            yield found._replace(value=-found.value, start=start - 1) if signed else found
        return
    if "." in digits:  # 1.2.3, a section; 2021.03.05, a date
        return
    for part in re.finditer(r"\d+", digits):
        begin, end = start + part.start(), start + part.end()
        if begin not in exempt:
            last = end == match.end()
            yield _with_unit(text, float(part[0]), begin, end) if last else Quantity(float(part[0]), "", begin, end)


def _is_one_number(digits: str) -> bool:
    return re.fullmatch(r"\.\d+|\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?", digits) is not None


def _is_none(text: str, start: int, digits: str, unit: str, exempt: Marks) -> bool:
    """Whether a number is a date, a page, a counter, a price, a mark or an identifier."""
    if start in exempt:
        return unit.partition("/")[0] not in MEASURED  # the label reads 10 mg
    if start and text[start - 1].isalpha() and text[start - 1] < "\u2e80":
        return len(digits) > LONGEST_NAME
    year = re.fullmatch(r"(?:19|20)\d\d", digits) is not None
    return not unit and (year or (digits.isdigit() and len(digits) > LONGEST_NUMBER))


def _with_unit(text: str, value: float, start: int, end: int) -> Quantity:
    unit, end = unit_after(text, end)
    if unit and text[end : end + 1] == "半":  # 一片半
        return Quantity(value + 0.5, unit, start, end + 1)
    return Quantity(value, unit, start, end)


def _value(digits: str) -> float:
    """`1,500` is fifteen hundred, `1,5` is one and a half."""
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        return float(digits.replace(",", ""))
    return float(digits.replace(",", "."))


def _any_value(numeral: str) -> float:
    return float(numeral) if numeral[0].isdigit() else 100.0 if numeral == "百" else _han_value(numeral)


def _han_value(numeral: str) -> float:
    """二十三 is 23, 两 is 2, 十 is 10, 一百零五 is 105, 二十三万 is 230,000, 廿五 is 25, 半 is 0.5, 三半 is 3.5, and
    三五, which is *three to five* and not 35, a number that nothing else is."""
    if numeral.endswith("万"):
        return (_han_value(numeral[:-1]) or 1.0) * _POWERS["万"]
    if len(numeral) == 2 and 0 < _NUMERALS.get(numeral[0], 0) < _NUMERALS.get(numeral[1], 0):
        return _NUMERALS[numeral[0]] + _NUMERALS[numeral[1]] / 1000
    total = last = 0.0
    for character in numeral:
        if character in _POWERS:
            total += (last or 1.0) * _POWERS[character]
            last = 0.0
        elif character in _TENS or character == "半":
            total += _TENS.get(character, 0.5)
        else:
            last = last * 10 + _NUMERALS[character]
    return total + last


def substituted(one: list[Quantity], other: list[Quantity]) -> tuple[list[Quantity], list[Quantity]]:
    """What is left of two lists when everything that agrees is taken away from both.

    A number without a unit agrees with one that has a unit only where its side names nothing in that unit: 5 mg is
    not said by 5-10 mg, nor one tablet by one and a half tablets.
    """
    left, right = _cancelled(one, other, _exact, _exact)
    here, there = {q.unit for q in one}, {q.unit for q in other}
    left, right = _cancelled(left, right, lambda q: _value_of(q, bool(q.unit) and q.unit not in there), _bare)
    right, left = _cancelled(right, left, lambda q: _value_of(q, bool(q.unit) and q.unit not in here), _bare)
    return left, right


Key = Callable[[Quantity], object]


def _cancelled(
    one: list[Quantity], other: list[Quantity], key: Key, other_key: Key
) -> tuple[list[Quantity], list[Quantity]]:
    """Both lists without what has an equal key in the other, one for one; None is no key."""
    here, there = list(map(key, one)), list(map(other_key, other))
    if not (set(here) & set(there)) - {None}:  # mostly, and counting costs ten times this
        return one, other
    common = Counter(here) & Counter(there)
    del common[None]
    return _without(one, key, Counter(common)), _without(other, other_key, Counter(common))


def _without(quantities_: list[Quantity], key: Key, common: Counter[object]) -> list[Quantity]:
    left = []
    for quantity in quantities_:
        name = key(quantity)
        if common[name] > 0:
            common[name] -= 1
        else:
            left.append(quantity)
    return left


def _exact(quantity: Quantity) -> object:
    return quantity.value, quantity.unit


def _value_of(quantity: Quantity, fits: bool) -> object:
    return quantity.value if fits else None


def _bare(quantity: Quantity) -> object:
    return _value_of(quantity, not quantity.unit)


def spelt(found: list[Quantity]) -> str:
    """For a reader: `81 mg, 7 d`."""
    counted = Counter(f"{q.value:g} {q.unit}".strip() for q in found)
    return ", ".join(counted)
