"""Arms that are spelt otherwise and come to the same are refused before anything is made; arms that differ are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from corpus.errors import UserError
from eval.cli import app
from eval.study.recipe import load_study, shipped
from eval.study.resolved import equal_arms

ALL = "slice=[{name='all', weight=1.0}]"


@pytest.mark.parametrize(
    ("name", "told", "first", "second"),
    [
        ("tiers-smoke", "arm.high.train=[\"slice=[{ name = 'all' , weight = 1 }]\"]", "all", "high"),
        ("tiers-smoke", "arm.high.train=[\"slice=[{name='everything', weight=2.5}]\"]", "all", "high"),
        ("tiers-smoke", f"arm.high.train=[\"{ALL}\", 'batch.rows=2']", "all", "high"),
        ("tiers-smoke", f"arm.high.train=[\"{ALL}\", 'seed=7', 'budget.tokens=9']", "all", "high"),
        ("tiers-smoke", f"arm.high.train=['description=\"another\"', \"{ALL}\"]", "all", "high"),
        ("tiers-smoke", "arm.all-as-few.match={tiers=['high', 'medium']}; "
         "arm.same-sources.match={tiers=['medium', 'high']}", "all-as-few", "same-sources"),
        ("replay-smoke", "arm.replay-5.train=['replay.share=0.010', \"replay.languages=['en']\", 'batch.rows=2']",
         "replay-1", "replay-5"),
        ("replay-smoke", "arm.replay-5.train=['replay.share=0.01', \"replay.languages=['en']\"]; "
         "arm.replay-5.base=['batch.rows=2']", "replay-1", "replay-5"),
        ("reasoning-smoke", "arm.without-as-many.tune=['with_reasoning=false', 'epochs=2.0']", "without",
         "without-as-many"),
        ("tokenizer-smoke", "arm.bpe-of-1024.tokenizer=['vocabulary=2048']", "bpe", "bpe-of-1024"),
    ],
)  # fmt: skip
def test_arms_that_come_to_the_same_are_told_with_both_names(name: str, told: str, first: str, second: str) -> None:
    (error,) = equal_arms(load_study(name, tuple(told.split("; "))))
    assert error.what.startswith(f"Arms {first!r} and {second!r} are equal")
    assert error.where.endswith(f"[[arm]] {second}")
    assert "null = true" in error.mend


@pytest.mark.parametrize("name", shipped())
def test_the_arms_of_the_shipped_studies_differ(name: str) -> None:
    loaded = load_study(name)
    assert not list(equal_arms(loaded if loaded.study.corpus else load_study(name, ("corpus=samples",))))


@pytest.mark.parametrize("told", ["batch.rows=3", "optimizer.learning_rate=0.01", "model.sequence=128"])
def test_an_arm_that_differs_in_a_value_is_no_other_arm(told: str) -> None:
    assert not list(equal_arms(load_study("tiers-smoke", (f"arm.high.train=[\"{ALL}\", '{told}']",))))


def test_equal_arms_are_refused_of_a_dry_run_and_nothing_is_made(tmp_path: Path) -> None:
    sets = f"arm.high.train=[\"{ALL}\", 'batch.rows=2']"
    found = CliRunner().invoke(app, ["ablate", "tiers-smoke", "--dry-run", "--out", str(tmp_path / "x"), "--set", sets])
    assert isinstance(found.exception, UserError)
    assert "Arms 'all' and 'high' are equal" in found.exception.what
    assert not (tmp_path / "x").exists()
