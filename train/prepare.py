"""Everything a run needs before its first step: tokenizer, shards, order, rows, the model's config, and the
fingerprint.

Comes from a recipe (`train/recipe.py`); goes to `train/run.py`, and to `train/data/mixture_table.py` to be shown.
Nothing here is drawn at random and nothing needs a GPU: two machines that prepare the same recipe get the same
fingerprint, and a checkpoint is gone on with only by a run of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpus.errors import UserError
from corpus.progress import Silent
from corpus.report.folder import Build, open_build
from corpus.store import sha256_json
from tokenizer.opened import Opened, open_tokenizer
from train.data.held_out import held_out_of
from train.data.mixture import REPLAY, Plan, Pool, plan, pool_of
from train.data.packing import PACKERS, Packed
from train.data.special_ids import SpecialIds, special_ids
from train.data.tokenized import TRAIN, Shard, tokenized
from train.embeddings import refuse_foreign
from train.model_folder import ModelFolder, need_tokenizer, open_model, refuse_choice
from train.models import ENCODERS
from train.recipe import LoadedTrain, ReplaySettings, Slice, TrainRecipe
from train.sizes import Size, size_of

LONGEST, ROWS = 1024, 64  # tokens of a row and rows of a step, for a base
RATE = 1e-4  # of learning, for a base: between 3e-4 (Meditron, 7B) and 8e-6 (Me-LLaMA, 13B and 70B)
FRAME = 2  # what begins and what ends a row of an encoder
SINGLE = "single"  # packing of an encoder, whatever the recipe says
LEAST = 2  # tokens of a row from which one can be told by the other
AROUND = 2  # what begins and what ends a document of a decoder, each `SpecialIds`' own


class Corpora(NamedTuple):
    """The corpora of a run. `builds`: by folder. `of`: the folder of each slice, and of replay last if there is any."""

    builds: dict[Path, Build]
    of: tuple[Path, ...]

    @property
    def identities(self) -> dict[str, str]:
        """Parents of the card: the identity of each corpus, by a name that is the same on every machine."""
        found = {build.card.identity: build.card.name for build in self.builds.values()}
        return {f"corpus {name} {identity[:8]}": identity for identity, name in found.items()}


class Prepared(NamedTuple):
    """What a run is made of. `rows`: of one step over all devices. `fingerprint`: of what is read and in which
    order, by part."""

    recipe: TrainRecipe
    opened: Opened
    special: SpecialIds
    corpora: Corpora
    shards: tuple[Shard, ...]
    plan: Plan
    packed: Packed
    size: Size
    sequence: int
    rows: int
    fingerprint: dict[str, str]
    base: ModelFolder | None = None

    @property
    def steps(self) -> int:
        """Updates of the whole run."""
        return -(-self.packed.total // self.rows)

    @property
    def masked(self) -> bool:
        """Whether the model fills masks."""
        return fills_masks(self.recipe, self.base)

    @property
    def tokens_of_step(self) -> int:
        """Places in the rows of a step, padding counted."""
        return self.rows * self.packed.size

    @property
    def read(self) -> NDArray[np.int64]:
        """Tokens read after each step, padding not counted."""
        return np.cumsum(np.add.reduceat(self.packed.filled, np.arange(0, self.packed.total, self.rows)))


def prepare(loaded: LoadedTrain, corpus: Path | None, tokenizer: str, store: Path, watch: Silent) -> Prepared:
    """Prepare a run. `corpus` and `tokenizer`, where given, go before the recipe's. Raises `UserError`."""
    recipe = loaded.recipe
    base = open_model(loaded.base / recipe.model.base, adapters=True) if recipe.model.base else None
    if base is not None:
        refuse_choice(base)
    own = str(base.folder) if base and not recipe.tokenizer else ""
    opened = open_tokenizer(tokenizer or own or _beside(loaded, recipe.tokenizer, "tokenizer"))
    if base:
        refuse_foreign(need_tokenizer(base), opened, base.rows)
    masked = fills_masks(recipe, base)
    special = special_ids(opened, masked)
    corpora = _corpora(loaded, corpus)
    shards, pools = _pools(recipe, corpora, opened, store, masked, watch)
    order = plan(recipe, pools)
    size = size_of(recipe.model.size) if base is None else _size_of_base(base)
    sequence = recipe.model.sequence or size.sequence
    _refuse_short_rows(sequence, masked)
    packing = SINGLE if masked else recipe.data.packing
    packed = PACKERS[packing](order.tokens, sequence - FRAME * masked)
    fingerprint = {
        **({"base": base.identity} if base else {}),
        "corpus": sha256_json(sorted(build.card.identity for build in corpora.builds.values())),
        "tokenizer": opened.identity,
        "order": sha256_json([column.tobytes().hex() for column in (order.pool, order.row, order.tokens, packed.rows)]),
    }
    return Prepared(recipe, opened, special, corpora, shards, order, packed, size, sequence,
                    recipe.batch.rows or size.batch, fingerprint, base)  # fmt: skip


def _refuse_short_rows(sequence: int, masked: bool) -> None:
    """Raises `UserError` for rows in which there is nothing to tell."""
    least = LEAST + FRAME * masked
    if sequence < least:
        raise UserError(f"Nothing can be learned from rows of {sequence:,} tokens: one is told by the others of its "
                        "row.", where="model.sequence", mend=f"set it to {least} or more, or to 0")  # fmt: skip


def fills_masks(recipe: TrainRecipe, base: ModelFolder | None) -> bool:
    """Whether what is trained is an encoder."""
    return (str(base.config["model_type"]) if base else recipe.model.shape) in ENCODERS


def _size_of_base(base: ModelFolder) -> Size:
    """What is taken for a base where the recipe says nothing: rows of its own positions, up to `LONGEST`."""
    longest = min(base.positions or LONGEST, LONGEST)
    return Size(0, 0, 1, 1, 0, longest, ROWS, RATE, 0, True, "a given model")


def _beside(loaded: LoadedTrain, name: str, key: str) -> str:
    """A folder that a recipe names: beside its file, or a name in the Hub's cache."""
    if not name:
        raise UserError(f"The recipe names no {key}.", where=str(loaded.file), mend=f"give --{key}, or set {key} in it")
    return str(loaded.base / name) if (loaded.base / name).exists() else name


def _corpora(loaded: LoadedTrain, given: Path | None) -> Corpora:
    recipe = loaded.recipe
    first = given or (loaded.base / recipe.corpus if recipe.corpus else None)
    folders = [loaded.base / part.corpus if part.corpus else first for part in recipe.slice]
    if recipe.replay.share:
        folders.append(loaded.base / recipe.replay.corpus)
    named = [folder for folder in folders if folder is not None]
    if len(named) < len(folders):
        raise UserError(
            "The recipe names no corpus.", where=str(loaded.file), mend="give --corpus, or set corpus in it"
        )
    return Corpora({folder: open_build(folder) for folder in dict.fromkeys(named)}, tuple(named))


def _pools(
    recipe: TrainRecipe, corpora: Corpora, opened: Opened, store: Path, masked: bool, watch: Silent
) -> tuple[tuple[Shard, ...], list[Pool]]:
    """All shards, and the documents of each slice among them."""
    shards: list[Shard] = []
    of: dict[Path, tuple[int, list[Shard]]] = {}
    for folder, build in corpora.builds.items():
        mine = encoded(build, TRAIN, opened, store, watch)
        of[folder] = len(shards), mine
        shards += mine
    pools = []
    for part, folder in zip(parts_of(recipe), corpora.of, strict=True):
        first, mine = of[folder]
        pools.append(pool_of(part, mine, first, around=0 if masked else AROUND))
    return tuple(shards), pools


def encoded(build: Build, split: str, opened: Opened, store: Path, watch: Silent) -> list[Shard]:
    """The shards of a split, with progress in bytes."""
    size = sum(path.stat().st_size for path in build.texts() if f"-{split}-" in path.name)
    done = 0

    def seen(count: int) -> None:
        nonlocal done
        done += count
        watch.tick(min(done, size), {"bytes": count})

    with watch.stage(f"ids of {build.card.name}", size, "bytes"):
        return tokenized(build, split, opened, store, seen, lambda: watch.say("another run encodes it: waiting"))


def parents(prepared: Prepared) -> dict[str, str]:
    """What the card of the model says it came from."""
    told = {"tokenizer": prepared.opened.identity, **prepared.corpora.identities}
    return {**told, "base": prepared.base.identity} if prepared.base else told


def held_out_texts(recipe: TrainRecipe, corpora: Corpora, size: int) -> dict[str, list[str]]:
    """Held-out documents of what each slice and replay read, `size` bytes of each, by corpus and slice (`held_name`);
    those of which nothing is held out are not there."""
    found = {}
    for part, folder in zip(parts_of(recipe), corpora.of, strict=True):
        build = corpora.builds[folder]
        if texts := held_out_of(build, part, size, recipe.seed):
            found[held_name(build, part)] = texts
    return found


def held_name(build: Build, part: Slice | ReplaySettings) -> str:
    """By what name a slice's held-out text is told: corpus and slice."""
    return f"{build.card.name}/{part.name if isinstance(part, Slice) else REPLAY}"


def not_held_out(recipe: TrainRecipe, corpora: Corpora, texts: Mapping[str, list[str]]) -> list[str]:
    """Names of the slices of which nothing is held out."""
    names = [held_name(corpora.builds[folder], part)
             for part, folder in zip(parts_of(recipe), corpora.of, strict=True)]  # fmt: skip
    return [name for name in names if name not in texts]


def parts_of(recipe: TrainRecipe) -> list[Slice | ReplaySettings]:
    """The slices, and replay last if there is any."""
    return [*recipe.slice, *([recipe.replay] if recipe.replay.share else [])]


def settings(prepared: Prepared) -> dict[str, Any]:
    """The recipe as resolved, for the card: what it left to the size or the base stands there as it is taken. Where it
    was to run, and the hook, change nothing of the model."""
    recipe, size = prepared.recipe, prepared.size
    told: dict[str, Any] = recipe.model_dump(mode="json", exclude={"device", "hook"})
    told["model"]["sequence"], told["batch"]["rows"] = prepared.sequence, prepared.rows
    told["optimizer"]["learning_rate"] = recipe.optimizer.learning_rate or size.learning_rate
    if prepared.base:  # which has a size and a shape of its own
        del told["model"]["size"], told["model"]["shape"]
    if prepared.masked:
        told["data"]["packing"] = SINGLE
    return told
