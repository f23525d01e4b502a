"""Candidates: planted pairs are found, strangers are not, a crowd costs what its size is, partitions change nothing."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from corpus.relate import bands
from corpus.relate.bands import CROWD, LEADERS, NEIGHBOURS, Candidates, Pairs, candidates, joined, split
from corpus.text.minhash import BANDS, ROWS, SIZE, Sketches, similarity, sketches
from corpus.text.shingles import Hashes32, Shingles

FLOOR, SHORTEST = 0.5, 128


def sketched(sets: list[Hashes32]) -> tuple[Sketches, NDArray[np.uint32]]:
    """Sketches and sizes of sets of shingles."""
    sizes = np.array([len(values) for values in sets], np.uint32)
    return sketches(Shingles(np.concatenate(sets), np.cumsum([0, *sizes.tolist()]))), sizes


def drawn(count: int, size: int, seed: int) -> list[Hashes32]:
    random = np.random.default_rng(seed)
    return [random.integers(0, 2**32, size, dtype=np.uint32) for _ in range(count)]


def changed(values: Hashes32, jaccard: float, seed: int) -> Hashes32:
    """A set with about that similarity to another one of the same size."""
    kept = round(len(values) * 2 * jaccard / (1 + jaccard))
    return np.concatenate((values[:kept], drawn(1, len(values) - kept, seed)[0]))


def found(sets: list[Hashes32], folder: Path) -> Candidates:
    return candidates(*sketched(sets), SHORTEST, FLOOR, folder)


def as_set(pairs: Pairs) -> set[tuple[int, int]]:
    one, other = split(pairs)
    return set(zip(one.tolist(), other.tolist(), strict=True))


def test_planted_pairs_are_found_and_texts_far_from_each_other_are_not(tmp_path):
    originals = drawn(300, 200, seed=1)
    sets = list(originals)
    alike: set[tuple[int, int]] = set()
    far: set[tuple[int, int]] = set()
    for number, values in enumerate(originals):
        jaccard = 0.8 if number < 200 else 0.2
        (alike if number < 200 else far).add((number, len(sets)))
        sets.append(changed(values, jaccard, seed=1000 + number))
    pairs = as_set(found(sets, tmp_path).pairs)
    assert alike <= pairs
    assert len(far & pairs) <= 2
    assert pairs <= alike | far


def test_a_pair_below_the_floor_by_more_than_the_noise_is_never_a_candidate(tmp_path):
    originals = drawn(400, 200, seed=2)
    sets = originals + [changed(values, 0.42, seed=3000 + n) for n, values in enumerate(originals)]
    sketch, sizes = sketched(sets)
    strict = candidates(sketch, sizes, SHORTEST, 0.9, tmp_path)
    assert len(strict.pairs) == 0
    one, other = split(candidates(sketch, sizes, SHORTEST, FLOOR, tmp_path).pairs)
    assert len(one) > 20
    assert (similarity(sketch[one], sketch[other]) >= FLOOR - bands.NOISE).all()


def test_pairs_stand_once_and_in_order_with_the_smaller_node_first(tmp_path):
    sets = [changed(drawn(1, 200, seed=5)[0], 0.9, seed=n) for n in range(30)]
    pairs = found(sets, tmp_path).pairs
    assert (np.diff(pairs.astype(np.int64)) > 0).all()
    one, other = split(pairs)
    assert (one < other).all()
    assert len(pairs) == 30 * 29 // 2  # no crowd: every pair


def test_pairs_of_two_columns_are_read_back(tmp_path):
    one, other = np.array([5, 1, 2**32 - 1]), np.array([3, 2, 0])
    assert as_set(joined(one, other)) == {(3, 5), (1, 2), (0, 2**32 - 1)}


def test_texts_that_are_too_short_are_left_out(tmp_path):
    long, short = drawn(1, SHORTEST, seed=6)[0], drawn(1, SHORTEST - 1, seed=7)[0]
    pairs = as_set(found([long, short, long.copy(), short.copy()], tmp_path).pairs)
    assert pairs == {(0, 2)}


def test_a_crowd_gives_pairs_by_its_size_and_not_by_its_square(tmp_path):
    base = drawn(1, 300, seed=8)[0]
    totals = []
    for size in (400, 800, 1600):
        result = found([changed(base, 0.95, seed=n) for n in range(size)], tmp_path)
        ends = np.concatenate(split(np.concatenate((result.pairs, result.neighbours))))
        assert (np.bincount(ends, minlength=size) > 0).all()  # nobody in it is forgotten
        totals.append(len(result.pairs) + len(result.neighbours))
        assert totals[-1] <= BANDS * (LEADERS + NEIGHBOURS) * size
        assert len(as_set(result.pairs) & as_set(result.neighbours)) == 0
    assert totals[2] < 2.3 * totals[1] < 2.3**2 * totals[0]


def test_equal_sketches_in_a_great_crowd_are_paired_with_few_leaders(tmp_path):
    size = 5_000
    sketch = np.repeat(sketched(drawn(1, 300, seed=9))[0], size, axis=0)
    sizes = np.full(size, 300, np.uint32)
    sizes[4_321] = 301
    result = candidates(sketch, sizes, SHORTEST, FLOOR, tmp_path)
    degrees = np.bincount(np.concatenate(split(result.pairs)), minlength=size)
    assert sorted(np.argsort(degrees)[-LEADERS:].tolist()) == [0, 1, 4_321]  # the longest, then the first
    assert len(result.pairs) == LEADERS * (size - LEADERS) + LEADERS * (LEADERS - 1) // 2
    assert len(result.neighbours) <= NEIGHBOURS * size


def test_in_a_crowd_of_strangers_the_most_alike_meet_as_neighbours(tmp_path):
    """A hundred couples share one band with all others, and no other band even with their partner."""
    random = np.random.default_rng(10)
    ones = random.integers(0, 2**16, (100, SIZE), dtype=np.uint16)
    ones[:, :ROWS] = range(ROWS)
    others = ones.copy()
    others[:, ROWS::ROWS] += 1
    result = candidates(np.concatenate((ones, others)), np.full(200, 300, np.uint32), SHORTEST, FLOOR, tmp_path)
    couples = {(node, node + 100) for node in range(100)}
    assert len(as_set(result.pairs)) <= LEADERS
    assert as_set(result.neighbours) <= couples
    assert len(as_set(result.neighbours)) > 60


@pytest.mark.parametrize("rows", [64, 1000, 100_000])
def test_partitions_on_disk_change_nothing_and_are_removed(tmp_path, monkeypatch, rows):
    base = drawn(1, 200, seed=11)[0]
    sets = [changed(base, 0.9, seed=n) for n in range(2 * CROWD)] + drawn(100, 200, seed=12)
    sets += [changed(values, 0.8, seed=500 + n) for n, values in enumerate(sets[-50:])]
    whole = found(sets, tmp_path)
    monkeypatch.setattr(bands, "PARTITION_ROWS", rows)
    monkeypatch.setattr(bands, "CHUNK_NODES", 37)
    monkeypatch.setattr(bands, "CHUNK_PAIRS", 101)
    cut = found(sets, tmp_path)
    assert cut.pairs.tolist() == whole.pairs.tolist()
    assert cut.neighbours.tolist() == whole.neighbours.tolist()
    assert not list(tmp_path.iterdir())


def test_small_partitions_are_written_at_the_same_time(tmp_path, monkeypatch):
    monkeypatch.setattr(bands, "PARTITION_ROWS", 1000)
    sketch, sizes = sketched(drawn(100, 200, seed=13))
    paths = bands._spread(sketch, sizes, SHORTEST, tmp_path)
    assert len(paths) == 4  # 2,500 keys
    keyed = [np.fromfile(path, bands._KEYED) for path in paths]
    assert sum(len(part) for part in keyed) == 100 * BANDS
    assert all(len(part) < 1000 for part in keyed)
    assert [set((part["key"] >> np.uint64(62)).tolist()) for part in keyed] == [{0}, {1}, {2}, {3}]


def test_no_texts_or_one_give_no_pairs(tmp_path):
    empty = candidates(np.zeros((1, 128), np.uint16), np.zeros(0, np.uint32), SHORTEST, FLOOR, tmp_path)
    assert len(empty.pairs) == len(empty.neighbours) == 0
    alone = found(drawn(1, 200, seed=14), tmp_path)
    assert len(alone.pairs) == len(alone.neighbours) == 0
