"""The table in the terminal, and how figures are written."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from tokenizer.compare import spelt
from tokenizer.compare.intervals import Estimate, Interval
from tokenizer.compare.measures import MEASURES
from tokenizer.compare.result import Compared
from tokenizer.compare.table import show

RATIO, SHARE = MEASURES[0], next(measure for measure in MEASURES if measure.share)
LESS = next(measure for measure in MEASURES if measure.better < 0 and not measure.share)


def printed(compared: Compared, width: int) -> str:
    console = Console(file=io.StringIO(), width=width, highlight=False)
    show(compared, console)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_five_tokenizers_with_names_of_any_length_fit_and_every_interval_is_whole(compared: Compared) -> None:
    one = Estimate(Interval(4.123, 4.001, 4.234), Interval(1.0, 0.5, 1.5))
    languages = {
        name: each._replace(
            whole=each.whole._replace(measures={key: [one] * 5 for key in each.whole.measures}),
            sources={}, tiers={}, renyi=[0.5] * 5, in_use=[0.5] * 5,
        )
        for name, each in compared.languages.items()
    }  # fmt: skip
    labels = ("twelve-chars", "twelve-chars", "bpe", "unigram", "wordpiece-with-a-long-name")
    names = [compared.tokenizers[0]._replace(label=label) for label in labels]
    text = printed(compared._replace(tokenizers=names, languages=languages, terms=[], speed=[None] * 5), 80)
    assert max(map(len, text.splitlines())) <= 80
    assert [line for line in text.splitlines() if line.split() == ["4.001–4.234"] * 5]
    assert not [line for line in text.splitlines() if 0 < line.count("4.001–4") != line.count("4.001–4.234")]


def test_four_tokenizers_fit_into_eighty_columns_and_no_figure_is_cut(compared: Compared) -> None:
    text = printed(compared, 80)
    assert max(map(len, text.splitlines())) <= 80
    assert "…" not in text
    for language in compared.languages:
        assert f"{language}:" in text
    for one in compared.languages.values():
        for each in one.whole.measures["bytes_per_token"]:
            assert spelt.value(RATIO, each.value) in text


def test_seven_tokenizers_are_told_in_two_tables(compared: Compared) -> None:
    def seven(items: list) -> list:  # type: ignore[type-arg]
        return [items[place % len(items)] for place in range(7)]

    languages = {
        name: one._replace(
            whole=one.whole._replace(measures={key: seven(value) for key, value in one.whole.measures.items()}),
            sources={}, tiers={}, renyi=seven(one.renyi), in_use=seven(one.in_use),
        )
        for name, one in compared.languages.items()
    }  # fmt: skip
    names = [one._replace(label=f"name{place}") for place, one in enumerate(seven(compared.tokenizers))]
    text = printed(compared._replace(tokenizers=names, languages=languages, terms=[], speed=seven(compared.speed)), 80)
    assert all(f"name{place}" in text for place in range(7))
    assert text.count("Rényi") == 2 * len(languages)


@pytest.mark.parametrize(
    ("interval", "value", "bounds"),
    [
        (Interval(0.714, 0.70, 0.72), "71.4 %", "70.0–72.0"), (Interval(0.0, 0.0, 0.0), "0 %", ""),
        (Interval(0.0012, 0.0009, 0.002), "0.12 %", "0.09–0.20"),
        (Interval(0.9999, 0.9995, 1.0), "99.990 %", "99.950–100"),
        (Interval(0.5, None, None), "50.0 %", ""), (None, "–", ""),
    ],
)  # fmt: skip
def test_shares_are_written_with_the_digits_that_they_need(interval: Interval | None, value: str, bounds: str) -> None:
    assert spelt.value(SHARE, interval) == value
    assert spelt.bounds(SHARE, interval) == bounds


def test_ratios_and_differences() -> None:
    assert spelt.value(RATIO, Interval(4.2134, 4.1, 4.3)) == "4.213"
    assert spelt.difference(RATIO, Interval(3.21, 2.9, 3.5)) == "+3.2 %"
    assert spelt.difference(SHARE, Interval(-1.4, -2, -1)) == "-1.4 pt"
    assert spelt.difference_bounds(Interval(0.001, -0.2, 0.3)) == "-0.2 to +0.3"


def test_better_and_worse_need_an_interval_without_nothing_in_it() -> None:
    assert spelt.better(RATIO, Interval(3, 2, 4)) == "better"
    assert spelt.better(LESS, Interval(3, 2, 4)) == "worse"
    assert spelt.better(RATIO, Interval(3, -1, 4)) == "alike"
    assert spelt.better(RATIO, Interval(3, None, None)) == ""
