"""`evaluate ablate --dry-run`: the text of each arm and its budget, as far as the corpora stand; nothing is made."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from corpus.errors import UserError
from corpus.progress import Silent
from eval.cli import app
from eval.study import standing
from eval.study.arms import Places, runs
from eval.study.carry_out import ground
from eval.study.readings import prepared, tokens_of
from eval.study.recipe import load_study
from eval.study.standing import COUNTED, GUESSED, SAMPLED
from eval.study.steps import corpus_of

NONE = "arm.high.train=[\"slice=[{name='none', languages=['fr'], weight=1.0}]\"]"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study's folder in which only its corpus stands."""
    folder = tmp_path_factory.mktemp("dry") / "built"
    loaded = load_study("tiers-smoke")
    corpus_of(loaded, Places(folder), loaded.study.arm[0], Silent())
    return folder


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One in which tokenizers stand as well."""
    folder = tmp_path_factory.mktemp("dry") / "fitted"
    ground(load_study("tiers-smoke"), Places(folder), Silent())
    return folder


def dry(folder: Path, *more: str, study: str = "tiers-smoke") -> Result:
    """The command's result, which made nothing."""
    before = sorted(folder.rglob("*"))
    told = CliRunner().invoke(app, ["ablate", study, "--dry-run", "--out", str(folder), *more])
    assert sorted(folder.rglob("*")) == before
    return told


def texts(folder: Path, *more: str) -> dict[str, dict[str, Any]]:
    """What `--json` tells of each arm."""
    told = dry(folder, "--json", *more)
    assert told.exit_code == 0, told.output
    return {row["name"]: row for row in json.loads(told.stdout)["text"]}


def test_where_no_corpus_stands_it_says_so_and_when_it_will_be_looked_at(tmp_path: Path) -> None:
    told = dry(tmp_path / "none")
    assert told.exit_code == 0
    for arm in load_study("tiers-smoke").study.arm:
        assert f"  {arm.name:<24}could not be looked at: its corpus is yet to be built" in told.stdout
    assert "They will be looked at before anything is trained" in told.stdout
    assert re.search(r"together \d+\.\d minutes, in 1 stretch of at most 9 minutes \(--minutes 9\);", told.stdout)
    assert "documents" not in told.stdout
    assert json.loads(dry(tmp_path / "none", "--json").stdout)["not_looked_at"] == [
        "all", "high", "all-as-few", "same-sources"]  # fmt: skip
    assert not (tmp_path / "none").exists()


def test_documents_and_characters_are_those_of_the_corpus_and_tokens_without_a_tokenizer_estimated(built: Path) -> None:
    files = [path for path in (built / "corpora" / "base" / "data").glob("*.parquet") if "-train-" in path.name]
    rows = pl.read_parquet(files)
    found = texts(built)
    for name, mine in (("all", rows), ("high", rows.filter(tier="high"))):
        assert found[name]["documents"] == mine.height
        assert found[name]["characters"] == mine["text"].str.len_chars().sum()
        assert found[name]["known"] == GUESSED
        assert found[name]["tokens"] == pytest.approx(mine["text"].str.len_bytes().sum() / 4, rel=0.02)
        assert found[name]["asked"] == 3000
        assert found[name]["times"] == pytest.approx(3000 / found[name]["tokens"])
    told = dry(built).stdout
    assert f"{found['high']['documents']} documents, {found['high']['characters']:,} characters" in told
    assert "(estimated at 4 bytes a token); 3,000 are asked for" in told
    assert "Tokens will be counted when the tokenizers are fitted" in told


def test_with_a_tokenizer_tokens_are_counted_as_training_counts_them(fitted: Path) -> None:
    loaded, places = load_study("tiers-smoke"), Places(fitted)
    found = texts(fitted)
    for run in [run for run in runs(loaded) if run.pair == 0 and run.name != "null"]:
        ready = prepared(loaded, places, run, None, tokens_of(loaded, places, run, None), Silent())
        assert found[run.name]["tokens"] == sum(pool.tokens for pool in ready.plan.pools)
        assert found[run.name]["known"] == COUNTED
    assert texts(fitted) == found  # out of the store, where preparing has left the ids
    assert "Tokens will be counted" not in dry(fitted).stdout


def test_of_more_text_than_a_sample_tokens_are_estimated_on_it(fitted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = texts(fitted)["all"]["tokens"]
    monkeypatch.setattr(standing, "SAMPLE", 3000)
    monkeypatch.setattr(standing, "tokenized_before", lambda *_: None)
    found = texts(fitted)["all"]
    assert found["known"] == SAMPLED
    assert found["tokens"] == pytest.approx(counted, rel=0.2)


def test_a_tokenizer_that_the_study_no_longer_wants_counts_nothing(fitted: Path) -> None:
    assert texts(fitted, "--set", "sets.tokenizer=['vocabulary=600']")["all"]["known"] == GUESSED


def test_a_corpus_by_another_recipe_is_none_of_the_study(built: Path) -> None:
    told = dry(built, "--set", "sets.corpus=['decide.near=0.9']")
    assert "could not be looked at" in told.stdout
    assert "documents" not in told.stdout


@pytest.mark.parametrize(
    ("told", "what", "mend"),
    [
        (NONE, "Arm 'high' cannot be trained. The corpus has no text for the slice 'none'", "[[slice]] none (in train"),
        ("budget.tokens=90_000_000", "No tokenizer makes enough", "raise budget.most_epochs (in train of [sets])"),
    ],
)
def test_what_would_be_refused_of_text_and_budget_is_refused(built: Path, told: str, what: str, mend: str) -> None:
    found = dry(built, "--set", told)
    assert found.exit_code == 1
    assert isinstance(found.exception, UserError)
    assert what in str(found.exception)
    assert mend in str(found.exception)
    assert "training on one H200" in found.stdout  # the arithmetic, and what stands of the other arms


@pytest.mark.parametrize(
    ("told", "what"),
    [
        ("arm.all-as-few.match={tiers=['platinum']}", "no tier 'platinum'"),
        ("exams=nowhere", "exam of task 'smoke' is not there"),
        ("sizes=['tinny']", "no size 'tinny'"),
    ],
)
def test_what_would_be_refused_before_anything_is_made_is_refused(tmp_path: Path, told: str, what: str) -> None:
    found = dry(tmp_path / "none", "--set", told)
    assert isinstance(found.exception, UserError)
    assert what in str(found.exception)


def test_a_budget_that_an_estimate_does_not_meet_is_doubted_and_not_refused(built: Path) -> None:
    """The high tier has about 3,300 tokens if each is four bytes, and 13,000 if each is one."""
    told = dry(built, "--set", "arm.high.train=[\"slice=[{name='high', tiers=['high'], weight=1.0}]\", "
               "'budget.most_epochs=0.5']")  # fmt: skip
    assert told.exit_code == 0, told.output
    assert "if the estimate is right, this will be refused: Arm 'high' cannot be trained" in told.stdout


def test_a_study_that_leaves_its_corpus_open_is_shown_as_it_is(tmp_path: Path) -> None:
    told = dry(tmp_path / "none", study="tiers-gpu")
    assert told.exit_code == 0, told.output
    assert "could not be looked at: the study names no corpus" in told.stdout


def test_a_base_and_the_arms_on_it_are_looked_at(built: Path) -> None:
    found = json.loads(dry(built, "--json", study="replay-smoke").stdout)
    names = [row["name"] for row in found["text"]]
    assert names[:2] == ["base", "plain"]
    rows = {row["name"]: row for row in found["text"]}
    assert rows["base"]["asked"] == 3000
    assert rows["replay-25"]["documents"] > rows["plain"]["documents"]  # what is replayed stands for it too
