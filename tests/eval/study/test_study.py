"""A study from documents to verdict: pairs, families, cards that lead back, and a rerun that goes on."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from corpus.card import read_card
from corpus.errors import UserError
from corpus.progress import Silent
from corpus.store import KILL_VARIABLE
from eval.cli import app
from eval.study.arms import MODEL, TUNED, Places, runs
from eval.study.carry_out import How, carry_out_all
from eval.study.foreseen import undone
from eval.study.forest import forest
from eval.study.page import PAGE, page
from eval.study.recipe import load_study, shipped
from eval.study.results import Results, _family, noise, results
from eval.study.steps import carry_out
from tests.once import made_once

LITTLE = ("budget.tokens=1500",)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped smoke study of copies, run by its command; what that printed lies beside."""

    def make(folder: Path) -> None:
        told = CliRunner().invoke(app, ["ablate", "dedup-smoke", "--out", str(folder / "study"), "--json"])
        assert told.exit_code == 0, told.output + str(told.exception)
        (folder / "told.json").write_text(told.stdout, encoding="utf-8")

    return made_once(tmp_path_factory, "study", make) / "study"


@pytest.fixture(scope="module")
def found(out: Path) -> Results:
    loaded = load_study("dedup-smoke")
    return results(loaded, out, list(runs(loaded)))


def test_every_arm_has_an_effect_in_every_primary_metric_over_all_seeds(found: Results) -> None:
    primary = [one for one in found.effects if one.primary]
    assert [(one.arm, one.key["task"]) for one in primary] == [("kept", "explanation")]
    assert {one.found.n for one in primary} == {2}
    assert len(found.verdict) == 1
    scores = found.scores.filter(arm="kept", task="explanation", part="all")["value"].to_list()
    first = found.scores.filter(arm="dropped", task="explanation", part="all")["value"].to_list()
    (effect,) = primary
    assert effect.found.value == pytest.approx(np.mean(scores) - np.mean(first))


def test_runs_of_one_seed_begin_with_the_same_weights_and_the_null_arm_with_others(out: Path) -> None:
    """The loss of the first step is that of the same weights on other text: near, but for the null arm's."""
    logs = {path.name: json.loads((path / "log.jsonl").read_text("utf-8").splitlines()[0])
            for path in sorted((out / "models").iterdir())}  # fmt: skip
    assert set(logs) == {f"{arm}-{pair}" for arm in ("dropped", "kept", "null") for pair in (0, 1)}
    cards = {name: read_card(out / "models" / name) for name in logs}
    seeds = {name: card.recipe["seed"] for name, card in cards.items() if card is not None}
    assert {seeds[f"{arm}-1"] for arm in ("dropped", "kept")} == {1}
    assert seeds["null-1"] == 1001


def test_cards_lead_from_a_score_to_the_files_of_its_corpus(out: Path) -> None:
    score, model = read_card(out / "scores" / "dropped-0"), read_card(out / "models" / "dropped-0")
    corpus, tokenizer = read_card(out / "corpora" / "base"), read_card(out / "tokenizers" / "base")
    assert score is not None
    assert tokenizer is not None
    assert model is not None
    assert corpus is not None
    assert score.parents["model"] == model.identity
    assert score.parents["tokenizer"] == model.parents["tokenizer"] == tokenizer.identity
    assert score.parents["file of the tokenizer"] == tokenizer.outputs["tokenizer.json"][0]
    assert corpus.identity in model.parents.values()
    assert sum(len(files) for files in corpus.inputs.values()) > 3


def test_a_study_that_is_done_is_not_done_again(out: Path) -> None:
    loaded, files = (
        load_study("dedup-smoke"),
        [*out.glob("scores/*/card.json"), *out.glob("models/*/model.safetensors")],
    )
    before = {path: path.stat().st_mtime_ns for path in files}
    assert len(before) == 12
    for run in runs(loaded):
        carry_out(loaded, Places(out), run, Silent())
    assert {path: path.stat().st_mtime_ns for path in files} == before


def test_arms_that_are_done_are_not_looked_at_again_unless_they_may_be_replaced(out: Path) -> None:
    loaded, more = load_study("dedup-smoke"), load_study("dedup-smoke", ("arm.kept.name=other",))
    for what in (MODEL, TUNED):
        assert list(undone(loaded, Places(out), what, again=False)) == []
        assert [run.name for run in undone(loaded, Places(out), what, again=True)] == ["dropped", "kept"]
        assert [run.name for run in undone(more, Places(out), what, again=False)] == ["other"]


def test_json_is_all_that_stands_on_standard_output(out: Path, found: Results) -> None:
    told = json.loads((out.parent / "told.json").read_bytes())
    assert len(told["effects"]) == pl.read_parquet(out / "effects.parquet").height
    assert told["false_alarms"] == [one.said.sentence for one in found.false_alarms]


def test_a_killed_study_goes_on_and_ends_with_the_same_scores(
    out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sets = ("seeds=1", "null=false")
    loaded = load_study("dedup-smoke", sets)
    monkeypatch.setenv(KILL_VARIABLE, "part: smoke-cloze-00000")
    with pytest.raises(UserError, match=r"Run dropped-0 of the study was killed \(SIGKILL\)"):
        carry_out_all(loaded, tmp_path / "study", How(1, sets), Silent())
    assert not list((tmp_path / "study").glob("scores/*/card.json"))
    monkeypatch.delenv(KILL_VARIABLE)
    carry_out_all(loaded, tmp_path / "study", How(1, sets), Silent())
    for arm in ("dropped", "kept"):
        here, there = (pl.read_parquet(place / "scores" / f"{arm}-0" / "items.parquet")
                       for place in (out, tmp_path / "study"))  # fmt: skip
        assert here.equals(there)


def test_the_page_says_the_verdict_draws_the_effects_and_links_every_card(found: Results, out: Path) -> None:
    told = page(found)
    assert told == (out / PAGE).read_text("utf-8")
    for sentence in found.verdict:
        assert sentence.replace("'", "&#39;").replace("<", "&lt;") in told or sentence in told
    assert told.count('class="forest"') == 1
    assert 'href="scores/null-1/card.json"' in told
    assert "<script" not in told
    assert "Copies stay." in told


def test_effects_are_drawn_where_they_lie(found: Results) -> None:
    some = [one for one in found.effects if one.primary]
    drawn = forest(some, "a & b")
    assert drawn.count("<circle") == 1
    assert drawn.count("whisker") == 1
    assert "a &amp; b" in drawn


def test_signal_is_between_arms_and_noise_between_seeds() -> None:
    same = {"size": "", "task": "t", "formulation": "", "metric": "m", "part": "all", "better": "lower"}
    means = {"a": 1.0, "b": 2.0, "null": 9.0}
    rows = [{**same, "arm": arm, "pair": pair, "value": means[arm] + 0.1 * pair} for arm in means for pair in (0, 1)]
    (told,) = noise(pl.DataFrame(rows)).to_dicts()
    assert told["signal"] == pytest.approx(np.std([1.05, 2.05], ddof=1))
    assert told["noise"] == pytest.approx(np.std([0, 0.1], ddof=1))


def test_the_null_arm_is_a_family_of_its_own(found: Results) -> None:
    family = _family(found.study, found.scores, primary=True)
    nulls = [one for one in family if one.arm == "null"]
    assert len(nulls) == 1
    others = [one.found.p for one in family if one.arm != "null"]
    least = min((one for one in family if one.arm != "null"), key=lambda one: one.found.p)
    assert least.adjusted == pytest.approx(min(len(others) * least.found.p, 1.0))


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (("arm.high.train=[\"slice=[{name='all', weight=1.0}]\"]",), "arms 'all' and 'high' are equal"),
        (('arm.high.train=["slice=[{weight = 1.0, name=\\"all\\"}]"]',), "arms 'all' and 'high' are equal"),
        (("suite=",), "suite is empty"),
        (("budget.bytes=1000",), "a study has one budget"),
        (("arm.high.name=null",), "cannot be named 'null'"),
        (("arm.high.name=all",), "two [[arm]] tables are named 'all'"),
    ],
)
def test_a_study_that_can_say_nothing_is_refused(told: tuple[str, ...], says: str) -> None:
    with pytest.raises(UserError) as caught:
        load_study("tiers-smoke", told)
    assert says in caught.value.what


def test_the_shipped_studies_can_be_read() -> None:
    assert "tiers-smoke" in shipped()
    for name in shipped():
        assert load_study(name).study.question.endswith("?")
