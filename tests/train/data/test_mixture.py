"""A run reads each slice in its share, in an order that the seed gives, and says how often."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from train.data.mixture import Plan, Pool, plan, pool_of, table, targets
from train.data.tokenized import Shard
from train.recipe import ReplaySettings, TrainRecipe


def shard(names: list[str], tokens: list[int], source: str = "a") -> Shard:
    same = {"source": source, "tier": "high", "language": "en"}
    rows = {"id": names, **{key: [value] * len(names) for key, value in same.items()},
            "bytes": [4 * size for size in tokens], "tokens": tokens}  # fmt: skip
    frame = pl.DataFrame(rows).with_columns(start=pl.col("tokens").cum_sum() - pl.col("tokens"))
    return Shard(Path(), frame, "")


def recipe(**told: object) -> TrainRecipe:
    parts = told.pop("slice", [{"name": "one"}])
    return TrainRecipe.model_validate({"name": "r", "slice": parts, **told})


def pool(name: str, count: int, seed: int = 0) -> Pool:
    sizes = np.random.default_rng(seed).integers(5, 60, count).tolist()
    part = recipe(slice=[{"name": name}]).slice[0]
    return pool_of(part, [shard([f"{name}{n}" for n in range(count)], sizes)])


def shares(found: Plan, start: int, stop: int) -> list[float]:
    """Shares of the tokens of a stretch of the run."""
    tokens = found.tokens[start:stop]
    return [float(tokens[found.pool[start:stop] == n].sum() / tokens.sum()) for n in range(len(found.pools))]


def test_by_default_every_document_is_read_once() -> None:
    found = plan(recipe(), [pool("one", 50)])
    assert sorted(found.row.tolist()) == list(range(50))


def test_half_an_epoch_more_reads_half_of_the_tokens_again() -> None:
    one = pool("one", 200)
    found = plan(recipe(slice=[{"name": "one", "epochs": 1.5}]), [one])
    times = np.bincount(found.row, minlength=200)
    assert set(times.tolist()) == {1, 2}
    assert int(found.tokens.sum()) == round(1.5 * one.tokens)


def test_every_reading_has_an_order_of_its_own() -> None:
    found = plan(recipe(slice=[{"name": "one", "epochs": 2.0}]), [pool("one", 50)])
    assert found.row[:50].tolist() != found.row[50:].tolist()
    assert sorted(found.row[:50].tolist()) == sorted(found.row[50:].tolist()) == list(range(50))


def test_the_same_seed_gives_the_same_order_and_another_another() -> None:
    first, again, other = (plan(recipe(seed=seed), [pool("one", 50)]) for seed in (1, 1, 2))
    assert first.row.tolist() == again.row.tolist() != other.row.tolist()


def test_a_document_more_moves_no_other() -> None:
    rows = [f"d{n}" for n in range(40)]
    part = recipe().slice[0]
    few = plan(recipe(), [pool_of(part, [shard(rows, [10] * 40)])])
    more = plan(recipe(), [pool_of(part, [shard([*rows, "new"], [10] * 41)])])
    assert [row for row in more.row.tolist() if row != 40] == few.row.tolist()


def budgeted(share: float, general: int, tokens: int) -> Plan:
    """200,000 tokens with replay from so many general documents of so many tokens."""
    told = recipe(replay={"corpus": "x", "share": share}, budget={"tokens": 200_000, "most_epochs": 50})
    names = [f"g{n}" for n in range(general)]
    replay = pool_of(ReplaySettings(corpus="x", share=share), [shard(names, [tokens] * general)])
    return plan(told, [pool("one", 3000), replay])


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25])
@pytest.mark.parametrize(("general", "tokens"), [(900, 30), (1, 150_000), (3, 20_011)], ids=["news", "book", "books"])
def test_replay_has_its_share_to_one_token_however_long_its_documents_are(
    share: float, general: int, tokens: int
) -> None:
    found = budgeted(share, general, tokens)
    read = [int(found.tokens[found.pool == number].sum()) for number in (0, 1)]
    assert read == pytest.approx([200_000 * (1 - share), 200_000 * share], abs=1)


@pytest.mark.parametrize("share", [0.01, 0.05, 0.25])
def test_replay_of_short_documents_has_its_share_in_every_stretch_of_the_run(share: float) -> None:
    found = budgeted(share, 900, 30)
    step = len(found.row) // 5
    for start in range(0, 5 * step, step):
        assert shares(found, start, start + step)[1] == pytest.approx(share, rel=0.05)


@given(
    longest=st.lists(st.integers(10, 3000), min_size=2, max_size=4),
    weights=st.lists(st.floats(0.1, 5), min_size=4, max_size=4),
)
def test_wherever_a_document_ends_each_slice_has_had_its_share_to_half_a_document_of_each(
    longest: list[int], weights: list[float]
) -> None:
    sizes = [np.random.default_rng(most).integers(5, most, 40).tolist() for most in longest]
    parts = [{"name": f"s{n}", "weight": weights[n]} for n in range(len(sizes))]
    told = recipe(slice=parts, budget={"tokens": 30_000, "most_epochs": 1000})
    pools = [
        pool_of(part, [shard([f"{part.name} {n}" for n in range(40)], some)])
        for part, some in zip(told.slice, sizes, strict=True)
    ]
    found = plan(told, pools)
    bound = sum(max(some) + 1 for some in sizes) / 2
    read = np.cumsum(found.tokens)
    for number, weight in enumerate(weights[: len(sizes)]):
        mine = np.cumsum(found.tokens * (found.pool == number))
        assert np.abs(mine - read * weight / sum(weights[: len(sizes)])).max() <= bound + len(sizes)


@given(weights=st.lists(st.floats(0.1, 5), min_size=2, max_size=4), tokens=st.integers(20_000, 60_000))
def test_weights_are_shares_of_the_budget_to_one_token(weights: list[float], tokens: int) -> None:
    parts = [{"name": f"s{n}", "weight": weight} for n, weight in enumerate(weights)]
    told = recipe(slice=parts, budget={"tokens": tokens, "most_epochs": 1000})
    found = plan(told, [pool(f"s{n}", 60, n) for n in range(len(weights))])
    for number, weight in enumerate(weights):
        got = int(found.tokens[found.pool == number].sum())
        assert got == pytest.approx(tokens * weight / sum(weights), abs=1)


def test_only_the_last_document_of_a_slice_is_cut_and_what_is_not_read_of_it_is_counted() -> None:
    one = pool("one", 50)
    found = plan(recipe(budget={"tokens": 400}), [one])
    whole = found.of("tokens")
    assert (found.tokens[:-1] == whole[:-1]).all()
    assert found.tokens.sum() == 400
    assert found.unread.sum() == whole.sum() - 400 > 0
    told = table(found)
    assert (told["tokens"].sum(), told["unread"].sum()) == (400, found.unread.sum())
    assert told["bytes"].sum() == found.bytes.sum() <= 4 * 400
    longer = plan(recipe(budget={"tokens": 600}), [one])
    assert longer.row[: len(found.row)].tolist() == found.row.tolist()


def test_more_tokens_than_may_be_read_are_refused_with_the_epochs_that_they_mean() -> None:
    one = pool("one", 50)
    told = recipe(budget={"tokens": 10 * one.tokens})
    with pytest.raises(UserError, match=r"read it 10\.0 times, and 4 are allowed") as caught:
        targets(told, [one])
    assert f"ask for {4 * one.tokens:,} of it at most" in caught.value.mend
    with pytest.raises(UserError, match=r"read it 4\.1 times, and 4 are allowed"):
        targets(recipe(budget={"tokens": 4 * one.tokens + 1}), [one])


def test_an_empty_slice_is_refused_with_what_there_is() -> None:
    part = recipe(slice=[{"name": "one", "tiers": ["low"]}]).slice[0]
    with pytest.raises(UserError) as told:
        pool_of(part, [shard(["a"], [3])])
    assert "tiers low" in str(told.value)
    assert "tiers high" in str(told.value)


def test_a_share_of_the_documents_is_part_of_a_larger_share_and_of_no_other_text() -> None:
    documents = shard([f"d{n}" for n in range(400)], [10] * 400)
    found = {share: set(pool_of(recipe(slice=[{"name": "one", "share": share}]).slice[0], [documents]).table["id"])
             for share in (0.1, 0.3, 1.0)}  # fmt: skip
    assert found[0.1] < found[0.3] < found[1.0]
    assert len(found[0.3]) == pytest.approx(120, abs=30)


def test_the_table_balances() -> None:
    told = recipe(slice=[{"name": "a", "epochs": 2.0}, {"name": "b"}])
    found = plan(told, [pool("a", 30), pool("b", 20)])
    rows = table(found)
    assert rows["tokens"].sum() == found.tokens.sum() == found.of("tokens").sum()
    assert rows["bytes"].sum() == found.bytes.sum() == found.of("bytes").sum()
    assert rows["unread"].sum() == 0
    assert rows["share"].sum() == pytest.approx(1.0)
    assert rows.filter(pl.col("slice") == "a")["epochs"][0] == pytest.approx(2.0)
