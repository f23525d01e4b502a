"""Predictions, probabilities and chance of a question, by hand and for any likelihoods."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from eval.run.score import Row, chance_of, options_of, score, softmax
from eval.tasks.ask import Wording, questions
from eval.tasks.question import CLOZE, LETTERS, SUBSETS, Question
from tests.eval.cmexam.items import item

LIKELIHOODS = st.lists(st.floats(-50, 0), min_size=2, max_size=6)


def question(texts: list[str], right: tuple[int, ...] = (0,)) -> Question:
    sizes = tuple(map(len, texts)), tuple(len(text.encode()) for text in texts)
    return Question("exam:test:7", "", "Q", tuple(f" {text}" for text in texts), right, *sizes)


def subset_question(letters: str) -> Question:
    (one,) = questions([item(letters)], Wording("cmexam", SUBSETS))
    return one


def test_four_ways_choose_four_options() -> None:
    """Log likelihoods -2, -3, -4, -9; characters 1, 6, 4, 3; bytes 1, 6, 16, 3; unconditional -1, -1, -1, -9.5.
    The likeliest is 0. Per character -2, -0.5, -1, -3: 1. Per byte -2, -0.5, -1/4, -3: 2. PMI -1, -2, -3, 0.5: 3."""
    asked = question(["a", "abcdef", "𠀀𠀁𠀂𠀃", "xyz"], (2,))
    assert asked.bytes == (1, 6, 16, 3)
    row = score(asked, CLOZE, [-2, -3, -4, -9], [-1, -1, -1, -9.5])
    assert (row.predicted, row.predicted_char, row.predicted_byte, row.predicted_pmi) == ((0,), (1,), (2,), (3,))
    assert (row.correct, row.correct_char, row.correct_byte, row.correct_pmi) == (False, False, True, False)


def test_probability_of_the_right_one_is_its_share() -> None:
    """Likelihoods 1/2, 1/4, 1/4 of which the second is right; per byte, of 1, 2 and 1: 1/2, sqrt(1/4), 1/4."""
    row = score(question(["a", "bb", "c"], (1,)), CLOZE, [math.log(0.5), math.log(0.25), math.log(0.25)])
    assert row.probability == pytest.approx(0.25)
    assert row.probability_byte == pytest.approx(0.5 / 1.25)
    assert row.gold_nats / math.log(2) / row.gold_bytes == pytest.approx(1)  # 2 bits in 2 bytes


def test_of_equal_ones_the_first_is_chosen() -> None:
    row = score(question(["a", "b", "c"], (1,)), LETTERS, [-2, -1, -1], [-2, -1, -1])
    assert (row.predicted, row.predicted_pmi) == ((1,), (0,))
    assert score(question(["a", "b", "c"], (0, 2)), LETTERS, [-1, -1, -1]).predicted == (0, 1)


def test_as_many_options_are_taken_as_are_right_and_all_must_be() -> None:
    row = score(question(["a", "b", "c", "d"], (3, 0)), LETTERS, [-1, -3, -2, -1.5])
    assert (row.right, row.predicted, row.correct, row.chance) == ((0, 3), (0, 3), True, 1 / 6)
    assert not score(question(["a", "b", "c", "d"], (0, 1)), LETTERS, [-1, -3, -2, -1.5]).correct


def test_right_options_are_likely_together_and_said_together() -> None:
    row = score(question(["a", "bcd"], (0, 1)), LETTERS, [-1, -2])
    assert row.probability == pytest.approx(1)
    assert (row.gold_nats, row.gold_bytes) == (3, 4)


def test_a_subset_is_told_as_the_options_that_it_names() -> None:
    """Of 31 sets of five options AC is the seventh: five of one, then AB, AC."""
    asked = subset_question("BD")
    likelihoods = [-5.0] * 31
    likelihoods[6] = -1.0
    row = score(asked, SUBSETS, likelihoods)
    assert (row.options, row.right, row.predicted) == (5, (1, 3), (0, 2))
    assert (row.correct, row.chance) == (False, 1 / 31)


@pytest.mark.parametrize("letters", ["A", "E", "BD", "ACE", "ABCDE"])
def test_the_likeliest_subset_is_right_where_it_is_the_right_one(letters: str) -> None:
    asked = subset_question(letters)
    likelihoods = [-1.0 if text.strip() == letters else -2.0 for text in asked.continuations]
    assert score(asked, SUBSETS, likelihoods).correct


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_likelihood_that_is_no_finite_number_names_the_item(broken: float) -> None:
    with pytest.raises(UserError, match="exam:test:7"):
        score(question(["a", "b"]), LETTERS, [-1, broken])
    with pytest.raises(UserError, match="exam:test:7"):
        score(question(["a", "b"]), LETTERS, [-1, -1], [broken, -1])


def test_likelihoods_that_are_not_as_many_as_continuations_name_the_item() -> None:
    with pytest.raises(UserError, match="2 continuations and 1 likelihoods"):
        score(question(["a", "b"]), LETTERS, [-1])


def test_an_option_without_text_names_the_item() -> None:
    with pytest.raises(UserError, match=r"Option 2 has no text[\s\S]*exam:test:7"):
        score(question(["a", ""]), CLOZE, [-1, -1])


def test_without_unconditional_likelihoods_there_is_no_pmi() -> None:
    row = score(question(["a", "b"]), LETTERS, [-1, -2])
    assert (row.predicted_pmi, row.correct_pmi, row.unconditional) == (None, None, None)


def of(likelihoods: list[float], right: tuple[int, ...]) -> Row:
    return score(question([chr(97 + n) for n in range(len(likelihoods))], right), LETTERS, likelihoods)


@given(LIKELIHOODS, st.data())
def test_the_prediction_is_numpys_argmax_and_probabilities_of_all_options_sum_to_1(
    likelihoods: list[float], data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(likelihoods) - 1))
    assert of(likelihoods, (place,)).predicted == (int(np.argmax(likelihoods)),)
    assert sum(of(likelihoods, (n,)).probability for n in range(len(likelihoods))) == pytest.approx(1)
    assert softmax(np.array(likelihoods) - 900) == pytest.approx(softmax(np.array(likelihoods)))


@given(st.integers(2, 6), st.data())
def test_chance_is_the_share_of_guesses_that_are_correct(count: int, data: st.DataObject) -> None:
    """Each set of k options is made the likeliest in turn; one of them is correct."""
    right = tuple(sorted(data.draw(st.sets(st.integers(0, count - 1), min_size=1))))
    guesses = list(combinations(range(count), len(right)))
    correct = [of([-1.0 if n in guess else -2.0 for n in range(count)], right).correct for guess in guesses]
    asked = question([chr(97 + n) for n in range(count)], right)
    assert np.mean(correct) == pytest.approx(chance_of(asked))


@given(st.integers(2, 8))
def test_options_are_counted_of_subsets_too(count: int) -> None:
    (asked,) = questions([item("A", options=tuple("abcdefgh"[:count]))], Wording("cmexam", SUBSETS))
    assert (options_of(asked, SUBSETS), len(asked.continuations)) == (count, 2**count - 1)
