"""From a copyright statement to a licence id, only where the statement names a licence plainly.

Statements come from `CopyrightInformation` of a PubMed record; the id becomes the document's `licence`. Silence,
"all rights reserved" and "the Authors" say nothing here: the recipe's licence for the source stands then.
"""

from __future__ import annotations

import re

_URL = re.compile(
    r"creativecommons\.org/(?:licen[cs]es/(by(?:-n[cd]|-sa)*)|publicdomain/(zero|mark))(?:/(\d\.\d))?", re.IGNORECASE
)
_CODE = re.compile(r"\bCC[ -]?(BY(?:[ -](?:NC|ND|SA))*)(?:[ -]?v?(\d\.\d))?", re.IGNORECASE)
_WORDS = re.compile(
    r"creative\s+commons\s+attribution"
    r"((?:[\s,/-]+(?:and\s+)?(?:non[- ]?commercial|no[- ]?deriv(?:ative)?s?(?:\s+works?)?|share[- ]?alike))*)"
    r"(?:\s+(?:international|unported|generic))?(?:\s+licen[cs]e)?[\s,(]*(?:version\s+|v\.?\s?)?(\d\.\d)?",
    re.IGNORECASE,
)
_ZERO = re.compile(
    r"\bCC[ -]?(?:0|zero)\b|creative\s+commons\s+(?:cc\s?)?zero|public\s+domain\s+dedication", re.IGNORECASE
)
_PUBLIC = re.compile(
    r"\bin\s+the\s+public\s+domain|public\s+domain\s+(?:in\s+the\s+(?:usa|united)|work)", re.IGNORECASE
)
_NEGATED = re.compile(r"\bnot\s+in\s+the\s+public\s+domain", re.IGNORECASE)


def licence_of(statement: str) -> str:
    """The SPDX id a copyright statement names, or empty.

    Creative Commons licences named without a version, for which SPDX has no id, are `LicenseRef-CC-BY` (`-NC`,
    `-ND`, `-SA`): what they allow is the same in every version. Works in the public domain without a deed are
    `LicenseRef-PublicDomain`.
    """
    lowered = statement.lower()
    if not ("creative" in lowered or "cc" in lowered or "domain" in lowered):
        return ""
    url = _URL.search(statement)
    if url:
        if url[2]:
            return "CC0-1.0" if url[2].lower() == "zero" else "CC-PDM-1.0"
        return _spdx(url[1], url[3])
    if _ZERO.search(statement):
        return "CC0-1.0"
    code = _CODE.search(statement)
    words = _WORDS.search(statement)
    if code or words:
        elements = code[1] if code else f"by {words[1]}" if words else ""
        return _spdx(elements, (code[2] if code else None) or (words[2] if words else None))
    if _PUBLIC.search(statement) and not _NEGATED.search(statement):
        return "LicenseRef-PublicDomain"
    return ""


def _spdx(elements: str, version: str | None) -> str:
    """`by-nc`, `BY NC` or `by NonCommercial` with a version -> `CC-BY-NC-4.0`."""
    text = elements.lower()
    name = "CC-BY"
    if "nc" in text or "commercial" in text:
        name += "-NC"
    if "nd" in re.sub(r"and\b", "", text) or "deriv" in text:
        name += "-ND"
    elif "sa" in text or "share" in text:
        name += "-SA"
    return f"{name}-{version}" if version in ("1.0", "2.0", "2.5", "3.0", "4.0") else f"LicenseRef-{name}"
