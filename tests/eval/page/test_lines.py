"""Lines of arms: told apart by whoever sees all colours and by whoever does not, and all of it inside its frame."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import eval.page
from corpus.report.head import STYLE
from eval.page.lines import DASHES, FRAME, GAP, HUES, LETTERS, Way, apart, chart, dash, legend, mark
from eval.page.widths import fit, width

# Linear RGB to what a dichromat sees: Machado, Oliveira and Fernandes 2009 (doi 10.1109/TVCG.2009.113), severity 1.
EYES = {
    "all colours": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red cones": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green cones": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                       [-0.011820, 0.042940, 0.968881]],
    "no blue cones": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                      [0.004733, 0.691367, 0.303900]],
}  # fmt: skip
# Linear RGB to OKLab (Ottosson 2020), in which a just noticeable difference is about 0.02.
CONES = np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                  [0.0883024619, 0.2817188376, 0.6299787005]])  # fmt: skip
OPPONENT = np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                     [0.0259040371, 0.7827717662, -0.8086757660]])  # fmt: skip
APART = {"all colours": 0.12}  # in OKLab, six times what is just noticed
LEAST = 0.08  # four times
CSS = Path(next(iter(eval.page.__path__))) / "page.css"
STEPS = st.lists(st.floats(0.5, 8), min_size=2, max_size=6)


def linear(colour: str) -> np.ndarray:
    part = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def seen(colour: str, eye: str) -> np.ndarray:
    """A colour in OKLab, as an eye sees it."""
    lab: np.ndarray = OPPONENT @ np.cbrt(CONES @ np.clip(np.array(EYES[eye]) @ linear(colour), 0, 1))
    return lab


def contrast(one: str, other: str) -> float:
    """By WCAG 2.2."""
    low, high = sorted(float(linear(each) @ [0.2126, 0.7152, 0.0722]) for each in (one, other))
    return (high + 0.05) / (low + 0.05)


def themes() -> dict[str, tuple[list[str], list[str]]]:
    """Of each theme the hues of arms, and the grounds that they are drawn on."""
    hues = re.findall(r"--a(\d): (#[0-9a-f]{6})", CSS.read_text(encoding="utf-8"))
    style = STYLE.read_text(encoding="utf-8")
    grounds = [re.findall(rf"--{name}: (#[0-9a-f]{{6}})", style)[:2] for name in ("paper", "card")]
    assert [int(number) for number, _ in hues] == [*range(HUES)] * 2
    return {theme: ([hue for _, hue in hues[HUES * place : HUES * (place + 1)]], [one[place] for one in grounds])
            for place, theme in enumerate(("light", "dark"))}  # fmt: skip


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("eye", list(EYES))
def test_no_two_of_nine_arms_have_nearly_one_colour(theme: str, eye: str) -> None:
    for one, other in itertools.combinations(themes()[theme][0], 2):
        assert np.linalg.norm(seen(one, eye) - seen(other, eye)) >= APART.get(eye, LEAST), (one, other)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_hue_stands_out_from_its_ground(theme: str) -> None:
    hues, grounds = themes()[theme]
    for hue, ground in itertools.product(hues, grounds):
        assert contrast(hue, ground) >= 3, (hue, ground)  # WCAG 2.2, 1.4.11: graphical objects


def test_the_measure_of_colours_finds_the_two_that_were_nearly_one() -> None:
    assert np.linalg.norm(seen("#2b7a82", "all colours") - seen("#4f7f9e", "all colours")) < APART["all colours"]
    assert np.linalg.norm(seen("#2b7a82", "no green cones") - seen("#4f7f9e", "no green cones")) < LEAST


def test_lines_differ_in_more_than_colour() -> None:
    marks = [re.sub(r"class=\"[^\"]*a\d", "", str(mark(number, 0, 0))) for number in range(HUES)]
    assert len(set(marks)) == HUES
    many = range(HUES * len(DASHES))
    assert len({(number % HUES, dash(number)) for number in many}) == len(many)


def way(number: int, name: str, ys: list[float]) -> Way:
    values = np.array(ys)
    return Way(name, number, np.arange(1.0, len(ys) + 1) * 1000, values, values - 0.1, values + 0.1)


NAMES = st.text(st.sampled_from("abcWM中文 -"), min_size=1, max_size=40)


@given(st.lists(st.tuples(NAMES, STEPS), min_size=1, max_size=12))
def test_everything_is_drawn_inside_the_frame(told: list[tuple[str, list[float]]]) -> None:
    drawn = str(chart("t", [way(number, name, ys) for number, (name, ys) in enumerate(told)], str, str, "tokens read"))
    marks = [(float(x), float(y)) for x, y in re.findall(r'd="M([\d.-]+) ([\d.-]+)', drawn)]
    assert all(0 <= x <= FRAME.width and 0 <= y <= FRAME.height for x, y in marks)
    texts = re.findall(r'<text x="([\d.-]+)" y="([\d.-]+)"(?: text-anchor="(\w+)")?[^>]*>([^<]*)<', drawn)
    assert len(texts) > len(told)
    for x, y, anchor, text in texts:
        wide = width(text, LETTERS)
        left = float(x) - {"": 0, "middle": wide / 2, "end": wide}[anchor]
        assert left >= 0, text
        assert left + wide <= FRAME.width, text
        assert LETTERS / 2 < float(y) <= FRAME.height


@given(st.lists(st.floats(0, 100), min_size=1, max_size=12))
def test_names_keep_the_order_of_their_lines_and_do_not_cover_each_other(wanted: list[float]) -> None:
    found = apart(wanted, 0, 300)
    assert all(-1e-9 <= place <= 300 for place in found)
    ordered = [place for _, _, place in sorted(zip(wanted, range(len(wanted)), found, strict=True))]
    assert all(after - before >= GAP - 1e-9 for before, after in itertools.pairwise(ordered))


def test_names_that_are_far_apart_stay_where_they_are() -> None:
    assert apart([10, 200, 100], 0, 300) == [10, 200, 100]


def test_the_legend_draws_each_line_as_the_picture_does() -> None:
    ways = [way(number, f"arm {number}", [1.0, 2.0]) for number in range(11)]
    drawn = str(legend(ways, ["1"] * 11))
    picture = str(chart("t", ways, str, str, "x"))
    for one in ways:
        assert f'class="a{one.number % HUES} way"' in drawn
        assert f'class="a{one.number % HUES} way"' in picture
    assert drawn.count("<li>") == 11


@given(st.text(max_size=30), st.floats(0, 300))
def test_what_is_cut_fits(text: str, room: float) -> None:
    assert width(fit(text, 14, room), 14) <= room or text == ""


def test_wide_characters_take_more_room_than_narrow_ones() -> None:
    assert width("临床", 10) > width("il", 10)
    assert width("M", 10) > width("l", 10)
    assert fit("中华人民共和国", 10, 40).endswith("…")


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize("eye", list(EYES))
def test_better_and_worse_are_told_apart_and_neither_is_hollow(place: int, eye: str) -> None:
    """Of forests: the colours of the house, and what shows nothing in no colour at all."""
    style = STYLE.read_text(encoding="utf-8")
    better, worse = (re.findall(rf"--{name}: (#[0-9a-f]{{6}})", style)[place] for name in ("kept", "dropped"))
    assert np.linalg.norm(seen(better, eye) - seen(worse, eye)) >= LEAST
    assert ".c6 { stroke: var(--soft); fill: var(--paper); }" in CSS.read_text(encoding="utf-8")
