"""What all tests share: the real documents, where there are any, and calm property tests.

Real documents are no part of this repository. They lie where the environment variable MATERIA_REAL_DATA says, in
`green/` and `amber/`; tests that want them skip, saying so, when it is not set.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from loguru._better_exceptions import ExceptionFormatter

from tests.forked import load_before_forks

# The same examples in every run, and no failure because a shared machine was slow.
settings.register_profile("materia", derandomize=True, deadline=None)
settings.load_profile("materia")

# datatrove opens a log for every rank, and loguru asks for this, which never changes, each time: a fifth of a build.
ExceptionFormatter._get_lib_dirs = staticmethod(  # type: ignore[method-assign]
    functools.cache(ExceptionFormatter._get_lib_dirs)
)


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes go by the name of their argument. They make no readable name, and gzip writes the clock into them, so that
    two workers of pytest-xdist would collect different tests."""
    return argname if isinstance(val, bytes) else None


load_before_forks()


@pytest.fixture(scope="session", autouse=True)
def _no_wait_for_the_disk() -> Iterator[None]:
    """Builds in this process do not wait until the disk has what they wrote. Only a power cut could tell, and no test
    makes one: what a process wrote outlives its SIGKILL. Processes that tests start wait as ever."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda _descriptor: None)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real documents; skips the test when there is none. Fails when the variable points nowhere."""
    place = os.environ.get("MATERIA_REAL_DATA")
    if not place:
        pytest.skip("set MATERIA_REAL_DATA to a folder of real documents to run this")
    folder = Path(place)
    assert folder.is_dir(), f"MATERIA_REAL_DATA names {place}, which is not a folder"
    return folder
