"""Graphs as arrays: which vertices stay when neighbours may not stand together, and which hang together at all.

Pure functions on NumPy arrays, used by `corpus/decide.py`. Vertices are numbers from 0, edges two columns of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LIBRARIES = ("numpy", "scipy")

Vertices = NDArray[np.integer]
Mask = NDArray[np.bool_]
ROUNDS = 64  # of the parallel form; a chain longer than this is finished one vertex at a time


def standing(rank: Vertices, winner: Vertices, loser: Vertices) -> Mask:
    """Which vertices stay: in order of rank (0 is best) each vertex stays unless one that stayed beats it.

    `winner[i]` beats `loser[i]`, and has the better rank. So whatever goes has a neighbour that stays, and no two
    that stay are neighbours: the lexicographically first maximal independent set. A chain a-b-c loses b to a and
    keeps c, which nobody has compared with a. All vertices that no undecided one beats are decided at once (G.
    Blelloch, J. Fineman, J. Shun, SPAA 2012, arXiv:1202.3205).
    """
    undecided = np.ones(len(rank), np.bool_)
    stays = np.ones(len(rank), np.bool_)
    for _ in range(ROUNDS):
        if not len(winner):
            return stays
        free = undecided.copy()
        free[loser] = False
        beaten = loser[free[winner]]  # by one that stays
        stays[beaten] = False
        undecided[free] = False
        undecided[beaten] = False
        left = undecided[winner] & undecided[loser]
        winner, loser = winner[left], loser[left]
    return _one_by_one(rank, winner, loser, stays)


def _one_by_one(rank: Vertices, winner: Vertices, loser: Vertices, stays: Mask) -> Mask:
    """The rest in order of rank."""
    for place in np.lexsort((rank[loser], rank[winner])).tolist():
        if stays[winner[place]]:
            stays[loser[place]] = False
    return stays


def components(vertices: int, one: Vertices, other: Vertices) -> NDArray[np.int32]:
    """For each vertex the number of the component that it hangs together with."""
    from scipy.sparse import coo_array  # here, for it takes as long to import as a small build takes for the rest
    from scipy.sparse.csgraph import connected_components

    ones = np.ones(len(one), np.bool_)
    graph = coo_array((ones, (one, other)), shape=(vertices, vertices)).tocsr()
    labels: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return labels
