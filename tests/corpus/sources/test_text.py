"""Tests of corpus/sources/text.py: whole files, books cut at their marks, and everything that is no text."""

from __future__ import annotations

import gzip
import json
import os
import random
import re
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import Broken, Document, Item, Record, file_id
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.listing import list_files
from corpus.sources import decoded, text
from corpus.sources.settings import TextSettings

MARKS = r"(?:^<目录>(?P<section>.*)\n\s*)?^<篇名>(?P<title>.*)"
BOOK = """<篇名>拾遗小录
书名：拾遗小录
作者：无名氏
朝代：清
年份：公元1800年

<目录>卷一

<篇名>青皮草

内容：味苦，微寒。主咽痛。
\u3000\u3000又方，煎服。

<目录>卷二

<篇名>白石

属性：味甘，平。
"""


def written(folder: Path, content: bytes | str, name: str = "book.txt") -> InputFile:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    return InputFile(str(folder / name), name, len(raw), "")


def options(**changes: Any) -> TextSettings:
    return TextSettings(**({"kind": "text", "name": "books", "path": "books"} | changes))


def items(folder: Path, content: bytes | str, name: str = "book.txt", **changes: Any) -> list[Item]:
    return list(text.read(written(folder, content, name), options(**changes)))


def documents(found: list[Item]) -> list[Document]:
    return [document for item in found if isinstance(item, Record) for document in item.documents]


def only_broken(found: list[Item]) -> Broken:
    assert len(found) == 1
    assert isinstance(found[0], Broken)
    return found[0]


def test_a_file_is_one_document_named_by_its_content(tmp_path: Path) -> None:
    (record,) = items(tmp_path, "Aspirin 81 mg.\n", language="en", licence="CC0-1.0")
    assert isinstance(record, Record)
    document = record.documents[0]
    assert document == Document(
        file_id("books", "book.txt", "Aspirin 81 mg."), "Aspirin 81 mg.", "", "en", "CC0-1.0", "", "{}"
    )
    assert (record.key, record.position, record.version) == (document.id, 1, 1)


def test_line_ends_are_normalised_blank_ends_trimmed_and_nothing_else_changes(tmp_path: Path) -> None:
    inside = "\u3000\u3000Indented  twice \r\n\r\n\tＡＢＣ １２３\x0c\rlast"
    (document,) = documents(items(tmp_path, "\ufeff\r\n \r\n" + inside + " \r\n\r\n"))
    assert document.text == "\u3000\u3000Indented  twice \n\n\tＡＢＣ １２３\x0c\nlast"


def test_the_heading_of_a_markdown_file_is_its_title(tmp_path: Path) -> None:
    (document,) = documents(items(tmp_path, "\n# Fever \n\nRest.", "fever.md"))
    assert (document.title, document.text) == ("Fever", "# Fever \n\nRest.")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_book_is_cut_at_its_marks_in_any_encoding(tmp_path: Path, encoding: str) -> None:
    head, grass, stone = documents(items(tmp_path, (BOOK * 1).encode(encoding), split=MARKS))
    assert head.title == "拾遗小录"
    assert grass.title == "青皮草"
    assert grass.text == "青皮草\n\n内容：味苦，微寒。主咽痛。\n\u3000\u3000又方，煎服。"
    assert stone.text == "白石\n\n属性：味甘，平。"
    assert json.loads(stone.meta) == {
        "author": "无名氏", "book": "拾遗小录", "period": "清", "section": "卷二", "year": "公元1800年",
    }  # fmt: skip


def test_positions_count_the_documents_of_a_file(tmp_path: Path) -> None:
    found = items(tmp_path, BOOK, split=MARKS)
    assert [item.position for item in found] == [1, 2, 3]


def test_text_before_the_first_mark_is_a_document_of_its_own(tmp_path: Path) -> None:
    found = documents(items(tmp_path, "A preface.\n== One\nfirst\n== Two\nsecond", split="^== (.*)"))
    assert [(document.title, document.text) for document in found] == [
        ("", "A preface."), ("One", "One\nfirst"), ("Two", "Two\nsecond"),
    ]  # fmt: skip


def test_a_mark_without_group_stays_in_the_text(tmp_path: Path) -> None:
    found = documents(items(tmp_path, "Chapter 1\na\nChapter 2\nb", split=r"^Chapter \d+"))
    assert [(document.title, document.text) for document in found] == [("", "Chapter 1\na"), ("", "Chapter 2\nb")]


def test_a_lookahead_cuts_without_taking_anything(tmp_path: Path) -> None:
    found = documents(items(tmp_path, "Q: a\nA: b\nQ: c\nA: d", split=r"^(?=Q:)"))
    assert [document.text for document in found] == ["Q: a\nA: b", "Q: c\nA: d"]


def test_a_chapter_of_nothing_but_a_title_is_a_document(tmp_path: Path) -> None:
    found = documents(items(tmp_path, "<篇名>卷一\n\n<篇名>人参\n味甘。", split="<篇名>(.*)"))
    assert [document.text for document in found] == ["卷一", "人参\n味甘。"]


def test_a_mark_without_title_and_text_is_broken_and_counted(tmp_path: Path) -> None:
    found = items(tmp_path, "<篇名>\n\n<篇名>人参\n味甘。", split="<篇名>(.*)")
    assert isinstance(found[0], Broken)
    assert (found[0].position, found[0].cause) == (1, "empty-text")
    assert found[1].position == 2


def test_a_file_without_marks_is_one_document(tmp_path: Path) -> None:
    assert len(documents(items(tmp_path, "No marks here.\nNone.", split=MARKS))) == 1


def test_inserting_a_chapter_moves_no_other_id(tmp_path: Path) -> None:
    before = {document.id for document in documents(items(tmp_path, BOOK, split=MARKS))}
    after = documents(
        items(tmp_path, BOOK.replace("<目录>卷二", "<目录>卷一\n\n<篇名>新增\n补入。\n\n<目录>卷二"), split=MARKS)
    )
    assert len(after) == len(before) + 1
    assert before < {document.id for document in after}


@settings(max_examples=60, deadline=None)
@given(
    chapters=st.lists(st.text(alphabet="ab 药\n。", max_size=60), min_size=1, max_size=12),
    size=st.integers(1, 50),
    margin=st.integers(20, 40),
)
def test_the_size_of_what_is_read_at_once_changes_nothing(chapters: list[str], size: int, margin: int) -> None:
    book = "".join(f"<篇名>t{number}\n{chapter}\n" for number, chapter in enumerate(chapters))
    parts = (book[start : start + size] for start in range(0, len(book), size))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "MARGIN", margin)
        found = [section.text for section in text._sections(parts, options(split=r"^<篇名>(.*)"))]
    assert found == [f"t{number}\n{chapter}\n" for number, chapter in enumerate(chapters)]


def test_a_large_book_is_read_piece_by_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "HEAD", 1 << 16)
    chapters = 600
    body = "味甘，微寒。主补五脏，安精神。" * 1250
    book = "".join(f"<篇名>第{number}章\r\n{body}{number}\r\n" for number in range(chapters)).encode("gb18030")
    file = written(tmp_path, book)
    del book
    tracemalloc.start()
    number = -1
    for number, item in enumerate(text.read(file, options(split="^<篇名>(.*)"))):
        assert isinstance(item, Record)
        assert item.documents[0].text == f"第{number}章\n{body}{number}"
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert number == chapters - 1
    assert peak < 12 << 20 < file.size


def test_a_text_beyond_the_limit_is_oversize(tmp_path: Path) -> None:
    assert only_broken(items(tmp_path, "x" * 3000, max_record_bytes=2048)).cause == "oversize"
    assert only_broken(items(tmp_path, "药" * 1000, max_record_bytes=2048)).cause == "oversize"


def test_a_chapter_beyond_the_limit_is_oversize_and_the_next_one_is_read(tmp_path: Path) -> None:
    book = "== a\nsmall\n== b\n" + "long line of text\n" * 20_000 + "== c\nsmall"
    first, second, third = items(tmp_path, book, split="^== (.*)", max_record_bytes=4096)
    assert isinstance(first, Record)
    assert isinstance(second, Broken)
    assert (second.cause, second.position) == ("oversize", 2)
    assert "360,0" in second.detail
    assert isinstance(third, Record)
    assert third.documents[0].text == "c\nsmall"


def test_an_empty_file_is_broken(tmp_path: Path) -> None:
    assert only_broken(items(tmp_path, "")).cause == "empty-file"


@pytest.mark.parametrize("split", ["", MARKS])
def test_a_file_of_white_space_has_no_text(tmp_path: Path, split: str) -> None:
    assert only_broken(items(tmp_path, " \r\n\t\n", split=split)).cause == "empty-text"


@pytest.mark.parametrize("split", ["", MARKS])
def test_an_image_is_binary(tmp_path: Path, split: str) -> None:
    junk = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + random.Random(3).randbytes(5000)
    assert only_broken(items(tmp_path, junk, split=split)).cause == "binary"


def test_noise_without_a_nul_is_undecodable(tmp_path: Path) -> None:
    noise = bytes(byte for byte in random.Random(5).randbytes(6000) if byte)
    assert only_broken(items(tmp_path, noise)).cause in ("undecodable", "binary")


def test_a_few_bad_bytes_are_replaced_and_counted(tmp_path: Path) -> None:
    raw = BOOK.encode("gb18030")
    at = raw.index("微寒".encode("gb18030"))
    damaged = raw[:at] + b"\xff" + raw[at:]
    found = documents(items(tmp_path, damaged, split=MARKS))
    assert [json.loads(document.meta).get("replaced") for document in found] == [None, 1, None]
    assert "\ufffd" in found[1].text


@pytest.mark.parametrize("near", ["青皮草", "卷一", "无名氏"])
def test_bad_bytes_in_marks_and_headers_are_replaced_as_well(tmp_path: Path, near: str) -> None:
    raw = BOOK.encode("gb18030")
    at = raw.index(near.encode("gb18030")) + len(near.encode("gb18030"))
    for document in documents(items(tmp_path, raw[:at] + b"\xff" + raw[at:], split=MARKS)):
        for value in document:
            value.encode()


def test_a_replacement_character_of_older_damage_is_not_counted_again(tmp_path: Path) -> None:
    (document,) = documents(items(tmp_path, "lost \ufffd\ufffd\ufffd\ufffd\ufffd characters"))
    assert document.meta == "{}"


def test_one_stray_nul_is_replaced_and_counted(tmp_path: Path) -> None:
    (document,) = documents(items(tmp_path, "A long line of ordinary text.\0 " * 1 + "More of it. " * 40))
    assert "\0" not in document.text
    assert json.loads(document.meta) == {"replaced": 1}


def test_the_declared_encoding_decides_where_detection_cannot(tmp_path: Path) -> None:
    raw = "ÄÖÜ".encode("cp437")
    (document,) = documents(items(tmp_path, raw, encoding="cp437"))
    assert document.text == "ÄÖÜ"


def test_a_gzipped_text_is_read_whatever_its_name(tmp_path: Path) -> None:
    (document,) = documents(items(tmp_path, gzip.compress(b"Inside."), "note.txt"))
    assert document.text == "Inside."


def test_a_truncated_whole_text_is_broken(tmp_path: Path) -> None:
    packed = gzip.compress(random.Random(1).randbytes(3000).hex().encode())[:-50]
    assert only_broken(items(tmp_path, packed)).cause == "truncated-gzip"


def test_of_a_truncated_book_the_whole_chapters_stand(tmp_path: Path) -> None:
    noise = random.Random(1)
    book = "".join(f"== {number}\n{noise.randbytes(400).hex()}\n" for number in range(20))
    found = items(tmp_path, gzip.compress(book.encode())[:-900], split="^== (.*)")
    *records, last = found
    assert isinstance(last, Broken)
    assert (last.cause, last.position) == ("truncated-gzip", len(records) + 1)
    assert 15 <= len(records) < 20
    assert all(f"{document.text}\n" in book.replace("== ", "") for document in documents(records))


def test_a_pattern_that_is_none_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no regular expression") as error:
        text.check(written(tmp_path, "x"), options(split="<篇名>(.*"))
    assert 'split in [[source]] "books"' in error.value.where


def test_a_pattern_that_matches_nothing_at_all_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="where there is nothing"):
        text.check(written(tmp_path, "x"), options(split=r"^\s*"))


def test_an_unknown_encoding_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no encoding named 'gbk2'"):
        text.check(written(tmp_path, "x"), options(encoding="gbk2"))


@pytest.mark.skipif("MATERIA_REAL_DATA" not in os.environ, reason="MATERIA_REAL_DATA is not set")
def test_no_chapter_of_the_real_books_is_lost() -> None:
    source = options(path="amber/zh_tcm_books_gb18030", split=MARKS)
    files = list_files(source, os.environ["MATERIA_REAL_DATA"], text.SUFFIXES)
    assert len(files) == 430
    for file in files[::10] + [file for file in files if "婴童类萃" in file.name]:
        raw = Path(file.url).read_bytes().decode("gb18030", "replace")
        found = list(text.read(file, source))
        assert all(isinstance(item, Record) for item in found)
        preface = bool(re.split(r"<目录>|<篇名>", raw)[0].strip())
        assert len(found) == raw.count("<篇名>") + preface or "<篇名>" not in raw
        kept = sum(len("".join(document.text.split())) for document in documents(found))
        marks = sum(len("".join(mark.split())) for mark in re.findall(r"<目录>.*(?=\n\s*<篇名>)|<篇名>", raw))
        assert kept + marks == len("".join(raw.split()))
