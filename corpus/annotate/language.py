"""The language and script of each document, and whether it is one language at all.

Comes from `text` and the declared `language`; goes to `corpus/decide.py` and to the annotators of quality, whose rules
are per language. Two judges share the work:

* Scripts are counted letter by letter over the whole text (`corpus/text/scripts.py`). They settle Chinese, Japanese
  and Korean, simplified and traditional, classical and modern (`classical.py`), and which part of a mixed text rules.
* An identifier tells languages of one script apart, on a sample from the start, middle and end of the text: CLD2
  (`cld2_model.py`), or a fastText model (`fasttext_model.py`) where the recipe asks for one.

Texts too short for either keep the language their source declares if the script allows it ("Diabetes" from an English
source). How well this works is in benchmarks/language-2026-11.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from corpus.annotate.classical import SHARE, THRESHOLD, WEIGHTS
from corpus.annotate.cld2_model import identify
from corpus.annotate.fact import Fact
from corpus.annotate.guess import SHORT, Guess, sample
from corpus.annotate.settings import LanguageSettings
from corpus.annotate.tags import CONFUSABLE, SCRIPT_LANGUAGE, bcp47, chinese_form, scripts_of
from corpus.text.scripts import BLOCKS, Counter

NEEDS: tuple[str, ...] = ()
LIBRARIES: tuple[str, ...] = ("pycld2", "numpy")

FACTS = (
    Fact("language.tag", "String", "BCP 47", "en, zh-Hans, zh-Hant, zh, lzh, ja, ..., und", "The main language."),
    Fact(
        "language.confidence", "Float32", "", "0..1",
        "How sure the tag is; 0 for und, 0.5 for a short text that kept its declared language.",
    ),
    Fact("language.script", "String", "ISO 15924", "Latn, Hans, Hant, Hani, Jpan, Kore, ..., Zyyy", "Its script."),
    Fact("language.second", "String", "BCP 47", "null if none", "Another language of at least 5 % of the letters."),
    Fact(
        "language.share", "Float32", "share of letters", "0..1",
        "What the main language has of the letters; one East Asian letter counts as three.",
    ),
    Fact(
        "language.declared", "Boolean", "", "true, false, null",
        "The main language is the declared one; null if none was declared or found.",
    ),
)  # fmt: skip

# A Chinese character, kana or Hangul syllable says about as much as three letters of an alphabet, and takes three bytes
# of UTF-8 where they take one. Without this an article with its abstract in both languages counts as English.
EAST_ASIAN_LETTERS = 3
# Japanese prose is two fifths to two thirds kana; Chinese has at most a stray の.
KANA_SHARE = 0.05
JAPANESE_SHARE = 0.05  # of Han characters that only Japanese has, in text without kana
SHORT_HAN = 50  # a Japanese text of more Han characters than this has kana
SECOND_SHARE = 0.05
NAMES_SHARE = 0.3  # of an alphabet's letters: below this the identifier sees names and no language in it
_ALPHABETS = tuple(script for script in BLOCKS if script not in ("Kana", "Hang"))


class Verdict(NamedTuple):
    """The facts about one text, in the order of FACTS."""

    tag: str
    confidence: float
    script: str
    second: str | None
    share: float
    declared: bool | None


class Writing(NamedTuple):
    """What the counts of scripts say of one text: the ruling script, how many letters it has and which share of all.

    `tag` is empty where languages share the script. `others` are further scripts with enough letters to be a text of
    their own, by share, with the language where the script tells it.
    """

    script: str
    tag: str
    letters: int
    share: float
    others: tuple[Writing, ...] = ()


def annotate(batch: pl.DataFrame, settings: LanguageSettings | None = None) -> pl.DataFrame:
    """FACTS of each row, from `text` and the declared `language`.

    Raises `UserError` when `settings` asks for a fastText model that is missing or is not one.
    """
    texts = batch["text"].fill_null("").to_list()
    declared = [bcp47(tag or "") for tag in batch["language"].to_list()]
    writings = writings_of(texts, declared)
    asked = [row for row, writing in enumerate(writings) if writing.letters and (writing.others or not writing.tag)]
    answers = guesses_of([sample(texts[row]) for row in asked], settings or LanguageSettings())
    guesses = dict(zip(asked, answers, strict=True))
    rows = [decide(writing, guesses.get(row), declared[row]) for row, writing in enumerate(writings)]
    schema = {fact.name: getattr(pl, fact.dtype) for fact in FACTS}
    return pl.DataFrame(rows, schema=schema, orient="row")


def guesses_of(samples: Sequence[str], settings: LanguageSettings) -> list[Guess]:
    """What the identifier that the settings name says of each sample. fastText is imported only if it is asked for."""
    if settings.method == "fasttext":
        from corpus.annotate.fasttext_model import identify as by_fasttext

        return by_fasttext(samples, settings)
    return identify(samples)


def resources(settings: LanguageSettings | None) -> dict[str, str]:
    """What besides code and libraries decides the facts: the model's content, empty for CLD2.

    Part of the identity of the facts, asked before any work starts. Raises `UserError` when the model is missing.
    """
    if settings is None or settings.method != "fasttext":
        return {}
    from corpus.annotate.fasttext_model import resources as of_model

    return of_model(settings)


@cache
def _counter() -> Counter:
    return Counter(WEIGHTS)


def writings_of(texts: Sequence[str], declared: Sequence[str]) -> list[Writing]:
    """What scripts say of each text: which one rules, with which share, and its language if it has but one."""
    counts = _counter()(texts)
    letters = {script: counts[script] for script in _ALPHABETS} | {"Hang": EAST_ASIAN_LETTERS * counts["Hang"]}
    letters["Han"] = EAST_ASIAN_LETTERS * (counts["Han"] + counts["Kana"])
    scripts = tuple(letters)
    table = np.stack([letters[script] for script in scripts], axis=1)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    notable = (shares >= SECOND_SHARE) & (table >= SHORT)
    notable[np.arange(len(texts)), table.argmax(axis=1)] = True
    east = np.stack([counts[name] for name in _EAST_ASIAN], axis=1)
    found: list[list[tuple[str, int, float]]] = [[] for _ in texts]
    for row, place in zip(*map(list, np.nonzero(notable)), strict=True):
        found[row].append((scripts[place], int(table[row, place]), float(shares[row, place])))
    return [_writing(*row) for row in zip(found, east, declared, strict=True)]


def _writing(scripts: list[tuple[str, int, float]], east: npt.NDArray[np.int64], declared: str) -> Writing:
    """One row of `writings_of`: (script, letters, share) of the notable scripts and the East Asian counts."""
    found = []
    for script, letters, share in sorted(scripts, key=lambda item: -item[2]):
        tag, name = "", script
        if script == "Han":
            tag, name = han_or_kana(dict(zip(_EAST_ASIAN, map(int, east), strict=True)), declared)
        elif script == "Hang":
            tag, name = "ko", "Kore"
        found.append(Writing(name, tag, letters, share))
    if not found[0].letters:
        return Writing("Zyyy", "", 0, 0.0)
    return found[0]._replace(others=tuple(found[1:]))


_EAST_ASIAN = ("Han", "Kana", "Hans", "Hant", "Jpan", "weight")


def han_or_kana(count: dict[str, int], declared: str) -> tuple[str, str]:
    """Tag and script of the Han and kana of a text: Japanese, or Chinese by form and age.

    `count` holds letters by `Han`, `Kana`, `Hans`, `Hant`, `Jpan` and the `weight` of classical characters.
    """
    han, kana = count["Han"], count["Kana"]
    only_japanese = count["Jpan"] >= max(JAPANESE_SHARE * han, 1) and not declared.startswith(("zh", "lzh"))
    said_japanese = declared == "ja" and han <= SHORT_HAN and count["Jpan"] >= count["Hans"]
    if kana > KANA_SHARE * (han + kana) or only_japanese or said_japanese:
        return "ja", "Jpan"
    form = "Hans" if count["Hans"] > count["Hant"] else "Hant" if count["Hant"] > count["Hans"] else ""
    form = form or chinese_form(declared) or "Hani"
    needed = 0 if declared == "lzh" else max(THRESHOLD, SHARE * han)
    if count["weight"] >= needed:
        return "lzh", form
    return ("zh" if form == "Hani" else f"zh-{form}"), form


def decide(writing: Writing, guess: Guess | None, declared: str) -> Verdict:
    """The facts about one text from what its scripts, the identifier and the source say."""
    if not writing.letters:
        return Verdict("und", 0.0, "Zyyy", None, 0.0, None)
    guess = guess or Guess((), 0.0, True)
    writing = ruling(writing, guess)
    fitting = _fitting(writing, guess)
    if writing.tag:
        tag, confidence, fitting = writing.tag, writing.letters / (writing.letters + 2 * EAST_ASIAN_LETTERS), []
    else:
        tag, confidence = alphabetic(writing, guess, fitting, declared)
    if tag == "und":
        return Verdict(tag, confidence, writing.script, None, writing.share, None)
    shares = dict(fitting)
    within = shares[tag] / sum(shares.values()) if tag in shares else 1.0
    seconds = [(other, share) for other, share in fitting if other != tag and share >= SECOND_SHARE]
    seconds += [(_named(other, guess), other.share) for other in writing.others]
    second = max((item for item in seconds if item[0]), key=lambda item: item[1], default=(None, 0.0))[0]
    return Verdict(tag, confidence, writing.script, second, writing.share * within, _agrees(tag, declared))


def ruling(writing: Writing, guess: Guess) -> Writing:
    """The writing, or the part of it in a script that names its language, where the identifier finds no language in
    the alphabet that has the most letters: gene and drug names do not make a Chinese text English."""
    named = [other for other in writing.others if other.tag]
    fitting = _fitting(writing, guess)
    if writing.tag or not named or (fitting and fitting[0][1] >= NAMES_SHARE * writing.share and not guess.weak):
        return writing
    return named[0]


def _fitting(writing: Writing, guess: Guess) -> list[tuple[str, float]]:
    return [(tag, share) for tag, share in guess.languages if writing.script in scripts_of(tag)]


def _named(writing: Writing, guess: Guess) -> str:
    """The language of a further script: what the script tells, else the identifier where it is sure of one."""
    fitting = [tag for tag, share in _fitting(writing, guess) if share >= SECOND_SHARE]
    return writing.tag or (fitting[0] if fitting and not guess.weak else "")


def alphabetic(writing: Writing, guess: Guess, fitting: list[tuple[str, float]], declared: str) -> tuple[str, float]:
    """Tag and confidence of a text in a script that several languages use; `fitting` are the guesses in that script."""
    weak = guess.weak or not fitting
    short = writing.letters < SHORT
    tag = fitting[0][0] if fitting else SCRIPT_LANGUAGE.get(writing.script, "und")
    confidence = guess.confidence if fitting else 0.0 if tag == "und" else 0.5
    if declared != "und" and writing.script in scripts_of(declared):
        if any({tag, declared} <= group for group in CONFUSABLE):
            return declared, confidence
        if weak or short:
            return declared, max(confidence, 0.5) if tag == declared else 0.5
    elif declared != "und" and weak and not short and writing.script == "Latn":
        return f"{declared.split('-')[0]}-Latn", 0.5  # transliterated, as MEDLINE prints titles in Russian or Japanese
    if weak and short and writing.script not in SCRIPT_LANGUAGE:
        return "und", 0.0
    return tag, confidence


def _agrees(tag: str, declared: str) -> bool | None:
    """Whether the main language is the declared one. Chinese of any form and age agrees with `zh`; a form that was
    declared must be the one found."""
    if declared == "und":
        return None
    if declared == "zh":
        return tag == "lzh" or tag.startswith("zh")
    return tag in (declared, f"{declared}-Latn") or (tag == "zh" and declared.startswith("zh"))
