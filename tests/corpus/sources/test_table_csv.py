"""Tests of corpus/sources/table_csv.py: CSV and TSV as people write them."""

from __future__ import annotations

import csv
import io
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import Broken, Item, Record
from corpus.files import InputFile
from corpus.listing import list_files
from corpus.sources import table, table_csv
from corpus.sources.settings import TableSettings
from corpus.sources.table_rows import Row

CELLS = st.text(alphabet='ab,;\t"\n药 \u2028\x85', max_size=8)


def items(folder: Path, content: bytes | str, name: str = "t.csv", **changes: Any) -> list[Item]:
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


def test_quoted_cells_hold_commas_quotes_and_line_ends(tmp_path: Path) -> None:
    content = 'id,text\r\n1,"say ""a, b""\r\nthen c"\r\n2,plain\r\n'
    assert told(items(tmp_path, content)) == ['say "a, b"\nthen c', "plain"]


def test_a_chinese_csv_of_windows_is_decoded(tmp_path: Path) -> None:
    rows = "".join(f"心血管科,高血压能吃党参吗？,高血压病人可以口服党参的，第{n}次。\n" for n in range(20))
    found = items(tmp_path, ("department,ask,answer\n" + rows).encode("gb18030"), text=("ask", "answer"))
    assert len(found) == 20
    assert told(found)[3] == "高血压能吃党参吗？\n\n高血压病人可以口服党参的，第3次。"


def test_a_bad_byte_spoils_no_other_row(tmp_path: Path) -> None:
    rows = [f"高血压病人可以口服党参的，第{number}次，详见说明书。" for number in range(50)]
    raw = ("text\n" + "\n".join(rows)).encode("gb18030")
    at = raw.index("第7次".encode("gb18030"))
    found = items(tmp_path, raw[:at] + b"\xff" + raw[at:])
    assert [text for number, text in enumerate(told(found)) if number != 7] == rows[:7] + rows[8:]
    seventh = found[7]
    assert isinstance(seventh, Record)
    assert json.loads(seventh.documents[0].meta) == {"replaced": 1}


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    assert told(items(tmp_path, "text,id\na,1\n".encode("utf-8-sig"))) == ["a"]
    assert told(items(tmp_path, "text,id\na,1\n".encode("utf-16"))) == ["a"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_told_from_the_header(tmp_path: Path, delimiter: str) -> None:
    content = f'id{delimiter}text\n1{delimiter}"a, b; c | d"\n'
    assert told(items(tmp_path, content)) == ["a, b; c | d"]


def test_a_table_of_one_column_has_no_delimiter(tmp_path: Path) -> None:
    assert told(items(tmp_path, "text\nfever; cough\n")) == ["fever; cough"]


def test_names_are_given_to_a_table_without_header(tmp_path: Path) -> None:
    assert told(items(tmp_path, "1,fever\n2,cough\n", columns=("n", "text"))) == ["fever", "cough"]


def test_unnamed_and_repeated_columns_can_be_named(tmp_path: Path) -> None:
    assert told(items(tmp_path, ",a,a\nx,y,z\n", text=("column 1", "a", "a (3)"))) == ["x\n\ny\n\nz"]


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    found = items(tmp_path, "\n\ntext,n\n\na,1\n\n,2\n")
    assert told(found) == ["a", "<empty-text>"]
    assert details(found) == ["line 7: there is no text in text"]


def test_a_row_with_too_many_cells_is_set_aside(tmp_path: Path) -> None:
    found = items(tmp_path, "text,n\na, with a comma,1\nb,2,\nc\n")
    assert told(found) == ["<columns>", "b", "c"]
    assert "line 2: 3 cells where the header has 2" in details(found)[0]


def test_a_row_that_ends_before_its_text_is_missing_it(tmp_path: Path) -> None:
    assert told(items(tmp_path, "n,text\n1\n2,b\n")) == ["<missing-field>", "b"]


def test_a_quote_that_is_never_closed_costs_its_own_line_only(tmp_path: Path) -> None:
    rows = "".join(f"{number},text {number}\n" for number in range(100))
    found = items(tmp_path, 'n,text\nx,"an open quote\n' + rows)
    assert told(found) == ["<csv-syntax>"] + [f"text {number}" for number in range(100)]
    assert details(found) == ["line 2: a quote is opened and not closed"]


def test_after_an_open_quote_lines_are_still_counted_right(tmp_path: Path) -> None:
    found = items(tmp_path, 'n,text\nx,"an open quote\n1,a\n2,\n')
    assert details(found)[1].startswith("line 4: ")


def test_an_open_quote_does_not_swallow_more_than_a_record_may_hold(tmp_path: Path) -> None:
    rows = "".join(f"{number},text {number}\n" for number in range(3000))
    found = items(tmp_path, f'n,text\nx,"open\n{rows}y,z"\n{rows}', max_record_bytes=4096)
    assert told(found)[0] == "<csv-syntax>"
    assert told(found)[1:3001] == [f"text {number}" for number in range(3000)]
    assert len(found) == 6002


def test_many_open_quotes_do_not_take_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_csv, "REWINDS", 3)
    found = items(tmp_path, "n,text\n" + 'y,"open\n' * 50)
    assert told(found)[:4] == ["<csv-syntax>"] * 4
    assert "line 5 to 6" in details(found)[3]


def test_two_open_quotes_do_not_make_one_row_of_many(tmp_path: Path) -> None:
    found = items(tmp_path, 'n,text\n1,"open\n2,b\n3,"open\n4,d\n')
    assert told(found) == ["<csv-syntax>", "b", "<csv-syntax>", "d"]


def test_quotes_within_a_line_do_no_harm(tmp_path: Path) -> None:
    found = items(tmp_path, 'n,text\n1,"Old" drug\n2,the "old" drug\n')
    assert told(found) == ["Old drug", 'the "old" drug']


def test_a_header_with_an_open_quote_ends_the_table(tmp_path: Path) -> None:
    found = items(tmp_path, 'n,"text\n1,a\n')
    assert told(found) == ["<csv-syntax>"]
    assert "without its header row" in details(found)[0]


def test_a_line_of_100_mb_is_oversize_and_not_held_in_memory(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with open(path, "wb") as out:
        out.write(b"n,text\n1,before\n2,")
        for _ in range(100):
            out.write(b"x" * (1 << 20))
        out.write(b"\n3,after\n")
    source = TableSettings(kind="table", name="t", path="t", max_record_bytes=2 << 20)
    tracemalloc.start()
    found = list(table.read(InputFile(str(path), "t.csv", path.stat().st_size, ""), source))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert told(found) == ["before", "<oversize>", "after"]
    assert details(found) == ["line 3: 104,857,603 bytes, more than 2,097,152 (max_record_bytes)"]
    assert peak < 32 << 20


def test_an_oversize_line_within_open_quotes_is_told_from_the_quote(tmp_path: Path) -> None:
    found = items(tmp_path, 'n,text\n1,"open\n2,' + "x" * 5000 + "\n3,after\n", max_record_bytes=2048)
    assert told(found) == ["<csv-syntax>", "<oversize>", "after"]


def test_a_cell_longer_than_pythons_own_limit_is_read(tmp_path: Path) -> None:
    assert told(items(tmp_path, f"text,n\n{'x' * 200_000},1\n")) == ["x" * 200_000]


def test_quotes_are_literal_in_a_tsv_that_does_not_quote(tmp_path: Path) -> None:
    content = 'text\tn\n"Old" drug\t1\n"an open quote\t2\nplain\t3\n'
    assert told(items(tmp_path, content, "t.tsv")) == ['"Old" drug', '"an open quote', "plain"]


def test_quotes_are_quotes_in_a_tsv_that_quotes(tmp_path: Path) -> None:
    content = 'text\tn\n"a\ttab and ""quotes""\nand a line"\t1\nplain\t2\n'
    assert told(items(tmp_path, content, "t.tsv")) == ['a\ttab and "quotes"\nand a line', "plain"]


def test_a_text_file_can_be_read_as_a_table(tmp_path: Path) -> None:
    found = items(tmp_path, "fever\t1\ncough\t2\n", "t.txt", format="tsv", columns=("text", "n"))
    assert told(found) == ["fever", "cough"]


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6),
    delimiter=st.sampled_from(",;\t|"),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_pythons_writer_writes_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], delimiter: str, end: str
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([("one", "two"), *rows])
    file = tmp_path_factory.mktemp("csv") / "t.csv"
    file.write_bytes(out.getvalue().encode())
    source = TableSettings(kind="table", name="t", path="t", text="one")
    found = [
        row.value for row in table_csv.rows(InputFile(str(file), "t.csv", 1, ""), source, False) if isinstance(row, Row)
    ]
    assert found == [{"one": one, "two": two} for one, two in rows]


@pytest.mark.skipif("MATERIA_REAL_DATA" not in os.environ, reason="MATERIA_REAL_DATA is not set")
def test_real_consultations_are_read_like_a_plain_reader_reads_them() -> None:
    folder = os.environ["MATERIA_REAL_DATA"]
    source = TableSettings(kind="table", name="t", path="amber/zh_qa_toyhom", text=("ask", "answer"))
    (file,) = list_files(source, folder, table.SUFFIXES)
    with open(file.url, encoding="gb18030", newline="") as stream:
        expected = [row for row in csv.DictReader(stream) if row["ask"].strip() or row["answer"].strip()]
    found = told(list(table.read(file, source)))
    assert len(found) == len(expected) == 7644
    assert all(text.startswith(row["ask"].strip()) for text, row in zip(found, expected, strict=True))
