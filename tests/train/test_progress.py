"""What is told while a run runs: the time of looks, checkpoints and hooks is not taken for that of steps."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainerControl, TrainerState

from corpus.progress import Silent
from tests.train.small import logged
from train.page.logged import read_log
from train.progress import Facts, Progress, kept_lines

ARGUMENTS: Any = None


def test_tokens_a_second_are_those_of_steps_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, rates = 0.0, []
    monkeypatch.setattr("train.progress.time.perf_counter", lambda: now)
    state, control = TrainerState(), TrainerControl()
    progress = Progress(tmp_path, Facts(3, 1000, 1.0, 4.0, 0, None), Silent(), tensorboard=False)

    def tell(**logs: float) -> None:
        progress.on_log(ARGUMENTS, state, control, logs=logs)

    progress.on_train_begin(ARGUMENTS, state, control)
    now = 100.0
    tell(**{"held_out/a": 3.5})
    for step in (1, 2, 3):
        state.global_step, now = step, now + 2.0
        tell(loss=3.0, learning_rate=1e-4)
        rates.append(progress.times[-1] - progress.times[0])
        now += 50.0
        tell(**{"held_out/a": 3.0})
        now += 20.0
        progress.on_save(ARGUMENTS, state, control)
        now += 1000.0
        progress.hook(step, {"exit": 0, "seconds": 1000.0})
    progress.close()
    assert rates == [2.0, 4.0, 6.0]
    lines = (tmp_path / "log.jsonl").read_text("utf-8").splitlines()
    assert sum('"tokens_per_second": 500.0' in line for line in lines) == 3
    assert [line["step"] for line in logged(tmp_path)] == [0, 1, 1, 1, 2, 2, 2, 3, 3, 3]


def test_a_number_that_is_none_is_null_in_the_log(tmp_path: Path) -> None:
    progress = Progress(tmp_path, Facts(1, 1000, 1.0, 4.0, 0, None), Silent(), tensorboard=False)
    state, control = TrainerState(), TrainerControl()
    progress.on_train_begin(ARGUMENTS, state, control)
    progress.on_log(ARGUMENTS, state, control, logs={"held_out/a": math.nan, "held_out/b": 2.0})
    progress.close()
    text = (tmp_path / "log.jsonl").read_text("utf-8")
    assert json.loads(text, parse_constant=pytest.fail)["held_out"] == {"a": None, "b": 2.0}
    assert read_log(tmp_path).names("held_out") == ["b"]


def test_a_run_that_goes_on_keeps_what_was_told_up_to_its_step_and_one_that_begins_anew_nothing(tmp_path: Path) -> None:
    lines = ['{"step": 0, "held_out": {}}\n', '{"step": 2, "hook": {}}\n', '{"step": 3}\n', '{"step": 4']
    for step, kept, hooked in ((0, 0, set()), (2, 2, {2}), (9, 3, {2})):
        (tmp_path / "log.jsonl").write_text("".join(lines), encoding="utf-8")
        progress = Progress(tmp_path, Facts(9, 1, 1.0, 0.0, 0, None), Silent(), tensorboard=False)
        progress.on_train_begin(ARGUMENTS, TrainerState(global_step=step), TrainerControl())
        progress.close()
        assert kept_lines(tmp_path / "log.jsonl", 9) == lines[:kept]
        assert progress.hooked == hooked
