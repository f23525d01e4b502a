"""The use of a vocabulary, against figures that others published."""

from __future__ import annotations

import numpy as np
import pytest

from tokenizer.compare.distribution import in_use, renyi_efficiency


# How often each piece occurs in the two texts that `tokenization-scorer` is tested with, and what its own test expects
# for a power of 2.5 (its README shows the same texts with the values of a power of 3).
@pytest.mark.parametrize(
    ("used", "power", "published"),
    [
        ((3, 2, 1, 1), 2.5, 0.8265064834225245), ((3, 3, 2, 2, 1), 2.5, 0.9204840242168808),
        ((3, 2, 1, 1), 3.0, 0.8031528501359657), ((3, 3, 2, 2, 1), 3.0, 0.9105681923824472),
    ],
)  # fmt: skip
def test_renyi_efficiency_is_that_of_tokenization_scorer(used: tuple[int, ...], power: float, published: float) -> None:
    assert renyi_efficiency(np.array([0, *used, 0], np.int64), power) == pytest.approx(published, abs=1e-12)


def test_an_even_use_is_of_efficiency_one_and_a_single_id_has_none() -> None:
    assert renyi_efficiency(np.array([7, 7, 7, 0])) == pytest.approx(1)
    assert renyi_efficiency(np.array([7, 0])) is None
    assert renyi_efficiency(np.zeros(0, np.int64)) is None


def test_the_share_of_ids_in_use() -> None:
    assert in_use(np.array([3, 0, 1, 0])) == 0.5
    assert in_use(np.zeros(0, np.int64)) is None
