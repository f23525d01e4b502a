"""A study whose seeds were added after a verdict says so."""

from __future__ import annotations

from pathlib import Path

from eval.study.seeds_before import FILE, added, note_seeds, seeds_before


def test_the_folder_knows_with_how_many_seeds_it_was_looked_at_before(tmp_path: Path) -> None:
    assert seeds_before(tmp_path, 5) == ()
    for seeds in (1, 2, 2, 3):
        note_seeds(tmp_path, seeds)
    assert seeds_before(tmp_path, 5) == (2, 3)
    assert seeds_before(tmp_path, 3) == (2,)
    assert seeds_before(tmp_path, 2) == ()


def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path) -> None:
    for told in ("", "[3]", '{"seeds": ["two", 2]}'):
        (tmp_path / FILE).write_text(told, encoding="utf-8")
        assert seeds_before(tmp_path, 5) == ((2,) if "two" in told else ())


def test_seeds_that_were_added_are_told_and_a_fixed_number_is_not() -> None:
    assert added(5, ()) == ""
    assert added(5, (2, 3)).startswith("Seeds were added after a verdict had been drawn up: there was one with 2, 3,")
