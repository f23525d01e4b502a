"""Which arms are said to begin with the same weights: those that can, and no others."""

from __future__ import annotations

import json

import polars as pl

from eval.study.starts import alike, starts


def runs(**told: tuple[int, str]) -> pl.DataFrame:
    """A run an arm and seed, of so many parameters, on a base or on none."""
    return pl.DataFrame([{"arm": arm, "size": "", "pair": pair, "parameters": parameters,
                          "parents": json.dumps({"base": f"{base}{pair}"} if base else {})}
                         for pair in (0, 1) for arm, (parameters, base) in told.items()])  # fmt: skip


def test_arms_of_one_size_and_vocabulary_begin_alike() -> None:
    found = runs(a=(100, ""), b=(100, ""), null=(100, ""))
    assert alike(found) == [["a", "b"]]
    assert starts(found) == "begin with the same weights and read in an order of the same seed"


def test_arms_of_other_sizes_or_vocabularies_are_said_not_to() -> None:
    found = runs(bpe=(100, ""), unigram=(100, ""), few=(60, ""))
    assert alike(found) == [["bpe", "unigram"], ["few"]]
    assert "those of arms bpe and unigram begin with the same weights, and others cannot" in starts(found)
    assert "but cannot begin with the same weights" in starts(runs(tiny=(60, ""), small=(100, "")))


def test_an_arm_on_a_base_begins_otherwise_than_one_from_fresh_weights() -> None:
    assert alike(runs(fresh=(100, ""), on=(100, "b"), too=(100, "b"))) == [["fresh"], ["on", "too"]]


def test_sizes_of_one_arm_are_not_compared_with_each_other() -> None:
    one = runs(a=(100, ""), b=(100, "")).with_columns(size=pl.lit("tiny"))
    two = runs(a=(200, ""), b=(300, "")).with_columns(size=pl.lit("small"))
    assert alike(pl.concat([one, one.with_columns(size=pl.lit("tinier"))])) == [["a", "b"]]
    assert alike(pl.concat([one, two])) == [["a"], ["b"]]
