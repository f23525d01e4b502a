"""Which arms of a study begin with the same weights: those of one size and vocabulary, from fresh ones or on one base.

Takes the runs of `eval/study/results.py`; gives a part of a sentence to `eval/study/verdict_section.py`. Weights are
drawn by the seed, number by number, so that models of as many parameters begin alike, and others cannot.
"""

from __future__ import annotations

import json

import polars as pl

from eval.study.arms import NULL

FEWEST = 2  # arms that begin alike


def alike(runs: pl.DataFrame) -> list[list[str]]:
    """The arms in groups, each of which begins with the same weights in every size; the null arm in none. `runs`: as in
    `Results`."""
    seen = dict[str, list[tuple[str, int, str]]]()
    first = runs.filter(pl.col("pair") == pl.col("pair").min(), pl.col("arm") != NULL)
    for row in first.sort("size", maintain_order=True).iter_rows(named=True):
        base = str(json.loads(row["parents"]).get("base", ""))
        seen.setdefault(row["arm"], []).append((row["size"], row["parameters"], base))
    groups = dict[tuple[tuple[str, int, str], ...], list[str]]()
    for arm, starts in seen.items():
        groups.setdefault(tuple(starts), []).append(arm)
    return list(groups.values())


def starts(runs: pl.DataFrame) -> str:
    """How runs of one seed begin and read, as it goes on behind 'runs of one seed'."""
    found = alike(runs)
    if len(found) < FEWEST:
        return "begin with the same weights and read in an order of the same seed"
    same = [f"of arms {', '.join(names[:-1])} and {names[-1]}" for names in found if len(names) >= FEWEST]
    if not same:
        return "read in an order of the same seed, but cannot begin with the same weights, since arms differ in " \
               "size, vocabulary or base"  # fmt: skip
    return f"read in an order of the same seed; those {', and those '.join(same)} begin with the same weights, and " \
           "others cannot, since they differ in size, vocabulary or base"  # fmt: skip
