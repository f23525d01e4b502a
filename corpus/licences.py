"""Licence statements to SPDX ids: `https://creativecommons.org/licenses/by/4.0/` is `CC-BY-4.0`.

Urls and sentences come from JATS `permissions` (`corpus/sources/pmc.py`) and from web pages (`web.py`); the id goes
into the `licence` column of a document, and what it allows is told by `corpus/annotate/licence.py`. Only Creative
Commons and the public domain are recognised; everything else is `unknown`, which grants nothing. Spelling and
versions follow the SPDX licence list (https://spdx.org/licenses/). Ported licences ("by-nc/2.0/uk") get the id of
the version they port, which grants and asks the same. "Creative Commons Attribution License" without a version, as
one in six open-access articles says it, becomes `LicenseRef-CC-BY`: the conditions are known, the text is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from corpus.document import UNKNOWN_LICENCE

PUBLIC_DOMAIN = "LicenseRef-PublicDomain"  # the public domain mark, works of the US government
VERSIONS = ("1.0", "2.0", "2.5", "3.0", "4.0")

_URL = re.compile(
    r"creativecommons\.org/\s*(?:licen[cs]es?/(?:cc[\s-])?(?P<code>by(?:[\s-][a-z]{2}\b)*)(?:/(?P<version>\d(?:\.\d)?))?"
    r"|publicdomain/(?P<public>zero|mark|certification)|licen[cs]es/publicdomain)",
    re.IGNORECASE,
)
_ELEMENT = {
    "NC": r"non[\s-]?commercial(?:[\s-]use)?|nc\b|非商业性?(?:使用)?",
    "ND": r"no[\s-]?deriv\w*(?:[\s-]works)?|nd\b|禁止演绎",
    "SA": r"share[\s-]?alike|sa\b|相同方式共享",
}
_DASHES = str.maketrans("‐‑‒–—−", "------")
_JOIN = r"[\s,/+&-]*"
_NAMED = re.compile(
    rf"(?:creative\s+commons|\b(?-i:CC)|知识共享|创作共用|創用\s*cc){_JOIN}(?:\(cc\){_JOIN})?(?:attribution|(?-i:BY)|署名|姓名標示)"
    rf"(?P<elements>(?:{_JOIN}(?:and{_JOIN})?(?:{'|'.join(_ELEMENT.values())}))*)"
    # "CC BY 4.0", "Attribution License 3.0", "Attribution (unported, v3.0)", "Attribution 4.0 International"
    r"(?:[^.;\d]{0,40}?\bv?(?P<version>[1-4]\.[05])\b|(?P<bare>))",
    re.IGNORECASE,
)
_ZERO = re.compile(r"\bcc[\s-]?(?:0|zero)\b|creative\s+commons\s+zero", re.IGNORECASE)
_PUBLIC = re.compile(
    r"creative\s+commons\s+public\s+domain|(?:is|are|lies?|placed)\s+in\s+the\s+public\s+domain|公有领域"
    r"|works?\s+of\s+the\s+(?:u\.?s\.?|united\s+states)\s+government|(?:u\.?s\.?|united\s+states)\s+government\s+works?\b",
    re.IGNORECASE,
)


def spdx_from_url(url: str) -> str:
    """The SPDX id that a licence url names, or `unknown`."""
    return next(iter(_from_urls(url)), UNKNOWN_LICENCE)


def spdx_from_text(text: str) -> str:
    """The SPDX id that a licence statement names by url or by name, or `unknown`.

    A licence wins over a public-domain dedication in the same statement: publishers dedicate the *data* of an
    article under CC BY to the public domain. Of several licences the first one counts, except that one with a
    version beats the same one without.
    """
    text = text.translate(_DASHES)
    named = [_id(match["elements"], match["version"] or "") for match in _NAMED.finditer(text)]
    found = [*_from_urls(text), *named]
    licences = [one for one in found if "CC-BY" in one]
    if licences:
        same = licences[0].removeprefix("LicenseRef-")
        return next((one for one in licences if one[:-4] == same), licences[0])
    if "CC0-1.0" in found or _ZERO.search(text):
        return "CC0-1.0"
    return PUBLIC_DOMAIN if PUBLIC_DOMAIN in found or _PUBLIC.search(text) else UNKNOWN_LICENCE


def strictest(ids: Iterable[str]) -> str:
    """The licence of a work about which several statements were made: their conditions add up.

    One article in a hundred links to CC BY and says "non-commercial" in words. The exact id is given when one of
    the statements has just these conditions and a version.
    """
    known = [one for one in ids if one != UNKNOWN_LICENCE]
    creative = [one for one in known if "CC-BY" in one]
    if not creative:
        return next(iter(known), UNKNOWN_LICENCE)
    together = _id(" ".join(creative).replace("-", " "), "").removeprefix("LicenseRef-")
    return next((one for one in creative if one[:-4] == together), f"LicenseRef-{together}")


def _from_urls(text: str) -> list[str]:
    """The id of every Creative Commons url in the text, in order."""
    found = []
    for match in _URL.finditer(text.translate(_DASHES)):
        if match["code"]:
            found.append(_id(match["code"], match["version"] or ""))
        else:
            found.append("CC0-1.0" if (match["public"] or "").lower() == "zero" else PUBLIC_DOMAIN)
    return found


def _id(words: str, version: str) -> str:
    """SPDX spelling: elements in the order BY, NC, then ND or SA; `LicenseRef-` where the version is not known."""
    elements = [
        name for name, pattern in _ELEMENT.items() if re.search(rf"(?<![a-z])(?:{pattern})", words, re.IGNORECASE)
    ]
    if "ND" in elements and "SA" in elements:
        elements.remove("SA")  # no such licence; the stricter reading is the safe one
    name = "-".join(["CC-BY", *elements])
    version = f"{version}.0" if len(version) == 1 else version
    return f"{name}-{version}" if version in VERSIONS else f"LicenseRef-{name}"
