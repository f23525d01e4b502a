"""A study's folder is gone on with by the same study, may grow, and is replaced only where that is asked for; the board
shows where runs are, and the time may run out."""

from __future__ import annotations

import io
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from corpus.card import Card, write_card
from corpus.errors import UserError
from corpus.output import only_build
from corpus.progress import Silent
from eval.cli import app
from eval.study.arms import MODEL, Places, run_name, runs
from eval.study.board import Board, Lines, Table
from eval.study.carry_out import How, carry_out_all
from eval.study.recipe import load_study
from eval.study.same import STUDY, refuse_changed, refuse_other_corpora, refuse_place


def test_a_folder_of_another_study_is_refused_unless_it_may_be_replaced(tmp_path: Path) -> None:
    before, other = load_study("tiers-smoke"), load_study("tiers-smoke", ("budget.tokens=4000",))
    refuse_changed(other, tmp_path / "out", replace=False)
    refuse_changed(before, tmp_path / "out", replace=False)  # nothing was made of the other one
    (tmp_path / "out" / "models").mkdir()
    refuse_changed(before, tmp_path / "out", replace=False)
    with pytest.raises(UserError, match="another study: budget changed since") as caught:
        refuse_changed(other, tmp_path / "out", replace=False)
    assert "--replace" in caught.value.mend
    refuse_changed(other, tmp_path / "out", replace=True)
    refuse_changed(other, tmp_path / "out", replace=False)


def test_a_second_study_in_a_folder_is_refused_before_it_notes_itself_there(tmp_path: Path) -> None:
    refuse_changed(load_study("tiers-smoke"), tmp_path / "out", replace=False)
    note = (tmp_path / "out" / STUDY).read_bytes()
    with only_build(tmp_path / "out"):
        told = CliRunner().invoke(app, ["ablate", "dedup-smoke", "--out", str(tmp_path / "out")])
    assert isinstance(told.exception, UserError)
    assert "is writing this output folder" in told.exception.what
    assert (tmp_path / "out" / STUDY).read_bytes() == note


def test_a_folder_that_cannot_be_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "letter").write_text("dear", encoding="utf-8")
    for out, says in ((tmp_path / "letter", "where a file is"), (tmp_path / "letter" / "study", "where a file is"),
                      (Path("/proc/nothing"), "cannot be made")):  # fmt: skip
        with pytest.raises(UserError, match=says):
            refuse_place(out)


def test_models_of_other_text_than_stands_there_now_are_not_made_anew_unasked(tmp_path: Path) -> None:
    loaded, places = load_study("dedup-smoke"), Places(tmp_path)

    def card(folder: Path, kind: str, identity: str, **parents: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_card(
            folder, Card(kind=kind, name="x", identity=identity, parents=parents, recipe={}, code="", versions={})
        )

    first = next(runs(loaded))
    card(places.corpus(first.arm.corpus), "corpus", "new")
    refuse_other_corpora(loaded, places)  # nothing was trained
    card(places.made(loaded.study, first, MODEL), "model", "m", corpus="new")
    refuse_other_corpora(loaded, places)
    card(places.made(loaded.study, first, MODEL), "model", "m", corpus="old")
    with pytest.raises(UserError, match=f"changed since {run_name(first)} were made") as caught:
        refuse_other_corpora(loaded, places)
    assert "--replace" in caught.value.mend


def test_a_study_may_get_more_seeds_and_arms_and_other_words(tmp_path: Path) -> None:
    refuse_changed(load_study("tiers-smoke"), tmp_path, replace=False)
    (tmp_path / "scores").mkdir()
    more = tmp_path.with_name("more.toml")
    told = 'extends = ["tiers-smoke"]\nname = "tiers-smoke"\nseeds = 5\nnull = false\ndescription = "more"\n'
    more.write_text(f'{told}[[arm]]\nname = "more"\ntokenizer = ["vocabulary=400"]\n', encoding="utf-8")
    refuse_changed(load_study(more), tmp_path, replace=False)
    with pytest.raises(UserError, match="arm high changed since"):
        refuse_changed(load_study("tiers-smoke", ("arm.high.corpus=['decide.drop=[]']",)), tmp_path, replace=False)


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letters.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UserError, match="no study of ours"):
        refuse_changed(load_study("tiers-smoke"), tmp_path, replace=True)
    (tmp_path / "study.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be read"):
        refuse_changed(load_study("tiers-smoke"), tmp_path, replace=True)


def test_a_study_stops_when_its_time_is_up_and_says_how_to_go_on(tmp_path: Path) -> None:
    sets = ("seeds=1", "null=false")
    with pytest.raises(UserError, match=r"Stopped after .* minutes with 0 of 4 runs done") as caught:
        carry_out_all(load_study("tiers-smoke", sets), tmp_path / "out", How(1, sets, seconds=0.01), Silent())
    assert "same command again" in caught.value.mend


def test_the_board_tells_where_each_run_is_and_what_it_scored(tmp_path: Path) -> None:
    loaded, places, told = load_study("tiers-smoke"), Places(tmp_path), io.StringIO()
    row = {"task": "held-out", "formulation": "", "metric": "bits_per_byte", "part": "all", "value": 3.14159}
    for run in list(runs(loaded))[:2]:
        places.scores(run).mkdir(parents=True)
        pl.DataFrame([row]).write_parquet(places.scores(run) / "scores.parquet")
    console = Console(file=told, force_terminal=True, width=100, color_system=None)
    with Table(loaded, places, console) as board:
        board.at("high-0", "training", "0.25")
        board.done("all-0", 12.0)
        board.at("all-1", "ids of samples", "0.50")
    end = told.getvalue().split("\x1b[2K")[-1]
    lines = {line.split()[0]: line for line in end.splitlines() if line.strip()}
    assert "3.1416" in lines["all"]
    assert "ids of samples 50%" in lines["all"]
    assert "training 25%" in lines["high"]
    assert "1 of 10 runs" in end


def test_without_a_terminal_each_run_has_a_line(tmp_path: Path) -> None:
    loaded, places, told = load_study("tiers-smoke"), Places(tmp_path), io.StringIO()
    run = next(iter(runs(loaded)))
    places.scores(run).mkdir(parents=True)
    pl.DataFrame(schema={"task": pl.String, "formulation": pl.String, "metric": pl.String, "part": pl.String,
                         "value": pl.Float64}).write_parquet(places.scores(run) / "scores.parquet")  # fmt: skip
    with Lines(loaded, places, Console(file=told, width=100)) as lines:
        lines.done("all-0", 3.0)
    assert told.getvalue() == "    1 of 10  all-0: 3.0 s\n"
    board = Board(loaded, places)
    board.done("all-0", 1.0)
    assert "1 of 10 runs done" in board.stopped().what
