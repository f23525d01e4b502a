"""Whatever the bytes are, the text and table readers end, raise nothing, count every entry and give storable text."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import Broken, Record
from corpus.errors import UserError
from corpus.files import InputFile
from corpus.sources import table, text
from corpus.sources.settings import TableSettings, TextSettings

ROWS: list[dict[str, Any]] = [
    {"text": f'第{number}条 "aspirin", 81 mg\nfor 7 days', "id": number, "deep": {"a": ["1", None, "x"]}}
    for number in range(12)
]


def parquet() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(ROWS), out, row_group_size=5)
    return out.getvalue()


CSV = "id,text\r\n" + "".join(f'{row["id"]},"{row["text"].replace(chr(34), chr(34) * 2)}"\r\n' for row in ROWS)
JSONL = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
VALID = {
    "t.jsonl": JSONL.encode(),
    "t.json": json.dumps({"about": 1, "data": ROWS}, indent=1).encode(),
    "array.json": json.dumps(ROWS, ensure_ascii=False).encode("gb18030"),
    "t.csv": CSV.encode("gb18030"),
    "t.tsv": CSV.replace(",", "\t").encode(),
    "t.parquet": parquet(),
    "t.jsonl.gz": gzip.compress(JSONL.encode(), mtime=0),
    "t.txt": "".join(f"<篇名>{row['id']}\n{row['text']}\n" for row in ROWS).encode("gb18030"),
}


def damaged(raw: bytes, seed: int) -> bytes:
    """A few bytes changed, a piece lost, a piece doubled, or the end cut off."""
    chance = random.Random(seed)
    result = bytearray(raw)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(result) + 1)
        end = at + chance.randrange(20)
        result[at:end] = chance.choice(
            [b"", chance.randbytes(3), b'"', b"{", b"]", b"\n", b"\0", b"\xff", bytes(result[at:end]) * 2, b"\\"]
        )
        if chance.random() < 0.2:
            del result[chance.randrange(len(result) + 1) :]
    return bytes(result)


def survive(folder: Path, name: str, raw: bytes, limit: int) -> None:
    (folder / name).write_bytes(raw)
    file = InputFile(str(folder / name), name, len(raw), "")
    if name.endswith(".txt"):
        split = TextSettings(kind="text", name="t", path="t", split="^<篇名>(.*)", max_record_bytes=limit)
        found = list(text.read(file, split)) + list(text.read(file, split.model_copy(update={"split": ""})))
        found = found[:-1]  # each reading counts for itself
    else:
        source = TableSettings(kind="table", name="t", path="t", id="id", meta=("deep",), max_record_bytes=limit)
        with contextlib.suppress(UserError):
            table.check(file, source)
        found = list(table.read(file, source))
    assert [item.position for item in found] == list(range(1, len(found) + 1))
    for item in found:
        if isinstance(item, Record):
            (document,) = item.documents
            for value in (*document, item.key):
                value.encode()
            assert document.text.strip()
            json.loads(document.meta)
        else:
            assert isinstance(item, Broken)
            assert item.cause
            item.detail.encode()
            assert len(item.detail) < 2_000


@pytest.mark.parametrize("name", VALID)
@pytest.mark.parametrize("limit", [1024, 1 << 20])
def test_no_damage_makes_a_reader_fail(tmp_path: Path, name: str, limit: int) -> None:
    for seed in range(60):
        survive(tmp_path, name, damaged(VALID[name], seed), limit)


@settings(max_examples=80, deadline=None)
@given(raw=st.binary(min_size=1, max_size=300), name=st.sampled_from(sorted(VALID)))
def test_no_bytes_make_a_reader_fail(tmp_path_factory: pytest.TempPathFactory, raw: bytes, name: str) -> None:
    survive(tmp_path_factory.mktemp("hostile"), name, raw, 1024)


@settings(max_examples=80, deadline=None)
@given(raw=st.text(alphabet='[]{}",:\\ntu0.e-\n\r\t \ud800药', max_size=60), name=st.sampled_from(sorted(VALID)))
def test_no_arrangement_of_marks_makes_a_reader_fail(
    tmp_path_factory: pytest.TempPathFactory, raw: str, name: str
) -> None:
    survive(tmp_path_factory.mktemp("marks"), name, raw.encode("utf-8", "surrogatepass") or b" ", 1024)
