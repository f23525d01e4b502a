"""Who stays, against a greedy loop; what hangs together, against a flood."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.relate import graph
from corpus.relate.graph import components, standing

Edges = list[tuple[int, int]]


@st.composite
def ranked_graphs(draw: st.DrawFn) -> tuple[list[int], Edges]:
    """Ranks of up to 12 vertices, all different, and edges from the better to the worse."""
    size = draw(st.integers(1, 12))
    rank = draw(st.permutations(range(size)))
    vertex = st.integers(0, size - 1)
    pairs = draw(st.lists(st.tuples(vertex, vertex).filter(lambda pair: pair[0] != pair[1]), max_size=30))
    return list(rank), [(a, b) if rank[a] < rank[b] else (b, a) for a, b in pairs]


def greedy(rank: list[int], edges: Edges) -> list[bool]:
    """In order of rank everyone stays whom nobody who stays beats."""
    stays: dict[int, bool] = {}
    for vertex in sorted(range(len(rank)), key=rank.__getitem__):
        stays[vertex] = not any(stays[winner] for winner, loser in edges if loser == vertex)
    return [stays[vertex] for vertex in range(len(rank))]


def stand(rank: list[int], edges: Edges) -> list[bool]:
    winner, loser = np.array(edges, np.int64).reshape(-1, 2).T
    return [bool(stays) for stays in standing(np.array(rank), winner, loser)]


@pytest.mark.parametrize("rounds", [0, 1, 2, 64])
@given(case=ranked_graphs())
def test_who_stays_is_what_a_greedy_loop_says(rounds, case):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(graph, "ROUNDS", rounds)
        assert stand(*case) == greedy(*case)


@given(ranked_graphs())
def test_no_two_that_stay_are_neighbours_and_whoever_goes_has_a_neighbour_that_stays(case):
    rank, edges = case
    stays = stand(rank, edges)
    assert not any(stays[winner] and stays[loser] for winner, loser in edges)
    for vertex, here in enumerate(stays):
        assert here or any(stays[winner] for winner, loser in edges if loser == vertex)


@given(ranked_graphs(), st.randoms())
def test_neither_the_order_of_edges_nor_repeats_change_anything(case, drawn):
    rank, edges = case
    again = edges + edges[: len(edges) // 2]
    drawn.shuffle(again)
    assert stand(rank, again) == stand(rank, edges)


@pytest.mark.parametrize("length", [1, 2, 3, 129, 1000])
def test_of_a_chain_every_second_one_stays_however_long_it_is(length):
    chain = [(place, place + 1) for place in range(length - 1)]
    assert stand(list(range(length)), chain) == [place % 2 == 0 for place in range(length)]


def test_the_middle_of_a_chain_that_ranks_first_beats_both_ends():
    assert stand([1, 0, 2], [(1, 0), (1, 2)]) == [False, True, False]


def test_without_edges_all_stay():
    assert stand([2, 0, 1], []) == [True, True, True]
    assert stand([], []) == []


def test_a_million_edges_take_seconds_whatever_their_shape():
    size = 300_000
    drawn = np.random.default_rng(1)
    ends = np.sort(drawn.integers(0, size, (1_000_000, 2)), axis=1)
    ends = ends[ends[:, 0] < ends[:, 1]]
    stays = standing(np.arange(size), ends[:, 0], ends[:, 1])
    assert not (stays[ends[:, 0]] & stays[ends[:, 1]]).any()
    covered = np.bincount(ends[:, 1], weights=stays[ends[:, 0]], minlength=size) > 0
    assert (stays | covered).all()


@given(st.integers(0, 12), st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)), max_size=14))
def test_two_vertices_have_one_label_exactly_when_a_path_joins_them(size, pairs):
    edges = [(a % size, b % size) for a, b in pairs] if size else []
    found = components(size, *np.array(edges, np.int64).reshape(-1, 2).T).tolist()
    label = list(range(size))
    for _ in range(size):
        for a, b in edges:
            label[a] = label[b] = min(label[a], label[b])
    assert len(found) == size
    for a in range(size):
        for b in range(size):
            assert (found[a] == found[b]) == (label[a] == label[b])
