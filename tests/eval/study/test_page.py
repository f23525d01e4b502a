"""The page of a study, of invented scores: what it says first, that it claims no more, and that numbers are sane."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.page.whole import power
from eval.study.arms import NULL
from eval.study.decisions import Decided
from eval.study.forest import spelt
from eval.study.page import page
from eval.study.recipe import Study
from eval.study.results import Results, _family, noise
from eval.study.shuffled import of_study
from eval.study.ways import KEYS, WAY
from tests.train.page.test_page import Read

BITS, RIGHT = ("explanation", "", "bits_per_byte"), ("cmexam", "letters", "accuracy")
Scores = Mapping[tuple[str, tuple[str, str, str]], list[float]]


def study(arms: list[str], seeds: int) -> Study:
    return Study.model_validate({
        "name": "invented", "question": "Does it?", "suite": "quick", "seeds": seeds, "budget": {"tokens": 1000},
        "primary": [{"task": task, "formulation": form, "metric": metric} for task, form, metric in (BITS, RIGHT)],
        "arm": [{"name": arm, "train": [f"x={number}"]} for number, arm in enumerate(arms)],
    })  # fmt: skip


def results(told: Scores, tuned: int = 0, ways: pl.DataFrame | None = None) -> Results:
    """Of scores by arm and metric, a value a seed; the first arm is the base."""
    arms = list(dict.fromkeys(arm for arm, _ in told))
    seeds = len(next(iter(told.values())))
    rows = [{"size": "", "task": key[0], "formulation": key[1], "metric": key[2], "part": "all", "value": value,
             "better": "lower" if key == BITS else "higher", "chance": 0.2 if key == RIGHT else None, "arm": arm,
             "pair": pair} for (arm, key), values in told.items() for pair, value in enumerate(values)]  # fmt: skip
    scores = pl.DataFrame(rows, schema_overrides={"chance": pl.Float64})
    made = study([arm for arm in arms if arm != NULL], seeds).model_copy(update={"null": NULL in arms})
    effects = [*_family(made, scores, primary=True), *_family(made, scores, primary=False)]
    runs = [{"arm": arm, "size": "", "pair": pair, "seed": 1000 + pair, "documents": 1, "tokens": 1000,
             "tuned_tokens": tuned, "bytes": 4000, "epochs": 1.0, "unique_tokens": 1000.0, "parameters": 100,
             "trained_flops": 1.94e11, "flops": 1.94e11, "seconds": 1.0, "stretch": 1024, "scored": "s",
             "model": "m", "parents": "{}", "folder": f"{arm}-{pair}", "model_folder": f"models/{arm}-{pair}",
             "tuned_folder": ""}
            for arm in arms for pair in range(seeds)]  # fmt: skip
    primary: set[tuple[str, ...]] = {(*key, "all") for key in (BITS, RIGHT)}
    return Results(made, scores, pl.DataFrame(runs), [one for one in effects if one.arm != NULL], noise(scores),
                   [], pl.DataFrame(schema=WAY) if ways is None else ways, [], of_study(scores, primary))  # fmt: skip


@pytest.fixture
def found() -> Results:
    """Arm b is better in bits, c worse; in accuracy both are at chance."""
    drawn = np.random.default_rng(3)
    told: dict[tuple[str, tuple[str, str, str]], list[float]] = {}
    for arm, less in (("a", 0.0), ("b", 0.5), ("c", -0.5), (NULL, 0.0)):
        told[arm, BITS] = (4 - less + drawn.normal(0, 0.005, 5)).tolist()
        told[arm, RIGHT] = (0.2 + drawn.normal(0, 0.01, 5)).tolist()
    return results(told)


def test_the_verdict_begins_with_what_came_of_it(found: Results) -> None:
    text = Read(page(found)).text
    assert "What the words mean" in text
    assert "whatever is claimed of it is a false alarm" in text
    said = "In 4 primary comparisons an arm is shown to be better than arm a in 1 and worse in 1; in 2 no difference is"
    assert said in text
    assert text.index(said) < text.index("Arm b beats arm a by 0.5")


def test_where_a_guess_lies_is_told_beside_accuracy_and_nowhere_else(found: Results) -> None:
    figures = re.findall(r'<figure class="forest">(.*?)</figure>', page(found))
    assert len(figures) == 2
    assert ["that of a guess 20.0 %" in one for one in figures] == [False, True]
    assert all("over 5 seeds" in one for one in figures)


def test_stretches_of_text_are_told_once_where_arms_differ_in_them(found: Results) -> None:
    assert "stretches" not in page(found)
    assert "stretches" not in page(found._replace(runs=found.runs.with_columns(stretch=pl.lit(None, pl.Int64))))
    apart = found.runs.with_columns(stretch=pl.when(arm="b").then(120).otherwise("stretch"))
    said = "Held-out text was read in stretches of different lengths, of 1,024 bytes by a, c, null; of 120 bytes by b:"
    assert Read(page(found._replace(runs=apart))).text.count(said) == 1


def test_a_column_of_nothing_is_left_out(found: Results) -> None:
    assert "Tuned on" not in page(found)
    assert "Tuned on" in page(found._replace(runs=found.runs.with_columns(tuned_tokens=pl.lit(5))))


def test_one_seed_shows_nothing_and_says_so() -> None:
    text = Read(page(results({("a", BITS): [4.0], ("b", BITS): [1.0], ("a", RIGHT): [0.2], ("b", RIGHT): [0.9]}))).text
    assert "With one seed nothing is shown" in text
    assert "There is no interval and no p value of one seed." in text
    assert "1 seeds" not in text
    assert "seeds each" not in text
    assert "Signal and noise" not in text
    assert "beats" not in text


def test_two_seeds_after_a_correction_may_show_nothing_and_the_page_tells_no_absurd_number() -> None:
    told = {("a", BITS): [4.0, 4.4], ("b", BITS): [3.8, 4.8], ("a", RIGHT): [0.2, 0.21], ("b", RIGHT): [0.3, 0.15]}
    found = results(told)
    assert max(one.detectable for one in found.effects) > 1
    text = Read(page(found)).text
    assert "with 2 seeds this comparison can show nothing: no difference that is possible would be seen" in text
    assert "would have been seen" not in text


def test_a_difference_of_shares_is_never_larger_than_shares_can_differ() -> None:
    told = {("a", BITS): [4.0, 4.4, 4.1], ("b", BITS): [3.9, 4.5, 4.0], ("a", RIGHT): [0.0, 1.0, 0.5],
            ("b", RIGHT): [1.0, 0.0, 0.6]}  # fmt: skip
    (one,) = (one for one in results(told).effects if one.key["metric"] == "accuracy")
    assert (one.found.low, one.found.high) == (-1.0, 1.0)
    assert spelt(one)[1] == "-100 to 100"


def test_small_sizes_are_told_by_how_many_pairs_they_put_in_the_order_of_the_large(found: Results) -> None:
    key = dict(zip(KEYS[1:], (*BITS, "all"), strict=True))
    decided = [Decided(key, "20m", "60m", 3, 2, 1, 1), Decided(key, "40m", "60m", 3, 3, 1, 1)]
    text = Read(page(found._replace(decided=decided))).text
    assert "In all metrics and sizes together 5 of 6 pairs of arms stand in the order of the largest size." in text
    assert "2 of 3" in text
    assert "left out" not in text
    text = Read(page(found._replace(decided=[decided[0]._replace(pairs=1, same=1, ties=2)]))).text
    assert "1 of 1 pair of arms stand" in text
    assert (
        "2 pairs more have no order in one of the sizes, where both arms have the same mean, and are left out" in text
    )


def test_a_metric_without_a_ratio_is_not_the_clearest(found: Results) -> None:
    """Nothing scatters in it, neither arms nor seeds: nothing by nothing."""
    flat = found.scores.with_columns(value=pl.when(metric="accuracy").then(0.25).otherwise("value"))
    table = noise(flat)
    assert math.isnan(table.filter(metric="accuracy")["ratio"][0])
    shown = page(found._replace(noise=table)).partition("the clearest first")[2].partition("</table>")[0]
    assert 0 < shown.index("Bits per byte") < shown.index("Accuracy")


def test_a_false_alarm_of_the_null_arm_stands_before_the_verdict(found: Results) -> None:
    assert "nothing is claimed" in page(found)
    alarm = next(one for one in found.effects if one.said.second_better is not None)._replace(arm=NULL)
    text = Read(page(found._replace(false_alarms=[alarm]))).text
    assert text.index("A false alarm: believe the verdict less.") < text.index("No difference is shown between arm a")
    assert "nothing is claimed" not in text


def test_a_primary_metric_without_scores_is_told_and_nothing_is_said_to_have_been_tested(found: Results) -> None:
    scores = found.scores.filter(pl.col("metric") != "accuracy")
    effects = [one for one in found.effects if one.key["metric"] != "accuracy"]
    some = found._replace(scores=scores, effects=effects, shuffled=math.nan)
    assert some.unscored == ["Accuracy on cmexam letters was not scored: nothing is said of it."]
    assert some.verdict[-1] == some.unscored[0]
    text = Read(page(some)).text
    assert some.unscored[0] in text
    assert "Not tested by shuffling" in text
    assert "fewer than three seeds" not in text
    assert "nothing is claimed" in text  # of the null arm, in bits per byte
    none = some._replace(scores=scores.clear(), effects=[])
    text = Read(page(none)).text
    assert "There is no verdict: no primary metric was scored in two arms." in text
    assert "primary comparisons" not in text
    assert "Not tested: the null arm has no primary score" in text
    assert "nothing is claimed" not in text


def test_an_arm_that_lacks_a_primary_score_is_named(found: Results) -> None:
    lacking = found.scores.filter(~((pl.col("arm") == "c") & (pl.col("metric") == "accuracy") & (pl.col("pair") == 1)))
    said = "Accuracy on cmexam letters was not scored in every run of c: nothing is said of it there."
    assert found._replace(scores=lacking).unscored == [said]
    assert found.unscored == []


def test_no_shuffle_is_no_per_cent() -> None:
    few = {("a", BITS): [4.0, 4.4, 4.1], ("b", BITS): [3.9, 4.5, 4.0], ("a", RIGHT): [0.2] * 3, ("b", RIGHT): [0.3] * 3}
    many = {key: values * 2 for key, values in few.items()}
    assert "claimed in none of 500 shuffles" in Read(page(results(many)._replace(shuffled=0.0))).text
    text = Read(page(results(few))).text
    assert "cannot be told by shuffling with so few: 2 arms and 3 seeds" in text
    assert "6 seeds would do" in text
    assert "500 shuffles" not in text


def test_seeds_are_names_and_not_counts(found: Results) -> None:
    assert "1,000" not in re.sub(r".*<tbody>", "", page(found).partition("Every run")[2])


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4).flatmap(lambda seeds: st.lists(
    st.lists(st.floats(0, 1), min_size=seeds, max_size=seeds), min_size=4, max_size=4)))  # fmt: skip
def test_no_page_shows_what_is_no_number(values: list[list[float]]) -> None:
    told = dict(zip([("a", BITS), ("b", BITS), ("a", RIGHT), ("b", RIGHT)], values, strict=True))
    text = Read(page(results(told))).text.partition("Verdict")[2]
    assert not re.search(r"\b(nan|NaN|None|inf|Infinity)\b", text)
    assert not re.search(r"(?<![\d,.])1 (seeds|runs|rows|shuffles|comparisons)\b", text)
    assert not re.search(r"(?<!\w)[+-]0(\.0+)?(?![\d.])", text)


@pytest.mark.parametrize(("value", "told"), [(1.94e11, "1.94 × 10¹¹"), (0.0, "0"), (2e-3, "2.00 × 10⁻³")])
def test_operations_are_written_with_their_power_of_ten(value: float, told: str) -> None:
    assert power(value) == told


def test_an_arm_has_one_colour_and_its_ends_in_all_pictures_of_the_way(found: Results) -> None:
    rows = [{"arm": arm, "pair": pair, "tokens": tokens, "size": "", "task": key[0], "formulation": key[1],
             "metric": key[2], "part": "all", "value": 0.2 + 0.1 * (arm == "b")}
            for key in (BITS, RIGHT) for arm in ("a", "b") for pair in (0, 1) for tokens in (10, 20)]  # fmt: skip
    drawn = page(found._replace(ways=pl.DataFrame(rows, schema=WAY, orient="row"))).partition('id="learned"')[2]
    assert re.findall(r'class="(a\d) way"', drawn.partition("</section>")[0])[:4] == ["a0", "a1", "a0", "a1"]
    assert "bits per byte, less is better; 2 looks" in drawn
    assert "per cent, more is better; 2 looks" in drawn
    assert "30.0 at the end" in drawn


def anchors(told: str) -> set[str]:
    return set(re.findall(r' id="([^"]+)"', told))


def section(told: str, name: str) -> str:
    return told.partition(f'<section id="{name}"')[2].partition("</section>")[0]


def test_every_effect_leads_to_the_scores_it_was_made_of(found: Results) -> None:
    told = page(found)
    for name, least in (("verdict", 4), ("effects", 2), ("arms", 4), ("noise", 2)):
        links = re.findall(r'href="#([^"]+)"', section(told, name))
        assert len(links) >= least, name
        assert set(links) <= anchors(told), name
    for sentence in re.findall(r"<li>(.*?)</li>", section(told, "verdict")):
        assert 'href="#runs-a"' in sentence
        assert re.search(r'href="#runs-[bc]"', sentence)


def test_the_runs_of_an_arm_stand_together_with_their_scores_and_pages(found: Results) -> None:
    rows = re.findall(r"<tr>(.*?)</tr>", section(page(found), "runs").partition("<tbody>")[2])
    assert [re.findall(r'id="run-([^"]+)"', row)[0] for row in rows] == [
        f"{arm}-{pair}" for arm in ("a", "b", "c", NULL) for pair in range(5)
    ]
    values = found.scores.filter(arm="b", pair=2, task=BITS[0])["value"]
    assert f"{values[0]:.4f}" in rows[7]
    for link in ("scores/b-2/report.html", "scores/b-2/card.json", "models/b-2/report.html", "models/b-2/card.json"):
        assert f'href="{link}"' in rows[7]


def test_many_sentences_of_no_difference_are_folded_away_and_all_there() -> None:
    drawn = np.random.default_rng(3)
    told = {(arm, key): (0.5 + drawn.normal(0, 0.01, 5)).tolist() for arm in "abcde" for key in (BITS, RIGHT)}
    found = results(told)
    rest = [one.said.sentence for one in found.effects if one.primary and one.said.second_better is None]
    text = section(page(found), "verdict")
    assert len(rest) > 3
    folded = Read(
        text.partition(f"<summary>{len(rest)} sentences of no difference</summary>")[2].partition("</details>")[0]
    ).text
    assert all(one in folded for one in rest)


def test_that_arms_other_than_the_first_are_not_compared_is_told_where_there_are_any(found: Results) -> None:
    assert "The others are not compared with each other." in page(found)
    two = {("a", BITS): [4.0, 4.4], ("b", BITS): [3.8, 4.8], ("a", RIGHT): [0.2, 0.21], ("b", RIGHT): [0.3, 0.15]}
    assert "The others are not compared" not in page(results(two))


def test_arms_that_cannot_begin_alike_are_not_said_to(found: Results) -> None:
    same = "runs of one seed begin with the same weights"
    assert same in page(found)
    apart = found.runs.with_columns(parameters=pl.col("arm").rank("dense"))
    assert same not in page(found._replace(runs=apart))
    assert "cannot begin with the same weights" in page(found._replace(runs=apart))


def test_what_a_budget_is_of_and_where_fine_tuning_is_counted_is_told(found: Results) -> None:
    assert "The budget of a run is 1,000 tokens, in training." in page(found)
    assert "comes on top" not in page(found)
    tuned = found.study.model_copy(update={"tune": "smoke"})
    assert "What an arm is fine-tuned on comes on top of it" in page(found._replace(study=tuned))
    arms = (found.study.arm[0], found.study.arm[1].model_copy(update={"training_share": 0.5}))
    within = page(
        found._replace(study=tuned.model_copy(update={"arm": arms}), runs=found.runs.filter(pl.col("arm") != "c"))
    )
    assert "The fine-tuning of b is counted within it" in within
    assert "That of the others comes on top of it." in within


def test_a_missed_budget_and_seeds_that_were_added_are_warned_of(found: Results) -> None:
    assert 'class="warning"' not in page(found)
    told = page(found._replace(runs=found.runs.with_columns(tokens=pl.lit(900)), before=(2, 3)))
    assert told.count('class="warning"') == 2
    assert "Not every run read its budget of 1,000 tokens" in told
    assert "there was one with 2, 3, and now there are 5 seeds" in told
