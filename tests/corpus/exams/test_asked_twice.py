"""Questions that stand more than once under ids of their own are found by what they ask, and counted once each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.exams.asked_twice import asked_twice
from corpus.exams.item import ExamItem


def item(name: str, question: str, options: tuple[str, ...] = ("iron", "tin"), context: str = "") -> ExamItem:
    return ExamItem(name, "e", "test", "en", "", context, question, options, (0,), "", "")


def test_the_same_question_with_the_same_options_is_one_whatever_its_id_and_their_order() -> None:
    turned = item("c", " Which  rusts? ", ("tin", "iron"))
    melts = [item(name, "Which melts?") for name in "bde"]
    found = asked_twice([item("a", "Which rusts?"), melts[0], turned, *melts[1:]])
    assert found == (3, ("a", "c"))


def test_other_options_or_another_text_before_them_make_another_question() -> None:
    assert (
        asked_twice([item("a", "Which?"), item("b", "Which?", ("iron", "zinc")), item("c", "Which?", context="A")])
        is None
    )


@given(st.lists(st.integers(0, 8), max_size=20))
def test_as_many_are_counted_as_are_too_many(numbers: list[int]) -> None:
    found = asked_twice([item(str(place), f"Which is {number}?") for place, number in enumerate(numbers)])
    assert (found.items if found else 0) == len(numbers) - len(set(numbers))
