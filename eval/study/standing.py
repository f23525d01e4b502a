"""What text an arm would read and whether it can meet its budget, told of built corpora before anything is trained.

Takes a study whose corpora stand; goes to `eval/study/foreseen.py`, which refuses what cannot be trained, and to
`eval/study/dry_run.py`, which shows it. The documents are chosen by the very code that chooses them for training
(`train/data/mixture.py`). Tokens are those of an earlier run, where the store has them; else they are estimated, by the
arm's tokenizer on a sample, or without one at BYTES a token. On an estimate nothing is refused: only what no tokenizer
could meet is, since none makes more tokens of a text than it has bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import polars as pl

from corpus.card import read_card
from corpus.errors import UserError
from corpus.recipe_file import load_recipe
from corpus.report.folder import open_build
from eval.study.advice import in_study, told_by
from eval.study.arms import Places, Run
from eval.study.cost import BYTES, parts
from eval.study.readings import base_place, basing, general, named_file, sets_of, training
from eval.study.recipe import Arm, LoadedStudy
from tokenizer.opened import Opened, open_tokenizer
from tokenizer.recipe import load_fit
from train.data.mixture import Pool, pool_of, targets
from train.data.tokenized import TRAIN, Shard, tokenized_before
from train.models import ENCODERS
from train.prepare import AROUND, parts_of
from train.recipe import LoadedTrain, TrainRecipe

SAMPLE = 1 << 20  # bytes of each language that are encoded to estimate tokens; where there is no more, all is counted
COUNTED, SAMPLED, GUESSED = "counted", "estimated on a sample", f"estimated at {BYTES:g} bytes a token"


class Standing(NamedTuple):
    """What an arm would read. `documents`, `characters` and `tokens` there are of it, each once; `known`: COUNTED,
    SAMPLED or GUESSED. `asked`: tokens of the budget. `doubt`: the refusal to come, if the estimate is right."""

    name: str
    documents: int
    characters: int
    tokens: int
    known: str
    asked: int
    doubt: UserError | None

    @property
    def times(self) -> float:
        """How often all of it is read."""
        return self.asked / max(self.tokens, 1)


class Texts:
    """The training documents of corpora, each read once: `id, source, tier, language, bytes, characters`."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self.read: dict[Path, pl.DataFrame] = {}

    def of(self, folder: Path) -> pl.DataFrame:
        """Those of a corpus. Raises `UserError` when it has none."""
        if folder not in self.read:
            files = [path for path in open_build(folder).texts() if f"-{TRAIN}-" in path.name]
            if not files:
                raise UserError("The corpus has no train documents.", str(folder / "data"),
                                "build it from more documents")  # fmt: skip
            text = pl.col("text")
            self.read[folder] = pl.scan_parquet(files, glob=False).select(
                "id", "source", "tier", "language", bytes=text.str.len_bytes().cast(pl.Int64),
                characters=text.str.len_chars().cast(pl.Int64)).collect()  # fmt: skip
        return self.read[folder]

    def tokens(self, folder: Path, opened: Opened | None) -> tuple[pl.DataFrame, str]:
        """The documents with their `tokens`, and how they are known."""
        rows = self.of(folder)
        if opened is None:
            return rows.with_columns(tokens=(pl.col("bytes") / BYTES).ceil().cast(pl.Int64)), GUESSED
        if before := tokenized_before(open_build(folder), TRAIN, opened, self.store):
            known = pl.concat([shard.documents.select("id", "tokens") for shard in before])
            return rows.join(known, on="id", maintain_order="left"), COUNTED
        return _sampled(folder, rows, opened)


def _sampled(folder: Path, rows: pl.DataFrame, opened: Opened) -> tuple[pl.DataFrame, str]:
    """Tokens by the rate of a sample of each language, drawn by the hash of ids."""
    drawn = rows.with_columns(place=pl.col("id").hash(0)).sort("place")
    before = pl.col("bytes").cum_sum().over("language") - pl.col("bytes")
    wanted = drawn.filter(before < SAMPLE).select("id", "language", "bytes")
    files = [path for path in open_build(folder).texts() if f"-{TRAIN}-" in path.name]
    texts = pl.scan_parquet(files, glob=False).select("id", "text").join(wanted.lazy(), on="id").collect()
    counts = [len(one) for one in opened.encode(texts["text"].to_list())]
    found = texts.with_columns(tokens=pl.Series(counts, dtype=pl.Int64))
    if found.height == rows.height:
        return rows.join(found.select("id", "tokens"), on="id", maintain_order="left"), COUNTED
    rates = found.group_by("language").agg(rate=pl.col("tokens").sum() / pl.col("bytes").sum())
    told = rows.join(rates, on="language", maintain_order="left")
    return told.with_columns(tokens=(pl.col("bytes") * pl.col("rate")).ceil().cast(pl.Int64)), SAMPLED


def of_run(loaded: LoadedStudy, places: Places, run: Run, texts: Texts) -> Standing:
    """What a run would read. Raises `UserError` where there is nothing, or where no tokenizer could meet the budget."""
    name, budget = f"{run.name} {run.size}".strip(), loaded.study.budget
    base = base_place(loaded, places, run)

    def asked(rate: float) -> int:
        if budget.bytes:
            return max(round(budget.bytes * run.arm.training_share * rate), 1)
        return next(part.tokens for part in parts(loaded) if part.name == name)

    with told_by(loaded, run.arm, "train"):
        made, corpus = training(loaded, places, run, base, 1), places.corpus(run.arm.corpus)
        if base:
            own = _of_base(loaded, places)
        else:
            place = places.tokenizer(run.arm.corpus, run.arm.tokenizer)
            own = _tokenizer(loaded, place, sets_of(loaded, run.arm, "tokenizer"), corpus)
        shape = (basing(loaded, run) if base else made).recipe.model.shape
        look = _Look(made, corpus, own, texts, shape)
        return look.standing(name, asked, lambda error: in_study(error, loaded, [run.arm], "train"))


def of_base(loaded: LoadedStudy, places: Places, run: Run, texts: Texts) -> Standing:
    """What the base of a run would read. Raises `UserError` as `of_run` does."""
    tokens = loaded.study.budget.base or loaded.study.budget.tokens
    with told_by(loaded, run.arm, "base"):
        made, own = basing(loaded, run), _of_base(loaded, places)
        look = _Look(made, general(loaded, places), own, texts, made.recipe.model.shape)
        return look.standing(f"base {run.size}".strip(), lambda rate: tokens,
                             lambda error: in_study(error, loaded, [run.arm], "base"))  # fmt: skip


def built(loaded: LoadedStudy, places: Places, arm: Arm) -> bool:
    """Whether the corpora stand that an arm reads, built by the recipes that the study now has. Whether their sources
    have changed since is not looked at."""
    study, first = loaded.study, loaded.study.arm[0]
    needed = [(study.corpus, sets_of(loaded, arm, "corpus"), places.corpus(arm.corpus))]
    if arm.start == "base" and study.general:
        needed.append((study.general, (), places.general()))
    elif arm.start == "base":
        needed.append((study.corpus, sets_of(loaded, first, "corpus"), places.corpus(first.corpus)))
    return all(_stands(loaded, *one) for one in needed)


def _stands(loaded: LoadedStudy, recipe: str, sets: tuple[str, ...], folder: Path) -> bool:
    card = read_card(folder)
    if card is None or card.kind != "corpus":
        return False
    now = load_recipe(named_file(loaded, recipe), sets).recipe.model_dump(mode="json", exclude={"engine"})
    return card.recipe == now


def _of_base(loaded: LoadedStudy, places: Places) -> Opened | None:
    """The tokenizer of the base, if it stands."""
    return _tokenizer(loaded, places.general_tokenizer(), loaded.study.sets.tokenizer, general(loaded, places))


def _tokenizer(loaded: LoadedStudy, folder: Path, sets: tuple[str, ...], corpus: Path) -> Opened | None:
    """A tokenizer that stands, fitted to that corpus as the study now wants it."""
    card, read = read_card(folder), read_card(corpus)
    if card is None or card.kind != "tokenizer" or read is None or card.parents.get("corpus") != read.identity:
        return None
    now = load_fit(named_file(loaded, loaded.study.tokenizer), sets).recipe
    return open_tokenizer(folder) if card.recipe == now.model_dump(mode="json", exclude={"corpus"}) else None


class _Look:
    """The documents that a recipe of training speaks of."""

    def __init__(self, made: LoadedTrain, corpus: Path, opened: Opened | None, texts: Texts, shape: str) -> None:
        self.recipe, self.opened, self.texts = made.recipe, opened, texts
        self.around = 0 if shape in ENCODERS else AROUND
        self.folders = [made.base / part.corpus if part.corpus else corpus for part in parts_of(made.recipe)]

    def standing(
        self, name: str, asked: Callable[[float], int], told: Callable[[UserError], UserError]
    ) -> Standing:  # fmt: skip
        """All of it. `asked`: tokens of the budget, where so many tokens are a byte."""
        pools, known = self._pools(lambda folder: self.texts.tokens(folder, self.opened))
        tokens = asked(_rate(pools))
        doubt = self._unmet(tokens, pools)
        if doubt is not None and known == COUNTED:
            raise doubt
        if doubt is not None:
            doubt = UserError(f"{doubt.what} Its tokens are {known}.", doubt.where, doubt.mend)
            most, _ = self._pools(lambda folder: (self.texts.of(folder).with_columns(tokens=pl.col("bytes")), ""))
            if self._unmet(asked(_rate(most)), most) is not None:
                more = "No tokenizer makes enough of them: it would take more than one for each byte."
                raise UserError(f"{doubt.what} {more}", doubt.where, doubt.mend)
        rows = pl.concat([pool.table.select("shard", "id", "characters", "tokens") for pool in pools])
        every = rows.unique(["shard", "id"])
        return Standing(name, every.height, int(every["characters"].sum()), int(every["tokens"].sum()), known, tokens,
                        told(doubt) if doubt else None)  # fmt: skip

    def _unmet(self, tokens: int, pools: list[Pool]) -> UserError | None:
        """The refusal of so many tokens of these documents."""
        try:
            targets(self._for(tokens), pools)
        except UserError as error:
            return error
        return None

    def _pools(self, rows: Callable[[Path], tuple[pl.DataFrame, str]]) -> tuple[list[Pool], str]:
        """The documents of each slice, and how their tokens are known: the least sure."""
        found = {folder: rows(folder) for folder in dict.fromkeys(self.folders)}
        numbers = {folder: number for number, folder in enumerate(found)}
        pools = [pool_of(part, [Shard(folder, found[folder][0], "")], numbers[folder], self.around)
                 for part, folder in zip(parts_of(self.recipe), self.folders, strict=True)]  # fmt: skip
        known = [how for _, how in found.values()]
        return pools, next((how for how in (GUESSED, SAMPLED, COUNTED) if how in known), "")

    def _for(self, tokens: int) -> TrainRecipe:
        budget = self.recipe.budget.model_copy(update={"tokens": tokens})
        return self.recipe.model_copy(update={"budget": budget})


def _rate(pools: list[Pool]) -> float:
    """Tokens a byte."""
    return sum(pool.tokens for pool in pools) / max(sum(int(pool.table["bytes"].sum()) for pool in pools), 1)
