"""Dots and whiskers: where they lie, and that nobody speaks in them."""

from __future__ import annotations

import math
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

import eval.page
from eval.page.forest import (
    GAP,
    LETTERS,
    NARROWEST,
    Mark,
    Scale,
    around_nothing,
    figures,
    forest,
    from_nothing,
    plain,
    ticks,
    told,
)
from eval.page.widths import width

HOSTILE = '<script>alert("1")</script>\u202e&'
ENDS = st.tuples(*[st.floats(-1e6, 1e6).filter(lambda value: abs(value) > 1e-6)] * 3).map(sorted)


def places(drawn: str) -> list[float]:
    """Every place across, in per cent."""
    return [float(place) for place in re.findall(r'(?:x1|x2|cx|x)="(-?[\d.]+)%"', drawn)]


@given(st.lists(ENDS, min_size=1, max_size=8), st.booleans())
def test_everything_lies_inside_the_frame(ends: list[list[float]], differences: bool) -> None:
    marks = [Mark("a", middle, low, high) for low, middle, high in ends]
    if not differences:
        marks = [one._replace(value=abs(one.value), low=0.0, high=abs(one.value) + 1, chance=0.5) for one in marks]
    drawn = forest(marks, "t", str, sides=("worse", "better") if differences else None)
    assert all(0 <= place <= 100 for place in places(drawn))
    assert drawn.count("<circle") == drawn.count('class="whisker') == len(marks)


def test_a_dot_lies_where_its_value_is_and_its_whisker_from_end_to_end() -> None:
    drawn = forest([Mark("a", 25.0, 20.0, 40.0, chance=10.0)], "t", str, scale=Scale(0.0, 50.0))
    assert 'cx="50.000%"' in drawn
    assert re.search(r'x1="40.000%" x2="80.000%"[^>]*class="whisker c0"', drawn)
    assert re.search(r'x1="20.000%" x2="20.000%"[^>]*class="chance"', drawn)


def test_what_has_no_interval_is_a_dot_alone() -> None:
    drawn = forest([Mark("a", 1.0, -math.inf, math.inf)], "t", str)
    assert drawn.count("<circle") == 1
    assert "whisker" not in drawn


def test_differences_lie_around_the_line_of_none_and_scores_begin_at_nothing() -> None:
    marks = [Mark("a", 1.0, 0.5, 3.0), Mark("b", -0.5, -1.0, 0.5)]
    scale = around_nothing(marks)
    assert scale.low == -scale.high
    assert scale.at(0) == 50
    assert from_nothing(marks).low == 0
    drawn = forest(marks, "t", str, sides=("worse", "better"))
    assert drawn.count('class="rule strong"') == len(marks)
    assert "← worse" in drawn
    assert "better →" in drawn


def test_nothing_at_all_is_drawn_without_harm() -> None:
    assert "<circle" in forest([Mark("a", 0.0, 0.0, 0.0)], "t", str, sides=("worse", "better"))


@given(st.floats(1e-9, 1e9), st.booleans())
def test_an_axis_of_any_size_has_a_few_round_places(most: float, both: bool) -> None:
    scale = Scale(-most if both else 0.0, most)
    found = ticks(scale)
    assert 3 <= len(found) <= 11
    assert all(scale.low * (1 + 1e-9) <= place <= scale.high * (1 + 1e-9) for place in found)
    if both:
        assert found == [-place for place in found[::-1]]


@given(st.floats(1e-7, 1e5), st.booleans())
def test_no_figure_below_an_axis_covers_another_or_hangs_over(most: float, both: bool) -> None:
    scale = Scale(-most if both else 0.0, most)
    shown, least = figures(ticks(scale), scale, plain), 0.0
    for place, anchor in shown:
        x, wide = scale.at(place) * NARROWEST / 100, width(plain(place), LETTERS)
        left = x - {"start": 0, "middle": wide / 2, "end": wide}[anchor]
        assert left >= least - 1e-9
        assert left + wide <= NARROWEST + 1e-9 or len(shown) == 1
        least = left + wide + GAP
    assert 0 in [place for place, _ in shown] or len(shown) == 1


@given(st.floats(-1e5, 1e5).filter(lambda value: abs(value) > 1e-9))
def test_a_place_is_written_without_a_power_of_ten(value: float) -> None:
    assert "e" not in plain(value).lower()
    assert float(plain(value)) == value
    assert plain(value)[0] in "+-"
    assert plain(-0.0) == plain(0.0) == "0"


def test_a_value_and_its_interval_may_stand_below_each_other_and_do_not_break_inside() -> None:
    """Beside a picture there is room for about 20 characters, and a small difference has more."""
    assert told("+0.000084", "+0.000080 to +0.000088") == ("<b>+0.000084</b> <span>+0.000080 to +0.000088</span>")
    css = (Path(next(iter(eval.page.__path__))) / "page.css").read_text(encoding="utf-8")
    assert ".forest .told > * { white-space: nowrap; }" in css
    assert "nowrap" not in re.findall(r"\.forest \.told \{[^}]*\}", css)[0]


def test_names_are_escaped() -> None:
    mark = Mark(HOSTILE, 1.0, 0.5, 1.5, told=HOSTILE, more=HOSTILE)
    drawn = forest([mark], HOSTILE, str, small=HOSTILE)
    assert "<script" not in drawn
    assert "\u202e" not in drawn
    assert drawn.count("&lt;script&gt;") >= 7
