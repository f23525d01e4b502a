"""The final page of a run: what it shows, that it loads and runs nothing, that nobody speaks in it, that no spike of a
long log is lost."""

from __future__ import annotations

import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UserError
from train.data.mixture_table import COLUMNS, folded
from train.page import spelt
from train.page.curves import Axis, Line, below, chart, smoothed, thinned, ticks, upright
from train.page.logged import BITS, Logged, Look, read_log
from train.page.measured import look_curves
from train.page.page import open_run, page, write_page

HOSTILE = '<script>alert("1")</script>\u202e\x1b[31m&'


@pytest.fixture
def copied(run_folder: Path, tmp_path: Path) -> Path:
    """A copy of the run's folder, to be changed."""
    return Path(shutil.copytree(run_folder, tmp_path / "model"))


class Read(HTMLParser):
    """Tags, attributes and text of a page; fails where an element is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def changed(folder: Path, file_name: str, /, **told: object) -> None:
    file = folder / file_name
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **told}), encoding="utf-8")


def test_the_page_tells_the_figures_of_the_run(run_folder: Path) -> None:
    run = open_run(run_folder)
    text = Read(page(run)).text
    for name in ("steps", "tokens", "rows"):
        assert f"{run.card.counts[name]:,}" in text
    assert f"{run.run['parameters']:,}" in text
    assert spelt.figure(run.logged.series(BITS, "small/english")[-1][1]) in text
    assert "nothing: every token of every document read stands in a row" in text
    for identity in (run.card.identity, *run.card.parents.values()):
        assert identity in text


def test_the_page_loads_nothing_and_runs_nothing(run_folder: Path) -> None:
    read = Read(page(open_run(run_folder)))
    assert not {"script", "img", "link", "iframe", "object"} & {name for name, _ in read.tags}
    for _, attributes in read.tags:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)
        assert (attributes.get("href") or "#").startswith("#")


def test_every_curve_has_its_points_inside_the_frame(run_folder: Path) -> None:
    read = Read(page(open_run(run_folder)))
    curves = [attributes for name, attributes in read.tags if name == "svg" and attributes.get("class") == "curve"]
    lines = [attributes["d"] or "" for name, attributes in read.tags if name == "path"]
    assert len(curves) == 6 + 2  # loss, held-out text, learning rate, gradient norm, speed, memory; those of the hook
    for line in lines:
        for x, y in re.findall(r"[ML](\S+) ([^L]+)", line):
            assert 0 <= float(x) <= 460
            assert 0 <= float(y) <= 240


def test_a_checkpoint_can_be_chosen_by_what_the_page_says_of_it(run_folder: Path) -> None:
    run = open_run(run_folder)
    assert list(run.kept) == [5]  # the first after 10,000 tokens: of the others none stays
    body = page(run).partition('id="checkpoints"')[2].partition("</section>")[0]
    lines = [row.partition("</tr>")[0] for row in body.partition("<tbody>")[2].split("<tr>")[1:]]
    rows = [Read(f"<table><tr>{line}</tr></table>").text for line in lines]
    last = run.card.counts["steps"]
    for row, step in zip(rows, (5, last), strict=True):
        assert row.startswith(str(step))
        for name in run.logged.names(BITS):
            at = {look.step: value for look, value in run.logged.series(BITS, name)}
            assert spelt.figure(at[step]) in row
        assert "0.2500" in row
        assert (f"checkpoint-{step}" in row) == (step != last)  # which is the model itself


def test_the_page_tells_how_rows_of_new_pieces_were_made_and_what_each_way_lost(copied: Path) -> None:
    assert "New pieces" not in page(open_run(copied))
    ways = [{"text": "small/all", "input": "before", "output": "before", "bits_per_byte": 3.25},
            {"text": HOSTILE, "input": "mean", "output": "half-mean", "bits_per_byte": math.nan}]  # fmt: skip
    grown = {"first": 320, "size": 360, "rows_before": 328, "rows": 360, "tied": False, "method": "mean",
             "output": "half-mean"}  # fmt: skip
    noted = json.loads((copied / "run.json").read_bytes())
    (copied / "run.json").write_text(json.dumps({**noted, "extension": grown, "new_rows": ways}), encoding="utf-8")
    told = page(open_run(copied))
    text = Read(told).text
    assert "40 pieces that the base's has not: ids 320 to 359" in text
    assert "had 328 rows and has 360" in text
    assert "mean in the input, half-mean in the output matrix" in text
    assert "3.250" in text
    assert "<script" not in told


def test_a_hook_that_failed_is_told_on_the_page_and_cannot_speak(copied: Path) -> None:
    with (copied / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": 12, "tokens": 99, "hook": {"exit": 1, "failed": HOSTILE, "seconds": 1}}) + "\n")
        log.write(json.dumps({"step": 13, "tokens": 99, "hook": {"result": {HOSTILE: 1, "deep": {"a": [1]}}}}) + "\n")
    text = page(open_run(copied))
    assert "<script" not in text
    assert "alert" in text
    Read(text)


def test_hostile_names_are_shown_and_do_not_speak(copied: Path) -> None:
    table = pl.read_parquet(copied / "mixture.parquet").with_columns(pl.lit(HOSTILE).alias("source"))
    table.write_parquet(copied / "mixture.parquet")
    changed(copied, "card.json", name=HOSTILE, parents={HOSTILE: HOSTILE}, recipe={HOSTILE: HOSTILE, "seed": HOSTILE})
    changed(copied, "run.json", device=HOSTILE, precision=HOSTILE, stages={HOSTILE: {"seconds": 1}})
    with (copied / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write(json.dumps({"step": 99, "tokens": 99, "held_out": {HOSTILE: 1.5}}) + "\n")
    text = page(open_run(copied))
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6
    assert "\u202e" not in text
    assert "\x1b" not in text
    Read(text)


def test_a_log_with_broken_lines_is_read_as_far_as_it_goes(copied: Path) -> None:
    before = read_log(copied)
    broken = ['{"step": 1, "tok', "[]", "null", '{"step": "x", "tokens": 1, "loss": 1}', "[" * 100_000,
              '{"step": 1, "tokens": 1, "held_out": {"a": "b"}}']  # fmt: skip
    with (copied / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write("\n".join(broken) + '\n{"step": 13, "tokens": 99, "loss": NaN, "grad_norm": Infinity}\n')
    after = read_log(copied)
    assert after.steps == before.steps + 1
    assert after.last("loss") == before.last("loss")
    assert "nan" not in page(open_run(copied)).lower()


def test_a_run_whose_loss_has_no_bytes_is_drawn_in_nats_alone(copied: Path) -> None:
    lines = [{"step": n, "tokens": 9 * n, "loss": 1 / n, "learning_rate": 1e-4} for n in range(1, 5)]
    (copied / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    read = Read(page(open_run(copied)))
    assert sum(name == "svg" and told.get("class") == "curve" for name, told in read.tags) == 2
    assert "nats per token: 1.000 to 0.2500" in read.text
    assert "bits per byte (right)" not in read.text


@pytest.mark.parametrize("gone", ["log.jsonl", "mixture.parquet", "run.json"])
def test_a_page_can_do_without(copied: Path, gone: str) -> None:
    (copied / gone).unlink()
    Read(write_page(copied).read_text(encoding="utf-8"))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no trained model"):
        write_page(tmp_path)
    assert not any(tmp_path.iterdir())


def test_a_mixture_that_cannot_be_read_is_told_with_its_place(copied: Path) -> None:
    (copied / "mixture.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(UserError, match="cannot be read") as error:
        page(open_run(copied))
    assert "mixture.parquet" in str(error.value.where)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers(1, 12))
def test_thinning_keeps_the_ends_and_the_extremes_of_a_line_in_order(values: list[float], columns: int) -> None:
    ys, xs = np.array(values), np.arange(len(values), dtype=float)
    kept_xs, kept_ys = thinned(xs, ys, columns)
    assert len(kept_xs) <= 4 * columns
    assert np.all(np.diff(kept_xs) > 0)
    assert np.array_equal(ys[kept_xs.astype(int)], kept_ys)
    assert {xs[0], xs[-1]} <= set(kept_xs)
    assert (kept_ys.min(), kept_ys.max()) == (ys.min(), ys.max())


@given(st.lists(st.floats(1e-9, 1e12), min_size=1, max_size=20), st.booleans(), st.booleans())
def test_every_value_and_tick_lies_on_its_axis(values: list[float], zero: bool, may_log: bool) -> None:
    axis = upright(np.array(values), zero, may_log)
    for places in (axis.at(np.array(values)), axis.at(np.array(ticks(axis)))):
        assert np.all((places >= -1e-6) & (places <= 1 + 1e-6))
    assert 1 <= len(ticks(axis)) <= 8


def test_a_log_of_a_million_steps_makes_a_small_picture_with_its_spike() -> None:
    xs = np.arange(1_000_000, dtype=float)
    ys = 3 + np.sin(xs / 1e4)
    ys[123_456] = 50.0
    drawn = chart("loss", [Line("loss", 0, xs, ys)], spelt.short, spelt.rate)
    assert len(drawn) < 60_000
    assert drawn.count("<path") == 2  # as it was, and smoothed
    heights = [float(y) for y in re.findall(r"[ML]\S+ ([\d.]+)", drawn)]
    assert min(heights) < 25  # the spike


def test_the_first_steps_do_not_press_the_rest_flat_and_a_later_spike_stays() -> None:
    ys = np.concatenate([np.linspace(11, 4, 20), np.full(980, 2.0)])
    ys[500] = 5.0
    kept = below(Line("loss", 0, np.arange(1000.0), ys)).ys
    assert kept.max() == 5.0
    assert (kept <= 5).all()
    assert len(kept) == (ys <= 5).sum()
    short = Line("loss", 0, np.arange(100.0), ys[:100])
    assert below(short) is short


def test_the_look_before_the_first_step_does_not_press_the_others_flat(run_folder: Path) -> None:
    looks = [Look(n, n, {BITS: {"a": value}}) for n, value in enumerate([3.6, 1.2, 1.1, 1.0])]
    told = str(look_curves(Logged({}, looks, []), {}, {})[0])
    assert "before the first step 3.600, outside the frame" in told
    assert told.count("<circle") == 3
    near = str(look_curves(Logged({}, looks[:1] + looks[2:], []), {}, {})[0])  # two that follow tell of no course yet
    assert near.count("<circle") == 3
    assert "outside" not in near


def test_points_are_marked_where_they_are_few_and_a_single_one_is_seen() -> None:
    def dots(number: int, marked: bool) -> int:
        xs = np.arange(1.0, number + 1)
        return chart("loss", [Line("loss", 0, xs, xs, marked)], spelt.short, spelt.rate).count("<circle")

    assert [dots(2, True), dots(40, True), dots(41, True)] == [2, 40, 0]
    assert [dots(1, False), dots(2, False)] == [1, 0]


def test_all_figures_of_the_axis_below_lie_inside_the_frame() -> None:
    drawn = chart("loss", [Line("loss", 0, np.array([1.0, 150e9]), np.ones(2))], spelt.short, spelt.rate)
    places = [(float(x), told) for x, told in re.findall(r'<text x="([\d.]+)" y="164"[^>]*>([^<]*)<', drawn)]
    assert places[0][1] == "0"
    assert places[-1][1].replace("\xa0", " ") == "150 B"
    assert all(x + 4 * len(told) <= 330 for x, told in places)


def test_a_smoothed_line_is_the_mean_of_its_neighbourhood() -> None:
    ys = np.arange(500, dtype=float)
    course = smoothed(ys)
    assert course is not None
    assert np.allclose(course[10:-10], ys[10:-10])
    assert course[0] == ys[:6].mean()
    assert smoothed(ys[:20]) is None


def test_a_logarithmic_axis_has_powers_of_ten() -> None:
    assert ticks(Axis(0.5, 2000.0, True)) == [1.0, 10.0, 100.0, 1000.0]


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60), st.integers(2, 25))
def test_folding_keeps_the_sums_and_the_largest_rows(tokens: list[int], most: int) -> None:
    rows = [("s", f"source {n}", "t", 1, each, each, 1.0 if each else 0.0, each / max(sum(tokens), 1))
            for n, each in enumerate(tokens)]  # fmt: skip
    found = folded(pl.DataFrame(rows, schema=list(COLUMNS), orient="row"), most)
    shown = [*found.rows, *([found.rest] if found.rest else [])]
    assert len(shown) <= most
    assert sum(row.tokens for row in shown) == found.whole.tokens == sum(tokens)
    assert sum(row.documents for row in shown) == len(tokens)
    assert len(found.rows) + found.left == len(tokens)
    if found.rest:
        assert max(row.tokens for row in found.rows) == max(tokens)


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0"), (7, "7"), (812, "812"), (999.6, "1 k"), (12_345, "12.3 k"), (2.25e9, "2.25 B"), (1e15, "1,000 T")],
)
def test_counts_are_told_in_three_digits(number: float, told: str) -> None:
    assert spelt.short(number).replace("\xa0", " ") == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.04, "0.0 s"), (59.97, "1 min"), (200, "3 min 20 s"), (3599.9, "1 h"), (7500, "2 h 5 min"), (86_399, "1 d"),
     (540_000, "6 d 6 h")],
)  # fmt: skip
def test_times_are_told_in_their_two_largest_units(seconds: float, told: str) -> None:
    assert spelt.duration(seconds).replace("\xa0", " ") == told


@pytest.mark.parametrize(
    ("number", "told"),
    [(0, "0"), (2e-5, "2e-5"), (0.00015, "1.5e-4"), (0.00999, "0.00999"), (5.5, "5.5"), (90.42, "90.4")],
)
def test_rates_are_told_in_three_digits(number: float, told: str) -> None:
    assert spelt.rate(number) == told
