"""A row by field name, and the record that the recipe's field map makes of it.

Rows come from the readers of the formats; `table.py` passes the records on to `corpus/ingest.py`. A field is looked
up by its literal name first ("Explanation." is a real column name), then as a dotted path into nested rows, where a
number picks from a list (`answers.0`) and any other name is taken from each element (`contexts.text`).
"""

from __future__ import annotations

import datetime
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

from corpus.document import UNKNOWN_LICENCE, Broken, Document, Item, Record, digest, file_id, meta_json
from corpus.licences import spdx_from_text, spdx_from_url
from corpus.sources.decoded import settled, too_damaged
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Row, too_large

MISSING = object()
# What a row that nobody thought of may raise.
_UNFORESEEN = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError)
NAMES_SHOWN = 20
LONG_ID = 200  # characters; a longer value is hardly an id, and its hash is one
DEEPEST = 100  # levels of lists and objects; a fixed number, for what the interpreter bears depends on who calls
UNSURE_INTEGER = 2**53  # orjson reads integers beyond 64 bits as floats, from here on not exactly

_DATE = re.compile(r"(\d{4})(?:\.0)?(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?月?|年)?(?=$|[T\s])")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)$")
_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*$", re.IGNORECASE)
# How data sets write languages, beside BCP 47: names, and the three-letter codes of ISO 639-2 that BCP 47 shortens.
_LANGUAGES = {
    "english": "en", "eng": "en", "chinese": "zh", "chi": "zh", "zho": "zh", "cmn": "zh", "mandarin": "zh",
    "中文": "zh", "汉语": "zh", "英文": "en", "英语": "en", "cn": "zh", "zh-cn": "zh-Hans", "zh-sg": "zh-Hans",
    "zh-tw": "zh-Hant", "zh-hk": "zh-Hant", "zh-mo": "zh-Hant",
    "简体中文": "zh-Hans", "繁體中文": "zh-Hant", "繁体中文": "zh-Hant",
    "simplified chinese": "zh-Hans", "traditional chinese": "zh-Hant", "german": "de", "ger": "de", "deu": "de",
    "french": "fr", "fre": "fr", "fra": "fr", "spanish": "es", "spa": "es", "japanese": "ja", "jpn": "ja",
}  # fmt: skip


class TooDeep(ValueError):
    """Lists or objects nested beyond `DEEPEST` levels, where a field is to be read."""

    def __init__(self) -> None:
        super().__init__(f"a field is too deeply nested: more than {DEEPEST} levels")


def lookup(row: Any, name: str, levels: int = DEEPEST) -> Any:
    """The value of a field, or `MISSING`. Raises `TooDeep`."""
    if not levels:
        raise TooDeep
    if isinstance(row, dict):
        if name in row:
            return row[name]
        if "." not in name:
            return MISSING
        for dot in (place for place, character in enumerate(name) if character == "."):
            inner = row.get(name[:dot], MISSING)
            found = MISSING if inner is MISSING else lookup(inner, name[dot + 1 :], levels - 1)
            if found is not MISSING:
                return found
    elif isinstance(row, list):
        first, _, rest = name.partition(".")
        if first.isdecimal():
            inner = row[int(first)] if int(first) < len(row) else MISSING
            return lookup(inner, rest, levels - 1) if rest else inner
        found = [value for value in (lookup(element, name, levels - 1) for element in row) if value is not MISSING]
        return found or MISSING
    return MISSING


def text_fields(settings: TableSettings) -> tuple[str, ...]:
    """The fields of the text, in order."""
    return (settings.text,) if isinstance(settings.text, str) else settings.text


class Fields:
    """The field map of a recipe, ready to be applied to many rows of one file."""

    def __init__(self, settings: TableSettings, file_name: str) -> None:
        self._settings, self._file_name = settings, file_name
        self._texts = text_fields(settings)
        # Only what is asked for costs time: most recipes name few of these.
        self._url = {"url": settings.url} if settings.url and settings.url not in settings.meta else {}
        self._meta = {name: name for name in settings.meta} | self._url
        self._limit = settings.max_record_bytes

    def item(self, row: Row, position: int) -> Item:
        """The record of a row, with one document, or what is wrong with the row; it costs this row only."""
        key = ""
        try:
            if self._settings.id:
                key = _key(lookup(row.value, self._settings.id), self._settings.name)
            return self._item(row, position, key)
        except TooDeep as error:
            return Broken(position, "not-text", f"{row.where}: {error}", key)
        except _UNFORESEEN as error:
            told = f"{row.where}: {type(error).__name__}: {str(error)[:200]}"
            return Broken(position, "reader-error", settled(told)[0], key)

    def _item(self, row: Row, position: int, key: str) -> Item:
        settings, value = self._settings, row.value
        cells = [lookup(value, name) for name in self._texts]
        if fault := self._fault(cells, row):
            return Broken(position, *fault, key)
        text, replaced = settled(as_text(cells[0])) if len(cells) == 1 else _joined(cells)
        title = " ".join(_field(value, settings.title).split())
        if title and not text.startswith(title):
            text = f"{title}\n\n{text}" if text else title
        if not text:
            return Broken(position, "empty-text", f"{row.where}: there is no text in {', '.join(self._texts)}", key)
        if len(text) * 4 > self._limit and (size := len(text.encode())) > self._limit:
            return Broken(position, *too_large(row.where, size, self._limit), key)
        if replaced and too_damaged(text, replaced):
            detail = f"{row.where}: {replaced:,} of {len(text):,} characters could not be decoded"
            return Broken(position, "undecodable", detail, key)
        key = key or file_id(settings.name, self._file_name, text)
        return Record(key, position, (self._document(key, text, title, value, replaced),))

    def _fault(self, cells: list[Any], row: Row) -> tuple[str, str] | None:
        """Why the cells are no text."""
        for name, cell in zip(self._texts, cells, strict=True):
            if cell.__class__ is not str and (inner := _object_in(cell)):
                detail = f"{row.where}: field {name!r} holds an object; name a field in it, such as {name}.{inner}"
                return "not-text", detail
        if all(cell is MISSING for cell in cells):
            wanted = " or ".join(repr(name) for name in self._texts)
            return "missing-field", f"{row.where}: no field {wanted}; this row has: {names_of(row.value)}"
        return None

    def _document(self, key: str, text: str, title: str, value: dict[str, Any], replaced: int) -> Document:
        settings = self._settings
        language = language_of(_field(value, settings.language_field)) if settings.language_field else ""
        licence, licence_text = _licence(_field(value, settings.licence_field), settings.licence)
        date, date_text = date_of(_field(value, settings.date)) if settings.date else ("", "")
        facts = {name: plain(lookup(value, field)) for name, field in self._meta.items()}
        if replaced or licence_text or date_text:
            facts |= {"replaced": replaced or None, "licence_text": licence_text, "date_text": date_text}
        meta = meta_json(**facts) if facts else "{}"
        return Document(key, text, title, language or settings.language, licence, date, meta)


def _joined(cells: list[Any]) -> tuple[str, int]:
    """Several cells as one text, by blank lines, and how many places had to be replaced."""
    parts = [settled(as_text(cell)) for cell in cells]
    return "\n\n".join(text for text, _ in parts if text), sum(replaced for _, replaced in parts)


def _field(value: dict[str, Any], name: str) -> str:
    """A field as text, "" where there is none or no such field is asked for."""
    return settled(as_text(lookup(value, name)))[0].strip() if name else ""


def _key(value: Any, source: str) -> str:
    """The id of a row that has one; a row without gets an id by its content, like a row of a table without."""
    if value is None or value is MISSING or isinstance(value, list | dict | bool | bytes):
        return ""
    if isinstance(value, float) and (not math.isfinite(value) or abs(value) >= UNSURE_INTEGER):
        return ""
    text = unicodedata.normalize("NFC", settled(str(value))[0].strip())
    if len(text) > LONG_ID or not text.isprintable():
        text = digest(text)
    return f"table:{source}/{text}" if text else ""


def names_of(row: dict[str, Any]) -> str:
    """The field names of a row for a message: not all, if there are many, and none at length."""
    names = [settled(str(name))[0][:60] for name in row]
    more = f" and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else ""
    return ", ".join(names[:NAMES_SHOWN]) + more if names else "no fields"


def _object_in(value: Any, levels: int = DEEPEST) -> str:
    """The first field of an object that stands where text is expected, also within lists; "" if none does."""
    if not levels:
        raise TooDeep
    if isinstance(value, list):
        return next((inner for element in value if (inner := _object_in(element, levels - 1))), "")
    return str(next(iter(value), "its-field")) if isinstance(value, dict) else ""


def as_text(value: Any, levels: int = DEEPEST) -> str:
    """A cell as text: lists joined by line ends, numbers as written, nothing for null and NaN. Raises `TooDeep`."""
    if isinstance(value, str):
        return value
    if not levels:
        raise TooDeep
    if isinstance(value, list | tuple):
        return "\n".join([part for element in value if (part := as_text(element, levels - 1))])
    if isinstance(value, dict):
        plain(value, levels)  # for its depth
    if value is None or value is MISSING or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return str(value).lower() if isinstance(value, bool) else str(value)


def plain(value: Any, levels: int = DEEPEST) -> Any:
    """A cell as `meta` can hold it: JSON values, with text that UTF-8 can encode. Raises `TooDeep`."""
    if not levels:
        raise TooDeep
    if isinstance(value, dict):
        return {settled(str(name))[0]: plain(inner, levels - 1) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner, levels - 1) for inner in value]
    if value is MISSING or (isinstance(value, float | Decimal) and not math.isfinite(value)):
        return None
    return value if isinstance(value, bool | int | float) or value is None else settled(as_text(value))[0]


def date_of(written: str) -> tuple[str, str]:
    """A date as `2019`, `2019-03` or `2019-03-05`; and as it was written, where it could not be understood."""
    found = _DATE.match(written) or _COMPACT.match(written)
    if not found or int(found[1]) == 0:
        return "", written
    year, month, day = (int(part or 0) for part in found.groups())
    if not month:
        return f"{year:04}", ""
    try:
        datetime.date(year, month, day or 1)
    except ValueError:
        return f"{year:04}", written
    return (f"{year:04}-{month:02}-{day:02}" if day else f"{year:04}-{month:02}"), ""


def language_of(written: str) -> str:
    """BCP 47 for what a row says of its language, or "" when that is nothing we know."""
    label = written.replace("_", "-").strip()
    if known := _LANGUAGES.get(label.lower()):
        return known
    if not _TAG.match(label):
        return ""
    language, *rest = label.split("-")
    shapes = {4: str.capitalize, 2: str.upper}  # RFC 5646, section 2.1.1: zh-Hant-TW
    return "-".join([language.lower(), *(shapes.get(len(part), str.lower)(part) for part in rest)])


def _licence(written: str, assumed: str) -> tuple[str, str]:
    """The SPDX id, and the statement where it was not understood: that grants nothing, whatever the recipe assumes of
    rows that say nothing."""
    if not written:
        return assumed, ""
    # Data sets write "cc-by-4.0" and "CC_BY"; in running text only the capitals can be trusted.
    label = written.upper().replace("_", "-") if len(written) < 40 else written
    for found in (spdx_from_url(written), spdx_from_text(written), spdx_from_text(label)):
        if found != UNKNOWN_LICENCE:
            return found, ""
    return UNKNOWN_LICENCE, written
