"""The README tells the whole road in five commands: they are run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from tests.readme import ROOT, app_of

STORY = re.compile(r"<!-- command: story -->\n```bash\n(.*?)```", re.DOTALL)


def commands() -> list[str]:
    """The lines of the README's block."""
    found = STORY.search((ROOT / "README.md").read_text("utf-8"))
    assert found is not None
    return found[1].splitlines()


def test_the_road_from_documents_to_a_study_is_walked_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    lines = commands()
    assert len(lines) == 5
    for line in lines:
        script, *arguments = line.split()
        told = CliRunner().invoke(app_of(script), arguments)
        assert told.exit_code == 0, f"{line}: {told.output} {told.exception}"
    assert (tmp_path / "materia-scores" / "quick-start-smoke" / "scores.parquet").is_file()
    study = tmp_path / "materia-study" / "tiers-smoke"
    primary = pl.read_parquet(study / "effects.parquet").filter("primary")
    assert set(primary["arm"]) == {"high", "all-as-few", "same-sources"}
    assert set(primary["task"]) == {"held-out", "explanation"}
    assert primary["sentence"][0].replace("'", "&#39;") in (study / "report.html").read_text("utf-8")
    assert "report" in told.output
