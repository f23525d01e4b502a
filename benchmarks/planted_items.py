"""Items of exams in disguise, put into real documents: what decontamination has to find.

Items and documents come from `benchmarks/leaks.py`, which asks for each disguise by its name in DISGUISES, and for
the other questions in OTHERS, which must not be found.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable

from corpus.exams.item import ExamItem
from corpus.relate.difference import difference
from corpus.text.fold import folded

# The parts of a text made of an item, between which other text stands; None where the item cannot be disguised so.
Disguise = Callable[[ExamItem, random.Random], list[str] | None]


def lettered(options: tuple[str, ...], form: str = "{}. {}") -> str:
    return "\n".join(form.format("ABCDEFGHIJKLMNOPQRSTUVWXYZ"[n], text) for n, text in enumerate(options))


def _alone(item: ExamItem, draw: random.Random) -> list[str]:
    return [item.question]


def whole(item: ExamItem, draw: random.Random) -> list[str]:
    return [f"{item.question}\n{lettered(item.options)}"]


def _shuffled(item: ExamItem, draw: random.Random) -> list[str]:
    options = list(item.options)
    draw.shuffle(options)
    return [f"{item.question}\n{lettered(tuple(options))}"]


def _wide(item: ExamItem, draw: random.Random) -> list[str]:
    text = whole(item, draw)[0]
    return ["".join(chr(ord(one) + 0xFEE0) if "!" <= one <= "~" else one for one in text)]


def _traditional(item: ExamItem, draw: random.Random) -> list[str] | None:
    import opencc

    return [opencc.OpenCC("s2t").convert(whole(item, draw)[0])] if item.language.startswith("zh") else None


def _spread(item: ExamItem, draw: random.Random) -> list[str]:
    return [item.question, f"{lettered(item.options)}\n答案：{item.letters}" if item.language.startswith("zh") else
            f"{lettered(item.options)}\nAnswer: {item.letters}"]  # fmt: skip


def _numbered(item: ExamItem, draw: random.Random) -> list[str]:
    text = f"{draw.randint(1, 300)}、{item.question}".replace(",", " ,").replace("，", ", ").replace("。", ".")
    broken = "\n".join(text[at : at + 37] for at in range(0, len(text), 37)) if item.language.startswith("zh") else (
        "\n".join(" ".join(text.split()[at : at + 7]) for at in range(0, len(text.split()), 7)))  # fmt: skip
    return [f"{broken}\n" + "；".join(f"({n + 1}) {option}" for n, option in enumerate(item.options))]


def _character(item: ExamItem, draw: random.Random) -> list[str] | None:
    places = [at for at, one in enumerate(item.question) if one.isalpha()]
    draw.shuffle(places)
    for at in places:
        other = draw.choice("的一在有人这中大来上" if item.question[at] > "\u2e80" else "aeiounrt")
        changed = f"{item.question[:at]}{other}{item.question[at + 1 :]}"
        if _the_same(item.question, changed):
            return [f"{changed}\n{lettered(item.options)}"]
    return None


def _the_same(one: str, other: str) -> bool:
    """Does a change leave the question what it was? Without its "not", or with another number, it is another one."""
    return difference(folded(one), folded(other)).veto not in ("quantity", "negation")


def _word(item: ExamItem, draw: random.Random) -> list[str] | None:
    words = item.question.split()
    places = [at for at, word in enumerate(words) if word.isalpha() and len(word) > 3]
    if len(words) < 8 or item.language.startswith("zh"):  # of fewer, one word is much of the question
        return None
    draw.shuffle(places)
    for at in places:
        changed = " ".join([*words[:at], draw.choice(["patient", "usually", "clinical", "several"]), *words[at + 1 :]])
        if _the_same(item.question, changed):
            return [f"{changed}\n{lettered(item.options)}"]
    return None


def _paper(item: ExamItem, draw: random.Random) -> list[str] | None:
    return [item.context] if item.context else None


# What a page's foot and the next page's head say; a form feed is a page's end in text taken from PDF files.
HEADS = {
    "zh": (
        "第37页\n内科学 第三章",
        "- 37 -",
        "37",
        "内科学（第9版）\n\n37",
        "37 / 512",
        "人民卫生出版社\n· 37 ·\n第三章 循环系统疾病",
        "\f",
        "37\n\f第三章 循环系统疾病",
        "医师资格考试习题集\t37",
        "医师资格考试习题集",
        "2019/5/1 执业医师题库\n3/10",
        "第 37 页",
        "— 37 —",
        "[37]",
        "P.37",
        "第三十七页",
        "共512页 第37页",
        "内科学（第9版）",
        "内科学37",
        "37 内科学",
        "（续表）",
        "第二篇 循环系统疾病 37",
        "版权所有 翻印必究\n37\n执业医师",
        "www.example.com  37",
        "————————\n37\n————————",
        "2020年卫生专业技术资格考试\n37",
    ),
    "en": (
        "Page 37\nHarrison's Internal Medicine",
        "- 37 -",
        "37",
        "Page 37 of 512",
        "Chapter 3   Cardiology",
        "\f",
        "37\f",
        "Copyright 2019 by the publisher\n37\n\fInternal Medicine Review",
        "Internal Medicine Review | 37",
        "p. 37",
        "xxxvii",
        "37\n\n\fSECTION 2  Disorders of the heart",
        "Harrison's Internal Medicine",
        "37 | P a g e",
        "Page | 37",
        "[37]",
        "https://example.com/quiz/1.html 3/10\n5/1/2019 Question of the day",
        "Harrison's Internal Medicine 37",
        "37 Harrison's Internal Medicine",
        "PART TWO Cardiology\n37",
        "© 2019 Elsevier. All rights reserved.",
        "5/1/2019 Question bank",
        "USMLE Step 1 Practice Test",
        "Block 2\nItem 37 of 40",
        "(continued)",
        "Harrison's Principles of Internal Medicine, 20th Edition",
        "Downloaded from www.example.com on 3 May 2019",
    ),
}


def _head(item: ExamItem, draw: random.Random) -> str:
    return f"\n{draw.choice(HEADS[item.language[:2]])}\n"


def _cut(item: ExamItem, share: float) -> int:
    """A place in the question where a word begins, and in Chinese any but within a number or a Latin word."""
    at = int(len(item.question) * share)
    if not item.language.startswith("zh"):
        return max(item.question.rfind(" ", 0, at + 1), 0)
    while at and all(one.isascii() and (one.isalnum() or one == ".") for one in item.question[at - 1 : at + 1]):
        at -= 1
    return at


def _torn(item: ExamItem, draw: random.Random) -> str:
    at = _cut(item, draw.uniform(0.2, 0.8))
    return f"{item.question[:at].rstrip()}{_head(item, draw)}{item.question[at:].lstrip()}"


def _torn_alone(item: ExamItem, draw: random.Random) -> list[str]:
    return [_torn(item, draw)]


def _torn_with_options(item: ExamItem, draw: random.Random) -> list[str]:
    return [f"{_torn(item, draw)}\n{lettered(item.options)}"]


def _torn_options(item: ExamItem, draw: random.Random) -> list[str]:
    """A page break before one of the options."""
    lines = lettered(item.options).split("\n")
    at = draw.randrange(len(item.options)) if len(lines) == len(item.options) else 0
    return ["\n".join([item.question, *lines[:at]]) + _head(item, draw) + "\n".join(lines[at:])]


def _last_sentence(item: ExamItem, draw: random.Random) -> list[str] | None:
    """The last of several sentences, and the options one a line, without letters."""
    sentences = re.split(r"(?<=[。？！])|(?<=[.?!])\s+", item.question.strip())
    sentences = [one for one in sentences if re.search(r"\w", one)]
    return ["\n".join([sentences[-1], *item.options])] if len(sentences) > 1 else None


def _second_half(item: ExamItem, draw: random.Random) -> list[str]:
    return ["\n".join([item.question[_cut(item, 0.48) :].strip(), *item.options])]


def _half_alone(item: ExamItem, draw: random.Random) -> list[str]:
    return [item.question[_cut(item, 0.48) :].strip() if draw.random() < 0.5 else item.question[: _cut(item, 0.52) + 8]]


DISGUISES: dict[str, Disguise] = {
    "question alone": _alone, "with options": whole, "options shuffled": _shuffled, "full width": _wide,
    "traditional script": _traditional, "spread over a page": _spread, "renumbered, broken lines": _numbered,
    "one character changed": _character, "one word changed": _word, "its abstract": _paper,
    "page break, alone": _torn_alone, "page break in the question": _torn_with_options,
    "page break in the options": _torn_options, "last sentence and options": _last_sentence,
    "second half and options": _second_half, "half alone": _half_alone,
}  # fmt: skip


def planted(item: ExamItem, disguise: Disguise, hosts: list[str], draw: random.Random) -> str | None:
    """A real document with the item in it, at a line's or sentence's end."""
    parts = disguise(item, draw)
    if parts is None:
        return None
    host = draw.choice(hosts)[:6000]
    stops = [at + 1 for at, one in enumerate(host) if one in ".。\n"] or [len(host)]
    at = draw.choice(stops)
    between = draw.choice(hosts)[:600]
    return f"{host[:at]}\n" + f"\n{between}\n".join(parts) + f"\n{host[at:]}"


OPPOSITES = (
    ("不包括", "包括"), ("不属于", "属于"), ("说法正确的是", "说法不正确的是"), ("most likely", "least likely"),
    ("is true", "is not true"), (" increased ", " decreased "), ("升高", "降低"),
)  # fmt: skip


def _other_number(item: ExamItem, draw: random.Random) -> list[str] | None:
    """One number of the question is another."""
    numbers = list(re.finditer(r"(?<![\d.])\d{1,3}(?![\d.])", item.question[4:]))  # not the number before it
    if not numbers:
        return None
    found = draw.choice(numbers)
    other = str(int(found[0]) + draw.randint(1, 9))
    changed = f"{item.question[: found.start() + 4]}{other}{item.question[found.end() + 4 :]}"
    return [f"{changed}\n{lettered(item.options)}"]


def _other_sense(item: ExamItem, draw: random.Random) -> list[str] | None:
    """What is asked for is its opposite."""
    for one, other in OPPOSITES:
        if one in item.question:
            return [f"{item.question.replace(one, other, 1)}\n{lettered(item.options)}"]
    return None


# What makes another question of an item, which must not be taken for it.
OTHERS: dict[str, Disguise] = {"another number": _other_number, "the opposite asked": _other_sense}
