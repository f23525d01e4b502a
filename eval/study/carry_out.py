"""All runs of a study done, several at once, and gone on with wherever they were stopped.

Called by `eval/study/command.py`. Corpora and tokenizers are made first, here, one after another, since arms share
them; then the runs are dealt out to as many processes as there are jobs (`eval/study/worker.py`). A step whose result
is there is not done again: every step knows its own by its card. Goes to `eval/study/results.py`.
"""

from __future__ import annotations

import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

from corpus.errors import UserError
from corpus.progress import Silent
from eval.study.arms import Places, Run, run_name, runs
from eval.study.recipe import LoadedStudy
from eval.study.steps import corpus_of, text_of, tokenizer_of
from eval.study.worker import DONE
from train.orphans import parent_of

SAID = 20  # lines of what a process said that are shown when it fails


def carry_out_all(loaded: LoadedStudy, out: Path, jobs: int, sets: Sequence[str], watch: Silent) -> list[Run]:
    """Every run, and what they are. `jobs`: processes; `sets`: `--set` values of the study. Raises `UserError` for the
    first process that fails, when all of them have ended."""
    places, all_runs = Places(out), list(runs(loaded))
    ground(loaded, places, watch)
    (out / "said").mkdir(parents=True, exist_ok=True)
    shares = [share for number in range(jobs) if (share := all_runs[number::jobs])]
    told: queue.SimpleQueue[tuple[int, str]] = queue.SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="materia-study-") as folder, parent_of(Path(folder)) as around:
        processes = [_started(loaded, out, number, share, sets, told, around) for number, share in enumerate(shares)]
        try:
            with watch.stage("runs", len(all_runs), "runs"):
                for done, line in enumerate(_lines(told, len(processes)), 1):
                    name, _, seconds = line.partition("\t")
                    watch.tick(done, {"runs": 1})
                    watch.say(f"{name}: {float(seconds):,.1f} s")
        finally:
            for process in processes:
                process.terminate()
                process.wait()
    for number, process in enumerate(processes):
        if process.returncode:
            raise _failed(out / "said" / f"{number}.txt", process.returncode)
    return all_runs


def ground(loaded: LoadedStudy, places: Places, watch: Silent) -> None:
    """What runs share: corpora, the text that is measured, tokenizers."""
    text_of(loaded, places, watch)
    for arm in loaded.study.arm:
        corpus = corpus_of(loaded, places, arm, watch)
        tokenizer_of(loaded, places, arm, corpus, watch)


def _started(
    loaded: LoadedStudy, out: Path, number: int, share: Sequence[Run], sets: Sequence[str],
    told: queue.SimpleQueue[tuple[int, str]], more: dict[str, str],
) -> subprocess.Popen[str]:  # fmt: skip
    """A process for some of the runs; a thread hands on what it says is done, and an empty line at its end. `more`: of
    its environment."""
    names = ",".join(map(run_name, share))
    command = [sys.executable, "-P", "-m", "eval.study.worker", str(loaded.file), str(out), names, *sets]
    around = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OMP_NUM_THREADS": "1", **more}
    with (out / "said" / f"{number}.txt").open("wb") as kept:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=kept, text=True, env={**os.environ, **around}
        )

    def hand_on() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(DONE):
                told.put((number, line.removeprefix(DONE).strip()))
        process.wait()
        told.put((number, ""))

    threading.Thread(target=hand_on, daemon=True).start()
    return process


def _lines(told: queue.SimpleQueue[tuple[int, str]], processes: int) -> Iterator[str]:
    """What is done, until every process has ended."""
    ended = 0
    while ended < processes:
        _, line = told.get()
        if line:
            yield line
        else:
            ended += 1


def _failed(said: Path, code: int) -> UserError:
    lines = said.read_text(encoding="utf-8", errors="replace").splitlines()[-SAID:]
    return UserError(f"A run of the study failed (exit code {code}):\n" + "\n".join(lines), str(said),
                     "mend what it says, and give the same command again: what is finished is kept")  # fmt: skip
