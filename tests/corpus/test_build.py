"""The whole road on a small corpus: books, identity, incremental work, kills."""

from __future__ import annotations

import hashlib
from pathlib import Path

import datasets
import polars as pl
import pytest

from corpus.card import read_card
from corpus.errors import UserError
from corpus.store import KILL_VARIABLE
from tests.corpus.small import (
    ABSTRACT,
    build,
    citation,
    citations,
    corpus,
    corpus_process,
    hashes,
    write_inputs,
)
from tests.killed import killed_at


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_inputs(tmp_path_factory.mktemp("inputs"))


@pytest.fixture(scope="module")
def first(inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("first") / "out"
    build(inputs, out)
    return out


def ledger(out: Path, family: str = "documents") -> pl.DataFrame:
    return pl.read_parquet(out / "ledger" / f"{family}-*.parquet")


def test_every_entry_and_every_document_has_one_fate(first: Path) -> None:
    records, documents = ledger(first, "records"), ledger(first)
    outcomes = dict(records["outcome"].value_counts().iter_rows())
    # 12 + 2 citations and a deletion; 53 rows: one does not parse, one has no text, one repeats an id, one repeats a
    # row; 31 notes, one of them empty.
    assert outcomes == {"read": 90, "superseded": 2, "deleted": 1, "deletion": 1, "broken": 4, "duplicate": 1}
    assert documents["id"].len() == records["documents"].sum()
    assert documents["fate"].null_count() == 0
    fates = dict(documents["fate"].value_counts().iter_rows())
    assert fates["retracted"] == 1
    assert fates["superseded"] == 2
    assert fates["deleted"] == 1


def test_a_dropped_document_names_every_rule_it_broke_with_value_and_threshold(first: Path) -> None:
    row = ledger(first).filter(id="table:rows/short").to_dicts()[0]
    assert (row["fate"], row["rule"], row["value"], row["threshold"]) == ("dropped", "long-enough", "10", ">= 20") or (
        row["rule"] == "en-words"
    )
    assert "long-enough" in [broken["rule"] for broken in row["broken"]]


def test_the_data_files_hold_the_kept_documents_and_load_as_they_are(first: Path, tmp_path: Path) -> None:
    kept = ledger(first).filter(fate="kept")
    data = pl.scan_parquet(first / "data" / "*.parquet").collect()
    assert sorted(data["id"]) == sorted(kept["id"])
    loaded = datasets.load_dataset(str(first), cache_dir=str(tmp_path / "cache"))
    assert sum(split.num_rows for split in loaded.values()) == data.height
    high = datasets.load_dataset(str(first), "high", split="train", cache_dir=str(tmp_path / "cache"))
    assert set(high["tier"]) == {"high"}


def test_every_file_that_was_read_is_listed_with_the_hash_of_its_bytes(inputs: Path, first: Path) -> None:
    listed = pl.read_csv(first / "INPUTS.tsv", separator="\t")
    card = read_card(first)
    assert card is not None
    assert "INPUTS.tsv" in card.outputs
    assert dict(listed.group_by("source").len().iter_rows()) == {
        name: told["files"] for name, told in card.inputs.items() if told["files"]
    }
    there = {hashlib.sha256(path.read_bytes()).hexdigest(): path.name for path in inputs.parent.rglob("*.*")
             if path.is_file()}  # fmt: skip
    assert [there[digest] for digest in listed["sha256"]] == [Path(name).name for name in listed["file"]]


def test_rows_stand_in_order_of_id(first: Path) -> None:
    for path in sorted((first / "data").glob("*.parquet")) + sorted((first / "ledger").glob("documents-*.parquet")):
        ids = pl.read_parquet(path, columns=["id"])["id"]
        assert ids.is_sorted(), path


@pytest.mark.parametrize(("workers", "tasks"), [(2, 0), (3, 2), (1, 3)])
def test_workers_and_shard_counts_change_no_byte(
    inputs: Path, first: Path, tmp_path: Path, workers: int, tasks: int
) -> None:
    build(inputs, tmp_path / "out", f"engine.tasks={tasks}", workers=workers)
    assert hashes(tmp_path / "out") == hashes(first)


def test_an_unchanged_rerun_does_no_work(inputs: Path, tmp_path: Path) -> None:
    build(inputs, tmp_path / "out")
    before = (tmp_path / "out" / "card.json").stat().st_mtime_ns
    again = build(inputs, tmp_path / "out")
    assert again["built"] is False
    assert (tmp_path / "out" / "card.json").stat().st_mtime_ns == before


def test_a_changed_threshold_reruns_only_decide_and_export_also_into_another_folder(
    inputs: Path, tmp_path: Path
) -> None:
    build(inputs, tmp_path / "one", store=tmp_path / "store")
    changed = build(inputs, tmp_path / "two", "rule.long-enough.threshold=1000", store=tmp_path / "store")
    assert set(changed["run"]["stages"]) == {
        "judge",
        "decide",
        "ledger",
        "facts",
        "sketches",
    }  # no data: every document is dropped
    assert changed["counts"]["documents"]["dropped"] > 50


def test_an_added_update_file_rereads_only_itself_and_changes_only_what_it_names(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "out")
    before = ledger(tmp_path / "out").drop("other")
    update = citation(5, ABSTRACT.format(dose=99, n=555))
    citations(tmp_path / "in" / "pubmed" / "pubmed26n0003.xml", update, deleted=(6,))
    again = build(recipe, tmp_path / "out")
    assert again["run"]["stages"]["ingest"]["pieces"] == 1
    assert again["run"]["stages"]["annotate"]["pieces"] == 1
    after = ledger(tmp_path / "out").drop("other")
    changed = set(after.join(before, on=after.columns, how="anti", nulls_equal=True)["id"])
    assert changed == {"pubmed:5", "pubmed:6"}


@pytest.mark.parametrize(
    "point",
    [
        "ingest:starting", "ingest:reading", "ingest:written", "ingest:renaming", "ingest:committed",
        "annotate:batch", "annotate:written", "annotate:renaming", "annotate:committed",
        "judge:writing", "judge:written", "judge:renaming", "judge:committed", "decide:planned",
        "export:data-file", "export:ledger-file", "export:swapping", "export:swapped",
    ],
)  # fmt: skip
def test_killed_at_any_point_a_rerun_finishes_with_identical_output(
    inputs: Path, first: Path, tmp_path: Path, point: str
) -> None:
    out = tmp_path / "out"
    if point in ("export:swapping", "export:swapped"):  # there must be something to swap with
        build(inputs, out, "rule.long-enough.threshold=30")
    killed_at(point, build, inputs, out)
    build(inputs, out)
    assert hashes(out) == hashes(first)
    assert not [path for path in tmp_path.iterdir() if path.name not in ("out", ".store")]


def test_the_command_can_be_killed_and_given_again(inputs: Path, first: Path, tmp_path: Path) -> None:
    arguments = ["build", str(inputs), "--out", str(tmp_path / "out"), "--workers", "1", "--quiet"]
    assert corpus_process(*arguments, env={KILL_VARIABLE: "export:filled"}).returncode == -9
    assert corpus_process(*arguments).returncode == 0
    assert hashes(tmp_path / "out") == hashes(first)
    assert not [path for path in tmp_path.iterdir() if path.name not in ("out", ".store")]


def test_another_store_and_another_place_give_the_same_bytes(first: Path, tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "elsewhere" / "in")
    build(recipe, tmp_path / "out", store=tmp_path / "store")
    assert hashes(tmp_path / "out") == hashes(first)


def test_an_output_folder_that_holds_something_else_is_refused(inputs: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_text("years of work")
    done = corpus("build", str(inputs), "--out", str(tmp_path))
    assert done.returncode == 1
    assert "will not be replaced" in done.stderr
    assert "another --out" in done.stderr
    assert (tmp_path / "thesis.docx").read_text() == "years of work"


def test_the_corpus_of_another_recipe_is_refused(inputs: Path, first: Path, tmp_path: Path) -> None:
    other = inputs.with_name("other.toml")
    other.write_text(inputs.read_text().replace('name = "small"', 'name = "other"', 1))
    done = corpus("build", str(other), "--out", str(first))
    assert done.returncode == 1
    assert "'small'" in done.stderr


def test_a_usage_error_ends_with_two_and_a_missing_recipe_with_one() -> None:
    assert corpus_process("build", "--nonsense").returncode == 2
    assert corpus_process("build", "no-such-recipe").returncode == 1


def test_books_that_do_not_balance_fail_the_build() -> None:
    from corpus.ledger import UnbalancedBooks, balance

    read = {"records": 3, "documents": 2, "broken": 1, "deletions": 0}
    balance(read, {"read": 2, "broken": 1}, {"kept": 2}, 2)
    with pytest.raises(UnbalancedBooks, match="documents read"):
        balance(read, {"read": 2, "broken": 1}, {"kept": 1}, 2)
    with pytest.raises(UnbalancedBooks, match="entries read"):
        balance(read, {"read": 2}, {"kept": 2}, 2)


def test_an_error_for_the_user_has_what_where_and_mend() -> None:
    assert str(UserError("A.", "b", "c")) == "A.\n  where: b\n  mend:  c"
