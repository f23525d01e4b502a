"""Web pages: WARC files as crawlers write them, and folders of HTML files.

Origin: one's own crawls, Common Crawl (https://commoncrawl.org), saved pages. Licence: a page is its author's;
`licence` is what the page declares (`rel="license"`, Creative Commons links) as an SPDX id, else that of the recipe,
else `unknown`. Format: WARC 1.0 and 1.1, plain or gzipped, or one HTML page to a file, in any encoding. A recipe:

    [[source]]
    kind = "web"
    name = "clinics"
    path = ["crawl/*.warc.gz", "saved"]

    <html lang="zh"><head><meta charset="gb2312"><title>高血压的饮食</title>...<p>每日食盐不超过5克。</p>

gives the document `web:<16 hex of sha-256 of the url>` with title and main content (`corpus/sources/web_page.py`), and
in `meta` the `url`, the `sitename`, when it was `fetched`, the `encoding` used if it was not UTF-8, the encoding
`wrongly_declared` if it was, and for a page that is not whole what `cut` it: the word of the crawler
(`WARC-Truncated`), or `content-encoding` or `transfer-encoding` where the answer breaks off. The url is the one that
was fetched; for a file, the one that the page names as its own (canonical link, `og:url`), and without one the id is
by file and content. Of several captures of one url the last fetched is the last word, whatever the files are called:
a record's `version` is its WARC-Date in whole minutes since 2000-01-01 UTC, and 1 without a date. Only answers with
status 200 and HTML are pages; every other answer is a broken record with its cause (`http-status`, `not-html`).
Records go to `corpus/ingest.py`.
"""

from __future__ import annotations

from collections.abc import Iterator

from corpus.document import UNDETERMINED, UNKNOWN_LICENCE, Broken, Document, Item, Record, file_id, meta_json, web_id
from corpus.files import DecompressionBomb, InputFile, TruncatedFile
from corpus.sources.settings import WebSettings
from corpus.sources.web_page import NotReadable, read_page
from corpus.sources.web_warc import Capture, captures
from corpus.text.decode import Undecodable

SUFFIXES: tuple[str, ...] = (".warc", ".html", ".htm", ".xhtml")
LIBRARIES: tuple[str, ...] = ("trafilatura", "htmldate", "lxml")


def read(file: InputFile, settings: WebSettings) -> Iterator[Item]:
    """The pages of one file, in order. See corpus/sources/__init__.py for what a reader promises."""
    if file.name.lower().removesuffix(".gz").endswith(".warc"):
        yield from _archive(file, settings)
    else:
        yield _single(file, settings)


def _archive(file: InputFile, settings: WebSettings) -> Iterator[Item]:
    position = 0
    for position, found in enumerate(captures(file, settings.max_record_bytes), 1):
        if isinstance(found, Capture):
            yield _page(found, position, file, settings)
        else:
            key = web_id(found.url) if found.url else ""
            yield Broken(position, found.cause, _at(found.detail, found.url), key)
    if not position and not file.size:
        yield Broken(1, "empty-file", "the file is empty")
    elif not position:
        yield Broken(1, "warc-syntax", "there is no page in the file, or it is no WARC")


def _single(file: InputFile, settings: WebSettings) -> Item:
    """A file that holds one page."""
    raw = bytearray()
    try:
        for chunk in file.chunks():
            raw += chunk
            if len(raw) > settings.max_record_bytes:
                return Broken(1, "oversize", f"the page has more than {settings.max_record_bytes:,} bytes")
    except TruncatedFile as error:
        return Broken(1, "truncated-gzip", str(error))
    except DecompressionBomb as error:
        return Broken(1, "decompression-bomb", str(error))
    if not raw:
        return Broken(1, "empty-file", "the file is empty")
    return _page(Capture("", "", "", bytes(raw), ""), 1, file, settings)


def _page(capture: Capture, position: int, file: InputFile, settings: WebSettings) -> Item:
    """One page as a record."""
    try:
        page = read_page(capture.body, capture.declared, capture.url)
    except Undecodable as error:
        cause, detail = "undecodable", str(error)
    except NotReadable as error:
        cause, detail = error.cause, str(error)
    else:
        url = capture.url or page.url
        key = web_id(url) if url else file_id(settings.name, file.name, page.text)
        decoded = page.decoded
        meta = meta_json(
            url=url,
            sitename=page.site,
            fetched=capture.date,
            cut=capture.cut,
            encoding=decoded.encoding if decoded.encoding != "utf-8" else "",
            wrongly_declared=decoded.wrong_declared or None,
            replaced=decoded.replaced or None,
        )
        licence = page.licence if page.licence != UNKNOWN_LICENCE else settings.licence
        language = page.language or settings.language or UNDETERMINED
        document = Document(key, page.text, page.title, language, licence, page.date, meta)
        return Record(key, position, (document,), capture.version)
    return Broken(position, cause, _at(detail, capture.url), web_id(capture.url) if capture.url else "")


def _at(detail: str, url: str) -> str:
    return f"{detail} ({url[:300]})" if url else detail
