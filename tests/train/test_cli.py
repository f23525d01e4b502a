"""The command line of training says what it needs, and answers for help without it."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

import pytest

from corpus.card import Card
from train import cli
from train.ending import ended as end_of
from train.launch import Launch
from train.run_folder import Trained


def ended(monkeypatch: pytest.MonkeyPatch, *told: str) -> object:
    """The exit code of a command line on an installation without the extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["train", *told])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code


@pytest.mark.parametrize("told", [("pretrain",), ("dry-run", "2.7b"), ("merge", "x", "--second", "y")])
def test_without_the_extra_every_command_says_how_to_install_it(
    told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, *told) == 1
    said = capsys.readouterr().err
    assert "needs torch" in said
    assert ".[train]" in said


@pytest.mark.parametrize("told", [("--help",), ("pretrain", "--help")])
def test_without_the_extra_help_is_there(
    told: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(monkeypatch, *told) == 0
    assert "Usage" in capsys.readouterr().out


def test_json_stands_alone_on_standard_output_whatever_a_library_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card = Card(kind="model", name="m", identity="1", recipe={}, code="", versions={})

    def work() -> Trained:
        print("[WARNING] a library speaks")
        return Trained(tmp_path, card, True, {})

    end_of(Launch(), work, lambda _: None, quiet=False, as_json=True)
    said = capsys.readouterr()
    assert json.loads(said.out)["identity"] == "1"
    assert "a library speaks" in said.err
