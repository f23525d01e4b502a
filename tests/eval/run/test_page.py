"""The page of a run: its figures are those of the tables, nobody speaks in it, and it changes nothing."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from corpus.card import Card, read_card
from corpus.errors import UserError
from corpus.progress import Silent
from eval.likelihood.scorer import open_scorer
from eval.run.lineage import lineage
from eval.run.page import PAGE, open_told, page, write_page
from eval.run.printed import SHOWN
from eval.run.recipe import load_suite
from eval.run.run import Wanted, evaluate
from eval.run.score_pictures import ABOVE, BELOW, SAME, interval, reading
from eval.run.scores import SCORE
from tests.once import made_once
from tests.train import tuned
from tests.train.page.test_page import Read
from train.page.logged import run_of

HOSTILE = '<script>alert("1")</script>\u202e&'
SUITE = """
name = "little"
description = "Metals."
too_long = "drop"

[[task]]
name = "metals"
form = "plain"
path = ["test.jsonl"]
formulations = ["letters", "cloze", "subsets"]

[[task]]
name = "absent"
form = "plain"
path = ["nowhere.jsonl"]
"""


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, exam files, a suite, and the scores of it, with an item and an explanation that are too long."""
    torch.set_num_threads(1)

    def make(folder: Path) -> None:
        tuned.ground(folder)
        items = [tuned.item(number, "test")._replace(subject=f"s_{number % 2}") for number in range(8)]
        items += [items[0]._replace(id="e:test:long", question="iron and tin " * 100),
                  items[1]._replace(id="e:test:wordy", explanation="iron and tin " * 100)]  # fmt: skip
        tuned.write_items(folder / "test.jsonl", items)
        (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
        evaluate(Wanted(folder / "base", load_suite(folder / "suite.toml"), folder / "scores", 4, True), Silent())

    return made_once(tmp_path_factory, "scored-for-a-page", make)


@pytest.fixture
def copied(ground: Path, tmp_path: Path) -> Path:
    """A copy of the scores, to be changed."""
    return Path(shutil.copytree(ground / "scores", tmp_path / "scores"))


def changed(folder: Path, file_name: str, /, **told: object) -> None:
    file = folder / file_name
    file.write_text(json.dumps({**json.loads(file.read_text(encoding="utf-8")), **told}), encoding="utf-8")


def rows_below(text: str, caption: str) -> list[list[str]]:
    """The cells of the table of that caption."""
    body = text.partition(f"<caption><span>{caption}")[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)]
            for row in body.split("</tr>")[:-1]]  # fmt: skip


def test_the_figures_are_those_of_the_table(ground: Path) -> None:
    scores = pl.read_parquet(ground / "scores" / "scores.parquet").filter(part="all")
    wanted = scores.filter((pl.col("formulation") != "") & pl.col("metric").is_in(SHOWN)
                           & ((pl.col("metric") != "accuracy_bytes") | (pl.col("formulation") == "cloze")))  # fmt: skip
    rows = rows_below(page(open_told(ground / "scores")), "Every score of whole tasks")
    assert len(rows) == wanted.height > 6
    for cells, row in zip(rows, wanted.iter_rows(named=True), strict=True):
        scale, places = (1, 3) if row["metric"] == "bits_per_byte" else (100, 1)
        assert cells[:2] == [row["task"], row["formulation"]]
        assert cells[3] == f"{scale * row['value']:.{places}f}"
        assert cells[4] == f"{scale * row['low']:.{places}f} to {scale * row['high']:.{places}f}"
        assert cells[5] == ("" if row["chance"] is None else f"{100 * row['chance']:.1f}")
        assert cells[6] == (f"{100 * row['constant']:.1f}" if (row["constant"] or 0) > (row["chance"] or 1) else "")
        assert cells[8] == str(row["n"])


def test_every_drawn_dot_lies_where_its_score_is(ground: Path) -> None:
    scores = pl.read_parquet(ground / "scores" / "scores.parquet")
    drawn = page(open_told(ground / "scores")).partition("Share of right answers, %")[2].partition("</figure>")[0]
    dots = [float(x) for x in re.findall(r'cx="([\d.]+)%"', drawn)]
    shown = scores.filter((pl.col("part") == "all") & (
        (pl.col("metric") == "accuracy") | ((pl.col("metric") == "accuracy_bytes") & (pl.col("formulation") == "cloze"))
    ))  # fmt: skip
    values = shown["value"].to_list()
    most = max(values)
    assert dots == pytest.approx([value / most * max(dots) for value in values], abs=0.01)


def test_the_page_loads_nothing_and_runs_nothing(ground: Path) -> None:
    read = Read(page(open_told(ground / "scores")))
    assert not {"script", "img", "link", "iframe", "object"} & {name for name, _ in read.tags}
    for _, attributes in read.tags:
        assert not any(name.startswith("on") or name in ("style", "src") for name in attributes)
        assert (attributes.get("href") or "#").startswith(("#", "card.json"))  # which lies beside the page


def test_all_places_lie_inside_their_frames(ground: Path) -> None:
    found = re.findall(r'(?:x1|x2|cx|x)="(-?[\d.]+)%"', page(open_told(ground / "scores")))
    assert len(found) > 50
    assert all(0 <= float(place) <= 100 for place in found)


def test_what_was_left_out_is_told(ground: Path) -> None:
    text = Read(page(open_told(ground / "scores"))).text
    assert "absent was not asked: its exam was not there." in text
    assert "metals-letters: 1 item longer than the model reads, left out whole: the score" in text
    assert "e:test:long" in text
    assert re.search(r"explanation metals: \d texts? not measured", text)


def test_where_nothing_was_left_out_that_is_said(copied: Path) -> None:
    card = json.loads((copied / "card.json").read_bytes())
    changed(copied, "card.json", counts={"items": 1}, recipe={**card["recipe"], "left_out": []})
    assert "Nothing was left out" in Read(page(open_told(copied))).text


def test_subjects_are_listed_and_texts_measured(ground: Path) -> None:
    text = Read(page(open_told(ground / "scores"))).text
    assert "metals, letters: 2 subjects" in text
    assert "s 0" in text
    assert "Explanations of exams" in text


def test_the_page_leads_to_model_and_exam(ground: Path) -> None:
    told = open_told(ground / "scores")
    text = page(told)
    for name, identity in told.card.parents.items():
        assert name in text
        assert identity in text
    assert told.card.identity in text


def test_the_page_enters_no_identity_and_is_made_again_the_same(copied: Path) -> None:
    before = read_card(copied)
    first = write_page(copied).read_bytes()
    assert write_page(copied).read_bytes() == first
    assert read_card(copied) == before
    assert before is not None
    assert PAGE not in before.outputs


def test_the_code_of_the_page_is_not_in_the_identity_of_scores() -> None:
    from corpus.closure import import_closure

    inside = import_closure("eval.run.run")
    assert "eval.run.scores" in inside
    assert not {"eval.run.page", "eval.run.score_pictures", "eval.page.forest"} & set(inside)


def test_hostile_names_are_shown_and_do_not_speak(copied: Path) -> None:
    scores = pl.read_parquet(copied / "scores.parquet")
    scores = pl.concat([scores, scores.with_columns(part=pl.lit(f"subject {HOSTILE}"))])
    scores.with_columns(task=pl.lit(HOSTILE)).write_parquet(copied / "scores.parquet")
    card = json.loads((copied / "card.json").read_bytes())
    suite = {"name": HOSTILE, "description": HOSTILE, "bits": {"corpora": [HOSTILE]},
             "task": [{"name": HOSTILE, "form": HOSTILE, "path": [HOSTILE], "formulations": [HOSTILE]}]}  # fmt: skip
    changed(copied, "card.json", name=HOSTILE, parents={**card["parents"], HOSTILE: HOSTILE},
            counts={"dropped": {HOSTILE: 1}, "not_measured": {HOSTILE: 2}},
            recipe={"suite": suite, "left_out": [HOSTILE], "scored_by": HOSTILE})  # fmt: skip
    changed(copied, "run.json", device=HOSTILE, dropped={HOSTILE: [HOSTILE]},
            model={"name": HOSTILE, "identity": card["parents"]["model"], "parents": {HOSTILE: HOSTILE}})  # fmt: skip
    text = page(open_told(copied))
    assert "<script" not in text
    assert "\u202e" not in text
    assert text.count("&lt;script&gt;") >= 15
    Read(text)


@pytest.mark.parametrize("content", ["", "[]", '{"model": 3, "dropped": [], "seconds": "x", "parameters": null}'])
def test_a_page_can_do_without_what_a_run_noted(copied: Path, content: str) -> None:
    (copied / "run.json").write_text(content, encoding="utf-8")
    Read(write_page(copied).read_text(encoding="utf-8"))


def test_a_folder_without_scores_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no scores"):
        write_page(tmp_path)
    assert not any(tmp_path.iterdir())


def test_scores_of_text_alone_have_a_page(copied: Path) -> None:
    scores = pl.read_parquet(copied / "scores.parquet")
    scores.filter(pl.col("formulation") == "").write_parquet(copied / "scores.parquet")
    assert "the suite measures text alone" in page(open_told(copied))
    pl.DataFrame(schema=SCORE).write_parquet(copied / "scores.parquet")
    Read(page(open_told(copied)))


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_a_score_is_above_chance_only_where_its_whole_interval_is(one: float, other: float, chance: float) -> None:
    low, high = sorted((one, other))
    told = reading({"low": low, "high": high, "chance": chance})
    assert told == (ABOVE if low > chance else BELOW if high < chance else SAME)


def test_the_page_begins_with_how_many_scores_are_told_from_a_guess(ground: Path) -> None:
    told = open_told(ground / "scores")
    text = page(told)
    said = re.search(r"Of (\d+) shares? of right answers (\w+) (?:is|are) above chance with the whole of the interval, "
                     r"(\w+) (?:is|are) below it, and (\w+) (?:is|are) not", text)  # fmt: skip
    assert said is not None
    rows = [row[7] for row in rows_below(text, "Every score of whole tasks") if row[2] in ("accuracy, %", "by byte, %")]
    assert [0 if number == "none" else int(number) for number in said.groups()] == [
        len(rows),
        *map(rows.count, (ABOVE, BELOW, SAME)),
    ]
    assert text.index("not told from a guess") < text.index("<figure")


def test_a_single_text_has_no_interval_and_no_verdict_on_chance() -> None:
    row: dict[str, Any] = {"low": -float("inf"), "high": float("inf"), "chance": 0.25, "metric": "bits_per_byte"}
    assert reading(row) == ""
    assert interval(row) == "none"


def test_a_run_notes_its_model_and_how_many_parameters_it_has(ground: Path) -> None:
    scorer = open_scorer(ground / "base")
    noted = run_of(ground / "scores")
    assert noted["parameters"] == sum(one.numel() for one in scorer.model.parameters())
    assert noted["model"]["identity"] == scorer.folder.identity
    assert "quantized" not in noted["model"]


def test_a_quantized_model_notes_what_it_was_made_of(ground: Path) -> None:
    scorer = open_scorer(ground / "base")
    card = Card(kind="model", name="base int8", identity="q", parents={"base": "full"}, recipe={"kind": "int8"},
                code="", versions={})  # fmt: skip
    told = lineage(scorer._replace(folder=scorer.folder._replace(card=card, identity="q")))["model"]
    assert (told["name"], told["quantized"], told["full"]) == ("base int8", "int8", "full")


def test_the_command_writes_the_page_and_says_where(ground: Path, tmp_path: Path) -> None:
    from eval.cli import app

    asked = ["run", str(ground / "base"), "--suite", str(ground / "suite.toml"), "--skip-missing", "--out",
             str(tmp_path / "out")]  # fmt: skip
    told = CliRunner().invoke(app, asked)
    assert told.exit_code == 0, told.output
    assert str(tmp_path / "out" / PAGE) in told.output.replace("\n", "")
    assert (tmp_path / "out" / PAGE).is_file()
    (tmp_path / "out" / PAGE).unlink()
    again = CliRunner().invoke(app, asked)
    assert "nothing to do" in again.output
    assert (tmp_path / "out" / PAGE).is_file()
