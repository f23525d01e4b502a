"""Every shipped study at smoke size, arm by arm; what arms share; looks on the way, sizes, and what it would cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from corpus.card import read_card
from corpus.errors import UserError
from corpus.progress import Silent
from eval.cli import app
from eval.study.arms import BASE, MODEL, TUNED, Places, maker, runs
from eval.study.carry_out import How, carry_out_all, ground
from eval.study.cost import parts
from eval.study.decisions import decisions
from eval.study.matched import slices
from eval.study.page import page
from eval.study.primary import refuse_unscored
from eval.study.recipe import LoadedStudy, Matched, load_study, shipped
from eval.study.results import Results, results
from eval.study.steps import carry_out, refuse_unnamed

ONE = ("seeds=1", "null=false")
KINDS = ("tiers", "dedup", "tokenizer", "reasoning", "replay", "scratch-or-continue", "size", "ratio", "language-mix")
BY_COMMAND = ("tiers", "dedup")  # which tests/test_story.py and tests/eval/study/test_study.py run


def carried_out(loaded: LoadedStudy, folder: Path) -> Results:
    """A study done in this process, run after run."""
    places = Places(folder)
    ground(loaded, places, Silent())
    for run in runs(loaded):
        carry_out(loaded, places, run, Silent())
    return results(loaded, folder, list(runs(loaded)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where all studies of this module work: what one of them has read, the next need not."""
    return tmp_path_factory.mktemp("studies")


@pytest.mark.parametrize("name", [kind for kind in KINDS if kind not in BY_COMMAND])
def test_every_shipped_study_runs_at_smoke_size(folder: Path, name: str) -> None:
    loaded = load_study(f"{name}-smoke", ONE)
    found = carried_out(loaded, folder)
    arms = [arm.name for arm in loaded.study.arm]
    wanted = {(one.task, one.metric, one.part) for one in loaded.study.primary}
    primary = [one for one in found.effects if one.primary]
    assert {(one.key["task"], one.key["metric"], one.key["part"]) for one in primary} == wanted
    assert {one.arm for one in primary} == set(arms[1:])
    assert np.isfinite([mean for one in primary for mean in one.means]).all()
    assert loaded.study.question in page(found).replace("&#39;", "'")


def test_each_study_is_shipped_in_three_sizes() -> None:
    assert {f"{kind}-{size}" for kind in KINDS for size in ("smoke", "tiny", "gpu")} == set(shipped())


def test_models_are_shared_by_arms_that_differ_behind_training_alone(folder: Path) -> None:
    loaded = load_study("reasoning-smoke", ONE)
    carried_out(loaded, folder)
    places, all_runs = Places(folder), list(runs(loaded))
    assert {maker(loaded.study, run, MODEL) for run in all_runs} == {"without"}
    assert [maker(loaded.study, run, TUNED) for run in all_runs] == [run.name for run in all_runs]
    cards = [read_card(places.made(loaded.study, run, TUNED)) for run in all_runs]
    base = read_card(places.made(loaded.study, all_runs[0], MODEL))
    assert base is not None
    assert {card.parents["base"] for card in cards if card is not None} == {base.identity}
    orders = [card.recipe["with_reasoning"] for card in cards if card is not None]
    assert orders == [False, True, True, False]


def test_controls_of_a_tier_have_its_sources_its_amount_or_both(folder: Path) -> None:
    ground(load_study("tiers-smoke", ONE), Places(folder), Silent())
    corpus = folder / "corpora" / "base"
    train = [path for path in (corpus / "data").glob("*.parquet") if "-train-" in path.name]
    rows = pl.read_parquet(train).with_columns(bytes=pl.col("text").str.len_bytes().cast(pl.Float64))
    high, whole = (dict(some.group_by("source").agg(pl.col("bytes").sum()).iter_rows())
                   for some in (rows.filter(tier="high"), rows))  # fmt: skip
    (amount,) = slices(corpus, Matched(tiers=("high",), by="amount"))
    assert amount["share"] == pytest.approx(sum(high.values()) / sum(whole.values()))
    sources, both = slices(corpus, Matched(tiers=("high",), by="sources")), slices(corpus, Matched(tiers=("high",)))
    for found in (sources, both):
        shares = {one["sources"][0]: one["weight"] for one in found}
        assert shares == pytest.approx({source: size / sum(high.values()) for source, size in high.items()})
    assert all("share" not in one for one in sources)
    assert {one["sources"][0]: one["share"] for one in both} == pytest.approx(
        {source: size / whole[source] for source, size in high.items()}
    )
    chinese = slices(corpus, Matched(tiers=("high",), by="sources", languages=("zh",)))
    assert {one["sources"][0] for one in chinese} < set(high)
    assert chinese[0]["languages"] == ["zh"]
    with pytest.raises(UserError, match="no text of platinum"):
        slices(corpus, Matched(tiers=("platinum",)))


def test_a_ratio_spends_one_budget_on_text_and_fine_tuning(folder: Path) -> None:
    loaded = load_study("ratio-smoke", ONE)
    found = carried_out(loaded, folder).runs
    for row, share in zip(found.iter_rows(named=True), (0.9, 0.5, 0.1), strict=True):
        assert row["tokens"] == pytest.approx(3000 * share, abs=2)
        assert row["tokens"] + row["tuned_tokens"] == pytest.approx(3000, abs=120)  # an example is read whole


def test_arms_on_from_a_base_have_it_as_their_parent_and_a_merged_one_lies_between(folder: Path) -> None:
    from safetensors.torch import load_file

    loaded = load_study("replay-smoke", ONE)
    carried_out(loaded, folder)
    places = Places(folder)
    mine = {run.name: run for run in runs(loaded)}
    base = places.made(loaded.study, mine["plain"], BASE)
    card, of_base = read_card(places.made(loaded.study, mine["replay-5"], MODEL)), read_card(base)
    assert card is not None
    assert of_base is not None
    assert card.parents["base"] == of_base.identity
    assert card.counts["shares"]["replay"] == pytest.approx(0.05, abs=0.01)
    start, trained = (load_file(place / "model.safetensors")
                      for place in (base, places.made(loaded.study, mine["plain"], MODEL)))  # fmt: skip
    between = load_file(folder / "merged" / "merged-0" / "model.safetensors")
    for name, one in between.items():
        np.testing.assert_allclose(one.numpy(), (start[name] + trained[name]).numpy() / 2, atol=1e-6)


def test_arms_are_looked_at_on_the_way_and_the_page_draws_how_they_learned(tmp_path: Path, folder: Path) -> None:
    loaded = load_study("dedup-smoke", (*ONE, "curve=2"))
    found = carried_out(loaded, folder)
    for (arm,), some in found.ways.group_by("arm"):
        told = some.sort("tokens")
        assert told["tokens"].to_list()[-1] == 3000, arm
        assert [round(tokens / 1000) for tokens in told["tokens"]] == [1, 2, 3]
        assert told["value"][-1] < told["value"][0]
        (end,) = found.scores.filter(arm=arm, task="explanation", part="all")["value"]
        assert told["value"][-1] == end
    assert 'id="learned"' in page(found)


def test_every_arm_is_run_in_every_size_and_whether_the_small_one_decides_is_counted(folder: Path) -> None:
    loaded = load_study("dedup-smoke", (*ONE, "sizes=['tiny', '4m']", "budget.tokens=500"))
    found = carried_out(loaded, folder)
    assert found.runs.sort("size", "arm", "pair").select("size", "parameters").unique().height == 2
    assert {one.key["size"] for one in found.effects if one.primary} == {"tiny", "4m"}
    (one,) = found.decided
    assert (one.small, one.large, one.pairs) == ("tiny", "4m", 1)
    assert "Decision accuracy" in page(found)


def test_decisions_are_counted_by_the_order_of_means_and_by_what_is_told_apart() -> None:
    key = {"task": "t", "formulation": "", "metric": "m", "part": "all"}
    values = {("small", "a"): (1.0, 1.2), ("small", "b"): (2.0, 2.1), ("small", "c"): (1.5, 1.4),
              ("large", "a"): (1.0, 1.1), ("large", "b"): (0.5, 0.61), ("large", "c"): (9.0, 9.12)}  # fmt: skip
    rows = [{**key, "size": size, "arm": arm, "pair": pair, "value": value, "better": "lower"}
            for (size, arm), some in values.items() for pair, value in enumerate(some)]  # fmt: skip
    (one,) = decisions(pl.DataFrame(rows), ("small", "large"), [key])
    # a before b: not so in the large one; a before c: so; b before c: so in the large one, not in the small one.
    assert (one.pairs, one.same, one.told, one.told_same, one.ties) == (3, 1, 3, 1, 0)


def test_a_pair_that_is_equal_in_a_size_is_neither_in_the_same_order_nor_in_another() -> None:
    key = {"task": "t", "formulation": "", "metric": "m", "part": "all"}
    values = {("small", "a"): (0.1 + 0.2, 0.1), ("small", "b"): (0.3, 0.1), ("small", "c"): (0.4, 0.5),
              ("large", "a"): (0.1, 0.2), ("large", "b"): (0.4, 0.5), ("large", "c"): (0.5, 0.4)}  # fmt: skip
    rows = [{**key, "size": size, "arm": arm, "pair": pair, "value": value, "better": "higher"}
            for (size, arm), some in values.items() for pair, value in enumerate(some)]  # fmt: skip
    (one,) = decisions(pl.DataFrame(rows), ("small", "large"), [key])
    # a and b are equal in the small one but for rounding, b and c in the large one.
    assert (one.pairs, one.same, one.ties) == (1, 1, 2)


@pytest.mark.parametrize(
    ("primary", "says"),
    [
        ("{task='smoke', formulation='letters', metric='acuracy'}", "name one of accuracy"),
        ("{task='nosuch', metric='accuracy'}", "smoke (letters, cloze), held-out, explanation"),
        ("{task='smoke', metric='accuracy'}", "smoke (letters, cloze)"),
        ("{task='held-out', metric='accuracy'}", "bits_per_byte"),
    ],
)
def test_a_primary_metric_that_is_not_scored_is_refused_before_anything_is_made(
    tmp_path: Path, primary: str, says: str
) -> None:
    loaded = load_study("tiers-smoke", (f"primary=[{primary}]",))
    with pytest.raises(UserError, match="scores nothing that is called") as caught:
        carry_out_all(loaded, tmp_path / "out", How(), Silent())
    assert says in caught.value.mend
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", [f"{kind}-{size}" for kind in KINDS for size in ("smoke", "tiny", "gpu")])
def test_the_primary_metrics_of_the_shipped_studies_are_scored(name: str) -> None:
    refuse_unscored(load_study(name))


def test_what_a_study_would_compute_is_told_before_anything_is_read() -> None:
    loaded = load_study("replay-gpu")
    found = {part.name: part for part in parts(loaded)}
    assert found["merged"].like == "plain"
    assert found["base"].runs == 6  # the null arm has bases of its own
    plain = found["plain"]
    assert plain.flops == 40_000_000 * plain.each
    assert plain.each == 6 * (plain.parameters - _not_multiplied(plain.parameters)) + 12 * 16 * 384 * 1024
    told = CliRunner().invoke(app, ["ablate", "replay-gpu", "--dry-run"])
    assert told.exit_code == 0
    assert f"3 x (40,000,000 tokens x {plain.each:,}" in told.output
    with pytest.raises(UserError, match="names no corpus"):
        refuse_unnamed(loaded)


def _not_multiplied(parameters: int) -> int:
    """Of a Llama of 60m with 32,000 ids: the table that is looked up, and the norms."""
    assert parameters == 62_337_408
    return 32_000 * 384 + (2 * 16 + 1) * 384


@pytest.mark.parametrize(
    ("sets", "says"),
    [
        (("base=",), "the study names no base"),
        (("arm.plain.tokenizer=['vocabulary=300']",), "goes on from the base with its tokenizer"),
        (("arm.plain.start=scratch", "arm.plain.merge=0.5"), "no base to merge with"),
        (("arm.plain.tune=['epochs=1']",), "speaks of fine-tuning, and the study names no recipe"),
        (("arm.plain.training_share=2.0",), "reads more than the budget"),
        (("budget.tokens=0", "budget.base=0", "budget.flops=1e9"), "nothing says how long the base is trained"),
        (("sizes=['tiny', 'tiny']",), "a size is named twice"),
    ],
)
def test_arms_that_cannot_be_made_are_refused(sets: tuple[str, ...], says: str) -> None:
    with pytest.raises(UserError) as caught:
        load_study("replay-smoke", sets)
    assert says in caught.value.what
