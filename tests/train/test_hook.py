"""What is run of each checkpoint: its result and its failures are told, and none of them is the run's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from corpus.errors import UserError
from tests.train.small import SHORT, logged, run
from tests.train.tuned import Stop
from train.hook import Hook, call, hook_of
from train.recipe import HookSettings, load_train
from train.sft.recipe import SftRecipe

PRINTS = "import json, sys; print('words first'); print(json.dumps({'step': int(sys.argv[1]), 'deep': {'share': 0.5}}))"


def called(tmp_path: Path, code: str, *more: str, timeout: int = 60) -> dict[str, Any]:
    """What is logged of a Python command."""
    hook = Hook((sys.executable, "-c", code, "{step}", "{tokens}", "{checkpoint}", *more), tmp_path, timeout)
    return call(hook, tmp_path / "checkpoint-3", 3, 384, tmp_path / "hook")


def test_the_last_line_that_is_a_json_object_is_the_result(tmp_path: Path) -> None:
    told = called(tmp_path, PRINTS)
    assert told["exit"] == 0
    assert told["result"] == {"step": 3, "deep": {"share": 0.5}}
    assert (tmp_path / "hook" / "checkpoint-3.out").read_text("utf-8").startswith("words first\n")
    assert called(tmp_path, "print('{\\n\"a\": 1}')")["result"] == {"a": 1}
    assert called(tmp_path, "print('{\"a\": NaN}')")["result"] == {"a": None}
    assert "result" not in called(tmp_path, "print('[1]')")
    assert called(tmp_path, "print('{\"a\": \"' + 'x' * 70000 + '\"}')")["left_out"] > 70_000


def test_it_is_told_checkpoint_step_and_tokens_and_runs_in_the_folder_of_the_recipe(tmp_path: Path) -> None:
    code = "import json, os, sys; print(json.dumps({'told': sys.argv[1:], 'here': os.getcwd()}))"
    told = called(tmp_path, code, "--at={step}", "{unknown}")["result"]
    assert told["told"] == ["3", "384", str(tmp_path / "checkpoint-3"), "--at=3", "{unknown}"]
    assert Path(told["here"]) == tmp_path


@pytest.mark.parametrize(
    ("code", "failed"),
    [
        ("import sys; sys.exit('no GPU\\x1b[31m is free')", "ended with 1; no GPU␛[31m is free"),
        ("import sys; sys.exit(7)", "ended with 7; it said nothing"),
        ("import os; os.kill(os.getpid(), 9)", "was ended by SIGKILL; it said nothing"),
    ],
)
def test_a_command_that_fails_is_told_with_its_last_words(tmp_path: Path, code: str, failed: str) -> None:
    assert called(tmp_path, code)["failed"] == failed


def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; print(subprocess.Popen(['sleep', '60']).pid, flush=True); import time; time.sleep(60)"
    )
    assert called(tmp_path, code, timeout=1)["failed"] == "stopped after 1 seconds"
    assert _ends(int((tmp_path / "hook" / "checkpoint-3.out").read_text("utf-8")))


WORKER = """
import os, signal, subprocess, sys
from pathlib import Path
from train.hook import Hook, call

signal.signal(signal.SIGINT, signal.SIG_DFL)  # as of a worker that torchrun started
here, start = Path(sys.argv[1]), subprocess.Popen

def started(*told, **named):
    made = start(*told, **named)
    (here / "child").write_text(f"{made.pid}\\n")
    if sys.argv[2:]:
        os.kill(os.getpid(), signal.SIGTERM)  # before anybody knows what was started
    return made

subprocess.Popen = started
call(Hook(("sleep", "60"), here, 60), here / "checkpoint-1", 1, 1, here)
"""


@pytest.mark.parametrize("early", [True, False])
def test_a_worker_that_is_ended_by_a_signal_takes_its_hook_along(tmp_path: Path, early: bool) -> None:
    child, more = tmp_path / "child", ["early"] if early else []
    worker = subprocess.Popen([sys.executable, "-c", WORKER, str(tmp_path), *more])
    while not early and not (child.is_file() and child.read_text("utf-8").endswith("\n")):
        assert worker.poll() is None
        time.sleep(0.02)
    if not early:
        worker.send_signal(signal.SIGINT)
    assert worker.wait() == -(signal.SIGTERM if early else signal.SIGINT)
    assert _ends(int(child.read_text("utf-8")))


def _ends(process: int) -> bool:
    """Whether a process is gone, or soon will be."""
    for _ in range(100):
        if not _runs(process):
            return True
        time.sleep(0.05)
    return False


def _runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text("utf-8").split()[2] != "Z"
    except OSError:
        return False


def test_a_command_does_not_take_itself_for_a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "TORCHELASTIC_RUN_ID", "KEPT"):
        monkeypatch.setenv(name, "1")
    told = called(tmp_path, "import json, os; print(json.dumps(dict(os.environ)))")["result"]
    assert told["KEPT"] == "1"
    assert not {"RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "TORCHELASTIC_RUN_ID"} & set(told)


def test_a_program_is_looked_for_beside_python_on_the_path_and_by_its_own(tmp_path: Path) -> None:
    assert hook_of(HookSettings(), tmp_path) is None
    beside = hook_of(HookSettings(command=("python", "{checkpoint}")), tmp_path)
    assert beside is not None
    assert Path(beside.command[0]).parent == Path(sys.executable).parent
    with pytest.raises(UserError, match="no program 'measure-it'"):
        hook_of(HookSettings(command=("measure-it", "{checkpoint}")), tmp_path)
    mine = tmp_path / "mine.sh"
    mine.write_text("#!/bin/sh\n", encoding="utf-8")
    mine.chmod(0o755)
    own = hook_of(HookSettings(command=("./mine.sh", "{checkpoint}")), tmp_path)
    assert own is not None
    assert os.path.samefile(own.command[0], mine)


def test_a_command_that_is_not_told_what_to_look_at_is_refused() -> None:
    with pytest.raises(UserError, match=r"put \{checkpoint\} among its arguments"):
        load_train("quick-start", ("hook.command=['evaluate', 'run', '{chekpoint}']",))
    assert "hook" in SftRecipe.model_fields


AT = ("save.at=[384, 640]", "save.keep=1", "save.every=256")  # steps 2, 3, 4, 5, 6, 8, and with a hook 10


def hooked(code: str) -> str:
    return f"hook.command={json.dumps(['python', '-c', code, '{step}', '{checkpoint}'])}"


@pytest.fixture(scope="module")
def whole(corpus: Path, bpe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run whose hook looks whether the checkpoint can be opened as a model with its tokenizer."""
    code = (
        "import json, pathlib, sys; here = {one.name for one in pathlib.Path(sys.argv[2]).iterdir()}; "
        "wanted = 'config.json model.safetensors tokenizer.json tokenizer_config.json measured.json'.split(); "
        "print(json.dumps({'step': int(sys.argv[1]), 'files': len(here & {*wanted})}))"
    )
    return run(tmp_path_factory.mktemp("hooked") / "out", corpus, bpe, *SHORT, *AT, hooked(code)).out


def test_the_hook_is_run_of_each_checkpoint_and_of_the_last_step(whole: Path) -> None:
    hooks = [line for line in logged(whole) if "hook" in line]
    assert [line["step"] for line in hooks] == [2, 3, 4, 5, 6, 8, 10]
    for line in hooks:
        assert line["hook"]["result"] == {"step": line["step"], "files": 5}
        assert line["tokens"] == min(line["step"] * 128, 1200)  # which are read: the last row is not full
    assert (whole / "hook" / "checkpoint-8.out").is_file()


def test_a_run_stopped_in_a_hook_makes_up_for_it_and_its_log_is_that_of_one_that_was_not(
    whole: Path, corpus: Path, bpe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With another hook too: it is no part of what the model is."""

    def then_stop(hook: Hook, checkpoint: Path, step: int, *told: Any) -> dict[str, Any]:
        if step == 5:
            raise Stop
        return call(hook, checkpoint, step, *told)

    with monkeypatch.context() as patch:
        patch.setattr("train.loop.call", then_stop)
        with pytest.raises(Stop):
            run(tmp_path / "out", corpus, bpe, *SHORT, *AT, hooked("print('{}')"))
    again = run(tmp_path / "out", corpus, bpe, *SHORT, *AT, hooked("print('{\"a\": 1}')"))
    hooks = {line["step"]: line["hook"]["result"] for line in logged(again.out) if "hook" in line}
    assert hooks == {2: {}, 3: {}, 4: {}, **{step: {"a": 1} for step in (5, 6, 8, 10)}}
    assert [line for line in logged(again.out) if "hook" not in line] == [
        line for line in logged(whole) if "hook" not in line
    ]
    assert (again.out / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
    assert not run(again.out, corpus, bpe, *SHORT, *AT).fresh


def test_a_hook_that_fails_loses_nothing_and_is_told(corpus: Path, bpe: Path, whole: Path, tmp_path: Path) -> None:
    trained = run(tmp_path / "out", corpus, bpe, *SHORT, "save.at=[384]", hooked("import sys; sys.exit('no exam')"))
    hooks = [line["hook"] for line in logged(trained.out) if "hook" in line]
    assert [one["failed"] for one in hooks] == ["ended with 1; no exam"] * 2
    assert (trained.out / "model.safetensors").read_bytes() == (whole / "model.safetensors").read_bytes()
