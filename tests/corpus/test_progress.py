"""What a build tells of its stages."""

from __future__ import annotations

from corpus.progress import Silent


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
