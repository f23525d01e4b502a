"""Near copies planted among real documents, each with the answer: one document or two.

Real texts come from `benchmarks/copies.py`, planted ones go back to it. Some kinds are the same document for a reader
(COPIES), some say something else (OTHERS), and half a document (PARTS) is neither. Edits and typing errors keep away
from numbers, what stands beside them, and negations: what changes those is a kind of its own. The words of sites are
made up.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

Two = tuple[str, str]

LONGEST = 6_000  # characters of a document, so that all pairs can be compared exactly
SHORTEST = {"English": 200, "Chinese": 80}  # characters of a text that anything is planted on
PAGES = 20  # of a site with one frame
FRAME = {"English": 1_200, "Chinese": 400}  # characters of a frame

KEPT = {
    "English": frozenset("no not nor never none neither without cannot lack lacks lacked absence absent unable non "
                         "zero one two three four five six seven eight nine ten once twice half hundred".split()),
    "Chinese": frozenset("一二三四五六七八九十百千万亿两半零○〇不无非未没勿禁忌莫毋弗"),
}  # fmt: skip
SITES = {
    "English": (
        "This page is provided for information and does not replace the advice of a doctor.",
        "Subscribe to our newsletter to receive new articles every week.",
        "All rights reserved by the publisher; reprints need written permission.",
        "Share this page with friends and colleagues, or print it for later.",
        "Cookies help us to improve this site; by reading on you accept them.",
        "Contact the editors through the form if you have found an error.",
    ),
    "Chinese": (
        "本页内容仅供参考，具体诊疗请咨询医生。",
        "欢迎订阅本站，每周为您推送健康资讯。",
        "版权归原作者所有，转载请联系编辑部。",
        "点击分享给朋友，或收藏本页以便以后阅读。",
        "本站使用缓存技术改善浏览体验，继续阅读即表示同意。",
        "如发现内容有误，请通过留言告诉我们。",
    ),
}  # fmt: skip
STAMPS = {
    "English": (
        "Published {y}-{m:02d}-{d:02d} | Views: {v:,}", "{v} views, {c} comments",
        "Updated: {d}/{m}/{y}. Page {p} of 40",
    ),
    "Chinese": (
        "发布时间：{y}-{m:02d}-{d:02d} 浏览次数：{v}", "阅读({v}) 评论({c})", "{y}年{m}月{d}日 点击量：{v}",
        "第{p}页 更新于{y}/{m}/{d}",
    ),
}  # fmt: skip
NUMBER = r"(?<![\d.,/-])\d{1,4}(?:\.\d+)?"
DOSE = {
    "English": re.compile(rf"{NUMBER}(?=\s?(?:mg|g|mcg|ml|kg|mmHg|IU|days?|weeks?|months?|hours?|h|%)(?![\w/]))"),
    "Chinese": re.compile(
        rf"{NUMBER}(?=mg|g|ml|毫克|克|毫升|片|粒|丸|次|天|小时|周|滴|万单位)|[一二三四五六七八九](?=[钱两分斤])"
    ),
}
NEGATED = {
    "English": (
        (r" (was|were|is|are) (?!not )", r" \1 not "), (r" (was|were|is|are|did|does|do) not ", r" \1 "),
        (r" (can|should|may) (?!not )", r" \1 not "), (r" no (significant|evidence|difference)", r" a \1"),
        (r" with (?=[a-z])", " without "), (r" without ", " with "),
    ),
    "Chinese": (
        ("(?<![不可])(能|可以|应当|会|宜|需要)", r"不\1"), ("不(能|可以|应当|会|宜|需要)", r"\1"), ("无明显", "有明显"),
        ("未(见|发现)", r"\1"), ("没有", "有"), ("可以(?=[吃服用])", "禁止"),
    ),
}  # fmt: skip


class Pair(NamedTuple):
    """The places of two documents that were planted as one kind."""

    kind: str
    one: int
    other: int


class Planted(NamedTuple):
    """All documents in a mixed order, and which of them were planted."""

    texts: list[str]
    pairs: list[Pair]


class Hand(NamedTuple):
    """What a kind draws from: chance, the language, and words of other texts."""

    draw: random.Random
    language: str
    words: list[str]


def tokens(text: str, language: str) -> list[str]:
    """Words with the spaces between them, or characters: joined they are the text."""
    return re.findall(r"\s+|\S+", text) if language == "English" else list(text)


def plain(token: str, language: str) -> bool:
    """Whether a token is a word or Chinese character that no number or negation hangs on."""
    if language == "English":
        return token.isalpha() and token.isascii() and token.lower() not in KEPT[language]
    return "一" <= token <= "鿿" and token not in KEPT[language]


def free(units: Sequence[str], language: str) -> list[int]:
    """Places of plain tokens of which the next two on both sides, spaces left out, are no numbers or negations."""
    solid = [place for place, unit in enumerate(units) if not unit.isspace()]
    bound = [units[p].lower() in KEPT[language] or any(c.isdigit() for c in units[p]) for p in solid]
    return [place for at, place in enumerate(solid)
            if plain(units[place], language) and not any(bound[max(0, at - 2) : at + 3])]  # fmt: skip


def edited(text: str, hand: Hand, share: float) -> Two | None:
    """Words (characters) replaced, left out and put in, a third each."""
    units = tokens(text, hand.language)
    places = free(units, hand.language)
    wanted = max(1, round(share * sum(not unit.isspace() for unit in units)))
    if len(places) < wanted:
        return None
    gap = " " if hand.language == "English" else ""
    for place in hand.draw.sample(places, wanted):
        word, way = hand.draw.choice(hand.words), hand.draw.randrange(3)
        units[place] = (word, "", f"{units[place]}{gap}{word}")[way]
    return text, "".join(units)


def mistyped(text: str, hand: Hand) -> Two | None:
    """3 % of the words with two letters swapped, one lost or doubled; 1.5 % of the Chinese characters wrong."""
    if hand.language == "Chinese":
        units = list(text)
        places = free(units, hand.language)
        for place in hand.draw.sample(places, min(len(places), max(1, round(0.015 * len(units))))):
            units[place] = hand.draw.choice(hand.words)
        return text, "".join(units)
    units = tokens(text, hand.language)
    places = [place for place in free(units, hand.language) if len(units[place]) > 3]
    for place in hand.draw.sample(places, min(len(places), max(1, len(units) * 3 // 200))):
        word = units[place]
        at = hand.draw.randrange(1, len(word) - 2)
        swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
        units[place] = hand.draw.choice((swapped, word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]))
    return text, "".join(units)


def reordered(text: str, hand: Hand) -> Two | None:
    """Four sections of whole sentences in another order."""
    cut = r"(?<=[.!?])\s+" if hand.language == "English" else r"(?<=[。！？；\n])"
    sentences = [piece for piece in re.split(cut, text) if piece.strip()]
    if len(sentences) < 4:
        return None
    step, gap = len(sentences) / 4, " " if hand.language == "English" else ""
    parts = [gap.join(sentences[round(n * step) : round((n + 1) * step)]) for n in range(4)]
    return text, gap.join(parts[n] for n in hand.draw.choice(((2, 0, 3, 1), (1, 0, 3, 2), (3, 1, 2, 0), (1, 2, 3, 0))))


def framed(text: str, hand: Hand) -> Two | None:
    """10 to 20 % of a site's own words before or after the text."""
    lines, wanted = list(SITES[hand.language]), len(text) * hand.draw.uniform(0.1, 0.2)
    hand.draw.shuffle(lines)
    added = ""
    while len(added) < wanted:
        added += lines[len(added) % len(lines)] + ("\n" if hand.draw.random() < 0.3 else " ")
    added = added[: max(20, round(wanted))].strip()
    return text, f"{added}\n{text}" if hand.draw.random() < 0.5 else f"{text}\n{added}"


def stamped(text: str, hand: Hand) -> Two | None:
    """The same page seen twice: its date, counter or page number differs."""
    form, draw = hand.draw.choice(STAMPS[hand.language]), hand.draw
    ranges = {"y": (2008, 2025), "m": (1, 12), "d": (1, 28), "c": (0, 99), "v": (10, 99_999), "p": (1, 40)}
    lines = [form.format(**{name: draw.randint(*ends) for name, ends in ranges.items()}) for _ in range(2)]
    at_top = draw.random() < 0.5
    one, other = (f"{line}\n{text}" if at_top else f"{text}\n{line}" for line in lines)
    return (one, other) if one != other else None


@cache
def _converter(scheme: str) -> Any:
    import opencc

    return opencc.OpenCC(scheme)


def rewritten(text: str, hand: Hand) -> Two | None:
    """Traditional script (three standards), full width; for English capitals, full width, typographer's marks."""
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    if hand.language == "Chinese":
        scheme = hand.draw.choice(("s2t", "s2tw", "s2hk", "wide"))
        other = text.translate(wide) if scheme == "wide" else _converter(scheme).convert(text)
    else:
        marks = str.maketrans({"-": "–", "'": "’", '"': "“"})
        other = hand.draw.choice((text.upper(), text.translate(wide), text.title().translate(marks)))
    return (text, other) if other != text else None


def cut_off(text: str, share: float) -> Two | None:
    """The beginning of the text."""
    return text, text[: round(len(text) * share)]


def redosed(text: str, hand: Hand) -> Two | None:
    """One quantity with a unit is another number."""
    found = [match for match in DOSE[hand.language].finditer(text) if match[0].strip("0.")]
    if not found:
        return None
    match = hand.draw.choice(found)
    if match[0] in "一二三四五六七八九":
        new = hand.draw.choice([numeral for numeral in "一二三四五六七八九" if numeral != match[0]])
    else:
        new = f"{float(match[0]) * hand.draw.choice((2, 3, 5, 10)):g}"
    return text, text[: match.start()] + new + text[match.end() :]


def negated(text: str, hand: Hand) -> Two | None:
    """One statement says the opposite."""
    ways = list(NEGATED[hand.language])
    hand.draw.shuffle(ways)
    for pattern, replacement in ways:
        found = list(re.finditer(pattern, text))
        if found:
            match = hand.draw.choice(found)
            return text, text[: match.start()] + match.expand(replacement) + text[match.end() :]
    return None


COPIES: dict[str, Callable[[str, Hand], Two | None]] = {
    "edits, 2 %": lambda text, hand: edited(text, hand, 0.02),
    "edits, 5 %": lambda text, hand: edited(text, hand, 0.05),
    "typing errors": mistyped,
    "sections reordered": reordered,
    "boilerplate added": framed,
    "other counter or date": stamped,
    "script, width, case": rewritten,
    "cut off at 90 %": lambda text, hand: cut_off(text, 0.9),
}
OTHERS: dict[str, Callable[[str, Hand], Two | None]] = {"another dose": redosed, "a negation": negated}
SAME_FRAME = "same frame, other content"
PARTS: dict[str, Callable[[str, Hand], Two | None]] = {"the first half": lambda text, hand: cut_off(text, 0.5)}


def plant(texts: Sequence[str], language: str, documents: int, each: int, seed: int = 1) -> Planted:
    """`documents` of the texts, with `each` pairs of every kind planted among them."""
    draw = random.Random(f"{seed} {language}")
    pool = [text[:LONGEST] for text in texts]
    draw.shuffle(pool)
    kept, spare = pool[:documents], pool[documents:]
    words = [unit for text in kept[:300] for unit in tokens(text, language) if plain(unit, language)]
    hand, times = Hand(draw, language, words), Counter(kept)
    free_texts = [n for n, text in enumerate(kept) if len(text) >= SHORTEST[language] and times[text] == 1]
    draw.shuffle(free_texts)
    pairs: list[Pair] = []
    for kind, make in {**COPIES, **OTHERS, **PARTS}.items():
        made = 0
        for place in list(free_texts):
            if made == each:
                break
            if two := make(kept[place], hand):
                free_texts.remove(place)
                kept[place] = two[0]
                kept.append(two[1])
                pairs.append(Pair(kind, place, len(kept) - 1))
                made += 1
    pairs += sites(kept, spare, hand, each)
    return mixed(kept, pairs, draw)


def sites(kept: list[str], spare: Sequence[str], hand: Hand, each: int) -> list[Pair]:
    """Pages of sites: one frame of 50 to 70 % of the page around other content each time."""
    frames = [text for text in spare if len(text) >= FRAME[hand.language]]
    bodies = [text for text in dict.fromkeys(spare) if len(text) >= FRAME[hand.language] // 2]
    if len(bodies) < 2 * each:
        raise SystemExit(f"Too few {hand.language} texts are left to fill the pages of sites; take fewer --documents.")
    contents = iter(hand.draw.sample(bodies, 2 * each))
    pairs = []
    for number in range(each):
        if number % (PAGES // 2) == 0:
            frame = hand.draw.choice(frames)[: FRAME[hand.language]]
        for _ in range(2):
            share = hand.draw.uniform(0.5, 0.7)
            body = next(contents)[: round(len(frame) * (1 - share) / share)]
            kept.append(f"{frame[: len(frame) // 3]}\n{body}\n{frame[len(frame) // 3 :]}")
        pairs.append(Pair(SAME_FRAME, len(kept) - 2, len(kept) - 1))
    return pairs


def mixed(texts: list[str], pairs: list[Pair], draw: random.Random) -> Planted:
    """The documents in an order in which no copy follows its original."""
    order = list(range(len(texts)))
    draw.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    return Planted([texts[old] for old in order], [Pair(p.kind, place[p.one], place[p.other]) for p in pairs])
