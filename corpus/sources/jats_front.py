"""What the front of a JATS article says about it: ids, title, dates, licence, corrections and retractions.

Article elements come from `corpus/sources/pmc.py`; the facts go into the columns and the `meta` of its documents.
Paths and attribute values are those of the NLM DTD 2 and 3 and of JATS 1 (https://jats.nlm.nih.gov/archiving/).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from corpus.document import UNKNOWN_LICENCE
from corpus.licences import spdx_from_text, spdx_from_url, strictest
from corpus.sources.jats import heading_of, is_unwanted, text_of

HREF = "{http://www.w3.org/1999/xlink}href"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
LICENCE_REF = "{http://www.niso.org/schemas/ali/1.0/}license_ref"

_MONTHS = {name: number for number, name in enumerate(
    "jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # fmt: skip
# Not when the article appeared, but when it reached a repository or its authors sent it.
_OTHER_DATES = frozenset("pmc-release nihms-submitted received accepted rev-recd preprint epreprint retracted".split())
# "... Attribution License, which permits unrestricted non-commercial use"
_NON_COMMERCIAL = re.compile(r"\bnon[-‐–\s]?commercial", re.IGNORECASE)
_RETRACTED_TITLE = re.compile(r"\W*(?:retracted(?: (?:article|paper|publication))?)\b\s*[:\].)\-–—]", re.IGNORECASE)
_RETRACTED_SUBJECT = re.compile(r"retracted(?: (?:article|paper|publication))?\W*\Z", re.IGNORECASE)
# Of two articles that point at each other, only the one pointing forward is the retracted one.
_RETRACTED_BY = frozenset(("retraction-forward", "retracted-by", "retraction-in", "is-retracted-by"))


class Identity(NamedTuple):
    """`pmcid` as `PMC1065065` and the `version` of this text; "" and 1 where unknown."""

    pmcid: str
    version: int
    pmid: str
    doi: str


def identity(meta: Any, file_name: str) -> Identity:
    """Ids of an article: old files say `pmc` and digits, newer ones `pmcid`, `pmcaid` and `pmcid-ver`."""
    ids: dict[str, str] = {}
    for element in meta.iterchildren("article-id"):
        ids.setdefault(element.get("pub-id-type") or "", (element.text or "").strip())
    # The file name is asked last: a folder may hold articles under other names.
    for text in (ids.get("pmcid-ver", ""), ids.get("pmcid", ""), ids.get("pmc", ""), _base(file_name)):
        found = re.match(r"(?:PMC)?(\d{1,12})(?:\.(\d{1,4}))?(?![\w-])", text, re.IGNORECASE)
        if found and (text.isdigit() or text[:3].upper() == "PMC"):
            version = found[2] or _version_in(file_name, found[1])
            return Identity(f"PMC{int(found[1])}", int(version), ids.get("pmid", ""), ids.get("doi", ""))
    return Identity("", 1, ids.get("pmid", ""), ids.get("doi", ""))


def title_of(meta: Any) -> str:
    """Title and subtitle."""
    group = meta.find("title-group")
    return "" if group is None else _joined(group.iterchildren("article-title", "subtitle"))


def trans_title_of(meta: Any, language: str) -> str:
    """The title in another language: in a group of its own, or (NLM 2) beside the title."""
    for group in meta.iterfind("title-group/trans-title-group"):
        if (language_of(group) or language_of(group[0] if len(group) else group)) == language:
            return _joined(group.iterchildren("trans-title", "trans-subtitle"))
    titles = [title for title in meta.iterfind("title-group/trans-title") if language_of(title) in (language, "")]
    return _joined(titles[:1])


def _joined(parts: Iterable[Any]) -> str:
    """`Title: subtitle`; notes to a title are not read."""
    texts = []
    for part in parts:
        for note in [*part.iterchildren("fn")]:
            part.remove(note)
        texts.append(text_of(part))
    kept = [text for text in texts if text]
    return " ".join([*(text if text.endswith((":", "?", "!", ".")) else f"{text}:" for text in kept[:-1]), *kept[-1:]])


def language_of(element: Any) -> str:
    """BCP 47 as declared: `EN` is `en`, `zh-hans` is `zh-Hans`; "" when not declared."""
    parts = (element.get(LANG) or "").strip().replace("_", "-").split("-")
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]):
        return ""
    rest = [part.title() if len(part) == 4 else part.upper() for part in parts[1:3]]
    return "-".join([parts[0].lower(), *rest])


def date_of(meta: Any) -> str:
    """The earliest day of publication; of dates in one year the most precise counts before the earliest."""
    found = []
    for element in meta.iterchildren("pub-date"):
        if (element.get("pub-type") or element.get("date-type") or "") not in _OTHER_DATES:
            found.append(_date(element))
    found = [date for date in found if date]
    if not found:
        return ""
    year = min(date[:4] for date in found)
    in_year = [date for date in found if date[:4] == year]
    longest = max(len(date) for date in in_year)
    return min(date for date in in_year if len(date) == longest)


def licence_of(meta: Any) -> tuple[str, str]:
    """The SPDX id, or `unknown`, and the copyright statement as written."""
    places = [place for place in (meta.find("permissions"), meta) if place is not None]
    licences = [licence for place in places for licence in place.iterchildren("license")]
    refs = [ref.text or "" for place in places for ref in place.iter(LICENCE_REF)]
    urls = [*refs, *(licence.get(HREF) or "" for licence in licences)]
    statements = [_statement(part) for part in licences]
    copyrights = [" ".join("".join(part.itertext()).split()) for place in places
                  for part in place.iterchildren("copyright-statement")]  # fmt: skip
    types = [(licence.get("license-type") or "").replace("creativeCommons", "cc-") for licence in licences]
    found = [*map(spdx_from_url, urls), *map(spdx_from_text, [*statements, *copyrights]), *map(_by_type, types)]
    if any(_NON_COMMERCIAL.search(statement) for statement in statements) and any("CC-BY" in one for one in found):
        found.append("LicenseRef-CC-BY-NC")
    return strictest(found), next(iter(copyrights), "")


def notices_of(meta: Any) -> list[dict[str, str]]:
    """Related articles as {type, ref}: corrections, retractions, comments, companions."""
    found = []
    for element in meta.iterchildren("related-article", "related-object"):
        kind = element.get("related-article-type") or element.get("link-type") or "related"
        ref = element.get(HREF) or element.get("object-id") or " ".join("".join(element.itertext()).split())
        notice = {"type": kind, "ref": _prefixed(ref, element.get("ext-link-type") or "")}
        if notice not in found:
            found.append(notice)
    return found


def retraction_of(meta: Any, article_type: str, title: str, notices: list[dict[str, str]]) -> str:
    """One sentence saying why the article counts as retracted, or "". A retraction *notice* is not retracted."""
    if article_type in ("retraction", "correction", "expression-of-concern"):
        return ""
    for notice in notices:
        if notice["type"] in _RETRACTED_BY:
            return f"It names its retraction: {notice['ref']}.".replace(": .", ".")
    if article_type == "retracted-article":
        return "Its article type is retracted-article."
    if _RETRACTED_TITLE.match(title):
        return f"Its title says so: {title[:60]}"
    if any(_RETRACTED_SUBJECT.match(" ".join("".join(s.itertext()).split())) for s in meta.iter("subject")):
        return "Its subject heading says so."
    dated = [*meta.iterchildren("pub-date"), *meta.iterfind("history/date"), *meta.iterfind("pub-history/event")]
    for element in dated:
        if "retract" in f"{element.get('pub-type')} {element.get('date-type')} {element.get('event-type')}":
            return f"It carries a date of retraction, {_date(element)}.".replace(", .", ".")
    return ""


def sections_of(*parents: Any) -> list[str]:
    """The headings of the sections directly below."""
    found = [heading_of(sec) for parent in parents if parent is not None
             for sec in parent.iterchildren("sec") if not is_unwanted(sec)]  # fmt: skip
    return [heading for heading in found if heading]


def journal_of(front: Any) -> str:
    """The journal's title; its NLM abbreviation where it has none."""
    for path in ("journal-meta/journal-title-group/journal-title", "journal-meta/journal-title",
                 "journal-meta/journal-id[@journal-id-type='nlm-ta']"):  # fmt: skip
        element = front.find(path)
        if element is not None and (text := " ".join("".join(element.itertext()).split())):
            return text
    return ""


def _base(file_name: str) -> str:
    return file_name.rpartition("/")[2]


def _version_in(file_name: str, number: str) -> str:
    found = re.match(rf"PMC0*{number}\.(\d{{1,4}})\.", _base(file_name), re.IGNORECASE)
    return found[1] if found else "1"


def _date(element: Any) -> str:
    """`2016-10-03` as far as year, month and day are given; a season or a range gives the year."""
    parts = {child.tag: (child.text or "").strip().lower() for child in element if isinstance(child.tag, str)}
    year, month, day = parts.get("year", ""), parts.get("month", ""), parts.get("day", "")
    number = _MONTHS.get(month[:3], 0) if not month.isdigit() else int(month[:3])
    if not re.fullmatch(r"(?:1[5-9]|20)\d\d", year):
        iso = re.match(r"(?:1[5-9]|20)\d\d(?:-[01]\d(?:-[0-3]\d)?)?", element.get("iso-8601-date") or "")
        return iso[0] if iso else ""
    if not 1 <= number <= 12:
        return year
    if day.isascii() and day.isdigit() and 1 <= int(day[:3]) <= 31:
        return f"{year}-{number:02}-{int(day[:3]):02}"
    return f"{year}-{number:02}"


def _statement(licence: Any) -> str:
    """The words of a licence and the addresses they link to."""
    links = [link.get(HREF) or "" for link in licence.iter("ext-link", "uri")]
    return " ".join([" ".join(licence.itertext()), *links])


def _by_type(kind: str) -> str:
    """`license-type="cc-by"`: publishers write it, without a version. "open-access" says nothing."""
    words = kind.upper().replace("_", "-").replace(" ", "-")
    return spdx_from_text(words) if words.startswith(("CC-BY", "CC0")) else UNKNOWN_LICENCE


def _prefixed(ref: str, kind: str) -> str:
    """`pubmed:24049748`, `pmc:PMC2001`, `doi:10.1093/...`: what the number is, where the article says so."""
    kind = {"pmid": "pubmed", "pmcid": "pmc"}.get(kind, kind)
    if kind == "pmc" and ref.isdigit():
        ref = f"PMC{ref}"
    return f"{kind}:{ref}" if ref and kind in ("pubmed", "pmc", "doi") and not ref.startswith(f"{kind}:") else ref
