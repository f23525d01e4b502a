"""Work is dealt over real processes; a killed worker is noticed and its work done again."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from corpus.engine import Engine
from corpus.errors import UserError
from corpus.store import Store

WORK = f"{__name__}:"


def square(payload: dict[str, Any], store: Store) -> dict[str, int]:
    return {"documents": payload["n"] ** 2}


def refuse(payload: dict[str, Any], store: Store) -> dict[str, int]:
    raise UserError("bad file", where="x.xml", mend="mend it")


def refuse_beside_another(payload: dict[str, Any], store: Store) -> dict[str, int]:
    """The first refuses when the second has begun, which goes on for a while."""
    mark = Path(payload["mark"])
    if payload["n"]:
        mark.touch()
        time.sleep(1.0)
        return {"documents": 1}
    while not mark.exists():
        time.sleep(0.01)
    raise UserError("bad file", where="x.xml", mend="mend it")


def die_once(payload: dict[str, Any], store: Store) -> dict[str, int]:
    mark = Path(payload["mark"])
    if payload["n"] == 3 and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return {"documents": payload["n"]}


def always_die(payload: dict[str, Any], store: Store) -> dict[str, int]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


@pytest.mark.parametrize("workers", [1, 3])
def test_every_payload_is_done_once_and_counts_come_back_in_order(tmp_path: Path, workers: int) -> None:
    ticks: list[int] = []
    payloads = [{"n": n} for n in range(7)]
    with Engine(Store(tmp_path), workers) as engine:
        for engine.tasks in (0, 1, 2, 5):
            ticks.clear()
            counts = engine.run("try", WORK + "square", payloads, lambda done, _: ticks.append(done))
            assert [c["documents"] for c in counts] == [n**2 for n in range(7)]
            assert sorted(ticks) == list(range(1, 8))


@pytest.mark.parametrize("workers", [1, 2])
def test_what_the_user_must_mend_comes_through_whole_and_without_a_traceback(
    tmp_path: Path, workers: int, capfd: pytest.CaptureFixture[str]
) -> None:
    with Engine(Store(tmp_path), workers) as engine, pytest.raises(UserError) as caught:
        engine.run("try", WORK + "refuse", [{}, {}])
    assert (caught.value.what, caught.value.where, caught.value.mend) == ("bad file", "x.xml", "mend it")
    assert "Traceback" not in capfd.readouterr().err


def test_a_worker_that_is_at_work_when_another_fails_ends_its_log_in_peace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its folder of logs is not removed while it writes: it would be made anew and stay, or the write would fail."""
    monkeypatch.setattr("corpus.engine.tempfile.tempdir", str(tmp_path))
    payloads = [{"n": n, "mark": str(tmp_path / "mark")} for n in (0, 1)]
    with Engine(Store(tmp_path / "store"), 2) as engine, pytest.raises(UserError, match="bad file"):
        engine.run("try", WORK + "refuse_beside_another", payloads)
    assert not list(tmp_path.glob("materia-logs-*"))
    assert "Traceback" not in capfd.readouterr().err


def test_a_killed_worker_does_not_hang_the_build_and_its_work_is_done_again(tmp_path: Path) -> None:
    with Engine(Store(tmp_path), 2) as engine:
        payloads = [{"n": n, "mark": str(tmp_path / "mark")} for n in range(6)]
        counts = engine.run("try", WORK + "die_once", payloads)
    assert [c["documents"] for c in counts] == list(range(6))


def test_a_worker_that_is_killed_again_ends_the_build_with_a_cure(tmp_path: Path) -> None:
    with Engine(Store(tmp_path), 2) as engine, pytest.raises(UserError, match="killed twice") as caught:
        engine.run("try", WORK + "always_die", [{}, {}, {}])
    assert "--workers" in caught.value.mend


def test_no_payloads_is_no_work(tmp_path: Path) -> None:
    with Engine(Store(tmp_path), 2) as engine:
        assert engine.run("try", WORK + "square", []) == []
