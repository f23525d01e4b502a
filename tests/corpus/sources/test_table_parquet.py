"""Tests of corpus/sources/table_parquet.py: Parquet files, whole, empty and damaged."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.document import Broken, Item, Record
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.sources import table, table_parquet
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Row


def stored(folder: Path, rows: pa.Table, name: str = "t.parquet", **how: Any) -> InputFile:
    pq.write_table(rows, folder / name, **how)
    return InputFile(str(folder / name), name, (folder / name).stat().st_size, "")


def options(**changes: Any) -> TableSettings:
    return TableSettings(**({"kind": "table", "name": "t", "path": "t"} | changes))


def told(found: list[Item]) -> list[str]:
    """The texts of the records, and the causes of what is broken in angle brackets."""
    return [
        item.documents[0].text if isinstance(item, Record) else f"<{item.cause}>"
        for item in found
        if isinstance(item, Record | Broken)
    ]


def read(file: InputFile, **changes: Any) -> list[Item]:
    return list(table.read(file, options(**changes)))


def test_rows_are_read_in_order_over_row_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"text {number}" for number in range(1000)]
    file = stored(tmp_path, pa.table({"text": texts, "n": range(1000)}), row_group_size=170)
    monkeypatch.setattr(table_parquet, "BATCH_ROWS", 64)
    found = read(file)
    assert told(found) == texts
    assert [item.position for item in found] == list(range(1, 1001))


def test_nested_columns_and_dates_are_mapped(tmp_path: Path) -> None:
    rows = pa.table(
        {
            "dose": pa.array([{"adult": "325 mg", "child": "81 mg"}]),
            "notes": [["one", "two"]],
            "when": pa.array([datetime.datetime(2020, 2, 3, 4, 5)], pa.timestamp("ns")),
            "count": [3],
            "unused": ["x"],
        }
    )
    (record,) = read(stored(tmp_path, rows), text=("dose.adult", "notes"), date="when", meta=("count", "when"))
    assert isinstance(record, Record)
    document = record.documents[0]
    assert (document.text, document.date) == ("325 mg\n\none\ntwo", "2020-02-03")
    assert json.loads(document.meta)["count"] == 3


def test_only_the_columns_that_are_named_are_read(tmp_path: Path) -> None:
    file = stored(tmp_path, pa.table({"text": ["a"], "n": [1], "image": [b"x" * 1000]}))
    rows = list(table_parquet.rows(file, options(id="n")))
    assert [row.value for row in rows if isinstance(row, Row)] == [{"text": "a", "n": 1}]


def test_a_file_without_rows_gives_nothing_and_is_no_error(tmp_path: Path) -> None:
    schema = pa.schema([("text", pa.string())])
    file = stored(tmp_path, schema.empty_table())
    assert read(file) == []
    table.check(file, options())
    with pq.ParquetWriter(tmp_path / "none.parquet", schema):
        pass  # not even a row group
    assert read(InputFile(str(tmp_path / "none.parquet"), "none.parquet", 1, "")) == []


def test_null_and_empty_texts_are_broken_by_row(tmp_path: Path) -> None:
    found = read(stored(tmp_path, pa.table({"text": ["a", None, ""]})))
    assert told(found) == ["a", "<empty-text>", "<empty-text>"]
    assert next(item.detail for item in found if isinstance(item, Broken)) == "row 2: there is no text in text"


def test_a_missing_text_field_names_all_columns(tmp_path: Path) -> None:
    file = stored(tmp_path, pa.table({"question": ["short"], "answer": ["a much longer text"], "n": [1]}))
    (item,) = read(file)
    assert isinstance(item, Broken)
    assert item.detail == "row 1: no field 'text'; this row has: question, answer, n"
    with pytest.raises(UserError) as error:
        table.check(file, options())
    assert error.value.mend.startswith('set text = "answer" in [[source]] "t"; fields found: question, answer, n')


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.99])
def test_a_truncated_file_is_broken(tmp_path: Path, cut: float) -> None:
    file = stored(tmp_path, pa.table({"text": [f"text {number}" for number in range(1000)]}))
    raw = Path(file.url).read_bytes()
    Path(file.url).write_bytes(raw[: int(len(raw) * cut)])
    assert told(read(file)) == ["<parquet>"]


def test_damage_within_ends_the_file_after_the_rows_before_it(tmp_path: Path) -> None:
    texts = [f"{number} " + "x" * 50 for number in range(4000)]
    file = stored(tmp_path, pa.table({"text": texts}), row_group_size=1000, compression="snappy", use_dictionary=False)
    raw = bytearray(Path(file.url).read_bytes())
    middle = len(raw) // 2
    raw[middle : middle + 400] = b"\xff" * 400
    Path(file.url).write_bytes(bytes(raw))
    *records, last = read(file)
    assert isinstance(last, Broken)
    assert last.cause == "parquet"
    assert told(records) == texts[: len(records)]
    assert last.position == len(records) + 1


@pytest.mark.parametrize(
    "content", [b"PAR1", b"PAR1" + b"\xff" * 60 + b"PAR1", b"PAR1\xff\xff\xff\x7fPAR1", b"no parquet"]
)
def test_what_only_looks_like_parquet_is_broken(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "t.parquet").write_bytes(content)
    assert told(read(InputFile(str(tmp_path / "t.parquet"), "t.parquet", len(content), ""))) == ["<parquet>"]


def test_text_that_is_not_utf8_spoils_no_other_row(tmp_path: Path) -> None:
    raw = pa.array([b"good", b"bad \xff", b"good too"], pa.binary())
    bad = pa.Array.from_buffers(pa.string(), 3, raw.buffers())
    found = read(stored(tmp_path, pa.table({"text": bad})))
    assert told(found) == ["good", "<undecodable>", "good too"]
    assert [item.position for item in found] == [1, 2, 3]


def test_a_text_beyond_the_limit_is_oversize(tmp_path: Path) -> None:
    file = stored(tmp_path, pa.table({"text": ["a", "x" * 5000, "c"]}))
    assert told(read(file, max_record_bytes=2048)) == ["a", "<oversize>", "c"]


def test_batches_hold_a_bounded_number_of_bytes(tmp_path: Path) -> None:
    file = stored(tmp_path, pa.table({"text": ["x" * 100_000] * 200}), use_dictionary=False, compression="none")
    with file.open() as stream:
        rows = table_parquet._batch_rows(pq.ParquetFile(stream).metadata)
    assert rows * 100_000 <= table_parquet.BATCH_BYTES


def test_a_parquet_file_is_told_by_its_content(tmp_path: Path) -> None:
    assert told(read(stored(tmp_path, pa.table({"text": ["a"]}), "shard-00000"))) == ["a"]
