"""What each preset would keep of a source is what the real verdict says of the same facts."""

from __future__ import annotations

import itertools
import operator
import random
from pathlib import Path

import polars as pl
import pytest

from corpus.annotate import ANNOTATORS
from corpus.annotate.stage import facts_of
from corpus.judge import verdict
from corpus.recipe_file import load_recipe
from corpus.report import presets, standing
from corpus.report.folder import open_build
from corpus.report.presets import NAMES, OWN, QUERY, presets_table
from corpus.report.standing import gather
from tests.corpus.report.made import Row, documents, make

SPOKEN = {"gopher": ("en",), "fineweb": ("en",), "fineweb2-zh": ("zh", "lzh"), "medical-en": ("en",),
          "medical-zh": ("zh", "lzh")}  # fmt: skip


MEETS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq}
RULES = [rule for preset in presets.shipped() for rule in preset.rules]


def values(chance: random.Random, signal: str, dtype: str, number: int) -> pl.Series:
    """Values of which most meet every rule on the signal, so that some documents meet all rules."""
    rules = [rule for rule in RULES if rule.signal == signal]
    edges = sorted({float(rule.threshold) for rule in rules if isinstance(rule.threshold, int | float)})
    pool = [0.0, *edges, *((one + other) / 2 for one, other in itertools.pairwise(edges)), edges[-1] + 1]
    pool = pool if dtype.startswith("Float") else [int(value) for value in pool]
    good = [value for value in pool if all(MEETS[rule.comparison](value, rule.threshold) for rule in rules)] or pool
    drawn = [chance.choice(good) if chance.random() < 0.97 else chance.choice([*pool, None]) for _ in range(number)]
    return pl.Series(signal, drawn, getattr(pl, dtype))


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return documents(700)


@pytest.fixture(scope="module")
def folder(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose facts hold a value for every signal that a preset looks at."""
    folder = make(tmp_path_factory.mktemp("made"), rows)
    path = folder / "facts/facts-00000.parquet"
    facts = pl.read_parquet(path)
    types = {fact.name: fact.dtype for name in ANNOTATORS for fact in facts_of(name)}
    wanted = sorted({rule.signal for rule in RULES} - {"language.tag"})
    chance = random.Random(3)
    new = [values(chance, name, types[name], facts.height) for name in wanted]
    facts.with_columns(new).write_parquet(path)
    return folder


@pytest.mark.parametrize("size", [50, 100_000])
@pytest.mark.parametrize("name", NAMES)
def test_a_preset_keeps_what_the_verdict_keeps_whatever_the_pieces(
    rows: list[Row], folder: Path, name: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ROWS", size)
    build = open_build(folder)
    counted = gather(build, presets.queries(build))[QUERY]
    facts = pl.read_parquet(folder / "facts/facts-00000.parquet")
    told = verdict(facts.with_columns(pl.lit(False).alias("evidence.retracted")), load_recipe(name).recipe)
    tags = pl.any_horizontal(pl.col("language.tag").str.split("-").list.first() == code for code in SPOKEN[name])
    judged = facts.select("document.source", tags.alias("spoken")).with_columns(kept=told["fate"] == "kept")
    for source in ("pages", "pubmed"):
        here = judged.filter(pl.col("document.source") == source, "spoken")
        row = counted.row(by_predicate=pl.col("source") == source, named=True)
        assert row["documents"] == judged.filter(pl.col("document.source") == source).height
        assert row[f"{name}/spoken"] == here.height
        assert row[f"{name}/kept"] == here["kept"].sum()
        assert 0 < here["kept"].sum() < here.height


def test_the_recipe_itself_keeps_what_broke_no_rule(rows: list[Row], folder: Path) -> None:
    build = open_build(folder)
    counted = gather(build, presets.queries(build))[QUERY]
    for source in ("pages", "pubmed"):
        stood = [row for row in rows if row["source"] == source and row["fate"] != "superseded"]
        row = counted.row(by_predicate=pl.col("source") == source, named=True)
        assert row[f"{OWN}/spoken"] == len(stood)
        assert row[f"{OWN}/kept"] == sum(not entry["broken"] for entry in stood)


def test_the_table_has_every_preset_and_tells_how_many_were_asked_about(rows: list[Row], folder: Path) -> None:
    build = open_build(folder)
    text = presets_table(gather(build, presets.queries(build))) or ""
    assert all(f"<code>{name}</code>" in text for name in NAMES)
    english = sum(row["language"] == "en" for row in rows if row["source"] == "pubmed" and row["fate"] != "superseded")
    assert text.count(f"<small>of {english:,}</small>") >= 3


def test_presets_whose_signals_a_build_lacks_are_left_out(rows: list[Row], folder: Path, tmp_path: Path) -> None:
    build = open_build(make(tmp_path, rows))  # its facts have none of the signals but one
    assert presets.presets(build) == []
    assert presets_table(gather(build, presets.queries(build))) is None
    assert [preset.name for preset in presets.presets(open_build(folder))] == list(NAMES)
