"""A stage that is broken off says so, and does not look like one in which there was nothing to do."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from corpus.progress import Screen


def line_of(done: int, error: BaseException | None) -> str:
    """What the screen says of a stage of ten documents, of which so many were done before an error."""
    watch = Screen()
    watch.console = Console(file=io.StringIO(), width=100)
    try:
        with watch.stage("reading", 10):
            if done:
                watch.tick(done, {"documents": done})
            if error is not None:
                raise error
    except type(error or KeyError()):
        pass
    assert watch.times["reading"]["documents"] == done
    return watch.console.file.getvalue().strip()  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_a_stage_that_is_broken_off_says_so(error: BaseException) -> None:
    assert line_of(0, error).startswith("reading   broken off ")
    assert line_of(3, error).startswith("reading   broken off after 3 documents")
    assert "nothing new" not in line_of(0, error)


def test_a_stage_that_is_whole_says_what_it_did() -> None:
    assert line_of(0, None).startswith("reading   nothing new ")
    assert line_of(10, None).startswith("reading   10 documents ")
