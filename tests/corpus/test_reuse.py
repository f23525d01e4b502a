"""Files of the last build serve again only when they are what would be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.small import build, hashes, write_inputs

CHANGE = 'tier.trials.tier="middle"'  # renames a tier: the other tier's files, facts and sketches stay what they are


@pytest.fixture
def inputs(tmp_path: Path) -> Path:
    return write_inputs(tmp_path / "in")


def test_a_changed_threshold_writes_no_file_that_it_does_not_touch(inputs: Path, tmp_path: Path) -> None:
    build(inputs, tmp_path / "out")
    again = build(inputs, tmp_path / "out", CHANGE)
    stages = again["run"]["stages"]
    assert not {"facts", "sketches"} & set(stages)
    assert stages["data"]["pieces"] == 1


def test_what_is_taken_over_is_what_another_place_would_write(inputs: Path, tmp_path: Path) -> None:
    build(inputs, tmp_path / "out")
    build(inputs, tmp_path / "out", CHANGE)
    build(inputs, tmp_path / "elsewhere", CHANGE)
    assert hashes(tmp_path / "out") == hashes(tmp_path / "elsewhere")


def test_a_file_that_somebody_has_changed_is_written_anew(inputs: Path, tmp_path: Path) -> None:
    build(inputs, tmp_path / "out")
    for path in (tmp_path / "out" / "facts").iterdir():
        content = bytearray(path.read_bytes())
        content[100] ^= 1
        path.write_bytes(content)
    build(inputs, tmp_path / "out", CHANGE)
    build(inputs, tmp_path / "elsewhere", CHANGE)
    assert hashes(tmp_path / "out") == hashes(tmp_path / "elsewhere")


@pytest.mark.parametrize("damage", ["", "{", '{"keys": 3}', "[]"])
def test_without_the_keys_of_the_last_build_everything_is_written(inputs: Path, tmp_path: Path, damage: str) -> None:
    build(inputs, tmp_path / "out")
    (tmp_path / "out" / "run.json").write_text(damage)
    again = build(inputs, tmp_path / "out", CHANGE)
    assert {"facts", "sketches", "data", "ledger"} <= set(again["run"]["stages"])
