"""What the command line prints of a run: the mixture before it, the outcome after it, readable in 80 columns."""

from __future__ import annotations

import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from corpus.card import read_card
from corpus.progress import Silent
from tests.train.conftest import Ground
from train.data.mixture import table
from train.data.mixture_table import COLUMNS, folded
from train.page.summary import after, again, before, lost, mixture
from train.prepare import Prepared, prepare
from train.run import Trained


@pytest.fixture(scope="module")
def prepared(ground: Ground) -> Prepared:
    return prepare(ground.loaded(), ground.corpus, str(ground.tokenizer), ground.store, Silent())


def paper() -> tuple[Console, io.StringIO]:
    file = io.StringIO()
    return Console(file=file, width=80, highlight=False), file


def printed_before(prepared: Prepared) -> str:
    console, file = paper()
    before(prepared, console)
    return file.getvalue()


def printed_after(trained: Trained) -> str:
    console, file = paper()
    after(trained, console)
    return file.getvalue()


def trained_in(folder: Path, fresh: bool = True, **told: Any) -> Trained:
    card = read_card(folder)
    assert card is not None
    return Trained(folder, card, fresh, {**json.loads((folder / "run.json").read_bytes()), **told})


def columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in line.rstrip("\n"))


def test_before_a_run_its_figures_are_those_of_the_plan(prepared: Prepared) -> None:
    text = printed_before(prepared)
    assert f"{prepared.steps:,} of 64 rows, 2,048 tokens each" in text
    assert f"{prepared.packed.total:,} of 32 tokens, packing wrap" in text
    assert "no token" in next(line for line in text.splitlines() if line.startswith("lost "))
    for row in table(prepared.plan).iter_rows(named=True):
        line = next(
            line for line in text.splitlines() if line.split()[:3] == [row["slice"], row["source"], row["tier"]]
        )
        assert f" {row['documents']:,} " in line
        assert line.endswith(f"{100 * row['share']:.1f} %")


def test_what_is_read_more_than_once_is_told_and_how_often(prepared: Prepared) -> None:
    assert again(prepared.plan) == ["chinese is read 2.00 times"]
    assert "note: chinese is read 2.00 times" in printed_before(prepared)


def test_more_readings_than_are_worth_it_are_named_so(ground: Ground) -> None:
    sets = ("slice.chinese.epochs=6", "budget.most_epochs=9")
    often = prepare(ground.loaded(*sets), ground.corpus, str(ground.tokenizer), ground.store, Silent())
    assert "6.00 times, more than the 4" in again(often.plan)[0]


def test_a_token_in_no_row_is_counted(prepared: Prepared) -> None:
    packed = prepared.packed
    assert lost(prepared.plan, packed) == 0
    short = packed.length.copy()
    short[0] -= 3
    assert lost(prepared.plan, packed._replace(length=short)) == 3
    twice = packed._replace(reading=np.append(packed.reading, 0), length=np.append(packed.length, 5))
    assert lost(prepared.plan, twice) == 5
    assert "5 tokens stand in no row" in printed_before(prepared._replace(packed=twice))


def test_a_mixture_of_many_rows_is_twenty_lines_with_the_rest_summed() -> None:
    rows = [(f"片段{n}" * 9, "source\x1b[31m" * 9, "tier", 10, 10**9 - n, 10**10, 1.5, 1 / 300) for n in range(300)]
    console, file = paper()
    console.print(mixture(folded(pl.DataFrame(rows, schema=list(COLUMNS), orient="row"), 20)))
    lines = file.getvalue().splitlines()
    assert len(lines) == 1 + 20 + 1
    assert "281 more" in lines[-2]
    assert "2,810" in lines[-2]
    assert "100.0 %" in lines[-1]
    assert "\x1b" not in file.getvalue()
    assert all(line.rstrip().endswith("%") for line in lines[1:])  # no number is lost for want of room
    assert max(map(columns, lines)) <= 80


def test_after_a_run_loss_and_held_out_text_are_told(run_folder: Path) -> None:
    text = printed_after(trained_in(run_folder))
    log = [json.loads(line) for line in (run_folder / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    losses = [line["loss"] for line in log if "loss" in line]
    looks = [line["held_out"] for line in log if "held_out" in line]
    assert f"{losses[0]:.3f} to {losses[-1]:.3f} nats per token" in text
    assert losses[-1] < losses[0]
    told = " ".join(text.split())
    assert (
        f"small/english: {looks[0]['small/english']:.3f} before, {looks[-1]['small/english']:.3f} bits per byte" in told
    )
    assert "hook        run of 2 checkpoints" in text
    assert all(columns(line) <= 80 for line in text.splitlines())


def test_a_fine_tuning_is_told_in_its_own_units_and_a_failed_hook_by_its_words(
    run_folder: Path, tmp_path: Path
) -> None:
    for name in ("card.json", "run.json"):
        (tmp_path / name).write_bytes((run_folder / name).read_bytes())
    lines: list[dict[str, Any]] = [
        {"step": 0, "tokens": 0, "accuracy": {"answers": 0.25}, "held_out_loss": {"answers": 1.39}},
        {"step": 1, "tokens": 50, "loss": 1.4},
        {"step": 1, "tokens": 50, "accuracy": {"answers": 0.613}, "held_out_loss": {"answers": 0.9}},
        {"step": 1, "tokens": 50, "hook": {"exit": 1, "seconds": 3, "failed": "ended with 1; no \x1b GPU"}},
    ]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    trained = trained_in(tmp_path)
    trained = trained._replace(card=trained.card.model_copy(update={"recipe": {"head": "choice"}}))
    text = " ".join(printed_after(trained).split())
    assert "1.400 to 1.400 nats per question, 1 step" in text
    assert "answers: 25 % before, 61.3 % answered rightly at the end (+36.3 points)" in text
    assert "answers: 1.390 before, 0.9000 nats per question at the end (-35.3 %)" in text
    assert "run of 1 checkpoint, failed 1 time, last of step 1: ended with 1; no ␛ GPU" in text


def test_a_device_whose_peak_is_not_known_gets_no_utilisation(run_folder: Path, tmp_path: Path) -> None:
    assert "unknown device 'cpu'" in printed_after(trained_in(run_folder, device="cpu"))
    for name in ("card.json", "run.json"):
        (tmp_path / name).write_bytes((run_folder / name).read_bytes())
    line = {"step": 1, "tokens": 9, "loss": 2.0, "tokens_per_second": 5e4, "utilisation": 0.4512, "memory_gib": 61.5}
    (tmp_path / "log.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    text = printed_after(trained_in(tmp_path, device="NVIDIA\x1b H100"))
    assert "45.1 % of the peak of NVIDIA␛ H100" in text
    assert "50 k tokens a second" in text
    assert "61.50 GiB at most" in text


def test_a_run_that_had_nothing_to_do_says_so_and_tells_no_cost(run_folder: Path) -> None:
    text = printed_after(trained_in(run_folder, fresh=False))
    assert text.startswith("up to date: ")
    assert "tokens a second" not in text
    assert "nats per token" in text


def test_only_what_is_there_is_pointed_at(tmp_path: Path, run_folder: Path) -> None:
    (tmp_path / "card.json").write_bytes((run_folder / "card.json").read_bytes())
    (tmp_path / "run.json").write_text("{}", encoding="utf-8")
    text = printed_after(trained_in(tmp_path))
    assert "log.jsonl" not in text
    assert "checkpoints" not in text
    assert "not measured" in text
