"""The page of a comparison: figures of the table, words of the verdict, published figures marked, nobody speaks."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from corpus.card import read_card
from corpus.errors import UserError
from eval.compare.opened import Scored, open_all
from eval.compare.page import page, write_page
from eval.compare.pairs import Compared, compare
from eval.compare.published import MEDQA, of_exam
from eval.compare.quantized import quantized_to
from eval.compare.sizes import parameters_of
from eval.compare.words import interval, points, reading, seen_from, value_of
from tests.eval.compare.test_pairs import rewrite, run_of
from tests.eval.run.test_page import HOSTILE, rows_below
from tests.train.page.test_page import Read
from train.page import spelt

FIRST, SECOND = np.repeat([1.0, 0.0], [150, 350]), np.repeat([1.0, 0.0], [210, 290])


def noted(folder: Path, **told: object) -> Path:
    """What a run noted of its model."""
    (folder / "run.json").write_text(json.dumps(told), encoding="utf-8")
    return folder


def parents(folder: Path, **more: str) -> Path:
    card = read_card(folder)
    assert card is not None
    rewrite(folder, parents={**card.parents, **more})
    return folder


@pytest.fixture
def runs(tmp_path: Path) -> list[Scored]:
    """The second is better; both have known sizes."""
    base, mine = run_of(tmp_path / "base", FIRST), run_of(tmp_path / "mine", SECOND, bits=1.1)
    return open_all([noted(base, parameters=150_000), noted(mine, parameters=7_000_000_000)])


def compared(runs: list[Scored]) -> Compared:
    return compare(runs[0], runs[1:])


def mmlu(folder: Path, right: np.ndarray) -> Path:
    subjects = ("anatomy", "philosophy", "econometrics", "virology")
    return run_of(folder, right, task="mmlu", exam="mmlu", subjects=subjects)


def test_the_figures_are_those_of_the_differences(runs: list[Scored]) -> None:
    found = compared(runs)
    text = page(found, runs)
    for caption, metric in (("Share of right answers, in figures", "accuracy"), ("Bits per byte, in", "bits_per_byte")):
        (cells,) = rows_below(text, caption)
        (row,) = found.table.filter(metric=metric, part="all").to_dicts()
        won = (60, 440, 0) if metric == "accuracy" else (20, 0, 0)
        assert cells[1:3] == [value_of(row, "first_value"), value_of(row, "second_value")]
        assert cells[3:5] == [points(row, "difference"), interval(row)]
        assert cells[6] == "better"
        assert cells[7] == " / ".join(map(str, won))
        assert cells[8] == points(row, "detectable", signed=False)
    assert rows_below(text, "Share of right answers, in figures")[0][1:4] == ["30.0", "42.0", "+12.0"]


def test_every_sentence_of_the_verdict_is_on_the_page(runs: list[Scored]) -> None:
    found = compared(runs)
    text = Read(page(found, runs)).text
    for sentence in found.table.filter(part="all")["sentence"]:
        assert sentence in text
    assert ("In 3 comparisons of whole tasks mine is shown to be better than base in 3 and worse in 0; in 0 no "
            "difference is shown.") in text  # fmt: skip


def test_dots_lie_on_the_side_of_the_better_run(runs: list[Scored]) -> None:
    text = page(compared(runs), runs)
    for title, side in (("Share of right answers: mine less base", "+"), ("Bits per byte: mine less base", "-")):
        drawn = text.partition(title)[2].partition("</figure>")[0]
        places = [float(x) for x in re.findall(r'cx="([\d.]+)%"', drawn)]
        assert all((place > 50) == (side == "+") for place in places)
        assert "← mine better" in drawn if side == "-" else "mine better →" in drawn


def test_an_interval_of_rounding_is_no_row_of_noughts() -> None:
    row = {"metric": "bits_per_byte", "low": -1e-16, "high": 1e-16}
    assert interval(row) == "within ±0.000001"
    assert interval({**row, "low": 0.0, "high": 0.0}) == "0.0000 to 0.0000"
    assert interval({**row, "low": -1e-5, "high": 1e-5}) == "-0.000010 to +0.000010"


def test_where_no_possible_difference_would_be_seen_the_table_says_so() -> None:
    row = {"metric": "bits_per_byte", "first_value": 4.0, "low": -1.0, "high": 1.0, "detectable": 3.9}
    assert seen_from(row) == "3.9000"
    assert seen_from({**row, "detectable": 167.0}) == "none possible"
    assert seen_from({**row, "metric": "accuracy", "first_value": 0.25, "detectable": 0.76}) == "none possible"
    assert seen_from({**row, "detectable": math.nan}) == spelt.NONE


def test_nothing_is_claimed_where_none_is_shown(runs: list[Scored], tmp_path: Path) -> None:
    again = open_all([tmp_path / "base", run_of(tmp_path / "again", FIRST)])
    found = compared(again)
    assert {reading(row) for row in found.table.to_dicts()} == {"neither"}
    text = page(found, again)
    assert 'class="c0"' not in text.partition('id="pair-1"')[2].partition("</ul>")[2].partition("<tbody>")[0]
    assert "No difference is shown between base and again" in Read(text).text


def test_what_was_forgotten_is_told_by_field_before_and_after(tmp_path: Path) -> None:
    after = np.ones(400)
    after[1::4] = 0  # philosophy is forgotten
    runs = open_all([mmlu(tmp_path / "a", np.ones(400)), mmlu(tmp_path / "b", after)])
    text = page(compared(runs), runs)
    rows = {cells[0]: cells for cells in rows_below(text.partition("General knowledge by field")[2], "mmlu, letters")}
    assert list(rows) == ["STEM", "humanities", "other", "social sciences", "all fields"]
    assert rows["humanities"][1:3] == ["100.0", "0.0"]
    assert rows["humanities"][4] == "-100.0"
    assert rows["humanities"][7] == "worse"
    assert "Of 4 fields of mmlu, letters b is shown to be better in 0 and worse in 1." in Read(text).text
    assert rows["STEM"][1:3] == ["100.0", "100.0"]
    assert 'aria-label="before 100.0 %, after 0.0 %"' in text
    assert "General knowledge" not in page(*(lambda some: (compared(some), some))(open_all([
        run_of(tmp_path / "c", FIRST), run_of(tmp_path / "d", SECOND)])))  # fmt: skip


def test_a_quantized_model_beside_its_own_full_one_is_degradation(tmp_path: Path) -> None:
    def made(name: str, model: str, right: np.ndarray, **told: object) -> Path:
        folder = parents(run_of(tmp_path / name, right), model=model)
        return noted(folder, model={"identity": model, **told})

    runs = open_all([made("full", "m", FIRST), made("small", "q", SECOND, quantized="int8", full="m"),
                     made("else", "r", SECOND, quantized="int8", full="another")])  # fmt: skip
    assert [quantized_to(runs[0], other) for other in runs[1:]] == ["int8", ""]
    assert quantized_to(runs[1], runs[0]) == ""
    text = page(compared(runs), runs)
    assert "small beside full: degradation by int8, paired by item" in text
    assert "else beside full</h2>" in text
    assert text.count("the first in fewer bits") == 1
    noted(runs[1].folder, model={"identity": "of another run", "quantized": "int8", "full": "m"})
    assert quantized_to(runs[0], runs[1]) == ""


def test_what_others_published_is_marked_and_sourced(runs: list[Scored]) -> None:
    text = page(compared(runs), runs)
    section = text.partition('id="sizes"')[2].partition("</section>")[0]
    others = of_exam(MEDQA)
    marks = section.partition("<figure")[2].partition("</figure>")[0].count('class="published"')
    assert marks == sum(one.parameters is not None for one in others)
    assert "which were not run here" in section
    rows = rows_below(section, "MedQA, US: published, not run here")
    assert len(rows) == len(others) > 20
    for cells, one in zip(rows, others, strict=True):
        assert cells[0] == one.model
        assert cells[2].startswith(f"{one.value:g}")
        assert cells[3] == one.measured
        assert cells[5] == one.source
    assert "MedMCQA: published" not in section  # which no run was asked


def test_a_run_whose_size_nothing_tells_is_listed_and_not_drawn(tmp_path: Path) -> None:
    runs = open_all([run_of(tmp_path / "base", FIRST), run_of(tmp_path / "mine", SECOND)])
    assert [parameters_of(run) for run in runs] == [None, None]
    text = page(compared(runs), runs)
    assert "nothing tells how many parameters they have: base, mine" in text
    assert "500 items, parameters not known" in text
    assert "accuracy against parameters</title>" not in text


@pytest.mark.parametrize("content", ["[]", "{", '{"parameters": "many"}', '{"parameters": -1}', '{"model": []}'])
def test_what_a_run_noted_may_be_anything(runs: list[Scored], content: str) -> None:
    (runs[0].folder / "run.json").write_text(content, encoding="utf-8")
    assert parameters_of(runs[0]) is None
    assert quantized_to(runs[1], runs[0]) == ""


def test_explanations_of_two_tasks_on_the_same_items_are_not_paired_crosswise(tmp_path: Path) -> None:
    def doubled(folder: Path) -> Path:
        texts = pl.read_parquet(folder / "bits.parquet")
        pl.concat([texts, texts.with_columns(source=pl.lit("other"))]).write_parquet(folder / "bits.parquet")
        return rewrite(folder)

    runs = open_all([doubled(run_of(tmp_path / "a", FIRST)), doubled(run_of(tmp_path / "b", SECOND, bits=1.1))])
    found = compared(runs)
    assert found.alone == []
    assert found.table.filter(task="held-out", part="all")["n"].to_list() == [40]


def test_the_page_loads_nothing_and_runs_nothing_and_is_made_again_the_same(runs: list[Scored]) -> None:
    text = page(compared(runs), runs)
    read = Read(text)
    assert not {"script", "img", "link", "iframe", "object"} & {name for name, _ in read.tags}
    for _, attributes in read.tags:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)
        href = attributes.get("href") or "#"
        assert href.startswith("#") or href.endswith("card.json")
    assert page(compared(runs), runs) == text


def test_hostile_names_are_shown_and_do_not_speak(tmp_path: Path) -> None:
    subjects = (HOSTILE, "b")
    opened = open_all([run_of(tmp_path / name, right, task=HOSTILE, exam="medqa-us", subjects=subjects)
                       for name, right in (("a", FIRST), ("b", SECOND))])  # fmt: skip
    runs = [one._replace(name=f"{HOSTILE} {number}") for number, one in enumerate(opened)]
    noted(opened[0].folder, parameters=5)
    text = page(compared(runs), runs)
    assert "<script" not in text
    assert "\u202e" not in text
    assert text.count("&lt;script&gt;") >= 20
    Read(text)


def test_the_command_writes_the_page_beside_the_table(runs: list[Scored], tmp_path: Path) -> None:
    from eval.cli import app

    folders = [str(one.folder) for one in runs]
    out, table = tmp_path / "pages" / "compared.html", tmp_path / "d.parquet"
    told = CliRunner().invoke(app, ["compare", *folders, "--page", str(out), "--out", str(table)])
    assert told.exit_code == 0, told.output
    assert str(out) in told.output.replace("\n", "")
    assert table.is_file()
    assert out.read_text(encoding="utf-8") == page(compared(runs), runs, out.parent)
    with pytest.raises(UserError, match="this is a folder"):
        write_page(compared(runs), runs, tmp_path)
