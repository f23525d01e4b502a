"""What a build tells of its stages."""

from __future__ import annotations

import pytest

from corpus.progress import Screen, Silent


def test_a_stage_that_is_entered_twice_tells_both_passes_together():
    watch = Silent()
    for counted in (3, 4):
        with watch.stage("relate", 2):
            watch.tick(1, {"documents": counted})
            watch.tick(2, {"documents": 10})
    with watch.stage("decide", 1):
        watch.tick(1, {"documents": 5})
    assert {name: (told["pieces"], told["documents"]) for name, told in watch.times.items()} == {
        "relate": (4, 27),
        "decide": (1, 5),
    }


def test_a_line_with_brackets_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Screen().say("[[exam]] cmexam: 7 items have the same option twice")
    assert "[[exam]] cmexam: 7 items" in capsys.readouterr().err
