"""The table of scores: whole where there is no terminal, and within a terminal's columns where there is one."""

from __future__ import annotations

import io
import re
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console
from typer.testing import CliRunner

from corpus.card import Card
from eval.cli import app
from eval.run.printed import output, print_scores
from eval.run.recipe import shipped
from train.model_folder import Written

LONG = "pubmedqa-without-abstract"


@pytest.fixture
def done(tmp_path: Path) -> Written:
    """A run of one task with a long name, asked in a long way."""
    row = {"task": LONG, "formulation": "letters", "shots": 5, "metric": "probability", "part": "all", "value": 0.3333,
           "low": 0.2222, "high": 0.4444, "n": 6_811, "chance": 0.3333}  # fmt: skip
    pl.DataFrame([row]).write_parquet(tmp_path / "scores.parquet")
    card = Card(kind="score", name="x", identity="", recipe={}, code="", versions={}, counts={"dropped": {LONG: 3}})
    return Written(tmp_path, card, False, {})


def test_without_a_terminal_no_name_is_cut_and_no_line_broken(
    done: Written, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    print_scores(done)
    told = capsys.readouterr().out
    assert "…" not in told
    (line,) = (line for line in told.splitlines() if line.startswith(LONG))
    assert line.split()[1:] == ["letters", "5-shot", "probability,", "%", "33.3", "22.2-44.4", "33.3", "6,811"]
    assert f"note: 3 items of {LONG} longer than the model reads, left out" in told.splitlines()
    assert not [line for line in told.splitlines() if line != line.rstrip() and len(line) > 120]
    assert not output().is_terminal


@pytest.mark.parametrize(("columns", "whole"), [(80, False), (100, True)])
def test_a_terminal_has_whole_names_where_it_has_room(done: Written, columns: int, whole: bool) -> None:
    told = io.StringIO()
    print_scores(done, Console(file=told, force_terminal=True, width=columns, color_system=None, highlight=False))
    table = [line for line in told.getvalue().splitlines() if "letters 5-shot" in line]
    assert (LONG in table[0]) == whole
    assert "6,811" in table[0]
    assert len(table[0]) <= columns


def test_the_help_names_every_shipped_suite() -> None:
    told = CliRunner().invoke(app, ["run", "--help"], env={"COLUMNS": "200", "TERMINAL_WIDTH": "200"}).stdout
    text = re.sub(r"[\s│]+", " ", told)
    assert f"a shipped one: {', '.join(shipped())}." in text
    assert "smoke" in shipped()
