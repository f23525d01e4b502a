"""Paths of a recipe may name environment variables, so that a recipe can travel."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.errors import UserError
from corpus.listing import list_files
from corpus.sources.settings import TextSettings


def test_a_path_may_name_an_environment_variable_and_an_unset_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("x")
    monkeypatch.setenv("MATERIA_TRY", str(tmp_path))
    for path in ("$MATERIA_TRY/a.txt", "${MATERIA_TRY}/*.txt"):
        settings = TextSettings(kind="text", name="s", path=path)
        assert [file.name for file in list_files(settings, "/", (".txt",))] == ["a.txt"]
    monkeypatch.delenv("MATERIA_TRY")
    with pytest.raises(UserError, match="MATERIA_TRY is not set"):
        list_files(settings, "/", (".txt",))
