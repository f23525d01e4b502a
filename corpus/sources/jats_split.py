"""Cut a file into its JATS articles, as bytes, and parse each by itself.

Bytes come through `Window` (gunzipped, in UTF-8); a `Slice` or a `Fault` at a time goes to `corpus/sources/pmc.py`.
One damaged article costs one record, memory is bounded by one article, and what stands around an article (a
DOCTYPE with entities, the envelope of an OAI answer) is never parsed. It is safe because `<` cannot stand in XML text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from lxml import etree

from corpus.sources.pubmed_window import Fault, Window
from corpus.text.decode import decode

_START = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?article[\s>]")
_TAG = re.compile(rb"<(?:/(?:[A-Za-z_][\w.-]*:)?article\s*>|(?:[A-Za-z_][\w.-]*:)?article[\s>])")
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_PMCID = re.compile(rb"<(?:\w+:)?article-id[^>]{0,80}[\"'](?:pmc|pmcid)[\"'][^>]{0,80}>\s*(?:PMC)?(\d{1,12})\s*<")
_OVERLAP = 80  # a tag may be cut by the end of what has been read
_HEAD_BYTES = 4096

# An article may use prefixes that the set around it declares. The external subset is named so that an entity nobody
# declared (`&nbsp;`) is a reference and no error; it is never loaded, and corpus/text/markup.py reads the reference.
_BEFORE = (
    b'<!DOCTYPE materia SYSTEM "about:blank"><materia xmlns:xlink="http://www.w3.org/1999/xlink" '
    b'xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:ali="http://www.niso.org/schemas/ali/1.0/" '
    b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    b'xmlns:oasis="http://www.niso.org/standards/z39-96/ns/oasis-exchange/table">'
)
_AFTER = b"</materia>"
_KEPT_NAMESPACES = ("{http://www.w3.org/1998/Math/MathML}", "{http://www.niso.org/schemas/ali/1.0/}")


class Slice(NamedTuple):
    """One article: its bytes, and the offset where they begin in the content of the file."""

    data: bytes
    start: int


def slices(chunks: Iterator[bytes], limit: int) -> Iterator[Slice | Fault]:
    """The articles of a file in order; `limit` is the largest article in bytes. Never raises for bad data."""
    window = Window(chunks)
    window.more()
    head, found = window.data[:_HEAD_BYTES], False
    while _to_start(window):
        found = True
        yield _next(window, limit)
    if window.failure is not None:
        yield window.failure
    elif not found:
        root = _ROOT.search(head)
        what = (
            f"the root element is <{root[1].decode('utf-8', 'replace')}>" if root else "and nothing that looks like XML"
        )
        yield (
            Fault("not-jats", f"there is no <article> in the file; {what}")
            if head
            else Fault("empty-file", "the file is empty")
        )


def key_in(data: bytes) -> str:
    """`pmc:PMC<digits>` from the bytes of an article that cannot be parsed; empty without one."""
    found = _PMCID.search(data, 0, 1 << 17)
    return f"pmc:PMC{int(found[1])}" if found else ""


def parse(data: bytes) -> tuple[Any, int]:
    """The article element, and how many places could not be decoded.

    Nothing is loaded and no entity expanded. Comments and instructions are left out, and elements of JATS lose
    their namespace. Raises `etree.XMLSyntaxError`, and `Undecodable` for bytes in no known encoding.
    """
    replaced = 0
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        text, _, replaced, _ = decode(data)
        data = text.encode("utf-8", "replace")
    parser = etree.XMLParser(load_dtd=False, no_network=True, resolve_entities=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    article = etree.fromstring(_BEFORE + data + _AFTER, parser)[0]
    for element in article.iter(etree.Element):
        if element.tag[0] == "{" and not element.tag.startswith(_KEPT_NAMESPACES):
            element.tag = element.tag.rpartition("}")[2]
    return article, replaced


def _to_start(window: Window) -> bool:
    """Move to the next article."""
    while (match := _START.search(window.data, window.at)) is None:
        window.at = max(window.at, len(window.data) - _OVERLAP)
        if not window.more():
            window.at = len(window.data)
            return False
    window.at = match.start()
    return True


def _next(window: Window, limit: int) -> Slice | Fault:
    """The article that begins here; the window moves behind it."""
    start, searched = window.offset, 1
    # Up to the next tag of either kind and no further, so that no byte is searched from two articles.
    while (tag := _TAG.search(window.data, window.at + searched)) is None and window.unread <= limit:
        searched = max(1, window.unread - _OVERLAP)
        if not window.more():
            break
    key = key_in(window.data[window.at : min(tag.end() if tag else len(window.data), window.at + (1 << 17))])
    label = f"the article that begins at byte {start:,}"
    if tag is not None and not tag[0].startswith(b"</"):
        window.at = tag.start()
        return Fault("xml-syntax", f"{label} has no end before the next one begins", key)
    if tag is not None and tag.end() - window.at <= limit:
        data = window.data[window.at : tag.end()]
        window.at = tag.end()
        return Slice(data, start)
    if tag is not None or window.unread > limit:
        _skip(window)
        return Fault("oversize", f"{label} has {window.offset - start:,} bytes; the limit is {limit:,}", key)
    failure, window.failure = window.failure, None
    window.at = len(window.data)
    if failure is not None:
        return Fault(failure.cause, f"{failure.detail}, inside {label}", key)
    return Fault("xml-syntax", f"the file ends inside {label}", key)


def _skip(window: Window) -> None:
    """Pass over an article that is too large without keeping it: behind its end tag, or to the next start."""
    window.at += 1
    while (tag := _TAG.search(window.data, window.at)) is None:
        window.at = max(window.at, len(window.data) - _OVERLAP)
        if not window.more():
            window.at = len(window.data)
            return
    window.at = tag.end() if tag[0].startswith(b"</") else tag.start()
