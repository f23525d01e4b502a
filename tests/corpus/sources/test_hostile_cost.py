"""What small hostile files may cost: one row for one bad row, and time that grows with the bytes, not their square.

Times are of the processor and far above what is needed (files like these took 7 to 23 s before).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from corpus.document import Broken, Item, Record
from corpus.files import InputFile
from corpus.sources import pmc, pubmed, table
from corpus.sources.json_cursor import BadValue, Cursor
from corpus.sources.pubmed_window import Window
from corpus.sources.settings import PmcSettings, PubmedSettings, TableSettings
from corpus.sources.table_fields import Fields

DEEP = "[" * 600 + "]" * 600
SECONDS = 5.0  # measured: 0.1 to 1.2


def file_of(folder: Path, name: str, content: str) -> InputFile:
    (folder / name).write_text(content)
    return InputFile(str(folder / name), name, len(content), "")


def of_table(file: InputFile, **changes: Any) -> list[Item]:
    source = TableSettings(**({"kind": "table", "name": "t", "path": "t", "id": "id"} | changes))
    table.check(file, source)
    return list(table.read(file, source))


def of_pmc(file: InputFile) -> list[Item]:
    return list(pmc.read(file, PmcSettings(kind="pmc", name="p", path="p")))


def of_pubmed(file: InputFile) -> list[Item]:
    return list(pubmed.read(file, PubmedSettings(kind="pubmed", name="p", path="p")))


def test_a_deep_field_that_nobody_reads_does_no_harm(tmp_path: Path) -> None:
    (found,) = of_table(file_of(tmp_path, "t.jsonl", f'{{"id":"1","text":"x","m":{DEEP}}}\n'))
    assert isinstance(found, Record)


@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
@pytest.mark.parametrize("deep", [DEEP, '{"a":' * 600 + "1" + "}" * 600])
@pytest.mark.parametrize(
    "fields", [{"meta": ("m",)}, {"text": "m"}, {"title": "m"}, {"meta": ("m.x.y",), "title": "m.x"}], ids=str
)
def test_a_row_nested_too_deeply_costs_itself_and_no_other(
    tmp_path: Path, name: str, deep: str, fields: dict[str, Any]
) -> None:
    rows = [json.dumps({"id": str(number), "text": "x", "m": "y"}) for number in range(3010)]
    rows[3000] = f'{{"id":"3000","text":"x","m":{deep}}}'
    content = "\n".join(rows) if name == "t.jsonl" else "[" + ",\n".join(rows) + "]"
    found = of_table(file_of(tmp_path, name, content), **fields)
    assert [item.position for item in found] == list(range(1, 3011))
    bad = [item for item in found if isinstance(item, Broken)]
    if "m.x" in fields.values() and deep is not DEEP:
        assert not bad  # a path into objects goes no deeper than it is long
    else:
        assert [(item.position, item.cause, item.key) for item in bad] == [(3001, "not-text", "table:t/3000")]
        named = fields.get("text") == "m" and deep is not DEEP  # an object where text is expected, however deep
        assert ("holds an object" if named else "too deeply nested") in bad[0].detail


def test_a_row_that_raises_what_nobody_foresaw_costs_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = Fields._document

    def failing(self: Any, key: str, *rest: Any) -> Any:
        if key == "table:t/1":
            raise RecursionError("maximum recursion depth exceeded \ud800")
        return original(self, key, *rest)

    monkeypatch.setattr(Fields, "_document", failing)
    content = "".join(f'{{"id": {number}, "text": "x"}}\n' for number in range(3))
    found = of_table(file_of(tmp_path, "t.jsonl", content))
    assert [item.key for item in found if isinstance(item, Record)] == ["table:t/0", "table:t/2"]
    (bad,) = (item for item in found if isinstance(item, Broken))
    assert (bad.cause, bad.key) == ("reader-error", "table:t/1")
    bad.detail.encode()


def test_an_object_whose_text_lies_too_deep_is_broken(tmp_path: Path) -> None:
    found = of_table(file_of(tmp_path, "t.json", f'{{"id": 1, "m": {DEEP}}}'), text="m.x", format="json", id="")
    assert [(item.cause, "too deeply nested" in item.detail) for item in found if isinstance(item, Broken)] == [
        ("not-text", True)
    ]


A, END = "<PubmedArticle>", "</PubmedArticle>"
COSTLY: dict[str, tuple[Callable[[InputFile], list[Item]], str, int]] = {
    "articles.xml": (of_pmc, "<article>" * 20_000, 20_000),
    "articles-and-one-end.xml": (of_pmc, "<article>" * 20_000 + "</article>", 20_000),
    "starts.xml": (of_pubmed, "<PubmedArticleSet>" + A * 60_000, 60_000),
    "starts-and-one-end.xml": (of_pubmed, "<PubmedArticleSet>" + A * 60_000 + END + "</PubmedArticleSet>", 60_000),
    "comments.xml": (of_pubmed, "<PubmedArticleSet>" + f"{A}<!--" * 60_000 + END + "</PubmedArticleSet>", 0),
    "instructions.xml": (of_pubmed, "<PubmedArticleSet>" + f"{A}<?" * 60_000 + END + "</PubmedArticleSet>", 0),
    "one-comment.xml": (of_pubmed, "<PubmedArticleSet>" + f"{A}<!--" * 60_000 + "-->" + " " * 10**6 + A + END, 0),
    "false-ends.xml": (of_pubmed, "<PubmedArticleSet>" + A * 30_000 + "</PubmedArticleX>" * 30_000, 0),
    "open-ends.xml": (of_pubmed, "<PubmedArticleSet>" + A * 30_000 + END[:-1] * 30_000 + ">", 0),
    "names.json": (of_table, '[{"text":"a"},' + '{"text":x},' * 40_000 + '{"text":"z"}]', 40_002),
    "closers.json": (of_table, '[{"text":"a"},' + '{"text":"x"],' * 40_000 + '{"text":"z"}]', 0),
    "commas.json": (of_table, '[{"text":"a"},\n' + '{"text":"x",},\n' * 40_000 + '{"text":"z"}]', 40_002),
}


@pytest.mark.parametrize("name", COSTLY)
def test_the_time_for_a_damaged_file_grows_with_its_size_only(tmp_path: Path, name: str) -> None:
    read, content, expected = COSTLY[name]
    file = file_of(tmp_path, name, content)
    began = time.process_time()
    found = read(file) if read is not of_table else of_table(file, id="")
    assert time.process_time() - began < SECONDS
    assert len(found) == expected or (not expected and found)


def test_an_end_that_is_not_there_is_searched_for_once() -> None:
    searched = 0

    class Counted(bytes):
        def find(self, what: Any, start: Any = 0, end: Any = None) -> int:
            nonlocal searched
            searched += len(self) - start
            return bytes.find(self, what, start)

    window = Window(iter([b""]))
    window.data = Counted(b"<a>" * 5_000)
    for at in range(0, len(window.data), 3):
        window.at = at
        assert window.find(b"</a", 1, 1 << 20) == -1
    assert searched < 2 * len(window.data)


def test_a_place_that_was_found_is_found_again_from_before_it_and_not_from_behind() -> None:
    window = Window(iter([b"..x..", b".x..x"]))
    assert [window.find(b"x", start, 99) for start in (0, 1, 2, 3, 0, 7, 4, 6)] == [2, 2, 2, 6, 2, 9, 6, 6]
    window.at = 3
    assert [window.find(b"x", start, 99) for start in (0, 4, 7)] == [3, 6, -1]


def test_lines_and_columns_are_right_wherever_the_text_was_cut() -> None:
    text = "[" + ",\n ".join(["7", '{"a": "\n"}', "x y", '"' + "long\n" * 40_000 + '"', "[1,]", "8", " y"]) + "]"
    for size in (1, 7, 1 << 12, 1 << 20):
        cursor = Cursor((text[at : at + size] for at in range(0, len(text), size)), 1 << 20)
        places = []
        cursor.take("[")
        while cursor.peek() != "]":
            try:
                cursor.value()
            except BadValue as error:
                places.append(error.detail.split(":")[0])
                cursor.skip()
            if cursor.peek() == ",":
                cursor.take(",")
        assert places == ["line 4, column 2", "line 40,006, column 5", "line 40,008, column 3"]
