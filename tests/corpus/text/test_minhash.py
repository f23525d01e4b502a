"""Sketches beside datasketch, the reference: as exact, without bias, and pinned so that no other scheme slips in."""

from __future__ import annotations

import datasketch
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from corpus.text.codepoints import Ints
from corpus.text.fold import fold
from corpus.text.minhash import BANDS, ROWS, SIZE, Sketches, band_keys, similarity, sketches
from corpus.text.shingles import Hashes32, Shingles, shingles
from tests.corpus.text.texts import texts

PAIRS = 200


def joined(sets: list[Hashes32]) -> Shingles:
    """Sets of shingles as those of a batch of texts."""
    starts: Ints = np.cumsum([0, *map(len, sets)])
    return Shingles(np.concatenate([*sets, np.zeros(0, np.uint32)]), starts)


def drawn(size: int, jaccard: float, pairs: int, seed: int) -> tuple[list[Hashes32], list[Hashes32], float]:
    """Pairs of sets of `size` random shingles with the same Jaccard similarity, and that similarity."""
    random = np.random.default_rng([seed, size, int(100 * jaccard)])
    both = round(2 * size * jaccard / (1 + jaccard))
    ones, others = [], []
    for _ in range(pairs):
        pool = np.unique(random.integers(0, 2**32, 3 * size + 100, dtype=np.uint32))
        random.shuffle(pool)
        ones.append(pool[:size].copy())
        others.append(pool[size - both : 2 * size - both].copy())
    return ones, others, both / (2 * size - both)


def reference(sets: list[Hashes32]) -> NDArray[np.uint64]:
    """datasketch's sketches of the same sets."""
    made = []
    for values in sets:
        sketch = datasketch.MinHash(num_perm=SIZE)
        sketch.update_batch([value.tobytes() for value in values])
        made.append(sketch.hashvalues)
    return np.array(made)


@pytest.mark.parametrize(("size", "jaccard"), [(30, 0.5), (30, 0.8), (120, 0.3), (120, 0.8), (400, 0.5), (1500, 0.8)])
def test_estimates_err_no_more_than_those_of_datasketch(size, jaccard):
    ones, others, truth = drawn(size, jaccard, PAIRS, seed=1)
    ours = similarity(sketches(joined(ones)), sketches(joined(others))) - truth
    theirs = (reference(ones) == reference(others)).mean(axis=1) - truth
    assert np.sqrt((ours**2).mean()) <= 1.15 * np.sqrt((theirs**2).mean())
    assert abs(ours.mean()) < 0.01


@pytest.mark.parametrize("size", [5, 30, 128, 1000, 20_000])
@pytest.mark.parametrize("jaccard", [0.0, 0.2, 0.9])
def test_estimates_have_no_bias_at_any_length(size, jaccard):
    pairs = max(60, min(400, 60_000 // size))
    ones, others, truth = drawn(size, jaccard, pairs, seed=2)
    errors = similarity(sketches(joined(ones)), sketches(joined(others))) - truth
    spread = np.sqrt(truth * (1 - truth) / (SIZE * pairs))
    # Of a tiny set every number is read off few shingles, so that the errors of a pair are larger.
    assert abs(errors.mean()) < 4 * spread * (3 if size < SIZE else 1) + 0.002


def test_a_text_with_twice_as_much_added_is_estimated_as_well_as_an_equal_one():
    random = np.random.default_rng(3)
    small = [random.integers(0, 2**32, 60, dtype=np.uint32) for _ in range(400)]
    large = [np.concatenate((one, random.integers(0, 2**32, 120, dtype=np.uint32))) for one in small]
    found = similarity(sketches(joined(small)), sketches(joined(large)))
    assert abs(found.mean() - 1 / 3) < 0.01
    assert found.std() < 1.15 * np.sqrt(1 / 3 * 2 / 3 / SIZE)


def test_a_sketch_is_pinned_since_those_of_two_schemes_do_not_compare():
    made = sketches(shingles(fold(["Aspirin 81 mg daily for secondary prevention.", "阿司匹林每日一次"])))
    assert made.dtype == np.uint16
    assert made.shape == (2, SIZE)
    assert made[:, :8].tolist() == [
        [60255, 12549, 21968, 22417, 57518, 42432, 27094, 20045],
        [12279, 53349, 43197, 30321, 22553, 59730, 43947, 53934],
    ]
    assert made.astype(np.uint64).sum(axis=1).tolist() == [4286962, 4220621]
    assert band_keys(made)[:, [0, BANDS - 1]].tolist() == [
        [2103928283523384112, 12047437736304151958],
        [15839621115309938621, 2482155967774515047],
    ]


def test_a_text_without_shingles_has_a_sketch_of_zeros_and_no_text_has_none():
    made = sketches(shingles(fold(["", "short", "aspirin daily"])))
    assert not made[:2].any()
    assert made[2].any()
    assert sketches(shingles(fold([]))).shape == (0, SIZE)


@given(st.lists(texts, min_size=1, max_size=5))
def test_a_sketch_does_not_depend_on_the_batch(batch):
    together = sketches(shingles(fold(batch)))
    for row, text in enumerate(batch):
        assert together[row].tolist() == sketches(shingles(fold([text])))[0].tolist()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40), st.randoms())
def test_neither_order_nor_repeats_of_shingles_change_a_sketch(values, random):
    again = [*values, *values[: len(values) // 2]]
    random.shuffle(again)
    one, other = sketches(joined([np.array(values, np.uint32), np.array(again, np.uint32)]))
    assert one.tolist() == other.tolist()


def test_every_number_of_a_short_text_is_the_minimum_of_a_hash_of_its_own():
    one_shingle = [np.array([value], np.uint32) for value in range(1, 400)]
    made = sketches(joined(one_shingle))
    for row in made[:50]:
        assert len(np.unique(row)) > SIZE - 4  # copied from a neighbouring bin they would repeat
    assert (made[:-1] == made[1:]).mean() < 0.001


def with_a_common_key(ones: list[Hashes32], others: list[Hashes32]) -> float:
    keys = band_keys(sketches(joined(ones))), band_keys(sketches(joined(others)))
    return float((keys[0] == keys[1]).any(axis=1).mean())


@pytest.mark.parametrize(
    ("jaccard", "least", "most"), [(0.8, 0.99, 1), (0.7, 0.98, 1), (0.5, 0.4, 0.7), (0.3, 0.02, 0.12), (0.1, 0, 0.005)]
)
def test_alike_texts_share_a_key_and_others_do_not(jaccard, least, most):
    ones, others, truth = drawn(300, jaccard, 1000, seed=4)
    share = with_a_common_key(ones, others)
    assert least <= share <= most
    assert abs(share - (1 - (1 - truth**ROWS) ** BANDS)) < 0.05


def test_a_key_tells_its_band_and_all_of_its_numbers():
    row: Sketches = np.zeros((1, SIZE), np.uint16)
    keys = band_keys(row)[0]
    assert len(set(keys.tolist())) == BANDS
    for place in range(BANDS * ROWS):
        changed = row.copy()
        changed[0, place] = 1
        assert np.flatnonzero(band_keys(changed)[0] != keys).tolist() == [place // ROWS]


def test_the_order_of_numbers_inside_a_band_matters():
    row: Sketches = np.zeros((2, SIZE), np.uint16)
    row[0, :2], row[1, :2] = (1, 2), (2, 1)
    one, other = band_keys(row)
    assert one[0] != other[0]


def test_similarity_is_the_share_of_equal_numbers_row_by_row_and_against_one():
    rows: Sketches = np.zeros((2, SIZE), np.uint16)
    rows[1, : SIZE // 4] = 1
    assert similarity(rows, rows).tolist() == [1, 1]
    assert similarity(rows, rows[0]).tolist() == [1, 0.75]
