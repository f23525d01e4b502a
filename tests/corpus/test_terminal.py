"""What is printed for other programs."""

from __future__ import annotations

import json
import math

import pytest

from corpus.terminal import print_json


def test_what_is_no_number_is_null_in_json_as_any_reader_takes_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"rows": [{"low": -math.inf, "p": math.nan, "value": 0.5}], "pair": (1, math.inf)})

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is not JSON")

    told = json.loads(capsys.readouterr().out, parse_constant=refuse)
    assert told == {"rows": [{"low": None, "p": None, "value": 0.5}], "pair": [1, None]}
