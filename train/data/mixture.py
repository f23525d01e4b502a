"""Which documents a run reads, how often and in which order: the same for the same recipe, corpus and seed.

Comes from shards (`train/data/tokenized.py`) and a recipe's slices, replay and budget; goes to `train/data/packing.py`
as one long list of documents, and to the screen as a table before the run. Each slice is read through in an order of
its own, a new one each time, until it has its tokens to one: the last document is cut there, and what of it is not read
is counted. The slices are then laid into each other by the middles of their documents: wherever a document of the run
ends, each slice has had its share of the tokens read by then, to half of the longest document of each slice. Documents
stay together, so that a slice of one long document stands in the middle of the run. Replay is a slice like any other,
whose share is given.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import xxhash
from numpy.typing import NDArray

from corpus.errors import UserError
from train.data.tokenized import Shard
from train.recipe import ReplaySettings, Slice, TrainRecipe

REPLAY = "replay"
Numbers = NDArray[np.int64]


class Pool(NamedTuple):
    """The documents of one slice. `table`: a row each, `shard` (its number), `start`, `tokens` (with those that
    begin and end a document), `bytes`, `id`, `source`, `tier`, `language`."""

    name: str
    table: pl.DataFrame

    @property
    def tokens(self) -> int:
        return int(self.table["tokens"].sum())


class Plan(NamedTuple):
    """The run as a list of documents: for each reading of one, the number of its slice in `names`, its row in that
    slice's pool, and how many of its tokens are read, from its first: all but of the last of a slice."""

    pools: tuple[Pool, ...]
    pool: NDArray[np.int16]
    row: Numbers
    tokens: Numbers

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(pool.name for pool in self.pools)

    def of(self, column: str) -> Numbers:
        """A column of the pools' tables, for each reading."""
        values = np.zeros(len(self.row), np.int64)
        for number, pool in enumerate(self.pools):
            mine = self.pool == number
            values[mine] = pool.table[column].to_numpy()[self.row[mine]]
        return values

    @property
    def unread(self) -> Numbers:
        """For each reading, the tokens at the document's end that the budget leaves no room for."""
        return self.of("tokens") - self.tokens

    @property
    def bytes(self) -> Numbers:
        """Bytes of text of each reading; of a cut document by its tokens, for none is decoded for this."""
        return self.of("bytes") * self.tokens // np.maximum(self.of("tokens"), 1)


def pool_of(part: Slice | ReplaySettings, shards: Sequence[Shard], first: int = 0, around: int = 2) -> Pool:
    """The documents that a slice speaks of. `first`: the number of the first shard among all of the run. `around`:
    special tokens that begin and end a document. Raises `UserError` when there are no such documents."""
    name = part.name if isinstance(part, Slice) else REPLAY
    tables = [shard.documents.with_columns(shard=pl.lit(first + number, pl.Int32), tokens=pl.col("tokens") + around)
              for number, shard in enumerate(shards)]  # fmt: skip
    every = pl.concat(tables)
    table = every
    for column, wanted in (("tier", getattr(part, "tiers", ())), ("source", getattr(part, "sources", ()))):
        if wanted:
            table = table.filter(pl.col(column).is_in(wanted))
    if part.languages:
        table = table.filter(pl.col("language").str.split("-").list.first().is_in(part.languages)
                             | pl.col("language").is_in(part.languages))  # fmt: skip
    table = shared(table.filter(pl.col("tokens") > 0), _share(part))
    if not table.height:
        raise _nothing(name, part, every)
    return Pool(name, table)


def _share(part: Slice | ReplaySettings) -> float:
    """How much of its documents a slice reads at all; replay's own `share` is one of tokens."""
    return part.share if isinstance(part, Slice) else 1.0


def shared(documents: pl.DataFrame, share: float) -> pl.DataFrame:
    """A share of documents, by the hash of their ids: the same whatever else there is, and part of any larger share."""
    if share >= 1:
        return documents
    most = int(share * (1 << 64))
    return documents.filter(pl.Series([xxhash.xxh3_64_intdigest(name.encode()) < most for name in documents["id"]],
                                      dtype=pl.Boolean))  # fmt: skip


def _nothing(name: str, part: Slice | ReplaySettings, every: pl.DataFrame) -> UserError:
    asked = [f"{key} {', '.join(value)}" for key in ("languages", "tiers", "sources")
             if (value := getattr(part, key, ()))]  # fmt: skip
    asked += [f"a share of {_share(part)}"] if _share(part) < 1 else []
    held = "; ".join(f"{key}s {', '.join(sorted(every[key].unique()))}" for key in ("language", "tier", "source"))
    return UserError(f"The corpus has no text for the slice {name!r} ({'; '.join(asked) or 'everything'}).",
                     where=f"its training split has {held}",
                     mend=f"change [[slice]] {name}, or build a corpus that holds such documents")  # fmt: skip


def targets(recipe: TrainRecipe, pools: Sequence[Pool]) -> list[int]:
    """Tokens that each pool gives, at least one. Raises `UserError` when a slice would be read more often than the
    recipe allows."""
    slices = [pool for pool in pools if pool.name != REPLAY]
    share = recipe.replay.share if len(slices) < len(pools) else 0.0
    if recipe.budget.tokens:
        weights = [part.weight if part.weight is not None else 1.0 for part in recipe.slice]
        rest = recipe.budget.tokens * (1 - share)
        wanted = [rest * weight / sum(weights) for weight in weights]
    else:
        epochs = [part.epochs if part.epochs is not None else 1.0 for part in recipe.slice]
        wanted = [pool.tokens * times for pool, times in zip(slices, epochs, strict=True)]
    if share:
        wanted.append(sum(wanted) * share / (1 - share))
    for pool, size, part in zip(pools, wanted, [*recipe.slice, None], strict=False):
        allowed = max(recipe.budget.most_epochs, part.epochs or 0.0 if part else 0.0)
        if size > pool.tokens * allowed:
            raise _too_often(pool, size, allowed)
    return [max(round(size), 1) for size in wanted]


def _too_often(pool: Pool, size: float, allowed: float) -> UserError:
    what = "replay" if pool.name == REPLAY else f"slice {pool.name!r}"
    times = math.ceil(10 * size / pool.tokens - 1e-9) / 10  # upwards, so that it is never what is allowed
    return UserError(
        f"The run asks for {size:,.0f} tokens of {what}, which has {pool.tokens:,}: that is to read it {times:,.1f} "
        f"times, and {allowed:g} are allowed.", where="budget.tokens and the weights",
        mend=f"ask for {math.floor(pool.tokens * allowed):,} of it at most, give more text, or raise "
             "budget.most_epochs",
    )  # fmt: skip


def plan(recipe: TrainRecipe, pools: Sequence[Pool]) -> Plan:
    """All readings in order. Raises `UserError` as `targets` does."""
    numbers, rows, sizes, places = [], [], [], []
    for number, (pool, size) in enumerate(zip(pools, targets(recipe, pools), strict=True)):
        chosen, tokens = _readings(pool, size, recipe.seed)
        rows.append(chosen)
        sizes.append(tokens)
        numbers.append(np.full(len(chosen), number, np.int16))
        places.append((np.cumsum(tokens) - tokens / 2) / size)
    order = np.lexsort((np.concatenate(numbers), np.concatenate(places)))
    return Plan(tuple(pools), np.concatenate(numbers)[order], np.concatenate(rows)[order], np.concatenate(sizes)[order])


def _readings(pool: Pool, size: int, seed: int) -> tuple[Numbers, Numbers]:
    """Rows of the pool and tokens of each until `size` tokens are full: read through again and again, each time in
    another order. The last document is cut to what is left."""
    tokens = pool.table["tokens"].to_numpy()
    found: list[Numbers] = []
    left, time = size, 0
    while left > 0:
        order = _order(pool, seed, time)
        found.append(order[: int(np.searchsorted(np.cumsum(tokens[order]), left)) + 1])
        left -= int(tokens[found[-1]].sum())
        time += 1
    rows = np.concatenate(found)
    read = tokens[rows].astype(np.int64)
    read[-1] += left  # none, or as many below it as the last has too many
    return rows, read


def _order(pool: Pool, seed: int, time: int) -> Numbers:
    """An order by a hash of ids, so that a document more or less moves no other."""
    salt = xxhash.xxh3_64_intdigest(f"{seed} {pool.name} {time}".encode())
    keys = np.array([xxhash.xxh3_64_intdigest(one.encode(), seed=salt) for one in pool.table["id"]], np.uint64)
    return np.argsort(keys, kind="stable")


def table(plan: Plan) -> pl.DataFrame:
    """What the run reads, a row per slice, source and tier: `slice, source, tier, documents, tokens, bytes` (of all
    readings), `unread` (tokens of documents that the budget cuts, behind the cut), `epochs` (of the tokens that there
    are) and `share` of the run's tokens."""
    frames, columns = [], {"read": plan.tokens, "text": plan.bytes, "unread": plan.unread}
    for number, pool in enumerate(plan.pools):
        mine = plan.pool == number
        sums = {name: pl.Series(np.bincount(plan.row[mine], values[mine], pool.table.height)).cast(pl.Int64)
                for name, values in columns.items()}  # fmt: skip
        frames.append(pool.table.with_columns(slice=pl.lit(pool.name), order=pl.lit(number), **sums))
    every = pl.concat(frames)
    read: dict[str, Any] = {
        "documents": (pl.col("read") > 0).sum(), "tokens": pl.col("read").sum(), "bytes": pl.col("text").sum(),
        "unread": pl.col("unread").sum(), "epochs": pl.col("read").sum() / pl.col("tokens").sum(),
    }  # fmt: skip
    told = every.group_by("order", "slice", "source", "tier", maintain_order=True).agg(**read)
    total = pl.col("tokens").sum()
    return told.sort("order", "tokens", "source", descending=[False, True, False]).with_columns(
        share=pl.col("tokens") / total
    ).drop("order")  # fmt: skip
