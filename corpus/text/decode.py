"""Bytes to text when nobody can be trusted about the encoding.

Raw bytes come from the web, text and table sources, with the encoding their container declared, if any (HTTP
header, HTML meta, XML declaration, recipe). The text goes back with the encoding used, how many places could not
be decoded, and whether the declaration was wrong. The order is: byte order mark; strict UTF-8 (a multi-byte text
that is valid UTF-8 by accident does not happen, so it beats any declaration); then the declared encoding and the
East Asian and Western legacy encodings compete by how plausible their characters are (`charscore.py`), the
declared one with a head start. No statistics library is involved: on real books and on re-encoded real texts the
character classes decide correctly and in a few milliseconds (tests/corpus/text/test_decode.py).
"""

from __future__ import annotations

import codecs
import re
from typing import NamedTuple

from corpus.text.charscore import CANDIDATES, sample, score

# Up to this many bad places are always tolerated, and beyond it up to this share of all characters. The only
# damaged file among 430 real GB18030 books has a handful in tens of thousands of characters; a wrong guess has
# bad places by the per cent.
TOLERATED_PLACES = 3
TOLERATED_SHARE = 0.001
# A declared encoding wins unless another is more plausible by this much (scores run from about -5 to 1.6, and
# the right encoding beats the best wrong one by 0.5 or more on a few hundred real characters).
DECLARED_BONUS = 0.3
# An encoding that we cannot score (Cyrillic, Thai, ...) is taken at its word unless another is this plausible.
CERTAIN = 1.1
# Below this no candidate is text: random bytes, images and archives score under 0.
PLAUSIBLE = 0.25
# Share of control characters (other than white space and escape) above which bytes are not text.
BINARY_SHARE = 0.01
# Where too little is not ASCII to judge by, up to `TOLERATED_PLACES` are damage if no larger share than this.
DAMAGED_SHARE = 0.01
NULS_OF_UTF16 = 0.005  # UTF-16 of any text shows NUL at least in its line ends, spaces and digits

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (b"\x84\x31\x95\x33", "gb18030"),
)
# Labels mean their superset, as browsers do (WHATWG Encoding Standard, section 4.2, "names and labels").
_LABELS = {
    "gb18030": "gb2312 gbk gb18030 x-gbk cp936 936 gb_2312 gb_2312-80 csgb2312 iso-ir-58 chinese",
    "big5": "big5 big5-hkscs big5hkscs cn-big5 csbig5 x-x-big5 cp950 950 big-5",
    "shift_jis": "shift_jis shift-jis sjis x-sjis ms_kanji ms932 windows-31j cp932 932 csshiftjis",
    "euc-jp": "euc-jp eucjp euc_jp x-euc-jp cseucpkdfmtjapanese",
    "euc-kr": "euc-kr euckr euc_kr ks_c_5601-1987 ksc5601 ksc_5601 korean windows-949 cp949 949 cseuckr",
    "windows-1252": "iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 windows-1252 cp1252 x-cp1252 ascii us-ascii",
    "windows-1254": "iso-8859-9 latin5 windows-1254 cp1254",
    "windows-874": "tis-620 iso-8859-11 windows-874",
    "utf-8": "utf-8 utf8 unicode-1-1-utf-8 utf_8",
}
_CANONICAL = {label: name for name, labels in _LABELS.items() for label in labels.split()}
# Which codecs of Python read an encoding, the most complete first.
_CODECS = {
    "big5": ("big5hkscs", "cp950"),
    "shift_jis": ("cp932", "shift_jis_2004"),
    "euc-jp": ("euc_jp", "euc_jis_2004"),
    "euc-kr": ("cp949",),
    "windows-1252": ("cp1252",),
    "windows-1254": ("cp1254",),
    "windows-874": ("cp874",),
}
# Python's codecs include "rot13" and "zlib", and UTF-7 is a known way to smuggle markup: only these are believed.
_TEXT_CODECS = re.compile(r"(?:cp\d+|iso8859|iso2022|koi8|kz1048|ptcp154|mac-|utf-16|utf-32|hz|johab|shift_jis|euc_)")
_CONTROLS = re.compile(rb"[\x01-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_ISO_2022_JP = re.compile(rb"\x1b\$[@B]")


class Undecodable(ValueError):
    """No encoding turns these bytes into text; the message says what was tried and how it failed."""


class Decoded(NamedTuple):
    """`text` without byte order mark, the `encoding` used (WHATWG name, lower case), how many places were
    `replaced` by U+FFFD, and whether what was declared was something else (`wrong_declared`)."""

    text: str
    encoding: str
    replaced: int = 0
    wrong_declared: bool = False


def decode(raw: bytes, declared: str = "") -> Decoded:
    """The text of `raw`, given the label of an encoding somebody declared, or "".

    Raises `Undecodable` when more than `TOLERATED_PLACES` places and more than `TOLERATED_SHARE` of the
    characters cannot be decoded, or when the bytes are no text at all.
    """
    wanted = canonical(declared)
    for mark, encoding in _BOMS:
        if raw.startswith(mark):
            return _with(raw[len(mark) :], encoding, wanted, declared)
    if wide := _utf16_without_mark(raw):
        return _with(raw, wide, wanted, declared)
    if _ISO_2022_JP.search(raw[:65536]) and raw.isascii():
        return _with(raw, "iso-2022-jp", wanted, declared)
    _refuse_binary(raw)
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _with(raw, _most_plausible(raw, wanted), wanted, declared)
    # ASCII bytes say nothing against a declaration.
    return Decoded(text, "utf-8", 0, bool(declared) and wanted != "utf-8" and not raw.isascii())


def canonical(label: str) -> str:
    """The encoding a label stands for (`gb2312` means gb18030), or "" when nobody knows it."""
    label = label.strip().strip("\"'").lower()
    if label in _CANONICAL:
        return _CANONICAL[label]
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return ""
    return name if _TEXT_CODECS.match(name) else ""


def _with(raw: bytes, encoding: str, wanted: str, declared: str) -> Decoded:
    """Decode, tolerating few bad places."""
    text, replaced = _lenient(raw, encoding)
    if replaced > TOLERATED_PLACES and replaced > TOLERATED_SHARE * len(text):
        raise Undecodable(f"{replaced:,} places in {len(text):,} characters are not {encoding}, the likeliest encoding")
    same_family = encoding.startswith("utf-16") and wanted.startswith("utf-16")
    return Decoded(text, encoding, replaced, bool(declared) and wanted != encoding and not same_family)


def _lenient(raw: bytes, encoding: str) -> tuple[str, int]:
    """The text and the number of places given up on; each codec of the encoding is tried strictly first."""
    names = _CODECS.get(encoding, (encoding,))
    for name in names:
        try:
            return raw.decode(name), 0
        except UnicodeDecodeError:
            continue
    text = raw.decode(names[0], "replace")
    # A text may hold U+FFFD of its own, from damage before our time; that is not counted again.
    own = raw.count("\ufffd".encode(names[0])) if names[0] in ("utf-8", "gb18030") else 0
    return text, max(text.count("\ufffd") - own, 1)


def _most_plausible(raw: bytes, wanted: str) -> str:
    """The encoding whose decoding of a sample looks most like somebody's writing."""
    part = sample(raw)
    if _is_damaged_utf8(part):
        return "utf-8"
    scored = {
        name: score(part, name, _CODECS.get(name, (name,))) + DECLARED_BONUS * (name == wanted) for name in CANDIDATES
    }
    best = max(scored, key=lambda name: scored[name])  # the first of equals: order of CANDIDATES
    if wanted and wanted not in CANDIDATES and (best == "windows-1252" or scored[best] < CERTAIN):
        return wanted
    if scored[best] >= PLAUSIBLE:
        return best
    for name in (wanted, "utf-8"):  # nearly all ASCII, and the little else is damaged: nothing to tell by
        if name:
            text, replaced = _lenient(raw, name)
            if replaced <= TOLERATED_PLACES and replaced <= DAMAGED_SHARE * len(text):
                return name
    raise Undecodable("no known encoding turns these bytes into plausible text")


def _is_damaged_utf8(part: bytes) -> bool:
    """Sequences that are valid UTF-8 do not come about by accident: two of them for each bad place settle it.

    In GB18030 text read as UTF-8, about one pair of bytes in ten is valid.
    """
    text = part.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    valid = len(text) - bad - len(text.encode("ascii", "ignore"))
    return valid >= 2 * bad and valid > 1


def _utf16_without_mark(raw: bytes) -> str:
    """UTF-16 without a mark shows by NUL bytes that stand nearly all on even or nearly all on odd places."""
    head = raw[:65536]
    if len(raw) % 2 or head.count(0) < max(NULS_OF_UTF16 * len(head), 2):
        return ""
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if min(even, odd) * 10 > max(even, odd):
        return ""
    encoding = "utf-16-le" if odd > even else "utf-16-be"
    try:
        raw.decode(encoding)
    except UnicodeDecodeError:
        return ""
    return encoding


def _refuse_binary(raw: bytes) -> None:
    """Stop before an image or archive is taken for an exotic encoding."""
    head = raw[:65536]
    controls = len(_CONTROLS.findall(head)) + head.count(0)
    if controls > TOLERATED_PLACES and controls > BINARY_SHARE * len(head):
        raise Undecodable(f"{controls:,} control characters in the first {len(head):,} bytes: not a text")
