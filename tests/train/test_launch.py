"""Workers are started, heard once, and their end is the end of the command. All of them are real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from corpus.errors import UserError
from train.launch import Launch, checked, launched, start

TWO = Launch("torchrun", 2, "ddp")
PARENT = """
import sys
from corpus.terminal import run
from train.launch import Launch, start
run(lambda: start([sys.executable, "-P", "-m", "tests.train.workers", *sys.argv[2:]], Launch(sys.argv[1], 2, "zero1")))
"""


def workers(way: str, *told: str) -> list[str]:
    return [sys.executable, "-P", "-m", "tests.train.workers", way, *told]


@pytest.mark.parametrize(
    ("launch", "what", "mend"),
    [
        (Launch("ssh"), "There is no 'ssh' for --launch.", "torchrun"),
        (Launch(sharding="zero4"), "There is no 'zero4' for --sharding.", "zero3"),
        (Launch(processes=0), "0 processes cannot train.", "1 or more"),
        (Launch(processes=2), "--launch local is one process", "--launch torchrun"),
        (Launch(sharding="zero1"), "--launch local is one process", "--launch torchrun"),
        (Launch("torchrun", 2), "2 processes need to know how to share", "--sharding ddp"),
        (Launch("deepspeed", 2, "fsdp2"), "--launch deepspeed starts DeepSpeed's own", "--launch torchrun"),
    ],
)
def test_what_does_not_fit_together_is_refused_before_anything_starts(launch: Launch, what: str, mend: str) -> None:
    with pytest.raises(UserError) as caught:
        launched(launch, lambda: pytest.fail("the work was done"))
    assert what in caught.value.what
    assert mend in caught.value.mend


def test_a_worker_takes_the_number_of_processes_from_its_launcher(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert checked(Launch("local", 1, "zero2")) == Launch("local", 1, "zero2")


def test_a_process_alone_does_the_work_itself() -> None:
    assert launched(Launch(), os.getpid) == os.getpid()


def test_only_the_first_process_is_heard(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    start(workers("speak", str(tmp_path / "around")), TWO)
    out, err = capfd.readouterr()
    assert out == "process 0 of 2\n"
    assert err == "warning of 0\n"
    assert int((tmp_path / "around").read_text("utf-8")) >= 1
    assert "MATERIA_WORKERS_SAID" not in os.environ


@pytest.mark.parametrize(
    ("way", "error"),
    [
        ("refuse", UserError("The lamp is out.", "the cellar", "bring oil")),
        ("refuse_second", UserError("The door is shut.", "the attic")),
        ("told", UserError("The lamp is out.")),
    ],
)
def test_what_the_user_must_mend_is_said_once(way: str, error: UserError, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError) as caught:
        start(workers(way), TWO)
    assert caught.value.args == error.args
    out, err = capfd.readouterr()
    assert err == ""
    assert out in ("", "process 0 of 2\n" * (way == "refuse"))  # the first may be ended before it says anything


def test_a_fault_of_a_process_that_is_not_heard_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        start(workers("broken"), TWO)
    assert caught.value.code == 1
    err = capfd.readouterr().err
    assert err.count("ZeroDivisionError: in the second") == 1
    assert "ChildFailedError" not in err


def test_a_process_that_was_killed_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UserError, match="ended by SIGKILL"):
        start(workers("killed"), TWO)
    assert capfd.readouterr() == ("", "")


def test_the_code_of_a_worker_is_passed_on() -> None:
    with pytest.raises(SystemExit) as caught:
        start(workers("code"), TWO)
    assert caught.value.code == 3


def test_a_file_of_the_user_named_as_our_package_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("train", "corpus", "torch"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the wrong file')\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    start(workers("speak", str(tmp_path / "around")), TWO)
    assert (tmp_path / "around").exists()


def parent(tmp_path: Path, *told: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    return subprocess.Popen(
        [sys.executable, "-P", "-c", PARENT, *told], env=environment, text=True, start_new_session=True, cwd=tmp_path,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def numbers(running: subprocess.Popen[str], folder: Path) -> list[int]:
    """The numbers of both workers, when they have begun to wait."""
    files = [folder / "0.pid", folder / "1.pid"]
    until = time.monotonic() + 60
    while not all(file.exists() and file.read_text("utf-8") for file in files):
        assert running.poll() is None, running.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    return [int(file.read_text("utf-8")) for file in files]


def goes_on(number: int) -> bool:
    """Whether a process is there and has not ended: nobody may have asked yet what an orphan ended with."""
    try:
        return Path(f"/proc/{number}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_ctrl_c_ends_parent_and_workers(tmp_path: Path) -> None:
    with parent(tmp_path, "torchrun", "wait", str(tmp_path)) as running:
        workers_ = numbers(running, tmp_path)
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode != 0
    assert err.count("Traceback") <= 1
    assert not any(map(goes_on, workers_))


@pytest.mark.parametrize("launcher", ["torchrun", "deepspeed"])
def test_workers_end_when_their_parent_is_killed(tmp_path: Path, launcher: str) -> None:
    if launcher == "deepspeed":
        pytest.importorskip("deepspeed")
    with parent(tmp_path, launcher, "wait", str(tmp_path)) as running:
        workers_ = numbers(running, tmp_path)
        assert all(map(goes_on, workers_))
        running.kill()
        running.wait()
        until = time.monotonic() + 20  # they wait for 60 by themselves
        while any(map(goes_on, workers_)):
            assert time.monotonic() < until
            time.sleep(0.05)


def test_the_launcher_of_deepspeed_starts_them_too(tmp_path: Path) -> None:
    pytest.importorskip("deepspeed")
    with parent(tmp_path, "deepspeed", "refuse", "--launch", "deepspeed") as running:  # which is no option of its own
        out, err = running.communicate(timeout=120)
    assert running.returncode == 1
    assert out.splitlines().count("process 0 of 2") == 1
    assert "process 1 of 2" not in out
    assert err.count("The lamp is out.") == 1
    assert "Traceback" not in err
