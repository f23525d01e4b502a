"""Runs that asked the same items in ways that are no pairs are refused by these ways; other exams as other exams."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from corpus.card import hash_outputs, read_card, write_card
from corpus.errors import UserError
from eval.compare.opened import open_all
from eval.compare.pairs import compare
from tests.eval.compare.test_pairs import run_of

RIGHT = pl.Series([1.0, 0.0, 1.0]).to_numpy()


def asked(folder: Path, formulation: str, shots: int = 0, task: str = "medqa") -> Path:
    """A run without texts whose items were asked in one way."""
    run_of(folder, RIGHT, task=task)
    for name, change in (
        ("items", {"formulation": pl.lit(formulation), "shots": pl.lit(shots, pl.UInt16)}),
        ("bits", {}),
    ):
        table = pl.read_parquet(folder / f"{name}.parquet").with_columns(**change)
        (table if change else table.clear()).write_parquet(folder / f"{name}.parquet")
    card = read_card(folder)
    assert card is not None
    (folder / "card.json").unlink()
    write_card(folder, card.model_copy(update={"outputs": hash_outputs(folder)}))
    return folder


def refusal(*folders: Path) -> UserError:
    first, second = open_all(list(folders))
    with pytest.raises(UserError) as caught:
        compare(first, [second])
    return caught.value


def test_a_choice_head_and_a_language_model_are_refused_as_what_they_are(tmp_path: Path) -> None:
    pair = asked(tmp_path / "head", "choice"), asked(tmp_path / "tells", "letters")
    for told in (refusal(*pair), refusal(*pair[::-1])):
        assert "One run scored options by a choice head" in told.what
        assert "head by choice" in told.where
        assert "tells by letters" in told.where
        assert "choice heads with each other" in told.mend


def test_other_formulations_and_shots_are_named(tmp_path: Path) -> None:
    told = refusal(asked(tmp_path / "none", "letters"), asked(tmp_path / "five", "letters", 5))
    assert told.what == "The two runs asked the same items in other ways: they are no pairs."
    assert "none by letters and five by letters 5-shot" in told.where


def test_other_exams_are_still_nothing_in_common(tmp_path: Path) -> None:
    told = refusal(asked(tmp_path / "one", "letters"), asked(tmp_path / "other", "choice", task="metals"))
    assert "no item and no document in common" in told.what
