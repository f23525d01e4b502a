"""The output folder is replaced whole, so nothing of the user's may lie in it; and a build never reads its own work."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.output import only_build, refuse_places
from corpus.store import Store
from tests.corpus.small import build, corpus, corpus_process, hashes, write_inputs


def test_a_file_of_the_user_s_in_the_output_stops_a_rebuild_and_stays(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "out")
    (tmp_path / "out" / "my-notes.txt").write_text("keep")
    (tmp_path / "out" / ".DS_Store").write_text("")  # nobody's file
    with pytest.raises(UserError, match="1 files that no build put there") as caught:
        build(recipe, tmp_path / "out", "rule.long-enough.threshold=30")
    assert "my-notes.txt" in caught.value.where
    assert (tmp_path / "out" / "my-notes.txt").read_text() == "keep"
    (tmp_path / "out" / "my-notes.txt").unlink()
    assert build(recipe, tmp_path / "out", "rule.long-enough.threshold=30")["built"]


def test_an_output_below_the_input_is_not_read_as_input(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A note on blood pressure that is long enough to be read.")
    (tmp_path / "x.toml").write_text('name = "x"\n[[source]]\nname = "t"\nkind = "text"\npath = "."\n')
    for threshold in (1, 2):  # something has to change, or the second build does nothing
        (tmp_path / "x.toml").write_text(
            f'name = "x"\n[decide]\nheld_out = 0.{threshold}\n[[source]]\nname = "t"\nkind = "text"\npath = "."\n'
        )
        answer = build(tmp_path / "x.toml", tmp_path / "corpora" / "x", store=tmp_path / "kept")
        assert answer["counts"]["records"] == {"read": 1}


def test_files_that_no_source_reads_are_named_in_the_card_and_the_summary(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    for name in ("scan.pdf", "letter.doc", "#draft.txt", ".hidden.txt"):
        (tmp_path / "in" / "notes" / name).write_text("x")
    done = corpus("build", str(recipe), "--out", str(tmp_path / "out"))
    assert done.returncode == 0, done.stderr
    line = next(line for line in done.stdout.splitlines() if "not read in notes" in line)
    for piece in ("1 .pdf", "1 .doc", "2 hidden or left over"):
        assert piece in line


def test_a_document_inside_the_store_or_the_output_is_refused(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    with pytest.raises(UserError, match="inside the store folder"):
        build(recipe, tmp_path / "out", store=tmp_path / "in")


def test_places_that_cannot_be_replaced_are_refused(tmp_path: Path) -> None:
    for out in (Path("/"), Path.cwd(), Path.cwd().parent):
        with pytest.raises(UserError, match="the folder you stand in"):
            refuse_places(out, tmp_path / "store")
    with pytest.raises(UserError, match="store lies inside"):
        refuse_places(tmp_path / "out", tmp_path / "out" / "store")


def test_a_place_that_cannot_be_made_ends_with_a_sentence_and_not_a_traceback(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    for option, other in (("--out", "--store"), ("--store", "--out")):
        done = corpus("build", str(recipe), option, str(recipe / "below"), other, str(tmp_path / "fine" / "x"))
        assert done.returncode == 1
        assert "cannot be made" in done.stderr
        assert "Traceback" not in done.stderr


def test_two_builds_of_one_output_exclude_each_other_whatever_their_stores(tmp_path: Path) -> None:
    with (
        only_build(tmp_path / "out"),
        pytest.raises(UserError, match=rf"Another process \(process {os.getpid()}\)"),
        only_build(tmp_path / "out"),
    ):
        pass


def test_a_lost_run_json_or_report_does_not_stop_an_unchanged_rerun(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "out")
    (tmp_path / "out" / "run.json").unlink()
    (tmp_path / "out" / "report.html").unlink()
    assert build(recipe, tmp_path / "out")["built"] is False
    assert (tmp_path / "out" / "report.html").exists()


def test_names_that_look_like_patterns_are_only_names(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "plain")
    build(recipe, tmp_path / "o[x]*" / "out", store=tmp_path / "st[1]*")
    assert hashes(tmp_path / "o[x]*" / "out") == hashes(tmp_path / "plain")


def test_a_corpus_in_which_nothing_is_kept_says_so(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    done = corpus("build", str(recipe), "--out", str(tmp_path / "out"), "--set", "rule.long-enough.threshold=100000")
    assert done.returncode == 0, done.stderr
    assert "no document was kept" in done.stdout
    assert "data_files: []" in (tmp_path / "out" / "README.md").read_text()


def test_a_damaged_store_file_stops_the_build_once_and_the_next_one_mends_it(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "first", store=tmp_path / "store")
    victim = max((tmp_path / "store" / "ingest").glob("*/*/documents.parquet"), key=lambda path: path.stat().st_size)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 1
    victim.write_bytes(data)
    arguments = ["build", str(recipe), "--out", str(tmp_path / "second"), "--store", str(tmp_path / "store")]
    done = corpus_process(*arguments)  # one that has not yet looked at that file
    assert done.returncode == 1
    assert "run again" in done.stderr
    assert corpus(*arguments).returncode == 0
    assert hashes(tmp_path / "second") == hashes(tmp_path / "first")


def test_an_input_that_changes_while_it_is_read_is_not_kept_under_its_old_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import corpus.stages

    recipe = write_inputs(tmp_path / "in")
    real = corpus.stages.ingest_stage
    note = tmp_path / "in" / "notes" / "note00.txt"
    old = note.read_text()

    def meddle(*arguments: object) -> object:
        note.write_text("Something else altogether, written between the hashing and the reading.")
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(corpus.stages, "ingest_stage", meddle)
    with pytest.raises(UserError, match="changed while it was being read"):
        build(recipe, tmp_path / "out")
    monkeypatch.undo()
    note.write_text(old)
    os.utime(note, (1, 1))
    build(recipe, tmp_path / "out")
    write_inputs(tmp_path / "again")
    build(tmp_path / "again" / "small.toml", tmp_path / "clean", store=tmp_path / "clean-store")
    assert hashes(tmp_path / "out") == hashes(tmp_path / "clean")


def test_the_store_of_a_build_is_where_it_was_told(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    build(recipe, tmp_path / "out", store=tmp_path / "elsewhere")
    assert Store(tmp_path / "elsewhere").root.joinpath("ingest").is_dir()
    assert not (tmp_path / ".store").exists()
