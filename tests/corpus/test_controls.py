"""Whatever a title or an id holds, a terminal and a page get no control character of it."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from corpus.changes import STATE, changes
from corpus.cli import app
from corpus.controls import CONTROLS, visible, visible_json, visible_lines
from corpus.tables import show_changes, show_classifiers
from tests.corpus.small import build, corpus

HOSTILE = "red\x1b[31m\x9b32m\x07\x08\u202egniht\u2066\x7f\x00"
READ = HOSTILE.replace("\x00", "\ufffd")  # a source lets no NUL into a title
TEXT = (
    "Boiled water with sugar and salt, in small sips over the whole day, replaces what a child loses with diarrhoea, "
    "and an adult too; a child with sunken eyes belongs into a clinic. "
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    rows = [{"id": f"{n}{HOSTILE}\nfate     kept", "title": f"{HOSTILE}\ndocument", "text": TEXT + n * 9} for n in "ab"]
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    recipe = folder / "r.toml"
    recipe.write_text('name = "r"\n[[source]]\nname = "s"\nkind = "table"\npath = "rows.jsonl"\nid = "id"\n'
                      'title = "title"\n')  # fmt: skip
    build(recipe, folder / "one", "decide.drop=[]")
    build(recipe, folder / "other")
    return folder


def harmless(text: str) -> bool:
    return not set(text) & {chr(code) for code in CONTROLS} - {"\n"}


def asked(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done.stdout


def commands(out: Path) -> dict[str, list[str]]:
    name = pl.read_parquet(out / "one" / "ledger" / "documents-*.parquet")["id"][0]
    return {
        "explain": ["explain", name, "--out", str(out / "one")],
        "similar": ["similar", TEXT, "--out", str(out / "one")],
        "what-if": ["what-if", str(out / "one"), "--set", 'decide.drop=["near"]'],
        "diff": ["diff", str(out / "one"), str(out / "other")],
    }


@pytest.mark.parametrize("name", ["explain", "similar", "what-if", "diff"])
def test_an_answer_shows_what_a_title_holds_and_lets_it_do_nothing(out: Path, name: str) -> None:
    shown = asked(*commands(out)[name])
    assert "red␛[31m" in shown  # it is shown, as a picture
    assert harmless(shown)
    lines = [line.strip() for line in shown.splitlines()]
    assert "document" not in lines  # a line break in a title forges no line
    assert not any(line.startswith("fate     kept") and "tier" not in line for line in lines)


@pytest.mark.parametrize("name", ["explain", "similar", "what-if", "diff"])
def test_json_says_the_same_without_a_control_character(out: Path, name: str) -> None:
    shown = asked(*commands(out)[name], "--json")
    assert harmless(shown)
    assert READ in strings(json.loads(shown))


def strings(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(map(strings, value.values()))
    return " ".join(map(strings, value)) if isinstance(value, list) else str(value)


def test_an_error_shows_no_control_character_either(out: Path) -> None:
    done = corpus("explain", "table:s/a\x1b[31mred", "--out", str(out / "one"))
    assert done.returncode == 1
    assert harmless(done.stderr)
    done = corpus("explain", "x", "--out", str(out / "no\x1b[31mred"))
    assert "no␛[31mred" in done.stderr


def test_classifiers_and_tables_of_changes_go_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    told = {"task": HOSTILE, "language": "en", "labels": [], "calibration_error": 0.1,
            "auc": {"value": 0.9, "low": 0.8, "high": 1.0}}  # fmt: skip
    show_classifiers([told], "out")
    row = {"id": "a", "source": HOSTILE, "title": "t", "fate": "kept", "tier": HOSTILE, "split": "train",
           "characters": 1}  # fmt: skip
    show_changes(changes(pl.DataFrame(schema=STATE), pl.DataFrame([row], schema=STATE)))
    shown = capsys.readouterr().out
    assert "red␛" in shown
    assert harmless(shown)


def test_lists_and_tables_are_gone_through_and_other_values_stay() -> None:
    assert visible({"\x1b": ["a\n", {"b": "\t"}], "n": 1, "none": None}) == {
        "␛": ["a␊", {"b": "␉"}], "n": 1, "none": None
    }  # fmt: skip
    assert visible("häufig 高血压 ≥ 5") == "häufig 高血压 ≥ 5"
    assert visible_lines("a\nb\x1b") == "a\nb␛"
    assert json.loads(visible_json(json.dumps(["\x9b\u202e\x7f\x1b高"], ensure_ascii=False))) == [
        "\x9b\u202e\x7f\x1b高"
    ]
