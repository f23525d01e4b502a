"""Rules and tiers on made-up facts; the plan's splits."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.condition import Comparison
from corpus.decide import held_out
from corpus.errors import UserError
from corpus.judge import check_signals, verdict
from corpus.recipe import DecideSettings, Recipe, Rule, Tier

FACTS: dict[str, Any] = {
    "language.tag": ["en", "zh-Hans", "zh-Hant", "lzh", None],
    "document.genre": ["web", "reference", "web", "classical", "web"],
    "english.words": pl.Series([5, None, None, None, None], dtype=pl.UInt32),
    "chinese.han_share": pl.Series([None, 0.123456, 0.9, 0.99, None], dtype=pl.Float32),
    "evidence.retracted": [False, False, True, False, False],
    "evidence.retraction": [None, None, "RetractionIn: a journal", None, None],
}


def rule(name: str, signal: str, comparison: Comparison, threshold: Any, **more: Any) -> Rule:
    return Rule.model_validate(
        {"name": name, "signal": signal, "comparison": comparison, "threshold": threshold, "reason": "because"} | more
    )


def judged(*rules: Rule, tiers: tuple[Tier, ...] = (), retracted: str = "drop") -> list[dict[str, Any]]:
    decide = DecideSettings.model_validate({"retracted": retracted})
    recipe = Recipe(name="r", rule=rules, tier=tiers, decide=decide)
    return verdict(pl.DataFrame(FACTS), recipe).to_dicts()


def test_a_rule_speaks_only_of_its_languages_and_zh_means_both_scripts() -> None:
    rows = judged(rule("han", "chinese.han_share", ">=", 0.95, language="zh"))
    assert [row["fate"] for row in rows] == ["kept", "dropped", "retracted", "kept", "kept"]
    assert rows[2]["broken"][0]["rule"] == "han"  # the retracted one broke it too, and the ledger says so


def test_a_rule_speaks_only_of_its_genres() -> None:
    rows = judged(rule("web-only", "english.words", ">=", 50, genre="web"))
    assert [bool(row["broken"]) for row in rows] == [True, False, True, False, True]


def test_an_unknown_signal_breaks_a_rule_because_nothing_shows_that_it_holds() -> None:
    row = judged(rule("words", "english.words", "<=", 50))[4]
    assert (row["rule"], row["value"], row["threshold"]) == ("words", "unknown", "<= 50")


def test_all_broken_rules_are_recorded_and_the_first_in_the_recipe_leads() -> None:
    row = judged(
        rule("a", "english.words", ">=", 9), rule("b", "english.words", ">=", 3), rule("c", "english.words", ">", 5)
    )[0]
    assert [broken["rule"] for broken in row["broken"]] == ["a", "c"]
    assert row["rule"] == "a"


def test_values_are_shown_to_four_significant_digits() -> None:
    assert judged(rule("han", "chinese.han_share", ">", 0.5, language="zh"))[1]["value"] == "0.1235"


def test_a_retracted_work_says_why_and_can_be_kept_by_the_recipe() -> None:
    assert judged()[2]["fate"] == "retracted"
    assert judged()[2]["value"] == "RetractionIn: a journal"
    assert judged(retracted="keep")[2]["fate"] == "kept"


@pytest.mark.parametrize(
    ("comparison", "threshold", "kept"),
    [(">=", 5, True), (">", 5, False), ("<=", 5, True), ("<", 5, False), ("==", 5, True), ("!=", 5, False)],
)
def test_comparisons_mean_what_they_say(comparison: Comparison, threshold: int, kept: bool) -> None:
    assert (judged(rule("r", "english.words", comparison, threshold))[0]["fate"] == "kept") is kept


def test_lists_mean_membership() -> None:
    rows = judged(rule("tag", "language.tag", "in", ["en", "lzh"]), rule("not", "language.tag", "not-in", ["lzh"]))
    assert [row["rule"] for row in rows] == [None, "tag", "retracted", "not", "tag"]


def test_the_first_tier_whose_conditions_all_hold_claims_a_document() -> None:
    tiers = (
        Tier.model_validate({"name": "one", "tier": "high", "when": [
            {"signal": "document.genre", "comparison": "==", "threshold": "web"},
            {"signal": "language.tag", "comparison": "==", "threshold": "en"}]}),
        Tier.model_validate({"name": "two", "tier": "low", "when": [
            {"signal": "document.genre", "comparison": "==", "threshold": "web"}]}),
        Tier(name="rest", tier="basic"),
    )  # fmt: skip
    assert [(row["tier"], row["tier_by"]) for row in judged(tiers=tiers)] == [
        ("high", "one"), ("basic", "rest"), ("low", "two"), ("basic", "rest"), ("low", "two"),
    ]  # fmt: skip


def test_a_list_valued_fact_cannot_carry_a_rule() -> None:
    with pytest.raises(UserError, match="is a list"):
        check_signals(Recipe(name="r", rule=(rule("x", "evidence.reasons", "==", "D016449"),)))


@given(st.text(min_size=1), st.floats(0, 0.99), st.floats(0, 0.99))
def test_what_is_held_out_stays_held_out_when_the_share_grows(record: str, one: float, other: float) -> None:
    small, large = sorted((one, other))
    assert held_out(record, large) or not held_out(record, small)


def test_the_held_out_share_is_what_was_asked_for() -> None:
    share = sum(held_out(f"pubmed:{n}", 0.1) for n in range(10_000)) / 10_000
    assert 0.09 < share < 0.11
