"""One HTML page: bytes to a title, a text and what the page says about itself. No network, ever.

Bytes come from `corpus/sources/web.py` with the encoding that the server declared; a `Page` goes back. trafilatura
finds the main content, in the mode that favours recall: on readability's 54 test pages it finds 95.2 % of the expected
words with 96.5 % of its words expected (mean F1 0.951; 0.942 without it), and tables survive. Its own deduplication
stays off, because it remembers earlier pages and so depends on their order. Before it runs, superscripts and subscripts
become text by the rule of `corpus/text/markup.py` (it would glue `10<sup>9</sup>/L` to `109/L`), and marks of
references go. What it found becomes plain text in `corpus/sources/web_text.py`.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from lxml import etree
from lxml.html import HTMLParser, document_fromstring

from corpus.document import UNKNOWN_LICENCE
from corpus.licences import PUBLIC_DOMAIN, spdx_from_text, spdx_from_url, strictest
from corpus.sources.web_text import blocks
from corpus.text.decode import Decoded, canonical, decode
from corpus.text.markup import inline_text

# htmldate refuses dates after "today" unless told otherwise: a build must not depend on its day.
_DATES = {"original_date": True, "extensive_search": False, "outputformat": "%Y-%m-%d", "max_date": "2099-12-31"}
# trafilatura's time grows with the square of an element's children. Of 619 real pages the largest has 11,529 elements
# and the widest element 3,711 children (0.7 s); at these limits a page costs seconds, far beyond them hours.
MAX_ELEMENTS = 60_000
MAX_CHILDREN = 10_000
# The same holds for attributes, in libxml2 already. Real elements have a few dozen.
_MANY_ATTRIBUTES = re.compile(
    r"<[a-zA-Z][^\s<>]*+(?>\s++[^\s<>=\"'/]++(?>\s*+=\s*+(?:\"[^\"]*+\"|'[^']*+'|[^\s\"'<>]*+))?+){1000}"
)
_HEAD_BYTES = 4096  # browsers look for the declared encoding in the first 1024 bytes; real pages put it later
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_XML_ENCODING = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_REFERENCE = re.compile(
    r"\s*(?:\[\s*(?:\d{1,3}|[a-z]|n(?:ote)?\.? ?\d+|citation needed|来源请求)\s*\]\s*,?\s*)+\Z", re.IGNORECASE
)
_LICENCE_NAMES = frozenset("dc.rights dc.license dcterms.rights dcterms.license license".split())
_DIGITS = re.compile(r"[\[(\s]*\d{1,3}(?:\s*[,–-]\s*\d{1,3})*[\])\s]*\Z")


class NotReadable(Exception):
    """The page cannot be read: `cause` is the slug of the `Broken` it becomes."""

    def __init__(self, cause: str, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause


class Page(NamedTuple):
    """What a page gave. `url` is the page's own word (canonical link), "" if none; the rest as in `Document`."""

    title: str
    text: str
    language: str
    licence: str
    date: str
    url: str
    site: str
    decoded: Decoded


def read_page(raw: bytes, declared: str, url: str) -> Page:
    """The content of one page, given the encoding that the server declared and the address, or "" for either.

    Raises `Undecodable`, and `NotReadable` for a page without text, nested too deeply or too large to extract.
    """
    decoded = decode(raw, declared if canonical(declared) else declared_in(raw))
    tree = _tree(decoded.text)
    facts = _facts(tree)
    for script in list(tree.iter("sup", "sub")):
        _write_out(script)
    from trafilatura import bare_extraction  # a third of a second, and a build asks every source's module something

    try:
        found = bare_extraction(
            tree,
            url=url or None,
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            favor_recall=True,
            deduplicate=False,
            date_extraction_params=dict(_DATES),
        )
    except (RecursionError, ValueError, TypeError, AttributeError, KeyError, IndexError) as error:
        raise NotReadable("extraction", f"trafilatura failed: {type(error).__name__}: {error}"[:200]) from error
    if found is None or isinstance(found, dict) or found.body is None:
        raise NotReadable("empty-text", "no main content was found on the page")
    text = "\n\n".join(blocks(found.body))
    if not text:
        raise NotReadable("empty-text", "no main content was found on the page")
    title = " ".join((found.title or "").split())
    if title and not _begins_with(text, title):
        text = f"{title}\n\n{text}"
    return Page(
        title, text, facts["language"], facts["licence"], found.date or "", facts["url"], found.sitename or "", decoded
    )


def declared_in(raw: bytes) -> str:
    """The encoding that the page itself declares: XML declaration, else a meta element; "" without."""
    head = raw[:_HEAD_BYTES]
    found = _XML_ENCODING.match(head) or _META_CHARSET.search(head)
    label = found[1].decode("ascii", "replace") if found else ""
    # A page whose declaration could be read as ASCII is not UTF-16, whatever it says (WHATWG, 13.2.3.2).
    return "" if canonical(label).startswith(("utf-16", "utf-32")) else label


def _tree(text: str) -> Any:
    """Parse, with the parser's limit on depth (256) as a guard; a page cut there is refused and not shortened."""
    if _MANY_ATTRIBUTES.search(text):
        raise NotReadable("too-complex", "an element of the page has more than 1,000 attributes")
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=False)
    try:
        tree = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise NotReadable("empty-text", f"no HTML: {error}") from error
    if any("xcessive depth" in entry.message for entry in parser.error_log):
        raise NotReadable("too-nested", "the elements of the page are nested more than 256 deep")
    elements = widest = 0
    for element in tree.iter(etree.Element):
        elements += 1
        widest = max(widest, len(element))
    if elements > MAX_ELEMENTS or widest > MAX_CHILDREN:
        raise NotReadable("too-complex", f"the page has {elements:,} elements, up to {widest:,} in one")
    return tree


def _facts(tree: Any) -> dict[str, str]:
    """Language, licence and address as the page declares them."""
    language = tree.get("lang") or tree.get("{http://www.w3.org/XML/1998/namespace}lang") or tree.get("xml:lang") or ""
    url = ""
    for element in tree.iter("link", "meta"):
        named = (element.get("http-equiv") or element.get("property") or element.get("name") or "").lower()
        if element.tag == "link" and "canonical" in (element.get("rel") or "").lower().split():
            url = element.get("href") or url
        elif named == "og:url":
            url = url or element.get("content") or ""
        elif named == "content-language":
            language = language or element.get("content") or ""
    return {"language": _language(language), "licence": _licence(tree), "url": url.strip() if "://" in url else ""}


def _language(label: str) -> str:
    """BCP 47 spelling: `zh_CN` is `zh-CN`, `ZH-hans` is `zh-Hans`."""
    parts = re.split(r"[-_]", label.strip().split(",")[0].split(";")[0].strip())
    if not re.fullmatch(r"[A-Za-z]{2,3}", parts[0]):
        return ""
    rest = [
        part.title() if len(part) == 4 else part.upper()
        for part in parts[1:3]
        if re.fullmatch(r"[A-Za-z0-9]{2,4}", part)
    ]
    return "-".join([parts[0].lower(), *rest])


def _licence(tree: Any) -> str:
    """From links marked `rel="license"` and metadata; else from Creative Commons links if they all say the same,
    for a single picture may have a licence of its own."""
    marked, linked = [], []
    for element in tree.iter("a", "link", "meta"):
        href = element.get("href") or ""
        if element.tag == "meta":
            if (element.get("name") or element.get("property") or "").lower() in _LICENCE_NAMES:
                marked.append(spdx_from_text(element.get("content") or ""))
        elif "license" in (element.get("rel") or "").lower().split():
            marked.append(spdx_from_url(href))
        elif "creativecommons.org" in href:
            linked.append(spdx_from_url(href))
    found = strictest(marked)
    if found == UNKNOWN_LICENCE and len(set(linked)) == 1 and linked[0] != PUBLIC_DOMAIN:
        return linked[0]
    return found


def _write_out(script: Any) -> None:
    """Replace a superscript or subscript by its text, or by nothing when it is the mark of a reference."""
    parent = script.getparent()
    if parent is None:
        return
    content = "".join(script.itertext())
    anchors = list(script.iter("a"))
    internal = any((anchor.get("href") or "").rpartition("/")[2].startswith("#") for anchor in anchors)
    if script.tag == "sup" and (_REFERENCE.match(content) or (internal and _DIGITS.match(content))):
        script.drop_tree()
        return
    before, after = _text_before(script)[-1:], (script.tail or "")[:3]
    probe = etree.Element("p")
    probe.text = before
    etree.SubElement(probe, script.tag).text = content
    probe[0].tail = after
    written = inline_text(probe)
    written = written[len(before.strip()) :].removesuffix(after.rstrip())
    for child in list(script):
        script.remove(child)
    script.text = written
    script.tag = "span"  # cheaper than taking the element out, and trafilatura reads through it


def _text_before(element: Any) -> str:
    """What stands directly before an element on its line."""
    previous = element.getprevious()
    while previous is not None:
        if previous.tail:
            return str(previous.tail)
        inside = "".join(previous.itertext())
        if inside or previous.tag == "br":
            return inside
        previous = previous.getprevious()
    parent = element.getparent()
    return str(parent.text or "") if parent is not None else ""


def _begins_with(text: str, title: str) -> bool:
    squeezed = re.sub(r"\W+", "", title).lower()
    return bool(squeezed) and re.sub(r"\W+", "", text[: 3 * len(title) + 40]).lower().startswith(squeezed)
