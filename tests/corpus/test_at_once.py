"""Two builds at once: into one store they help each other, into one output one of them waits for another day."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.store import Store
from tests.corpus.learn.taught import write
from tests.corpus.small import build, hashes, write_inputs


def started(recipe: Path, out: Path, store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "corpus.cli", "build", str(recipe), "--out", str(out), "--store", str(store),
               "--workers", "1", "--quiet"]  # fmt: skip
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})


@pytest.mark.parametrize("inputs", ["small", "taught"])
def test_two_builds_into_one_store_give_what_one_alone_gives(inputs: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    recipe = write_inputs(folder) if inputs == "small" else write(folder, 100, ("en",))
    running = [started(recipe, tmp_path / name, tmp_path / "store") for name in ("one", "two")]
    errors = [process.communicate()[1] for process in running]
    assert [process.returncode for process in running] == [0, 0], errors
    build(recipe, tmp_path / "alone", store=tmp_path / "other")
    assert hashes(tmp_path / "one") == hashes(tmp_path / "two") == hashes(tmp_path / "alone")
    assert not list((Store(tmp_path / "store").root / "tmp").iterdir())


def test_of_two_builds_into_one_output_one_ends_with_a_sentence_or_finds_it_done(tmp_path: Path) -> None:
    recipe = write_inputs(tmp_path / "in")
    running = [started(recipe, tmp_path / "out", tmp_path / "store") for _ in range(2)]
    errors = [process.communicate()[1] for process in running]
    codes = sorted(process.returncode for process in running)
    assert codes in ([0, 0], [0, 1]), errors
    assert codes == [0, 0] or any("is writing this output folder" in error for error in errors)
    assert not any("Traceback" in error for error in errors)
    build(recipe, tmp_path / "alone", store=tmp_path / "other")
    assert hashes(tmp_path / "out") == hashes(tmp_path / "alone")
