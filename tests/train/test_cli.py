"""The command line of training says what it needs, and answers for help without it."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from train import cli


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
