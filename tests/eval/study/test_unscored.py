"""A study whose runs are done and whose primary metrics have no scores ends with exit code 1, and says which."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.errors import UserError
from eval.cli import app
from eval.study.arms import NULL
from eval.study.results import Results
from tests.eval.study.test_page import BITS, RIGHT, results

VALUES = {(arm, key): [0.1, 0.2, 0.3] for arm in ("a", "b", NULL) for key in (BITS, RIGHT)}


def ended(monkeypatch: pytest.MonkeyPatch, out: Path, found: Results, *flags: str) -> tuple[str, BaseException | None]:
    """What the command prints of these results, no run of which is done here, and how it ends."""
    monkeypatch.setattr("eval.study.carry_out.carry_out_all", lambda *_: [])
    monkeypatch.setattr("eval.study.results.results", lambda *_: found)
    out.mkdir()
    told = CliRunner().invoke(app, ["ablate", "tiers-smoke", "--out", str(out), *flags])
    assert (out / "report.html").is_file()
    return told.stdout, told.exception


def test_a_study_without_a_primary_score_ends_with_an_error_and_its_checks_say_not_tested(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = results(VALUES)
    none = found._replace(scores=found.scores.clear(), effects=[], shuffled=float("nan"))
    told, error = ended(monkeypatch, tmp_path / "none", none)
    assert isinstance(error, UserError)  # which `main` turns into exit code 1
    assert "Bits per byte on explanations was not scored" in error.what
    assert "Bits per byte on explanations was not scored: nothing is said of it." in told
    assert "check: not tested: the null arm has no primary score" in told
    assert "check: Not tested by shuffling" in told
    assert "nothing is claimed" not in told


def test_json_tells_it_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = results(VALUES)
    told, error = ended(
        monkeypatch, tmp_path / "json", found._replace(scores=found.scores.clear(), effects=[]), "--json"
    )
    assert isinstance(error, UserError)
    assert len(json.loads(told)["unscored"]) == 2


def test_a_study_whose_primary_metrics_are_scored_ends_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told, error = ended(monkeypatch, tmp_path / "whole", results(VALUES))
    assert error is None
    assert "was not scored" not in told
    assert "check: of the null arm, which differs in nothing, nothing is claimed" in told
    assert "check: How often this verdict raises a false alarm cannot be told by shuffling with so few" in told
