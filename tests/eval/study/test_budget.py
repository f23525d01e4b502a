"""A budget in bytes or FLOPs is the same for all arms, whatever text comes first; what misses it is told."""

from __future__ import annotations

import polars as pl
import pytest

from corpus.errors import UserError
from corpus.progress import Silent
from eval.study.arms import Places, runs
from eval.study.budget import missed, spent
from eval.study.carry_out import ground
from eval.study.foreseen import refuse_unmet
from eval.study.readings import prepared, tokens_of
from eval.study.recipe import LoadedStudy, load_study

TWO = (
    "arm.bpe.train=[\"slice=[{name='zh', languages=['zh'], weight=1.0}, {name='en', languages=['en'], weight=3.0}]\"]",
)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The corpus and the tokenizers of the shipped smoke study of tokenizers; nothing is trained."""
    made = Places(tmp_path_factory.mktemp("budget") / "study")
    ground(load_study("tokenizer-smoke"), made, Silent())
    return made


@pytest.mark.parametrize("sets", [(), TWO, ("budget.bytes=40_000",), ("budget.bytes=1_000_000",)])
def test_arms_and_seeds_of_one_budget_read_as_many_bytes(places: Places, sets: tuple[str, ...]) -> None:
    loaded = load_study("tokenizer-smoke", sets)
    for run in runs(loaded):
        tokens = tokens_of(loaded, places, run, None)
        ready = prepared(loaded, places, run, None, tokens, Silent())
        read = int(ready.plan.bytes.sum())
        assert ready.packed.tokens == pytest.approx(tokens, abs=1)
        assert read == pytest.approx(loaded.study.budget.bytes, rel=0.002), run


@pytest.mark.parametrize(
    ("name", "told", "what"),
    [
        ("tokenizer-smoke", "budget.bytes=300", "Its budget of 300 bytes of text is worth "),
        ("size-smoke", "budget.flops=1e6", "Its budget of 1e+06 FLOPs is worth "),
    ],
)
def test_a_budget_that_fills_no_row_is_refused_before_training(
    places: Places, name: str, told: str, what: str
) -> None:  # fmt: skip
    loaded = load_study(name, (told,))
    ground(loaded, places, Silent())
    with pytest.raises(UserError) as caught:
        refuse_unmet(loaded, places, Silent())
    assert what in caught.value.what
    assert "do not fill one row of 256" in caught.value.what
    assert "model.sequence" in str(caught.value)
    assert not (places.folder / "models").exists()


def read_by(loaded: LoadedStudy, **read: float) -> pl.DataFrame:
    return pl.DataFrame([{"arm": arm, "folder": f"{arm}-0", "bytes": value} for arm, value in read.items()])


def test_runs_that_miss_their_budget_by_more_than_a_hundredth_are_told() -> None:
    loaded = load_study("tokenizer-smoke")
    assert missed(loaded.study, read_by(loaded, bpe=9000, unigram=8920, null=9080)) == ""
    said = missed(loaded.study, read_by(loaded, bpe=8578, unigram=8962, null=9161))
    assert "budget of 9,000 bytes of text" in said
    assert "bpe-0 95.3" in said
    assert "null-0 101.8" in said
    assert "unigram" not in said


def test_a_share_of_the_budget_is_what_its_arm_is_measured_by() -> None:
    study = load_study("ratio-smoke").study
    rows = pl.DataFrame([{"arm": arm.name, "folder": arm.name, "tokens": 3000} for arm in study.arm])
    assert [one.asked for one in spent(study, rows)] == pytest.approx([2700, 1500, 300])
