"""Accuracy and weighted F1 of answer sets, by hand and beside scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from eval.cmexam.strict import strict, weighted_f1


def test_a_set_with_one_answer_missing_is_wrong() -> None:
    assert strict([(0, 2), (1,)], [(0,), (1,)]).correct == (False, True)


def test_the_order_in_which_a_set_is_given_is_none() -> None:
    assert strict([(0, 2)], [(2, 0)]).accuracy == 1


def test_items_without_an_answer_are_wrong_and_told() -> None:
    scores = strict([(0,), (1,), (2,), (3,)], [(0,), None, (2,), None])
    assert (scores.accuracy, scores.failed) == (0.5, 0.5)


def test_weighted_f1_by_hand() -> None:
    """A: 2 of 3 found, told 3 times: 2*2 / (3+3) = 2/3, weight 3. B: 0. AB: 2*1 / (1+1) = 1, weight 1.
    C is told and never right: weight 0. (3 * 2/3 + 1 * 0 + 1 * 1) / 5 = 0.6."""
    right, told = ["A", "A", "A", "B", "AB"], ["A", "A", "C", "A", "AB"]
    assert weighted_f1(right, told) == pytest.approx(0.6)


def test_no_answer_takes_nothing_from_the_class_of_another_letter() -> None:
    """Two of A, one found: with no answer its F1 is 2*1 / (2+1); were B told there, B would fall to 2*1 / (1+2)."""
    right = [(0,), (0,), (1,)]
    assert strict(right, [(0,), None, (1,)]).weighted_f1 == pytest.approx((2 * 2 / 3 + 1) / 3)
    assert strict(right, [(0,), (1,), (1,)]).weighted_f1 == pytest.approx((2 * 2 / 3 + 2 / 3) / 3)


ANSWERS = st.lists(
    st.tuples(st.sampled_from(["A", "B", "AB", "C"]), st.sampled_from(["A", "B", "AB", "无"])), min_size=1
)


@given(ANSWERS)
def test_weighted_f1_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    right, told = zip(*pairs, strict=True)
    theirs = metrics.f1_score(right, told, average="weighted", zero_division=0)
    assert weighted_f1(right, told) == pytest.approx(theirs)


@given(ANSWERS)
def test_weighted_f1_is_between_0_and_1_and_1_only_where_all_is_right(pairs: list[tuple[str, str]]) -> None:
    right, told = zip(*pairs, strict=True)
    f1 = weighted_f1(right, told)
    assert 0 <= f1 <= 1
    assert (f1 == pytest.approx(1)) == (right == told)


@pytest.mark.parametrize(("right", "told"), [([], []), ([(0,)], [])])
def test_nothing_to_score_or_a_prediction_missing_is_refused(
    right: list[tuple[int, ...]], told: list[tuple[int, ...] | None]
) -> None:
    with pytest.raises(UserError, match="item"):
        strict(right, told)
