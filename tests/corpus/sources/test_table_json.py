"""Tests of corpus/sources/table_json.py and json_cursor.py: JSON as it is found, whole, broken and hostile."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import Broken, Item, Record
from corpus.files import InputFile
from corpus.sources import decoded, table
from corpus.sources.json_cursor import BadValue, Cursor
from corpus.sources.settings import TableSettings
from corpus.sources.table_json import split_lines

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


def items(folder: Path, content: bytes | str, name: str = "t.jsonl", **changes: Any) -> list[Item]:
    raw = content if isinstance(content, bytes) else content.encode()
    (folder / name).write_bytes(raw)
    source = TableSettings(**({"kind": "table", "name": "t", "path": "t"} | changes))
    return list(table.read(InputFile(str(folder / name), name, len(raw), ""), source))


def told(found: list[Item]) -> list[str]:
    """The texts of the records, and the causes of what is broken in angle brackets."""
    return [
        item.documents[0].text if isinstance(item, Record) else f"<{item.cause}>"
        for item in found
        if isinstance(item, Record | Broken)
    ]


def details(found: list[Item]) -> list[str]:
    return [item.detail for item in found if isinstance(item, Broken)]


def test_a_line_that_does_not_parse_is_named_and_the_next_one_is_read(tmp_path: Path) -> None:
    found = items(tmp_path, '{"text": "a"}\n{"text": "b",}\n{"text": \n{"text": "c"}\n')
    assert told(found) == ["a", "<json-syntax>", "<json-syntax>", "c"]
    assert [item.position for item in found] == [1, 2, 3, 4]
    assert details(found)[0].startswith(("line 2, column 14: ", "line 2, column 13: "))  # the latter from Python 3.13


def test_blank_lines_are_no_records_but_count_as_lines(tmp_path: Path) -> None:
    found = items(tmp_path, '\n{"text": "a"}\r\n \r\n\n{"text": 5x}\r\n')
    assert told(found) == ["a", "<json-syntax>"]
    assert found[1].position == 2
    assert details(found)[0].startswith("line 5, column 11: ")


def test_a_byte_order_mark_is_no_part_of_the_first_line(tmp_path: Path) -> None:
    assert told(items(tmp_path, '\ufeff{"text": "a"}\n{"text": "b"}\n')) == ["a", "b"]


def test_one_line_that_is_not_utf8_is_undecodable_and_the_others_are_read(tmp_path: Path) -> None:
    lines = ['{"text": "心力衰竭"}'.encode(), b'{"text": "\xd0\xc4\xc1\xa6"}', '{"text": "高血压"}'.encode()]
    found = items(tmp_path, b"\n".join(lines))
    assert told(found) == ["心力衰竭", "<undecodable>", "高血压"]
    assert details(found) == ["line 2: byte 11 cannot be decoded"]


@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
@pytest.mark.parametrize("encoding", ["gb18030", "utf-16", "utf-8-sig"])
def test_a_file_that_is_no_utf8_throughout_is_decoded(tmp_path: Path, name: str, encoding: str) -> None:
    texts = [f"患者于{number}年前无明显诱因出现胸闷、气促，活动后加重，休息后可以缓解。" for number in range(30)]
    content = "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts) + "\n"
    assert told(items(tmp_path, content.encode(encoding), name)) == texts


def test_the_declared_encoding_is_used(tmp_path: Path) -> None:
    assert told(items(tmp_path, '{"text": "ÄÖÜ"}\n'.encode("cp437"), encoding="cp437")) == ["ÄÖÜ"]


def test_what_python_writes_beside_the_standard_is_read(tmp_path: Path) -> None:
    lines = ['{"text": "nan", "n": NaN, "i": -Infinity}', '{"text": "big", "n": 1e999}', '{"text": "tab\there"}']
    assert told(items(tmp_path, "\n".join(lines))) == ["nan", "big", "tab\there"]


def test_of_duplicate_keys_the_last_one_counts(tmp_path: Path) -> None:
    assert told(items(tmp_path, '{"text": "a", "text": "b"}\n')) == ["b"]


def test_deep_nesting_is_refused_and_the_next_line_is_read(tmp_path: Path) -> None:
    bombs = ["[" * 100_000, '{"a":' * 50_000, '{"text":' + "[" * 100_000 + "]" * 100_000 + "}"]
    found = items(tmp_path, "\n".join([*bombs, '{"text": "a"}']))
    assert told(found) == ["<json-syntax>"] * 3 + ["a"]
    assert all(len(detail) < 200 for detail in details(found))


def test_an_integer_of_many_digits_is_refused_and_the_next_line_is_read(tmp_path: Path) -> None:
    found = told(items(tmp_path, '{"text": NaN, "n": %s}\n{"text": "a"}' % ("9" * 10_000)))
    assert found == ["<json-syntax>", "a"]


@pytest.mark.parametrize("line", ["[1, 2]", "17", "null", "true", "1.5"])
def test_a_line_without_fields_is_no_row(tmp_path: Path, line: str) -> None:
    assert told(items(tmp_path, f'{{"text": "a"}}\n{line}\n{{"text": "b"}}')) == ["a", "<not-a-row>", "b"]


def test_lines_that_are_strings_are_texts(tmp_path: Path) -> None:
    assert told(items(tmp_path, '"first"\n"second"\n')) == ["first", "second"]


def test_a_line_of_100_mb_is_oversize_and_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    with open(path, "wb") as out:
        out.write(b'{"text": "before"}\n{"text": "')
        for _ in range(100):
            out.write(b"x" * (1 << 20))
        out.write(b'"}\n{"text": "after"}\n')
    source = TableSettings(kind="table", name="t", path="t", max_record_bytes=2 << 20)
    tracemalloc.start()
    found = list(table.read(InputFile(str(path), "t.jsonl", path.stat().st_size, ""), source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told(found) == ["before", "<oversize>", "after"]
    assert details(found) == ["line 2: 104,857,612 bytes, more than 2,097,152 (max_record_bytes)"]
    assert peak < 12 << 20


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=8), st.integers(1, 7))
def test_lines_do_not_depend_on_how_they_arrive(lines: list[bytes], size: int) -> None:
    content = b"\n".join(lines)
    chunks = (content[start : start + size] for start in range(0, len(content), size))
    found = [line if line is not None else b"?" * length for line, length in split_lines(chunks, 10)]
    expected = [line if len(line) <= 10 else b"?" * len(line) for line in lines]
    assert found == (expected[:-1] if lines and not lines[-1] else expected)


def test_an_array_is_read_element_by_element(tmp_path: Path) -> None:
    assert told(items(tmp_path, '[{"text": "a"},\n "b", 3,\n {"text": "c"}]', "t.json")) == [
        "a",
        "b",
        "<not-a-row>",
        "c",
    ]


def test_an_object_around_one_array_is_opened(tmp_path: Path) -> None:
    content = {"version": 1, "note": "x", "data": [{"text": "a"}, {"text": "b"}], "tags": ["not", "rows"]}
    assert told(items(tmp_path, json.dumps(content, indent=1), "t.json")) == ["a", "b"]
    assert told(items(tmp_path, json.dumps({"texts": ["a", "b"]}), "t.json")) == ["a", "b"]


def test_a_long_single_line_around_a_table_is_opened(tmp_path: Path) -> None:
    rows = [{"text": f"{number} " + "x" * 100} for number in range(15_000)]
    found = told(items(tmp_path, json.dumps({"version": 1, "data": rows}), "t.json"))
    assert found == [row["text"] for row in rows]


def test_several_arrays_of_objects_are_all_read(tmp_path: Path) -> None:
    content = {"train": [{"text": "a"}], "test": [{"text": "b"}]}
    assert told(items(tmp_path, json.dumps(content), "t.json")) == ["a", "b"]


def test_an_object_that_maps_ids_to_rows_gives_them_a_key(tmp_path: Path) -> None:
    found = items(tmp_path, json.dumps({"17": {"text": "a"}, "18": {"text": "b"}}), "t.json", id="key")
    assert [item.key for item in found] == ["table:t/17", "table:t/18"]


def test_one_object_with_text_is_one_row(tmp_path: Path) -> None:
    content = {"text": "a", "tags": ["x", "y"], "refs": [{"n": 1}]}
    assert told(items(tmp_path, json.dumps(content, indent=2), "t.json")) == ["a"]


def test_objects_over_many_lines_one_after_the_other_are_rows(tmp_path: Path) -> None:
    content = "\n".join(json.dumps({"text": text}, indent=2) for text in "abc")
    assert told(items(tmp_path, content, "t.json")) == ["a", "b", "c"]
    assert told(items(tmp_path, content, "t.jsonl")) == ["a", "b", "c"]


def test_a_json_file_of_lines_is_jsonl_even_when_the_first_is_broken(tmp_path: Path) -> None:
    found = items(tmp_path, '{"text": "a"\n{"text": "b"}\n{"text": "c"}\n', "t.json")
    assert told(found) == ["<json-syntax>", "b", "c"]


def test_a_broken_element_is_passed_over_and_the_next_one_is_read(tmp_path: Path) -> None:
    found = items(tmp_path, '[{"text": "a"},\n {"text": "b" "x"},\n {"text": "c"}, tru, {"text": "d"}]', "t.json")
    assert told(found) == ["a", "<json-syntax>", "c", "<json-syntax>", "d"]
    assert details(found)[0] == (
        "element 2, line 2, column 15: Expecting ',' delimiter; passed over up to line 2, column 19"
    )


def test_after_damage_without_a_way_on_the_reader_stops_and_says_so(tmp_path: Path) -> None:
    found = items(tmp_path, '[{"text": "a"} {"text": "b"}]', "t.json")
    assert told(found) == ["a", "<json-syntax>"]
    assert "no way on from here" in details(found)[0]
    assert told(items(tmp_path, '[{"text": "a"}, {"text": "b"', "t.json")) == ["a", "<json-syntax>", "<json-syntax>"]
    assert told(items(tmp_path, '[{"text": "a"}] trailing', "t.json")) == ["a", "<json-syntax>"]


@pytest.mark.parametrize("big", ['{"text": "%s"}', '"%s"', '[["%s"]]', '{"a\\"}": {"b": "\\\\%s"}}'])
def test_an_element_beyond_the_limit_is_oversize_and_the_next_one_is_read(tmp_path: Path, big: str) -> None:
    content = f'[{{"text": "a"}}, {big % ("x]}," * 500_000)}, {{"text": "c"}}]'
    found = items(tmp_path, content, "t.json", max_record_bytes=4096)
    assert told(found) == ["a", "<oversize>", "c"]
    assert "element 2" in details(found)[0]


@pytest.mark.parametrize(
    ("begin", "end"), [('{"v": 1, "data": [', "]}"), ("[", "]"), ('{"about": {"text": "zero"}, "data": [', "]}")]
)
def test_a_table_much_larger_than_the_limit_is_streamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begin: str, end: str
) -> None:
    rows = [json.dumps({"text": f"{number} " + "药" * 1200}) for number in range(2_000)]
    path = tmp_path / "t.json"
    path.write_text(begin + ",\n".join(rows) + end)
    del rows
    assert path.stat().st_size > 13 << 20
    source = TableSettings(kind="table", name="t", path="t", max_record_bytes=65536)
    monkeypatch.setattr(decoded, "HEAD", 1 << 16)
    tracemalloc.start()
    count = sum(isinstance(item, Record) for item in table.read(InputFile(str(path), "t.json", 1, ""), source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 2_000 + ("about" in begin)
    assert peak < 8 << 20


def test_a_map_much_larger_than_the_limit_is_streamed(tmp_path: Path) -> None:
    content = {str(number): {"text": f"{number} " + "x" * 50} for number in range(2_000)}
    found = items(tmp_path, json.dumps(content), "t.json", max_record_bytes=4096, id="key")
    assert [item.key for item in found] == [f"table:t/{number}" for number in range(2_000)]


def test_a_bad_byte_in_an_array_spoils_no_other_row(tmp_path: Path) -> None:
    texts = [f"第{number}条：患者于三年前无明显诱因出现胸闷、气促，活动后加重。" for number in range(40)]
    raw = json.dumps(texts, ensure_ascii=False).encode()
    at = raw.index("第7条".encode())
    found = told(items(tmp_path, raw[: at + 3] + b"\xff" + raw[at + 3 :], "t.json"))
    assert [text for number, text in enumerate(found) if number != 7] == texts[:7] + texts[8:]


def parts_of(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


@settings(max_examples=100, deadline=None)
@given(st.lists(VALUES, max_size=6), st.integers(1, 9), st.sampled_from([None, 1]))
def test_values_do_not_depend_on_how_they_arrive(values: list[Any], size: int, indent: int | None) -> None:
    cursor = Cursor(parts_of(json.dumps(values, ensure_ascii=False, indent=indent), size), 10_000)
    cursor.take("[")
    found = []
    while cursor.peek() != "]":
        found.append(cursor.value())
        if cursor.peek() != "]":
            cursor.take(",")
    cursor.take("]")
    assert found == values
    assert cursor.peek() == ""


@settings(max_examples=100, deadline=None)
@given(VALUES, st.integers(1, 9), st.sampled_from([None, 1]))
def test_passing_over_a_value_ends_where_reading_it_does(value: Any, size: int, indent: int | None) -> None:
    text = json.dumps([value, "next"], indent=indent)
    cursor = Cursor(parts_of(text, size), 10_000)
    cursor.take("[")
    cursor.skip()
    cursor.take(",")
    assert cursor.value() == "next"


def test_a_fault_is_placed_by_line_and_column(tmp_path: Path) -> None:
    cursor = Cursor(parts_of('[1,\n  {"a": 1,\n   "b" 2, "c": 3, "d": 4, "e": 5}]', 3), 10_000)
    cursor.take("[")
    assert cursor.value() == 1
    cursor.take(",")
    with pytest.raises(BadValue) as error:
        cursor.value()
    assert error.value.detail.startswith("line 3, column 8: ")
