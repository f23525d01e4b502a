"""What is predicted of likelihoods, in each way to choose, on cases worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from corpus.exams.item import ExamItem
from eval.run.rows import WAYS, row, table
from eval.tasks.ask import Wording, questions
from eval.tasks.question import CLOZE, LETTERS, SUBSETS, Question


def item(answers: tuple[int, ...] = (1,), options: tuple[str, ...] = ("gold", "the iron", "锌")) -> ExamItem:
    return ExamItem("e:1", "e", "test", "en", "", "", "Which metal rusts?", options, answers, "", "")


def asked(formulation: str, answers: tuple[int, ...] = (1,)) -> Question:
    (one,) = questions([item(answers)], Wording("medqa-us", formulation))
    return one


def test_each_way_chooses_by_its_own_measure() -> None:
    """Likelihoods -4, -6, -5 of 4, 8, 1 characters and 4, 8, 3 bytes: plainly gold (-4); by character the iron (-0.75
    before -1 and -5), and so by byte (-0.75, -1, -1.67); without the question the iron was the least likely (-9), so
    that the question helps it most (+3, +1, 0)."""
    made = row(item(), asked(CLOZE), [-4.0, -6.0, -5.0], [-5.0, -9.0, -5.0], [1, 2, 1])
    assert [made[f"predicted_{way}"] for way in WAYS] == [[0], [1], [1], [1]]
    assert [made[f"correct_{way}"] for way in WAYS] == [False, True, True, True]
    shares = [math.exp(one) for one in (-4, -6, -5)]
    assert made["probability"] == pytest.approx(shares[1] / sum(shares))
    by_byte = [math.exp(one) for one in (-1, -0.75, -5 / 3)]
    assert made["probability_bytes"] == pytest.approx(by_byte[1] / sum(by_byte))
    assert made["chance"] == pytest.approx(1 / 3)


def test_a_tie_goes_to_the_first() -> None:
    made = row(item(), asked(LETTERS), [-1.0, -1.0, -1.0], [], [1, 1, 1])
    assert made["predicted_plain"] == [0]
    assert made["predicted_pmi"] is made["correct_pmi"] is None


def test_of_several_right_answers_so_many_are_chosen_and_all_must_be_right() -> None:
    right = row(item((0, 2)), asked(LETTERS, (0, 2)), [-1.0, -3.0, -2.0], [], [1, 1, 1])
    wrong = row(item((0, 2)), asked(LETTERS, (0, 2)), [-1.0, -2.0, -3.0], [], [1, 1, 1])
    assert (right["predicted_plain"], right["correct_plain"]) == ([0, 2], True)
    assert (wrong["predicted_plain"], wrong["correct_plain"]) == ([0, 1], False)
    assert right["chance"] == pytest.approx(1 / 3)
    assert right["chance_probability"] == pytest.approx(2 / 3)


def test_of_sets_the_likeliest_is_chosen_whole() -> None:
    """A, B, C, AB, AC, BC, ABC: the right set AC is the fifth."""
    made = row(item((0, 2)), asked(SUBSETS, (0, 2)), [-9.0, -9, -9, -9, -2, -9, -9], [], [2] * 7)
    assert (made["predicted_plain"], made["right"], made["correct_plain"]) == ([4], [4], True)
    assert made["chance"] == pytest.approx(1 / 7)


@pytest.mark.parametrize("broken", [math.nan, math.inf, -math.inf])
def test_a_likelihood_that_is_no_number_is_told_with_its_item(broken: float) -> None:
    with pytest.raises(UserError, match="not a number") as caught:
        row(item(), asked(LETTERS), [-1.0, broken, -2.0], [], [1, 1, 1])
    assert caught.value.where == "item e:1"


@given(st.lists(st.floats(-50, 0), min_size=3, max_size=3), st.lists(st.floats(-50, 0), min_size=3, max_size=3))
def test_a_row_fits_its_table_and_shares_are_shares(values: list[float], alone: list[float]) -> None:
    made = row(item(), asked(CLOZE), values, alone, [1, 2, 1])
    (back,) = table([made]).to_dicts()
    assert back["logprobs"] == values
    assert 0 <= back["probability"] <= 1
    assert back["correct_plain"] == (values[1] > values[0] and values[1] >= values[2])
