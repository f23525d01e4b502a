"""Noise made from the real documents, for kinds of junk of which the real sets hold none: damage whose cause is known.

Reads the folder that `MATERIA_REAL_DATA` names; `write` leaves one JSONL file per kind in a folder, which
`benchmarks/made-noise.toml` reads as sources. Every text is a function of the documents alone: each run makes the same.
The kinds: text decoded with the wrong encoding, text with lost bytes, the link texts of web pages (menus), lists of
index terms, one sentence over and over, words with their letters stirred (OCR and PDF extraction gone wrong).
"""

from __future__ import annotations

import html
import json
import random
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.real_texts import CHINESE, ENGLISH, _files, spread

EACH = 200  # texts of a kind
TERMS = 120  # terms of a list


def write(folder: Path) -> None:
    """One file per kind, `made-<kind>.jsonl`, rows of `text`."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, make in KINDS.items():
        rows = (json.dumps({"text": text}, ensure_ascii=False) for text in make())
        (folder / f"{kind}.jsonl").write_text("\n".join(rows) + "\n", encoding="utf-8")


def _chinese() -> list[str]:
    """Consultations and monographs, the start of each."""
    several = spread(CHINESE["consultations, Huatuo"](), EACH // 2) + spread(CHINESE["drug monographs"](), EACH // 2)
    return [text[:1000] for text in several]


def _english() -> list[str]:
    return [text for text in spread(ENGLISH["PubMed abstracts"](), EACH) if len(text) > 400]


def _utf8_read_as_gbk() -> Iterator[str]:
    for text in _chinese():
        yield text.encode().decode("gb18030", errors="replace")


def _gbk_read_as_latin() -> Iterator[str]:
    for text in _chinese():
        yield text.encode("gb18030").decode("latin-1")


def _bytes_lost() -> Iterator[str]:
    """Every fiftieth byte of UTF-8 gone: a replacement character each, two characters in a hundred and fifty."""
    for text in _chinese():
        raw = text.encode()
        yield bytes(byte for at, byte in enumerate(raw) if at % 50 != 25).decode("utf-8", errors="replace")


def _replaced_twice() -> Iterator[str]:
    """Replacement characters written as UTF-8 and read as GBK, the classic: 锟斤拷."""
    for text in _bytes_lost():
        yield "".join("锟斤拷" if character == "\ufffd" else character for character in text)


def _latin_bytes_lost() -> Iterator[str]:
    """Every sixtieth character of English replaced."""
    for text in _english():
        yield "".join("\ufffd" if at % 60 == 30 else character for at, character in enumerate(text))


def _stirred() -> Iterator[str]:
    """The letters of each word in another order."""
    for text in _english():
        dice = random.Random(len(text))
        words = text.split(" ")
        yield " ".join("".join(dice.sample(word, len(word))) for word in words)


def _links(pattern: str) -> Iterator[str]:
    """The link texts of a page, one a line: what an extractor that takes everything makes of its menus."""
    for file in _files(pattern):
        page = file.read_bytes().decode("utf-8", errors="ignore")
        texts = (re.sub(r"<[^>]*>", "", found) for found in re.findall(r"(?s)<a[ >][^>]*>(.*?)</a>", page))
        lines = [" ".join(html.unescape(text).split()) for text in texts]
        joined = "\n".join(line for line in lines if line)
        if len(joined) > 200:
            yield joined


def _english_terms() -> Iterator[str]:
    found: set[str] = set()
    for file in _files("amber/pubmed_xml/**/*.xml"):
        found.update(re.findall(r"<DescriptorName[^>]*>([^<]+)<", file.read_text(encoding="utf-8", errors="replace")))
    yield from _lists(sorted(found), ", ")


def _chinese_terms() -> Iterator[str]:
    for name in ("disease", "drug", "symptom", "check"):
        for file in _files(f"amber/zh_medkg_lexicons/{name}.txt"):
            yield from _lists(file.read_text(encoding="utf-8").split(), "、")


def _lists(terms: list[str], between: str) -> Iterator[str]:
    for start in range(0, min(len(terms) - TERMS, TERMS * EACH // 4), TERMS):
        yield between.join(terms[start : start + TERMS])


def _repeated(texts: Callable[[], list[str]], ends: str) -> Iterator[str]:
    """The first sentence of a text, twenty times."""
    for text in texts():
        sentence = re.split(f"(?<=[{ends}])", text.replace("\n", " "))[0]
        if len(sentence) > 15:
            yield " ".join([sentence[:200].strip()] * 20)


KINDS: dict[str, Callable[[], Iterator[str]]] = {
    "made-utf8-read-as-gbk": _utf8_read_as_gbk,
    "made-gbk-read-as-latin": _gbk_read_as_latin,
    "made-zh-bytes-lost": _bytes_lost,
    "made-zh-replaced-twice": _replaced_twice,
    "made-en-bytes-lost": _latin_bytes_lost,
    "made-en-stirred": _stirred,
    "made-en-links": lambda: _links("amber/web_html_readability/*/source.html"),
    "made-zh-links": lambda: _links("amber/web_html_zh_news/**/*.html"),
    "made-en-terms": _english_terms,
    "made-zh-terms": _chinese_terms,
    "made-en-repeated": lambda: _repeated(_english, ".!?"),
    "made-zh-repeated": lambda: _repeated(_chinese, "。！？"),
}
