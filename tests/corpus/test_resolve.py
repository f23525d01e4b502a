"""The last word on every record, against a plain oracle and by hand."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.document import RECORDS
from corpus.resolve import Resolved, Shard, resolve


class Entry(NamedTuple):
    key: str
    file: str
    position: int
    version: int
    kind: str = "record"
    digest: str = "d"


def resolved(folder: Path, entries: list[Entry], kind: str = "pubmed", shards: int = 1) -> Resolved:
    """Write the entries as `shards` shards, dealt by file, and resolve them."""
    files = sorted({entry.file for entry in entries})
    made = []
    for number in range(shards):
        mine = [entry for entry in entries if files.index(entry.file) % shards == number]
        rows = [
            (e.key, f"s/{e.file}#{e.position}", "s", e.file, e.position, e.version, e.kind, int(e.kind == "record"),
             e.digest, "", "")
            for e in sorted(mine, key=lambda e: (e.file, e.position))
        ]  # fmt: skip
        columns = list(zip(*rows, strict=True)) if rows else [() for _ in RECORDS]
        table = pa.table([pa.array(c, f.type) for c, f in zip(columns, RECORDS, strict=True)], schema=RECORDS)
        where = folder / f"shard{number}"
        where.mkdir()
        pq.write_table(table, where / "records.parquet")
        made.append(Shard(str(number), where, "s", kind))
    return resolve(made)


def outcomes(answer: Resolved) -> dict[tuple[str, int], tuple[str, str | None]]:
    named = answer.entries.join(answer.files.rename({"file": "name", "number": "file"}), on="file")
    return {
        (row["name"], row["position"]): (row["outcome"], row["other"])
        for row in named.select("name", "position", "outcome", "other").to_dicts()
    }


def test_the_highest_version_wins_over_a_later_file(tmp_path: Path) -> None:
    entries = [Entry("pubmed:1", "a.xml", 1, 2), Entry("pubmed:1", "b.xml", 1, 1)]
    assert outcomes(resolved(tmp_path, entries)) == {
        ("a.xml", 1): ("read", None), ("b.xml", 1): ("superseded", "s/a.xml#1"),
    }  # fmt: skip


def test_of_equal_versions_the_latest_file_then_the_latest_position_wins(tmp_path: Path) -> None:
    entries = [Entry("k", "a", 1, 1), Entry("k", "b", 1, 1), Entry("k", "b", 2, 1)]
    answer = outcomes(resolved(tmp_path, entries))
    assert answer[("b", 2)] == ("read", None)
    assert answer[("a", 1)] == answer[("b", 1)] == ("superseded", "s/b#2")


def test_a_deletion_wins_over_every_version_wherever_it_stands(tmp_path: Path) -> None:
    entries = [Entry("k", "a", 1, 1, "deletion"), Entry("k", "b", 1, 9), Entry("other", "b", 2, 1)]
    answer = outcomes(resolved(tmp_path, entries))
    assert answer == {
        ("a", 1): ("deletion", None), ("b", 1): ("deleted", "s/a#1"), ("b", 2): ("read", None),
    }  # fmt: skip


def test_a_deletion_of_what_was_never_read_changes_nothing(tmp_path: Path) -> None:
    answer = outcomes(resolved(tmp_path, [Entry("gone", "a", 1, 1, "deletion"), Entry("k", "a", 2, 1)]))
    assert answer[("a", 2)] == ("read", None)


def test_a_row_of_a_table_that_repeats_a_key_is_a_duplicate_or_quarantined(tmp_path: Path) -> None:
    entries = [Entry("k", "a", 1, 1), Entry("k", "a", 2, 1), Entry("k", "b", 1, 1, digest="else")]
    answer = resolved(tmp_path, entries, kind="table")
    assert outcomes(answer) == {
        ("a", 1): ("read", None), ("a", 2): ("duplicate", "s/a#1"), ("b", 1): ("broken", "s/a#1"),
    }  # fmt: skip
    clash = answer.entries.filter(cause="duplicate-id").to_dicts()[0]
    assert "s/a#1" in clash["detail"]


def test_broken_entries_without_a_key_stay_as_many_as_they_were(tmp_path: Path) -> None:
    answer = outcomes(resolved(tmp_path, [Entry("", "a", 1, 0, "broken"), Entry("", "a", 2, 0, "broken")]))
    assert [outcome for outcome, _ in answer.values()] == ["broken", "broken"]


def test_a_row_without_an_id_that_repeats_a_text_is_a_duplicate_whatever_else_differs(tmp_path: Path) -> None:
    entries = [Entry("file:s/a#1", "a", 1, 1), Entry("file:s/a#1", "a", 2, 1, digest="other licence")]
    assert outcomes(resolved(tmp_path, entries, kind="table"))[("a", 2)] == ("duplicate", "s/a#1")


def test_a_standing_record_says_that_a_later_entry_of_it_could_not_be_read(tmp_path: Path) -> None:
    entries = [
        Entry("k", "a", 1, 1),
        Entry("k", "b", 4, 0, "broken"),
        Entry("j", "c", 1, 1),
        Entry("j", "b", 5, 0, "broken"),
    ]
    answer = resolved(tmp_path, entries).entries.filter(outcome="read")
    assert dict(answer.select("record", "detail").iter_rows()) == {
        "k": "a later entry of it could not be read: s/b#4", "j": "",
    }  # fmt: skip


KEYS = st.sampled_from(["pubmed:1", "pubmed:2", "pubmed:3"])
FILES = st.sampled_from(["a", "b", "c", "d"])
KINDS = st.sampled_from(["record", "record", "deletion"])
DRAWN = st.lists(
    st.builds(Entry, KEYS, FILES, st.integers(1, 4), st.integers(1, 3), KINDS),
    unique_by=lambda entry: (entry.file, entry.position), min_size=1,
)  # fmt: skip


def oracle(entries: list[Entry]) -> dict[tuple[str, int], str]:
    gone = {entry.key for entry in entries if entry.kind == "deletion"}
    best: dict[str, Entry] = {}
    for entry in entries:
        rank = (entry.version, entry.file, entry.position)
        held = best.get(entry.key)
        if entry.kind == "record" and (held is None or rank > (held.version, held.file, held.position)):
            best[entry.key] = entry
    return {
        (e.file, e.position): "deletion" if e.kind == "deletion" else "deleted" if e.key in gone
        else "read" if best[e.key] is e else "superseded"
        for e in entries
    }  # fmt: skip


@given(DRAWN, st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_replay_agrees_with_a_plain_loop_for_any_files_and_any_shards(entries: list[Entry], shards: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        answer = outcomes(resolved(Path(folder), entries, shards=shards))
    assert {place: outcome for place, (outcome, _) in answer.items()} == oracle(entries)
