"""Crowds settled: comparisons that only make sense when it is known which documents stay.

Among thousands of texts that are all alike, `corpus/relate/bands.py` compares each with a few only. If the document
that stays by tier, licence and date is none of those, its copies have never been compared with it, and stay too. So
verdicts (`corpus/judge.py`) and relations come in, what stays of each crowd is compared with the best of it, and the
relations go on to `corpus/decide.py` with what was found. Without crowds, which is the rule, nothing is done here.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from corpus.decide import choose, edges, preference
from corpus.recipe import DecideSettings
from corpus.relate.bands import Pairs, joined
from corpus.relate.graph import components
from corpus.relate.stage import Relations

ROUNDS = 24  # a few settle most crowds: what goes in one round may leave copies that nobody has compared for the next
PIVOTS = 8  # of a crowd: what stays of it and is like none of these is another family


def settle(
    documents: pl.DataFrame, relations: Relations, settings: DecideSettings, compare: Callable[[Pairs], pl.DataFrame]
) -> Relations:
    """The relations, completed for the crowds. `documents`: judged and grouped; `compare` verifies pairs of nodes."""
    if relations.crowded.is_empty() or "near" not in settings.drop:
        return relations
    known = np.unique(joined(relations.pairs["one"].to_numpy(), relations.pairs["other"].to_numpy()))
    for _ in range(ROUNDS):
        asked = _asked(documents, relations, settings, known)
        if not len(asked):
            break
        known = np.union1d(known, asked)
        relations = relations._replace(pairs=pl.concat([relations.pairs, compare(asked)]).sort("one", "other"))
    return relations


def _asked(documents: pl.DataFrame, relations: Relations, settings: DecideSettings, known: Pairs) -> Pairs:
    """What stays of each crowd, paired with the best of it that has not been compared with all the others."""
    staying = choose(documents, relations, settings).filter(
        (pl.col("fate") == "kept") & pl.col("node").is_in(relations.crowded.implode())
    )
    ranked = staying.sort(*preference(staying, settings.tiers), maintain_order=True)
    best = ranked.unique("node", keep="first", maintain_order=True)
    near = edges(documents, relations, settings)
    labels = components(relations.nodes.height, near["one"].to_numpy(), near["other"].to_numpy())
    crowds = best.select("node", crowd=pl.Series(labels[best["node"].to_numpy()], dtype=pl.Int32))
    pieces = [np.zeros(0, np.uint64)]
    for _, members in crowds.filter(pl.len().over("crowd") > 1).group_by("crowd", maintain_order=True):
        pieces.append(_first_unknown(members["node"].to_numpy(), known))
    return np.unique(np.concatenate(pieces))


def _first_unknown(nodes: NDArray[np.uint32], known: Pairs) -> Pairs:
    """The pairs of the first node that has any which are not known. Each of the best PIVOTS is looked at."""
    for place in range(min(PIVOTS, len(nodes) - 1)):
        pairs = np.unique(joined(nodes[place + 1 :], nodes[place : place + 1]))
        new = np.setdiff1d(pairs, known, assume_unique=True)
        if len(new):
            return new
    return np.zeros(0, np.uint64)
