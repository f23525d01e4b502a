"""The shipped samples of the text and table sources hold what the quick start is to show, and say they are invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import corpus
from corpus.document import Broken, Document, Item, Record
from corpus.listing import list_files
from corpus.sources import table, text
from corpus.sources.settings import TableSettings, TextSettings

SAMPLES = Path(corpus.__file__).parent / "samples"
MARKS = r"(?:^<目录>(?P<section>.*)\n\s*)?^<篇名>(?P<title>.*)"


def read_text(name: str, **changes: Any) -> list[Item]:
    source = TextSettings(**({"kind": "text", "name": "classics", "path": f"text/{name}"} | changes))
    (file,) = list_files(source, str(SAMPLES), text.SUFFIXES)
    return list(text.read(file, source))


def read_table(name: str, **changes: Any) -> list[Item]:
    source = TableSettings(**({"kind": "table", "name": "samples", "path": f"tables/{name}"} | changes))
    (file,) = list_files(source, str(SAMPLES), table.SUFFIXES)
    table.check(file, source)
    return list(table.read(file, source))


def documents(found: list[Item]) -> list[Document]:
    return [document for item in found if isinstance(item, Record) for document in item.documents]


def test_the_book_is_in_gb18030_and_marks_its_chapters() -> None:
    raw = (SAMPLES / "text" / "materia_medica.txt").read_bytes()
    assert "虚构样本" in raw.decode("gb18030")
    found = documents(read_text("materia_medica.txt", split=MARKS))
    assert [document.title for document in found] == ["山居本草拾遗", "青岚草", "雨后藤", "白石髓", "卷末", "清岚饮"]
    assert found[4].text == "卷末"


def test_the_english_text_is_one_document() -> None:
    (document,) = documents(read_text("night_ward.txt"))
    assert "An invented sample" in document.text


def test_the_handbook_holds_copies_near_copies_a_dose_apart_and_what_is_broken() -> None:
    found = read_table(
        "handbook.jsonl", title="title", id="id", licence_field="license", date="updated", meta=("note",)
    )
    by_id = {document.id.removeprefix("table:samples/"): document for document in documents(found)}
    assert {json.loads(document.meta)["note"] for document in by_id.values()} == {"invented sample"}
    assert by_id["en-pulse"].text == by_id["en-pulse-again"].text
    assert by_id["en-tablet-81"].text.replace("81 mg", "325 mg") == by_id["en-tablet-325"].text
    assert by_id["en-hydration"].text.replace("1,204", "3,871") == by_id["en-hydration-mirror"].text
    assert by_id["zh-fever"].text.replace("到医院就诊", "到门诊就诊") == by_id["zh-fever-reprint"].text
    assert len(by_id["zh-pressure"].text) == len(by_id["zh-pressure-hant"].text)
    assert {document.licence for document in by_id.values()} >= {"CC-BY-4.0", "CC0-1.0", "CC-BY-NC-4.0", "unknown"}
    broken = [(item.cause, item.position) for item in found if isinstance(item, Broken)]
    assert broken == [("json-syntax", 16), ("empty-text", 17)]


def test_the_consultations_are_a_csv_in_gb18030() -> None:
    raw = (SAMPLES / "tables" / "consultations.csv").read_bytes()
    assert raw.decode("gb18030").count("虚构样本") == 5
    found = documents(read_table("consultations.csv", text=("提问", "回答"), title="标题", date="日期"))
    assert len(found) == 5
    assert found[0].date == "2024-01-15"


def test_the_exam_items_have_options_answers_and_explanations() -> None:
    lines = (SAMPLES / "tables" / "exam_items.jsonl").read_text(encoding="utf-8").splitlines()
    items = [json.loads(line) for line in lines]
    assert len(items) == 6
    for item in items:
        assert sorted(item["options"]) == list("ABCDE")
        assert item["answer"] in item["options"]
        assert item["note"] == "invented sample"
        assert item["exam"].startswith("invented-")
        assert item["explanation"]
