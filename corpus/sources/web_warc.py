"""WARC files: one `Capture` for each page that was fetched, whatever the archive holds besides.

The bytes come from `corpus/sources/web_members.py`, gunzipped; `web_http.py` undoes the transfer; a capture goes to
`corpus/sources/web.py`. Requests, `warcinfo` and `metadata` are no pages and are passed over; everything else is
either a page or a `Fault`, so that the books balance. The records are framed here and not by warcio, which believes
every Content-Length (one that is missing or too long swallows the records that follow, and nobody is told) and reads
lines without limit. After damage, reading goes on at the next record.

Format: WARC 1.0 and 1.1 (ISO 28500), https://iipc.github.io/warc-specifications/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from corpus.files import InputFile
from corpus.sources.web_http import Answer, NotHttp, Oversize, Undecoded, answer, body
from corpus.sources.web_records import Lost, Records, WarcRecord

_NOT_PAGES = frozenset(("request", "warcinfo", "metadata"))
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_SNIFFED = 512
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T(\d\d):(\d\d))?")
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Capture(NamedTuple):
    """A page as fetched: `url`, the encoding the server `declared`, the `date` of fetching, the `body`, what `cut` it
    (`WARC-Truncated`, `content-encoding`, `transfer-encoding` or empty), and the `version` that its date makes."""

    url: str
    declared: str
    date: str
    body: bytes
    cut: str
    version: int = 1


class Fault(NamedTuple):
    """A record that gives no page: becomes `Broken(cause, detail)`."""

    cause: str
    detail: str
    url: str


def captures(file: InputFile, limit: int) -> Iterator[Capture | Fault]:
    """The pages of a WARC file in order; `limit` is the largest body in bytes. Never raises for bad data."""
    for record in Records(file, limit):
        found = Fault(*record) if isinstance(record, Lost) else _capture(record, limit)
        if found is not None:
            yield found


def version_of(date: str) -> int:
    """Whole minutes from 2000-01-01 UTC to a WARC-Date, within 1 to 2**31 - 1; 1 where there is none."""
    match = _DATE.match(date)
    if match is None:
        return 1
    try:
        then = datetime(*(int(part or 0) for part in match.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]
    except ValueError:
        return 1
    return min(max(int((then - _EPOCH).total_seconds() // 60), 1), 2**31 - 1)


def _capture(record: WarcRecord, limit: int) -> Capture | Fault | None:
    """One record as a page; None for what is no page."""
    url, headers = record.url, record.headers
    kind = headers.get("warc-type", "").lower()
    if kind in _NOT_PAGES:
        return None
    if kind == "revisit":
        return Fault("not-html", "a revisit record: the content stands in an earlier capture", url)
    try:
        is_http = kind == "response" and url.lower().startswith(("http:", "https:"))
        found = answer(record.block) if is_http else Answer("200", {}, record.block)
    except NotHttp as error:
        return Fault("warc-syntax", f"{error}, in the record at byte {record.offset:,}", url)
    if found.status != "200":
        return Fault("http-status", f"the server answered {found.status[:40]}", url)
    content_type = _content_type(found.headers if is_http else headers, headers)
    media = content_type.partition(";")[0].strip().lower()
    if media and not media.startswith(_HTML_TYPES):
        return Fault("not-html", f"the content is {media[:80]}", url)
    if record.dropped:
        return Fault("oversize", f"the page has more than {limit:,} bytes", url)
    try:
        page, cut = body(found, limit)
    except Oversize:
        return Fault("oversize", f"the page has more than {limit:,} bytes", url)
    except Undecoded as error:
        return Fault("undecodable", str(error), url)
    if not media and b"<" not in page[:_SNIFFED]:
        return Fault("not-html", "the content has no declared type and does not look like HTML", url)
    date = headers.get("warc-date", "")
    cut = headers.get("warc-truncated", "") or cut
    return Capture(url, _charset(content_type), date[:10], page, cut, version_of(date))


def _content_type(said: dict[str, str], headers: dict[str, str]) -> str:
    """As the server said; a `resource` record says it itself, and the crawler may have looked."""
    return said.get("content-type") or headers.get("warc-identified-payload-type") or ""


def _charset(content_type: str) -> str:
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'")[:40]
    return ""
