"""All runs of a study done, several at once, and gone on with wherever they were stopped.

Called by `eval/study/command.py`. Corpora and tokenizers are made first, here, one after another, since arms share
them, and what the user must mend is looked for between (`eval/study/foreseen.py`); then the runs are dealt out, one by
one, to as many processes as there are jobs (`eval/study/worker.py`), and a board (`eval/study/board.py`) shows where
each is. A step whose result is there is not done again: every step knows its own by its card. Goes to
`eval/study/results.py`.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from corpus.errors import UserError
from corpus.progress import Silent
from eval.study.arms import Places, Run, run_name, runs
from eval.study.board import Board
from eval.study.foreseen import refuse_textless, refuse_unmet, refuse_unready
from eval.study.primary import refuse_unheld, refuse_unscored
from eval.study.recipe import LoadedStudy
from eval.study.same import refuse_changed, refuse_other_corpora
from eval.study.steps import corpus_of, general_of, general_tokenizer_of, refuse_unnamed, text_of, tokenizer_of
from eval.study.worker import AT, DONE
from train.orphans import parent_of

SAID = 20  # lines of what a process said that are shown when it fails


class How(NamedTuple):
    """`jobs`: processes; `sets`: `--set` values of the study; `replace`: whether what a changed study made before may
    be made anew; `seconds`: after so many it stops, to be gone on with (0: it does not)."""

    jobs: int = 1
    sets: Sequence[str] = ()
    replace: bool = False
    seconds: float = 0.0


class Said(NamedTuple):
    """What came of a process: a line of its own, or None at its end."""

    number: int
    line: str | None


def carry_out_all(loaded: LoadedStudy, out: Path, how: How, watch: Silent, board: Board | None = None) -> list[Run]:
    """Every run, and what they are. Raises `UserError` for the first process that fails, when all of them have ended,
    and when the time is up."""
    until = time.monotonic() + how.seconds if how.seconds else None
    refuse_unnamed(loaded)
    refuse_unscored(loaded)
    refuse_unready(loaded, hub=True, devices=True)
    refuse_changed(loaded, out, how.replace)
    places, all_runs = Places(out), list(runs(loaded))
    ground(loaded, places, watch, how.replace)
    if not how.replace:
        refuse_other_corpora(loaded, places)
    refuse_unheld(loaded, places)
    refuse_unmet(loaded, places, watch, how.replace)
    (out / "said").mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="materia-study-") as folder,
        parent_of(Path(folder)) as around,
        board or Board(loaded, places) as shown,
    ):
        _Workers(loaded, out, how.sets, around).work(all_runs, how.jobs, shown, until)
    return all_runs


def ground(loaded: LoadedStudy, places: Places, watch: Silent, again: bool = True) -> None:
    """What runs share: corpora, the text that is measured, tokenizers. Raises `UserError` for arms that the corpora
    have no text for; `again`: of those that are made already, too."""
    text_of(loaded, places, watch)
    general = general_of(loaded, places, watch)
    corpora = [corpus_of(loaded, places, arm, watch) for arm in loaded.study.arm]
    refuse_textless(loaded, places, again)
    if general is not None:
        general_tokenizer_of(loaded, places, general, watch)
    for arm, corpus in zip(loaded.study.arm, corpora, strict=True):
        if arm.start == "scratch":
            tokenizer_of(loaded, places, arm, corpus, watch)


class _Workers:
    """Processes that are given one run after another, each when it has done the one before."""

    def __init__(self, loaded: LoadedStudy, out: Path, sets: Sequence[str], around: dict[str, str]) -> None:
        self.command = [sys.executable, "-P", "-m", "eval.study.worker", str(loaded.file), str(out), *sets]
        self.around = {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "OMP_NUM_THREADS": "1",
                       **around}  # fmt: skip
        self.said = out / "said"
        self.told: queue.SimpleQueue[Said] = queue.SimpleQueue()
        self.processes: list[subprocess.Popen[str]] = []
        self.given: dict[int, str] = {}  # the run that each process is at

    def work(self, all_runs: Sequence[Run], jobs: int, board: Board, until: float | None) -> None:
        """Have all runs done. Raises `UserError`."""
        waiting = deque(all_runs)
        try:
            for number in range(min(jobs, len(all_runs))):
                self.processes.append(self._started(number))
                self._give(number, waiting)
            self._listen(waiting, board, until)
        finally:
            for process in self.processes:
                process.terminate()
                process.wait()
        for number, process in enumerate(self.processes):
            if process.returncode:
                raise _failed(self.said / f"{number}.txt", process.returncode, self.given.get(number, ""))

    def _listen(self, waiting: deque[Run], board: Board, until: float | None) -> None:
        """Hand on what is told, until every process has ended. Raises `UserError` when the time is up."""
        ended = 0
        while ended < len(self.processes):
            until = until if board.left else None  # when all is done, only their ends are waited for
            try:
                number, line = self.told.get(timeout=max(until - time.monotonic(), 0) if until else None)
            except queue.Empty:
                raise board.stopped() from None
            if line is None:
                ended += 1
            elif line.startswith(AT):
                board.at(*line.removeprefix(AT).split("\t"))
            elif line.startswith(DONE):
                name, seconds = line.removeprefix(DONE).split("\t")
                board.done(name, float(seconds))
                self._give(number, waiting)

    def _give(self, number: int, waiting: deque[Run]) -> None:
        """The next run, or the end of all."""
        pipe = self.processes[number].stdin
        assert pipe is not None
        if waiting:
            self.given[number] = run_name(waiting[0])
            with contextlib.suppress(BrokenPipeError):  # it has ended, and why is told at its end
                pipe.write(f"{run_name(waiting.popleft())}\n")
                pipe.flush()
        else:
            pipe.close()

    def _started(self, number: int) -> subprocess.Popen[str]:
        """A process; a thread hands on what it says, and that it has ended."""
        with (self.said / f"{number}.txt").open("wb") as kept:
            process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=kept, text=True,
                env={**os.environ, **self.around},
            )  # fmt: skip

        def hand_on() -> None:
            assert process.stdout is not None
            for line in process.stdout:
                self.told.put(Said(number, line.rstrip("\n")))
            process.wait()
            self.told.put(Said(number, None))

        threading.Thread(target=hand_on, daemon=True).start()
        return process


def _failed(said: Path, code: int, run: str) -> UserError:
    kept = "give the same command again: what is finished is kept"
    if code < 0:
        name = signal.Signals(-code).name if -code in {one.value for one in signal.Signals} else f"signal {-code}"
        return UserError(f"Run {run} of the study was killed ({name}), as a machine does that runs out of memory.",
                         str(said), f"see that there is memory, or give fewer --jobs, and {kept}")  # fmt: skip
    lines = said.read_text(encoding="utf-8", errors="replace").splitlines()[-SAID:]
    return UserError(f"Run {run} of the study failed (exit code {code}):\n" + "\n".join(lines), str(said),
                     f"mend what it says, and {kept}")  # fmt: skip
