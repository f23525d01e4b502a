"""Tests of corpus/sources/table.py: the field map, ids, facts, and the check before work starts."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.document import Broken, Document, Item, Record, file_id
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.sources import table
from corpus.sources.settings import TableSettings
from corpus.sources.table_fields import date_of, language_of, lookup


def written(folder: Path, content: bytes | str | list[Any], name: str = "t.jsonl") -> InputFile:
    if isinstance(content, list):
        content = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in content)
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    (folder / name).write_bytes(raw)
    return InputFile(str(folder / name), name, len(raw), "")


def options(**changes: Any) -> TableSettings:
    return TableSettings(**({"kind": "table", "name": "drugs", "path": "t"} | changes))


def items(folder: Path, content: bytes | str | list[Any], name: str = "t.jsonl", **changes: Any) -> list[Item]:
    return list(table.read(written(folder, content, name), options(**changes)))


def documents(found: list[Item]) -> list[Document]:
    return [document for item in found if isinstance(item, Record) for document in item.documents]


def document_of(folder: Path, row: Any, **changes: Any) -> Document:
    (document,) = documents(items(folder, [row], **changes))
    return document


def broken_of(folder: Path, row: Any, **changes: Any) -> Broken:
    (item,) = items(folder, [row], **changes)
    assert isinstance(item, Broken)
    return item


def test_a_row_with_an_id_keeps_it(tmp_path: Path) -> None:
    (record,) = items(tmp_path, [{"code": 7, "text": "Take one."}], id="code")
    assert isinstance(record, Record)
    assert (record.key, record.position, record.documents[0].id) == ("table:drugs/7", 1, "table:drugs/7")


@pytest.mark.parametrize("code", ["", None, [], {}, True, 1e300 * 10, float(2**60)])
def test_a_row_without_a_usable_id_is_known_by_its_content(tmp_path: Path, code: Any) -> None:
    content = '{"code": %s, "text": "Take one."}' % json.dumps(code)  # noqa: UP031
    (document,) = documents(items(tmp_path, content, id="code"))
    assert document.id == file_id("drugs", "t.jsonl", "Take one.")


def test_an_id_that_is_a_whole_text_or_has_line_ends_is_hashed(tmp_path: Path) -> None:
    for code in ("x" * 500, "a\nb"):
        assert len(document_of(tmp_path, {"code": code, "text": "Take one."}, id="code").id) == len("table:drugs/") + 16


def test_a_duplicate_id_with_other_text_gives_two_records_of_one_key(tmp_path: Path) -> None:
    first, second = items(tmp_path, [{"id": "a", "text": "81 mg"}, {"id": "a", "text": "325 mg"}], id="id")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert first.key == second.key
    assert first.position < second.position


def test_several_text_fields_are_joined_by_a_blank_line_and_empty_ones_left_out(tmp_path: Path) -> None:
    row = {"q": "头痛？", "context": "", "a": "休息。"}
    assert document_of(tmp_path, row, text=("q", "context", "a", "absent")).text == "头痛？\n\n休息。"


def test_the_title_goes_before_a_text_that_does_not_begin_with_it(tmp_path: Path) -> None:
    row = {"name": " Aspi\nrin ", "text": "For pain."}
    assert document_of(tmp_path, row, title="name")[1:3] == ("Aspi rin\n\nFor pain.", "Aspi rin")
    assert document_of(tmp_path, row | {"text": "Aspi rin is old."}, title="name").text == "Aspi rin is old."


def test_dotted_paths_lead_into_nested_rows(tmp_path: Path) -> None:
    row = {"drug": {"dose": {"adult": "325 mg"}, "notes": [{"t": "one"}, {"t": "two"}, {}]}, "a.b": "literal"}
    assert document_of(tmp_path, row, text="drug.dose.adult").text == "325 mg"
    assert document_of(tmp_path, row, text="drug.notes.t").text == "one\ntwo"
    assert document_of(tmp_path, row, text="drug.notes.1.t").text == "two"
    assert document_of(tmp_path, row, text="a.b").text == "literal"


@given(
    st.recursive(
        st.none() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner)
    )
)
def test_looking_up_any_name_in_any_value_never_fails(value: Any) -> None:
    for name in ("a", "a.b", ".", "0", "0.0.a", "", "..", "a."):
        lookup(value, name)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["one", "two", "", None], "one\ntwo"), ([["q1", "q2"], ["q3"]], "q1\nq2\nq3"), (42, "42"), (1.5, "1.5"),
        (True, "true"), ("  indented\n", "  indented"), ("a\r\nb", "a\nb"),
    ],
)  # fmt: skip
def test_values_become_text_as_a_reader_would_write_them(tmp_path: Path, value: Any, expected: str) -> None:
    assert document_of(tmp_path, {"text": value}).text == expected


@pytest.mark.parametrize("value", ["", " \n\t", None, [], [""], float("nan")])
def test_a_row_without_text_is_broken_and_named(tmp_path: Path, value: Any) -> None:
    broken = broken_of(tmp_path, {"text": value, "id": 5}, id="id")
    assert (broken.cause, broken.key) == ("empty-text", "table:drugs/5")
    assert broken.detail == "line 1: there is no text in text"


def test_a_missing_text_field_says_which_fields_exist(tmp_path: Path) -> None:
    broken = broken_of(tmp_path, {"instruction": "a", "input": "b", "output": "c"})
    assert broken.cause == "missing-field"
    assert broken.detail == "line 1: no field 'text'; this row has: instruction, input, output"


def test_a_text_field_that_holds_an_object_says_what_to_name(tmp_path: Path) -> None:
    broken = broken_of(tmp_path, {"text": {"body": "a"}})
    assert (broken.cause, "text.body" in broken.detail) == ("not-text", True)
    assert broken_of(tmp_path, {"text": [{"body": "a"}]}).cause == "not-text"


def test_half_surrogate_pairs_and_nuls_are_replaced_and_counted(tmp_path: Path) -> None:
    (document,) = documents(items(tmp_path, r'{"text": "a\ud800b\u0000c \ud83d\ude00"}'))
    assert document.text == "a\ufffdb\ufffdc 😀"
    assert json.loads(document.meta) == {"replaced": 2}


def test_a_text_of_nothing_but_half_pairs_is_undecodable(tmp_path: Path) -> None:
    (item,) = items(tmp_path, '{"text": "%s"}' % (r"\ud800x" * 50))
    assert isinstance(item, Broken)
    assert item.cause == "undecodable"


def test_facts_of_a_row_win_over_the_recipe(tmp_path: Path) -> None:
    row = {
        "text": "x", "lic": "cc-by-nc-4.0", "lang": "zh_TW", "when": "2019年3月5日", "link": "https://a.example/1",
        "views": 12, "tags": ["a", None], "deep": {"n": float("nan")}, "none": None,
    }  # fmt: skip
    document = document_of(
        tmp_path, row, licence="CC0-1.0", language="en", licence_field="lic", language_field="lang", date="when",
        url="link", meta=("views", "tags", "deep", "none"),
    )  # fmt: skip
    assert (document.licence, document.language, document.date) == ("CC-BY-NC-4.0", "zh-Hant", "2019-03-05")
    assert json.loads(document.meta) == {
        "views": 12, "tags": ["a", None], "deep": {"n": None}, "url": "https://a.example/1",
    }  # fmt: skip


def test_what_a_row_leaves_out_is_as_the_recipe_says(tmp_path: Path) -> None:
    document = document_of(tmp_path, {"text": "x", "lic": ""}, licence="CC0-1.0", language="en", licence_field="lic")
    assert (document.licence, document.language, document.date, document.meta) == ("CC0-1.0", "en", "", "{}")


def test_a_licence_that_is_not_understood_grants_nothing_and_is_kept_as_written(tmp_path: Path) -> None:
    document = document_of(tmp_path, {"text": "x", "lic": "ask us"}, licence="CC0-1.0", licence_field="lic")
    assert document.licence == "unknown"
    assert json.loads(document.meta) == {"licence_text": "ask us"}


@pytest.mark.parametrize(
    ("written_as", "date", "kept"),
    [
        ("2019", "2019", ""), ("1999.0", "1999", ""), ("2019-03", "2019-03", ""), ("2019/3/5", "2019-03-05", ""),
        ("20190305", "2019-03-05", ""), ("2022-05-19T09:45:36Z", "2022-05-19", ""), ("2019年3月", "2019-03", ""),
        ("2019年", "2019", ""), ("2019-13-45", "2019", "2019-13-45"), ("2019-02-30", "2019", "2019-02-30"),
        ("last week", "", "last week"), ("", "", ""), ("0000", "", "0000"), ("20199", "", "20199"),
    ],
)  # fmt: skip
def test_dates_are_as_precise_as_they_were_written(written_as: str, date: str, kept: str) -> None:
    assert date_of(written_as) == (date, kept)


@pytest.mark.parametrize(
    ("label", "tag"),
    [
        ("en", "en"), ("EN-us", "en-US"), ("zh_cn", "zh-Hans"), ("zh-hant-tw", "zh-Hant-TW"), ("Chinese", "zh"),
        ("chi", "zh"), ("简体中文", "zh-Hans"), ("lzh", "lzh"), ("who knows", ""), ("", ""),
    ],
)  # fmt: skip
def test_languages_become_tags(label: str, tag: str) -> None:
    assert language_of(label) == tag


def test_inserting_a_row_moves_no_other_id(tmp_path: Path) -> None:
    rows = [{"text": f"text {number}"} for number in range(5)]
    before = {document.id for document in documents(items(tmp_path, rows))}
    after = {document.id for document in documents(items(tmp_path, [{"text": "new"}, *rows]))}
    assert before < after


def test_an_empty_file_is_broken(tmp_path: Path) -> None:
    (item,) = items(tmp_path, b"")
    assert isinstance(item, Broken)
    assert item.cause == "empty-file"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", b'{"text": "inside"}\n'), ("t.csv", b"text\ninside\n"), ("t.tsv", b"a\ttext\n1\tinside\n"),
        ("t.json", b'[{"text": "inside"}]'), ("t.data", b'{"text": "inside"}\n{"text": "inside"}\n'),
        ("t.jsonl.gz", gzip.compress(b'{"text": "inside"}\n')), ("T.CSV.GZ", gzip.compress(b"text\ninside\n")),
        ("t.csv", gzip.compress(b"text\ninside\n")), ("t.jsonl", b'[{"text": "inside"},\n{"text": "inside"}]'),
    ],
)  # fmt: skip
def test_the_format_is_told_by_name_and_content(tmp_path: Path, name: str, content: bytes) -> None:
    assert {document.text for document in documents(items(tmp_path, content, name))} == {"inside"}


@pytest.mark.parametrize("name", ["t.jsonl.gz", "t.json.gz", "t.csv.gz"])
def test_of_a_truncated_file_the_whole_rows_stand(tmp_path: Path, name: str) -> None:
    texts = [f"{number} {hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(400)]
    rows = [{"text": text} for text in texts]
    if "csv" in name:
        content = "text\n" + "\n".join(texts)
    else:
        content = json.dumps(rows) if "json." in name else "\n".join(map(json.dumps, rows))
    found = items(tmp_path, gzip.compress(content.encode())[:-600], name)
    *records, last = found
    assert isinstance(last, Broken)
    assert (last.cause, last.position) == ("truncated-gzip", len(found))
    assert [document.text for document in documents(records)] == texts[: len(records)]
    assert 100 < len(records) < 400


def check(folder: Path, content: Any, name: str = "t.jsonl", **changes: Any) -> None:
    table.check(written(folder, content, name), options(**changes))


def test_a_text_field_that_no_row_has_stops_the_build_and_names_the_likeliest(tmp_path: Path) -> None:
    rows = [{"id": 1, "label": "x", "output": "A long answer about fever."}]
    with pytest.raises(UserError, match="No row has the field 'text'") as error:
        check(tmp_path, rows)
    assert error.value.where == "t.jsonl"
    assert error.value.mend == 'set text = "output" in [[source]] "drugs"; fields found: id, label, output'


def test_a_misspelt_field_is_answered_with_its_likeness(tmp_path: Path) -> None:
    rows = [{"text": "x", "category": "y", "ident": 1}]
    for wrong in ({"text": "txt"}, {"meta": ("categories",)}, {"id": "idemt"}, {"date": "catgory"}):
        with pytest.raises(UserError, match="No row has the field"):
            check(tmp_path, rows, **wrong)


@pytest.mark.parametrize("nothing", ["", (), ("",)])
def test_a_recipe_without_text_field_stops_the_build(tmp_path: Path, nothing: Any) -> None:
    with pytest.raises(UserError, match="names no field for the text"):
        check(tmp_path, [{"text": "x"}], text=nothing)


def test_a_field_that_some_rows_leave_out_is_no_mistake(tmp_path: Path) -> None:
    rows = [{"q": "x"}] * 30 + [{"q": "x", "answer": "y", "doi": "10.1/2"}]
    check(tmp_path, rows, text=("q", "answer"), title="doi")
    check(tmp_path, [{"text": "x"}], meta=("pmid",), url="link", date="when")


def test_a_table_of_broken_rows_is_left_to_the_quarantine(tmp_path: Path) -> None:
    check(tmp_path, "{broken\n{broken too\n")
    check(tmp_path, b"")
    check(tmp_path, gzip.compress(b'{"text": "cut"}\n')[:-9], "t.jsonl.gz")


def test_a_csv_without_header_is_answered_with_columns(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No row has") as error:
        check(tmp_path, "1,fever\n2,cough\n", "t.csv")
    assert "columns = [...]" in error.value.mend
    check(tmp_path, "1,fever\n2,cough\n", "t.csv", columns=("n", "text"))


def test_an_unknown_encoding_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no encoding named 'utf9'"):
        check(tmp_path, [{"text": "x"}], encoding="utf9")
