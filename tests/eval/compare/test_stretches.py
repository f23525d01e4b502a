"""Two runs that read texts in stretches of different lengths say so wherever they are compared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from corpus.card import read_card
from eval.cli import app
from eval.compare.opened import open_all
from eval.compare.stretches import stretches
from eval.likelihood.scorer import TEXT_ALONE
from tests.eval.compare.test_pairs import rewrite, run_of, told_of

SAID = ("long reads held-out text in stretches of 1,024 bytes, short of 120: part of a difference of bits per byte is "
        "that")  # fmt: skip


def read_in(folder: Path, stretch: int | None) -> Path:
    """A run whose card says so."""
    run_of(folder, np.ones(40))
    card = read_card(folder)
    assert card is not None
    return rewrite(folder, recipe={**card.recipe, "stretch": stretch})


@pytest.mark.parametrize(("one", "other", "told"), [(1024, 120, [SAID]), (1024, 1024, []), (1024, None, []),
                                                    (None, None, [])])  # fmt: skip
def test_stretches_are_told_where_both_read_text_and_they_differ(
    tmp_path: Path, one: int | None, other: int | None, told: list[str]
) -> None:
    first, second = open_all([read_in(tmp_path / "long", one), read_in(tmp_path / "short", other)])
    assert list(stretches(first, second)) == told
    assert list(stretches(first, told_of(second, scored_by=TEXT_ALONE))) == []  # whose bits are not compared


def test_the_console_the_page_and_the_json_tell_it(tmp_path: Path) -> None:
    folders = [str(read_in(tmp_path / name, size)) for name, size in (("long", 1024), ("short", 120))]
    asked = ["compare", *folders, "--page", str(tmp_path / "page.html")]
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert f"note: {SAID}\n" in told.output
    assert (tmp_path / "page.html").read_text(encoding="utf-8").count(f"{SAID}.") == 1
    assert json.loads(CliRunner().invoke(app, [*asked, "--json"]).stdout)["notes"] == [SAID]
