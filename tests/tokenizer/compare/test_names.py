"""Short names of tokenizers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tokenizer.compare.names import LONGEST, labels


def test_the_last_part_of_a_path_and_more_where_two_are_alike() -> None:
    assert labels(["a/ours", "b/ours/", "c/theirs/tokenizer.json"]) == ["a/ours", "b/ours", "theirs"]


def test_the_same_twice_is_numbered() -> None:
    assert labels(["ours", "ours"]) == ["ours#1", "ours#2"]


@given(st.lists(st.text(max_size=60), max_size=6))
def test_labels_are_all_different_and_short(names: list[str]) -> None:
    made = labels(names)
    assert len(set(made)) == len(names)
    assert all(len(label) <= LONGEST + 3 for label in made)
