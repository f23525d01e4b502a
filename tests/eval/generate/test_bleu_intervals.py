"""Intervals of corpus BLEU: of hand-made items, and how often they hold the value of all items that there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from eval.cmexam.overlap import bleu_counts, characters, corpus_bleu, overlap
from eval.generate.bleu_intervals import bleu_intervals

TEXTS = ["加压包扎", "补钾" * 30, "手术", "输液补钾补"]
REFERENCES = ["加压包扎可止血", "补钾" * 30, "输液" * 3, "输液补钾输液"]


def population(items: int) -> NDArray[np.int64]:
    """Counts of texts of skewed lengths that share a varying part with their references."""
    drawn, found = np.random.default_rng(0), []
    for _ in range(items):
        size, same = int(np.clip(drawn.lognormal(4, 0.6), 8, 200)), drawn.beta(2, 4)
        reference = drawn.integers(0, 400, size)
        text = np.where(drawn.random(size) < same, reference, drawn.integers(0, 400, size))
        text = text[: max(int(size * drawn.uniform(0.5, 1.0)), 4)]
        found.append(bleu_counts([str(one) for one in text], [str(one) for one in reference]))
    return np.array(found)


def test_bleu_is_that_of_all_items_together_and_lies_within_its_interval() -> None:
    told = overlap(TEXTS, REFERENCES, characters)
    for order, found in enumerate(bleu_intervals(told.counts, 400, 0), 1):
        assert found.value == told.bleu[order - 1]
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert (found.n, found.method) == (4, "t")
    assert bleu_intervals(told.counts, 400, 0) == bleu_intervals(told.counts, 400, 0)


def test_the_error_is_that_of_the_jackknife() -> None:
    """Two errors of one statistic by different roads: linearised, and by leaving out one item after the other."""
    from eval.generate.bleu_intervals import _bleu

    counts = population(400)
    own = counts.astype(np.float64)
    (value,), (error,) = _bleu(own.sum(axis=0)[None], (own.T @ own)[None], 4, 400)
    left = np.array([corpus_bleu(np.delete(counts, place, axis=0)) for place in range(400)])
    assert value == pytest.approx(corpus_bleu(counts))
    assert error == pytest.approx(np.sqrt(399 / 400 * ((left - left.mean()) ** 2).sum()), rel=0.03)


def test_where_nothing_or_hardly_anything_matches_there_is_no_interval() -> None:
    counts = overlap([*TEXTS[:1], *"手" * 9], [*REFERENCES[:1], *"血" * 9], characters).counts
    one, *_, four = bleu_intervals(counts, 400, 0)  # a third of the resamples lack the only item that matches
    assert one.value > 0
    assert {one.method, four.method} == {"none"}
    assert one.high == np.inf
    (none, *_) = bleu_intervals(counts[1:], 400, 0)
    assert (none.value, none.method) == (0, "none")
    (single, *_) = bleu_intervals(counts[:1], 400, 0)
    assert (single.method, single.low) == ("none", -np.inf)


def test_answers_that_are_all_the_explanation_are_no_certainty() -> None:
    counts = overlap(REFERENCES, REFERENCES, characters).counts
    told = {(found.value, found.low, found.high, found.method) for found in bleu_intervals(counts, 200, 0)}
    assert told == {(1, -np.inf, np.inf, "none")}


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.sampled_from([*zip(TEXTS, REFERENCES, strict=True), ("铁锌钙铁锌", "铁锌钙铁锌")]), min_size=2, max_size=9
    )
)
def test_no_interval_of_two_texts_or_more_is_without_width(pairs: list[tuple[str, str]]) -> None:
    texts, references = ([pair[place] for pair in pairs] for place in (0, 1))
    for found in bleu_intervals(overlap(texts, references, characters).counts, 200, 0):
        assert found.high - found.low > 1e-6, found


def test_intervals_hold_the_value_of_all_items_about_as_often_as_they_say() -> None:
    counts, drawn, held = population(3000), np.random.default_rng(1), np.zeros(4)
    truth = [corpus_bleu(counts, order) for order in range(1, 5)]
    for run in range(300):
        some = counts[drawn.integers(0, len(counts), 100)]
        held += [one.low <= true <= one.high for one, true in zip(bleu_intervals(some, 250, run), truth, strict=True)]
    assert ((held / 300 > 0.91) & (held / 300 < 0.98)).all(), held / 300
