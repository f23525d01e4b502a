"""Every kind of bad input through the real command: it is quarantined with its place, the build goes on, the books
balance; and what only the user can mend stops the build before work starts."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.corpus.small import ABSTRACT, abstract, build, citation, citations, corpus, corpus_process, write_inputs
from tests.disk import tiny_disk

BOMB = (
    '<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9))
    + "]><PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>7</PMID><Article><ArticleTitle>&j;</ArticleTitle>"
    "</Article></MedlineCitation></PubmedArticle></PubmedArticleSet>"
)

GOOD = [citation(n, ABSTRACT.format(dose=n, n=n)) for n in (101, 102, 103)]


def xml(*entries: str) -> bytes:
    return f'<?xml version="1.0"?><PubmedArticleSet>{"".join(entries)}</PubmedArticleSet>'.encode()


def truncated_gzip(folder: Path) -> None:
    whole = gzip.compress(xml(*GOOD * 200))
    (folder / "pubmed" / "bad.xml.gz").write_bytes(whole[: len(whole) // 2])


def truncated_xml(folder: Path) -> None:
    (folder / "pubmed" / "bad.xml").write_bytes(xml(*GOOD)[:-200])


def xml_bomb(folder: Path) -> None:
    (folder / "pubmed" / "bad.xml").write_text(BOMB)


def external_entity(folder: Path) -> None:
    secret = folder / "secret.txt"
    secret.write_text("TOPSECRET")
    text = BOMB.replace('<!ENTITY a "aaaaaaaaaa">', f'<!ENTITY a SYSTEM "file://{secret}">')
    (folder / "pubmed" / "bad.xml").write_text(text.replace("&j;", "&a;"))


def invalid_utf8_row(folder: Path) -> None:
    rows = "".join(f'{{"id": "u{n}", "text": "高血压患者应当每日监测血压并按时服药第{n}例"}}\n' for n in range(50))
    bad = b'{"id": "x", "text": "caf\xe9 \xff\xfe ' + b"a" * 100 + b'"}\n'
    (folder / "rows" / "bad.jsonl").write_bytes(rows.encode() + bad)


def empty_file(folder: Path) -> None:
    (folder / "pubmed" / "bad.xml").write_bytes(b"")


def broken_json_line(folder: Path) -> None:
    (folder / "rows" / "bad.jsonl").write_text('{"id": "ok1", "text": "' + "fine words " * 20 + '"}\n{"id": \n')


def missing_text_in_one_row(folder: Path) -> None:
    good = '{"id": "ok2", "text": "' + "fine words " * 20 + '"}\n'
    (folder / "rows" / "bad.jsonl").write_text(good + '{"id": "no-text", "body": "x"}\n')


def hundred_megabyte_line(folder: Path) -> None:
    with open(folder / "rows" / "bad.jsonl", "wb") as out:
        out.write(b'{"id": "huge", "text": "')
        for _ in range(100):
            out.write(b"words " * 166_667)
        out.write(b'"}\n')


def duplicate_id(folder: Path) -> None:
    (folder / "rows" / "bad.jsonl").write_text('{"id": "1", "text": "' + "another text for one id " * 9 + '"}\n')


def damaged_parquet(folder: Path) -> None:
    (folder / "rows" / "bad.parquet").write_bytes(b"PAR1" + b"\0" * 400 + b"PAR1")


CASES: dict[Callable[[Path], None], set[str]] = {
    truncated_gzip: {"truncated-gzip"}, truncated_xml: {"xml-syntax", "truncated-xml"},
    xml_bomb: {"xml-entity", "xml-syntax"}, external_entity: {"xml-entity", "xml-syntax"},
    invalid_utf8_row: {"undecodable"}, empty_file: {"empty-file"}, broken_json_line: {"json-syntax"},
    missing_text_in_one_row: {"missing-field"}, hundred_megabyte_line: {"oversize"}, duplicate_id: {"duplicate-id"},
    damaged_parquet: {"parquet"},
}  # fmt: skip


@pytest.mark.parametrize("spoil", CASES, ids=lambda case: case.__name__)
def test_a_bad_entry_is_quarantined_with_its_place_and_the_build_goes_on(
    tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    recipe = write_inputs(tmp_path / "in")
    clean = build(recipe, tmp_path / "clean", store=tmp_path / "store")
    spoil(tmp_path / "in")
    answer = build(recipe, tmp_path / "out", store=tmp_path / "store")
    broken = pl.read_parquet(tmp_path / "out" / "ledger" / "records-*.parquet").filter(outcome="broken")
    found = broken.filter(pl.col("place").str.contains("/bad."))
    assert found.height >= 1
    assert set(found["cause"]) <= CASES[spoil]
    assert all(found["detail"].str.len_chars() > 10)
    assert answer["counts"]["documents"]["kept"] >= clean["counts"]["documents"]["kept"]
    everything = b"".join(path.read_bytes() for path in (tmp_path / "out" / "data").glob("*.parquet"))
    assert b"TOPSECRET" not in everything


def test_what_stands_before_a_break_is_kept(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    truncated_xml(tmp_path / "in")
    build(recipe, tmp_path / "out")
    ids = set(pl.read_parquet(tmp_path / "out" / "ledger" / "documents-*.parquet")["id"])
    assert {"pubmed:101", "pubmed:102"} <= ids


def test_a_parquet_file_without_rows_is_no_fault(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    pq.write_table(pa.table({"id": pa.array([], pa.string()), "text": pa.array([], pa.string())}),
                   tmp_path / "in" / "rows" / "none.parquet")  # fmt: skip
    answer = build(recipe, tmp_path / "out")
    assert answer["counts"]["broken"].keys() == {"json-syntax", "missing-field", "duplicate-id", "empty-text"} or (
        "empty-file" in answer["counts"]["broken"]
    )


def test_a_text_field_that_no_row_has_stops_the_build_and_lists_the_fields(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    (tmp_path / "in" / "rows" / "other.jsonl").write_text('{"id": "1", "body": "b", "head": "h"}\n')
    done = corpus("build", str(recipe), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "body" in done.stderr
    assert "head" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_path_that_leads_nowhere_stops_the_build_before_work_starts(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    recipe.write_text(recipe.read_text().replace('path = "notes"', 'path = "notse"'))
    done = corpus("build", str(recipe), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "notse" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_recipe_with_a_misspelt_key_stops_with_file_key_and_cure(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    recipe.write_text(recipe.read_text().replace("threshold = 12", "treshold = 12"))
    done = corpus("build", str(recipe), "--out", str(tmp_path / "out"))
    assert done.returncode == 1
    assert "small.toml" in done.stderr
    assert "did you mean 'threshold'" in done.stderr


def test_a_full_disk_ends_with_a_cure_and_a_rerun_elsewhere_finishes(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    with tiny_disk(tmp_path / "disk", "200k") as disk:
        for workers in ("1", "2"):
            done = corpus_process("build", str(recipe), "--out", str(disk / "out"), "--workers", workers)
            assert done.returncode == 1, done.stderr
            assert "disk is full" in done.stderr
            assert "Traceback" not in done.stderr
    build(recipe, tmp_path / "out", store=tmp_path / "store")


def test_a_worker_killed_in_the_middle_of_a_build_costs_nothing(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    for number in range(10, 24):  # enough work that there is a middle
        entries = [citation(number * 1000 + n, abstract(n, n)) for n in range(15)]
        citations(tmp_path / "in" / "pubmed" / f"pubmed26n{number:04d}.xml", *entries)
    build(recipe, tmp_path / "calm")
    command = [sys.executable, "-m", "corpus.cli", "build", str(recipe), "--out", str(tmp_path / "out"),
               "--store", str(tmp_path / "other"), "--workers", "2", "--quiet"]  # fmt: skip
    running = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    killed = False
    while running.poll() is None and not killed:
        time.sleep(0.02)
        if not list((tmp_path / "other").glob("ingest/*/*/done.json")):
            continue
        workers = subprocess.run(
            ["pgrep", "-P", str(running.pid), "-f", "spawn_main"], capture_output=True, text=True, check=False
        )
        pids = workers.stdout.split()
        if len(pids) >= 2:
            os.kill(int(pids[-1]), 9)
            killed = True
    _, errors = running.communicate()
    assert killed, "the build was over before a worker could be killed"
    assert running.returncode == 0, errors
    from tests.corpus.small import hashes

    assert hashes(tmp_path / "out") == hashes(tmp_path / "calm")
