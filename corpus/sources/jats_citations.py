"""Take the citations out of a JATS article so that the prose reads clean and no citation turns into a number.

`mark` runs over the parsed tree before any text is taken: the content of every citation link is put between two
markers (Unicode noncharacters, which no text may contain). `settle` runs over the finished line and takes out what
is between them, with brackets, separators and space. Both are called by `corpus/sources/jats.py`:

    reduced mortality by 12<sup><xref>3</xref>,<xref>4</xref></sup>  ->  reduced mortality by 12
    in men worldwide [<xref>1</xref>, <xref>5</xref>].               ->  in men worldwide.
    of functioning (<xref>Clare, 2004</xref>).                       ->  of functioning.
    age (Bherer et al., <xref>2005</xref>, <xref>2006</xref>)        ->  age
    developed by <xref>Matsui et al. (2006)</xref>                   ->  unchanged: it is part of the sentence
    the procedure described in [<xref>12</xref>]                     ->  unchanged, for the same reason

Marks that point to the notes of a table stay, as superscripts (`0.31^a`); other footnote marks go.
"""

from __future__ import annotations

import re
from typing import Any

NUMBER, WORDS, END, GONE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
_CITATIONS = frozenset(("bibr", "ref", "bib", "cit"))  # "ref" is Wiley's
_NOTES = frozenset(("fn", "author-notes", "corresp", "aff"))

_YEAR = re.compile(r"\(?(?:1[89]|20)\d\d[a-z]?(?:\s*[,;]\s*(?:(?:1[89]|20)\d\d)?[a-z]?)*\)?\Z")
_NUMERIC = re.compile(r"[\s\[(]*[A-Z]?\d{0,4}[a-z*]?(?:[\s,;–‐-]+\d{1,4}[a-z]?)*[\s\])*†,;.–-]*\Z")

_DASH = r"\s,;–‐−\-"
_NUM = rf"{NUMBER}[^{END}]*{END}"
_WORD = rf"{WORDS}[^{END}]*{END}"
_SCRIPT = re.compile(rf"[{_DASH}\d.()\[\]]*(?:{_NUM}[{_DASH}\d.()\[\]]*)+\Z")
_LEAD = (
    r"(?:(?:e\.?g\.?|i\.e\.|c\.?f\.?|see|also|reviewed|for|an?|reviews?|refs?|references?|in|by|from|and|as|such)"
    r"[.,:]?\s+)*"
)
_BETWEEN = r"(?:[\s,;:/&–‐−-]|and\b|see\b|also\b|[a-z]\b)*"
_NAME = r"(?:[^\W\d_][\w'’.\u2010-]*|&)"
_WHO = rf"(?:{_NAME}(?:\s+{_NAME}){{0,8}},?\s*)?"
# A bracket that holds citations and nothing else. In square brackets, a bare number is a citation without a link;
# in round ones, names may stand before a year.
_GROUP = re.compile(
    rf"(?:\[\s*{_LEAD}(?:\d+[{_DASH}]+)*(?:{_NUM}|{_WORD})(?:{_BETWEEN}(?:{_NUM}|{_WORD}|\d+\b))*[\s,;.]*\]"
    rf"|\(\s*{_LEAD}{_NUM}(?:{_BETWEEN}{_NUM})*[\s,;.]*\)"
    rf"|\(\s*{_LEAD}{_WHO}{_WORD}(?:{_BETWEEN}{_WHO}{_WORD})*[\s,;.]*\))"
)
_GROUPS = re.compile(rf"[^\S\n]*{GONE}(?:[{_DASH}]*{GONE})*")
_RUN = re.compile(rf"{_NUM}(?:[{_DASH}]*{_NUM})*")
# Words that leave the sentence open when the citation behind them goes.
_OPEN_ENDED = re.compile(
    r"\b(?:in|by|from|of|see|per|to|with|and|refs?|references?|cf|e\.g|i\.e)[.,]{0,2}\s*\Z", re.IGNORECASE
)
_NAMED = re.compile(r"\b(?:refs?|references?|citations?)\.?\s*\Z", re.IGNORECASE)
_AFTER_BRACKET = re.compile(rf"(?<=[(\[])\s*{GONE}[,;\s]*")
_BEFORE_MARK = re.compile(rf"[,;]?\s*{GONE}\s*(?=[.!?)\]])|\s*{GONE}\s*(?=[,;:])")
_IN_TEXT = re.compile(rf"([.,;:)\]\w])?{GONE}(\s*)([^\W\d_(\[])?")


def mark(article: Any) -> None:
    """Put the content of citation links between markers and empty the links to footnotes, in place."""
    references = {ref.get("id") for ref in article.iter("ref")}
    for link in list(article.iter("xref")):
        kind, text = link.get("ref-type"), " ".join("".join(link.itertext()).split())
        if kind in _CITATIONS or link.get("rid") in references:
            numeric = _NUMERIC.match(text) and not _YEAR.match(text)
            _put(link, (NUMBER if numeric else WORDS) + text + END)
        elif kind == "table-fn" or (kind == "fn" and next(link.iterancestors("td", "th"), None) is not None):
            _put(link, text)
            link.tag = "xref" if link.getparent().tag == "sup" else "sup"
        elif kind in _NOTES:
            _put(link, "")
    for script in list(article.iter("sup")):
        text = "".join(script.itertext())
        if _SCRIPT.match(text):
            _put(script, NUMBER + END)
            script.tag = "xref"
        elif text and not text.strip(" ,;–‐-()[]"):  # what stands between two citations, in a superscript of its own
            script.tag = "xref"


def settle(text: str) -> str:
    """Take the marked citations out of a line of text and close the gaps."""
    if END not in text:
        return text
    text = _RUN.sub(_run, _GROUP.sub(_group, text))
    text = _GROUPS.sub(GONE, text).replace(WORDS, "").replace(END, "").replace(NUMBER, "")
    text = _BEFORE_MARK.sub("", _AFTER_BRACKET.sub("", text))
    return _IN_TEXT.sub(_close_gap, text).strip()


def _group(match: re.Match[str]) -> str:
    """Nothing, or the bracket as it was where the sentence needs it."""
    if _OPEN_ENDED.search(match.string, max(match.start() - 12, 0), match.start()):
        return match[0].replace(NUMBER, "").replace(WORDS, "").replace(END, "")
    return GONE


def _run(match: re.Match[str]) -> str:
    """Nothing, or the numbers after "see ref."."""
    if _NAMED.search(match.string, max(match.start() - 12, 0), match.start()):
        return match[0].replace(NUMBER, "").replace(END, "")
    return GONE


def _close_gap(match: re.Match[str]) -> str:
    """Two words that the citation kept apart stay apart."""
    before, space, after = match[1] or "", match[2], match[3] or ""
    return before + (" " if space or (before and after) else "") + after


def _put(element: Any, text: str) -> None:
    """Make `text` the whole content."""
    for child in list(element):
        element.remove(child)
    element.text = text
