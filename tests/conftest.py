"""What all tests share: the real documents, where there are any, and calm property tests.

Real documents are no part of this repository. They lie where the environment variable MATERIA_REAL_DATA says, in
`green/` and `amber/`; tests that want them skip, saying so, when it is not set.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run, and no failure because a shared machine was slow.
settings.register_profile("materia", derandomize=True, deadline=None)
settings.load_profile("materia")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Bytes go by the name of their argument. They make no readable name, and gzip writes the clock into them, so that
    two workers of pytest-xdist would collect different tests."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real documents; skips the test when there is none. Fails when the variable points nowhere."""
    place = os.environ.get("MATERIA_REAL_DATA")
    if not place:
        pytest.skip("set MATERIA_REAL_DATA to a folder of real documents to run this")
    folder = Path(place)
    assert folder.is_dir(), f"MATERIA_REAL_DATA names {place}, which is not a folder"
    return folder
