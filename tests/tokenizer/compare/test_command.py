"""`tokenizer compare` as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import typer

from corpus.terminal import run
from tokenizer.compare.command import compare


def command(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    """The exit code of the command."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(compare)
    monkeypatch.setattr(sys, "argv", ["compare", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        run(app)
    return int(ended.value.code or 0)


def test_a_table_and_a_report(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four: list[str], corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "r.html"
    assert command(monkeypatch, *four[:2], "--corpus", corpus, "--documents", 6, "--out", out) == 0
    shown = capsys.readouterr()
    assert "bytes per token" in shown.out
    assert out.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert f"report   {out}" in shown.out


def test_json_is_all_that_stands_on_standard_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four: list[str], corpus: Path
) -> None:
    assert command(monkeypatch, *four, "--corpus", corpus, "--documents", 6, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    (language,) = [one for name, one in told["languages"].items() if name == "en"]
    assert language["measures"]["bytes_per_token"][0] == {"value": 1.0, "low": 1.0, "high": 1.0}
    assert set(language["measures"]["bytes_per_token"][1]["difference"]) == {"value", "low", "high"}
    assert [one["label"] for one in told["tokenizers"]] == ["bytes", "words", "wordpiece", "unigram"]


def test_a_name_that_needs_the_network_fails_with_a_sentence_that_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four: list[str], corpus: Path, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    assert command(monkeypatch, four[0], "somebody/some-model", "--corpus", corpus) == 1
    told = capsys.readouterr().err
    assert told.startswith("error: ")
    assert "network" in told
    assert "somebody/some-model" in told


def test_a_place_that_cannot_hold_the_report_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four: list[str], tmp_path: Path
) -> None:
    for out in (tmp_path, tmp_path / "none" / "r.html"):
        assert command(monkeypatch, four[0], "--corpus", tmp_path / "no-corpus", "--out", out) == 1
        assert "report" in capsys.readouterr().err


def test_a_folder_that_is_no_tokenizer_and_one_that_is_no_corpus(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], four: list[str], corpus: Path, tmp_path: Path
) -> None:
    assert command(monkeypatch, tmp_path, "--corpus", corpus) == 1
    assert "holds no tokenizer" in capsys.readouterr().err
    assert command(monkeypatch, four[0], "--corpus", tmp_path) == 1
    assert "holds no corpus" in capsys.readouterr().err


def test_the_corpus_must_be_named(monkeypatch: pytest.MonkeyPatch, four: list[str]) -> None:
    assert command(monkeypatch, four[0]) == 2
