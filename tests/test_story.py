"""The README tells the whole road in five commands: they are run as they stand there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.readme import ROOT, app_of

STORY = re.compile(r"<!-- command: story -->\n```bash\n(.*?)```", re.DOTALL)
STUDY = "evaluate ablate tiers-smoke"  # run by tests/eval/study, as its command


def commands() -> list[str]:
    """The lines of the README's block."""
    found = STORY.search((ROOT / "README.md").read_text("utf-8"))
    assert found is not None
    return found[1].splitlines()


def test_the_road_from_documents_to_scores_is_walked_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    *first, last = commands()
    assert last == STUDY
    assert len(first) == 4
    for line in first:
        script, *arguments = line.split()
        told = CliRunner().invoke(app_of(script), arguments)
        assert told.exit_code == 0, f"{line}: {told.output} {told.exception}"
    assert "smoke" in told.output
    assert (tmp_path / "materia-scores" / "quick-start-smoke" / "scores.parquet").is_file()
